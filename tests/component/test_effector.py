"""The loop of effectors under everything that happens to processes, connections and Redis (tests/tools/effector_driver)."""

import collections
import os
import signal
import subprocess
import threading
import time

import pytest

from library import P, Library, entry
from private_redis import die_with_parent, wait_until

LEASE_S = 3  # the shortest that may be set
GROUP = "agents"


class Driver:
    """A process that holds each entry for a while and then commits it."""

    def __init__(self, build, url, name):
        self.name = name
        self.process = subprocess.Popen(
            [build / "tests/tools/effector_driver"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, preexec_fn=die_with_parent,
            env={"PATH": os.environ["PATH"], "ARK_REDIS_URL": url, "ARK_HTTP_ADDR": "", "ARK_MODE": "local",
                 "ARK_PROCESS_NAME": name, "ARK_WORKER_LEASE": f"{LEASE_S}s"})
        self.lines = []
        self.news = threading.Condition()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            with self.news:
                self.lines.append(line.split())
                self.news.notify_all()

    def said(self, *words):
        """Lines that begin with these words."""
        with self.news:
            return [line for line in self.lines if line[:len(words)] == list(words)]

    def started(self):
        return [line[2] for line in self.said("start")]

    def wait(self, *words, count=1, deadline_s=20):
        return wait_until(lambda: len(self.said(*words)) >= count and self.said(*words), f"{self.name}: {words}", deadline_s)

    def send(self, line):
        before = len(self.said("ok"))
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        self.wait("ok", count=before + 1)

    def serve(self, *streams, places=10, hold_ms=0):
        self.send(f"hold {hold_ms}")
        for stream in streams:
            self.send(f"stream {stream} {places}")
        return self

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def close(self):
        if self.process.poll() is None:
            self.signal(signal.SIGCONT)
            self.signal(signal.SIGTERM)
            assert self.process.wait(20) == 0, "a crash, or a leak under sanitizers"


@pytest.fixture
def drive(build, redis_server):
    drivers = []

    def start(name="p"):
        drivers.append(Driver(build, redis_server.url, name))
        drivers[-1].wait("working")
        return drivers[-1]

    yield start
    for driver in drivers:
        driver.close()


@pytest.fixture
def lib(redis_server):
    return Library(redis_server.client)


def ask(lib, *names, stream="tasks:n.a"):
    for name in names:
        lib.redis.xadd(P + stream, {"type": "timer.fired", "at": "1", "timer": name})


def results(lib):
    return collections.Counter(e["timer"] for e in lib.entries("results"))


def wait_results(lib, names, deadline_s=30):
    """All are done, each once, and nothing is left."""
    try:
        wait_until(lambda: set(results(lib)) == set(names), f"{len(set(names))} results", deadline_s)
    except AssertionError:
        streams = {s for s in lib.redis.keys(P + "tasks:*") if lib.redis.type(s) == "stream"}
        print(sorted(set(names) - set(results(lib))), [lib.redis.xinfo_consumers(s, GROUP) for s in streams])
        raise
    assert results(lib) == collections.Counter(names)


def names(n, prefix="j"):
    return [f"{prefix}{i}" for i in range(n)]


def test_work_is_done_once_and_at_once(drive, lib):
    drive().serve("tasks:n.a")
    begin = time.monotonic()
    ask(lib, *names(200))
    wait_results(lib, names(200))
    assert time.monotonic() - begin < 5
    assert lib.pending("tasks:n.a", GROUP) == []


def test_work_of_a_killed_process_is_taken_over(drive, lib):
    a = drive("a").serve("tasks:n.a", hold_ms=60000)
    ask(lib, *names(5))
    a.wait("start", count=5)
    b = drive("b").serve("tasks:n.a")
    a.kill()
    died = time.monotonic()
    wait_results(lib, names(5))
    assert time.monotonic() - died < LEASE_S + 5
    assert all(line[3] == "again=1" for line in b.said("start"))
    wait_until(lambda: len(lib.redis.hgetall(P + "heartbeats:agents")) == 1, "the dead one is buried")
    assert len(lib.redis.xinfo_consumers(P + "tasks:n.a", GROUP)) == 1


def test_a_slow_one_is_never_robbed(drive, lib):
    a = drive("a").serve("tasks:n.a", hold_ms=(2 * LEASE_S + 3) * 1000)
    ask(lib, "slow")
    a.wait("start")
    b = drive("b").serve("tasks:n.a")
    wait_results(lib, ["slow"])
    assert a.said("done", "slow") and not b.said("start")


def test_a_stopped_one_is_robbed_and_then_refused(drive, lib):
    a = drive("a").serve("tasks:n.a", hold_ms=1000)
    b = drive("b").serve("tasks:n.other")
    ask(lib, "x")
    a.wait("start")
    a.signal(signal.SIGSTOP)
    b.serve("tasks:n.a")
    b.wait("done", "x")
    a.signal(signal.SIGCONT)
    a.wait("lost", "x")
    ask(lib, "y", "z")  # it works again
    wait_results(lib, ["x", "y", "z"])


def test_a_restarted_process_takes_its_own_at_once(drive, lib):
    a = drive("a").serve("tasks:n.a", hold_ms=60000)
    ask(lib, *names(3))
    a.wait("start", count=3)
    a.kill()
    a = drive("a")
    begin = time.monotonic()
    a.serve("tasks:n.a")
    wait_results(lib, names(3))
    assert time.monotonic() - begin < LEASE_S


def test_two_boots_of_one_name(drive, lib):
    """The older one lives on: it must not take from the newer what that holds."""
    a = drive("a").serve("tasks:n.a", hold_ms=60000)
    ask(lib, "x")
    a.wait("start")
    b = drive("a").serve("tasks:n.a", hold_ms=2 * LEASE_S * 1000)
    b.wait("start")
    b.wait("done", "x")
    assert len(a.started()) == 1
    assert results(lib) == {"x": 1}


def test_redis_killed_in_the_middle(drive, lib, redis_server):
    a = drive("a").serve("tasks:n.a", places=50, hold_ms=300)
    ask(lib, *names(100))
    a.wait("start", count=20)
    for _ in range(3):
        ups = len(a.said("up"))
        redis_server.kill()
        redis_server.start()
        lib = Library(redis_server.client)
        a.wait("up", count=ups + 1)
    # What was not synced may be asked again; what was answered stays answered.
    wait_until(lambda: set(results(lib)) == set(names(100)), "all results")
    assert max(results(lib).values()) == 1
    wait_until(lambda: lib.pending("tasks:n.a", GROUP) == [])


def test_redis_stopped_for_longer_than_a_lease(drive, lib, redis_server):
    a = drive("a").serve("tasks:n.a", hold_ms=500)
    b = drive("b").serve("tasks:n.b")
    ask(lib, *names(5))
    a.wait("start", count=5)
    b.serve("tasks:n.a")
    redis_server.pause()
    a.wait("down", deadline_s=15)
    redis_server.resume()
    wait_results(lib, names(5))
    assert not b.said("start"), "nobody was dead"


def test_connections_cut_again_and_again(drive, lib, redis_server):
    a = drive("a").serve("tasks:n.a", "tasks:n.b", places=20, hold_ms=50)
    b = drive("b").serve("tasks:n.a", places=20, hold_ms=50)
    for i in range(60):
        ask(lib, *names(5, f"a{i}."))
        ask(lib, f"b{i}", stream="tasks:n.b")
        if i % 3 == 0:
            ups = len(a.said("up")), len(b.said("up"))
            redis_server.client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
            if i % 2:
                a.wait("up", count=ups[0] + 1)
            else:
                b.wait("up", count=ups[1] + 1)
    want = [f"a{i}.{k}" for i in range(60) for k in range(5)] + [f"b{i}" for i in range(60)]
    wait_results(lib, want)
    assert lib.pending("tasks:n.a", GROUP) == lib.pending("tasks:n.b", GROUP) == []


def test_reads_cut_only(drive, lib, redis_server):
    """Entries that came with an answer that was lost are found by the listing."""
    a = drive("a").serve("tasks:n.a", places=5, hold_ms=20)
    ask(lib, *names(100))
    for _ in range(10):
        ups = len(a.said("up"))
        for c in redis_server.client.client_list():
            if c["name"].endswith("/reader-1"):
                redis_server.client.execute_command("CLIENT", "KILL", "ID", c["id"])
        a.wait("up", count=ups + 1)
    wait_results(lib, names(100))


def test_the_library_goes_away(drive, lib, redis_server):
    a = drive("a").serve("tasks:n.a", places=3, hold_ms=30)
    ask(lib, *names(60))
    for _ in range(5):
        a.wait("done")
        redis_server.client.function_flush()
        wait_until(lambda: redis_server.client.execute_command("FUNCTION", "LIST"), "the library is loaded again")
    wait_results(lib, names(60))


def test_redis_refuses_writes_for_a_while(drive, lib, redis_server):
    a = drive("a").serve("tasks:n.a", places=5, hold_ms=50)
    ask(lib, *names(5))
    a.wait("start", count=5)
    redis_server.client.config_set("min-replicas-to-write", 1)
    try:
        a.wait("idle")
    finally:
        redis_server.client.config_set("min-replicas-to-write", 0)
    ask(lib, *names(20, "k"))
    wait_results(lib, names(5) + names(20, "k"))
    assert lib.pending("tasks:n.a", GROUP) == []


def most_at_once(driver):
    """Per stream, how many were in hand at the same time."""
    stream_of, now, most = {}, collections.Counter(), collections.Counter()
    for line in list(driver.lines):
        if line[0] == "start":
            stream_of[line[2]] = line[1]
            now[line[1]] += 1
            most[line[1]] = max(most[line[1]], now[line[1]])
        elif line[0] in ("done", "lost"):
            now[stream_of[line[1]]] -= 1
    return most


def test_places_of_many_streams(drive, lib):
    streams = [f"tasks:n.a{i}" for i in range(40)]
    a = drive("a").serve(*streams, places=2, hold_ms=40)
    for s in streams:
        ask(lib, *[f"{s}/{i}" for i in range(10)], stream=s)
    wait_results(lib, [f"{s}/{i}" for s in streams for i in range(10)])
    assert set(most_at_once(a).values()) == {2}


def test_places_hold_for_what_is_taken_over(drive, lib):
    a = drive("a").serve("tasks:n.a", places=30, hold_ms=60000)
    ask(lib, *names(30))
    a.wait("start", count=30)
    a.kill()
    b = drive("a").serve("tasks:n.a", places=4, hold_ms=20)
    wait_results(lib, names(30))
    assert most_at_once(b) == {"tasks:n.a": 4}


def test_places_given_away_and_taken_again(drive, lib):
    a = drive("a").serve("tasks:n.a", places=2, hold_ms=1500)
    ask(lib, *names(4))
    a.wait("start", count=2)
    a.send("give")  # the two wait for others; the next two start
    a.wait("start", count=4)
    a.send("take")  # no place is free
    assert len(a.said("placed")) == 2  # of those that have one
    wait_results(lib, names(4))


def test_a_full_stream_is_read_soon_after(drive, lib):
    a = drive("a").serve("tasks:n.a", "tasks:n.b", places=1, hold_ms=300)
    for i in range(5):
        ask(lib, f"x{i}")
        a.wait("done", f"x{i}")
        begin = time.monotonic()
        ask(lib, f"y{i}")
        a.wait("start", "tasks:n.a", f"y{i}")
        assert time.monotonic() - begin < 0.6
        a.wait("done", f"y{i}")


def test_streams_come_and_go(drive, lib):
    a = drive("a").serve(hold_ms=100)
    for i in range(30):
        a.send(f"stream tasks:n.s{i % 3} 2")
        ask(lib, f"j{i}", stream=f"tasks:n.s{i % 3}")
        if i % 2:
            a.wait("start", f"tasks:n.s{i % 3}", f"j{i}")
        a.send(f"remove tasks:n.s{i % 3}")
    for i in range(3):
        a.send(f"stream tasks:n.s{i} 5")
    wait_results(lib, names(30))


def test_mail(drive, lib):
    a = drive("a").serve("tasks:n.a", hold_ms=200)
    (me,) = lib.redis.hkeys(P + "heartbeats:agents")
    for i in range(3):
        lib.ops(["wake", me, *entry("timer.fired", timer=f"m{i}")])
        a.wait("mail", f"m{i}", deadline_s=2)
    assert len(a.said("mail")) == 3


def test_wrong_entries_are_parked_and_the_rest_goes_on(drive, lib):
    a = drive("a").serve("tasks:n.a", places=1)
    lib.redis.xadd(P + "tasks:n.a", {"no": "type"})
    ask(lib, "wrong", "right")
    wait_results(lib, ["right"])
    assert [e["from"] for e in lib.entries("dead")] == ["tasks:n.a"] * 2
    assert lib.pending("tasks:n.a", GROUP) == [] and len(a.said("start")) == 1


def test_foreign_bytes_under_one_stream_stop_no_other(drive, lib):
    lib.redis.set(P + "tasks:n.b", "x")
    drive("a").serve("tasks:n.b", "tasks:n.a")
    ask(lib, *names(3))
    wait_results(lib, names(3))


def test_a_stream_deleted_under_the_reader(drive, lib):
    a = drive("a").serve("tasks:n.a", "tasks:n.b", hold_ms=50)
    ask(lib, "x")
    a.wait("done", "x")
    lib.redis.delete(P + "tasks:n.a")
    wait_until(lambda: lib.redis.exists(P + "tasks:n.a"), "the group is made again")
    ask(lib, "y")
    wait_results(lib, ["x", "y"])


def test_stops_with_work_in_hand(drive, lib):
    a = drive("a").serve("tasks:n.a", hold_ms=60000)
    ask(lib, *names(20))
    a.wait("start", count=10)
    a.close()
    assert len(lib.pending("tasks:n.a", GROUP)) == 10
