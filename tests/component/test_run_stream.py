"""The stream of a run keeps so many bytes and token events (SPEC 13.15): the library, the daemons that write, the gateway."""

import json
import random
import threading

import pytest

from daemons import P, Daemon, Suite, agent
from gateway import Gateway, events_of
from library import Library, entry
from private_redis import RedisServer, wait_until

RUN = "n.r"
STREAM = "run:" + RUN


# ---- the operation `show` ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server():
    with RedisServer(appendonly="no") as s:
        yield s


@pytest.fixture
def lib(server):
    server.client.flushall()
    return Library(server.client)


def shown(type, max_bytes=1 << 24, max_tokens=100000, run=RUN, **fields):
    return ["show", run, max_bytes, max_tokens, *entry(type, **fields)]


def size(fields):
    """What an entry counts for: all its texts but the sums."""
    return sum(len(k) + len(v) for k, v in fields.items() if not k.startswith("sum_"))


def best(written, max_bytes, max_tokens):
    """What should be kept: the newest one, and before it all that fits."""
    kept, total, tokens = [], 0, 0
    for fields in reversed(written):
        total += size(fields)
        tokens += fields["type"] == "token"
        if kept and (total > max_bytes or tokens > max_tokens):
            break
        kept.insert(0, fields)
    return kept


def test_entries_say_how_much_was_written(lib):
    lib.ops(shown("step.started", step="a"), shown("token", step="a", token="xyz"))
    lib.ops(shown("token", step="a", token=""))
    first, second, third = lib.entries(STREAM)
    assert list(first) == ["type", "at", "sum_bytes", "sum_tokens", "step"]
    assert int(first["sum_bytes"]) == size(first) and first["sum_tokens"] == "0"
    assert int(second["sum_bytes"]) == size(first) + size(second) and second["sum_tokens"] == "1"
    assert int(third["sum_bytes"]) == size(first) + size(second) + size(third) and third["sum_tokens"] == "2"


def test_the_oldest_make_room_for_bytes(lib):
    lib.ops(shown("step.started", step="a"))
    for i in range(50):
        lib.ops(shown("token", max_bytes=1000, token=f"{i:02d}" * 20))
        kept = lib.entries(STREAM)
        assert sum(map(size, kept)) <= 1000 and kept[-1]["token"].startswith(f"{i:02d}")
    assert sum(map(size, kept)) + size(kept[0]) > 1000


def test_only_tokens_count_as_tokens(lib):
    for i in range(30):
        lib.ops(shown("step.started", max_tokens=5, step=str(i)))
    assert len(lib.entries(STREAM)) == 30
    for i in range(5):
        lib.ops(shown("token", max_tokens=5, token=str(i)))
    assert len(lib.entries(STREAM)) == 35
    lib.ops(shown("token", max_tokens=5, token="5"))
    assert [e["token"] for e in lib.entries(STREAM)] == ["1", "2", "3", "4", "5"]
    lib.ops(shown("flow.completed", max_tokens=5))
    assert [e["type"] for e in lib.entries(STREAM)] == ["token"] * 5 + ["flow.completed"]


def test_one_that_is_larger_than_all_stays_alone(lib):
    lib.ops(shown("step.started"), shown("token", max_bytes=100, token="x" * 5000))
    assert [e["type"] for e in lib.entries(STREAM)] == ["token"]
    lib.ops(shown("flow.completed", max_bytes=100))
    assert [e["type"] for e in lib.entries(STREAM)] == ["flow.completed"]


@pytest.mark.parametrize("seed", range(20))
def test_what_is_kept_is_the_longest_end_that_fits(lib, seed):
    rng, written = random.Random(seed), []
    for _ in range(60):
        limits = {"max_bytes": rng.choice([200, 2000, 20000]), "max_tokens": rng.choice([1, 7, 1000])}
        events = [{"type": rng.choice(["token", "token", "step.started"]), "text": "x" * rng.randrange(400)}
                  for _ in range(rng.randrange(1, 9))]
        now = lib.ops(*(shown(**limits, **e) for e in events))[1]
        for e in events:
            written = best([*written, {**e, "at": now}], **limits)
        kept = [{k: v for k, v in e.items() if not k.startswith("sum_")} for e in lib.entries(STREAM)]
        assert kept == written


def test_a_call_that_is_refused_trims_nothing(lib):
    lib.ops(shown("token", token="x" * 500), shown("token", token="y" * 500))
    before = lib.dump()
    assert lib.ops(shown("token", max_bytes=64, token="z"), ["check", "s", 1])[0] == "conflict"
    assert lib.dump() == before


def test_foreign_entries_and_a_stream_that_begins_anew(lib):
    lib.ops(shown("token", token="x"))
    lib.redis.xadd(P + STREAM, {"hello": "world"})
    for i in range(40):
        lib.ops(shown("token", max_bytes=1000, max_tokens=5, token="x" * 20))
    assert len(lib.entries(STREAM)) == 5
    lib.redis.delete(P + STREAM)
    lib.ops(shown("token", token="x"))
    (only,) = lib.entries(STREAM)
    assert only["sum_tokens"] == "1"


def test_what_show_and_append_refuse(lib):
    lib.redis.set(P + STREAM, "person")
    before = lib.dump()
    for words, operation in [("WRONGTYPE", shown("token", token="x")),
                             ("not a number", shown("token", max_bytes=0)),
                             ("not a number", shown("token", max_tokens=0)),
                             ("not a run", shown("token", run="r")),
                             ("that is what show does", ["append", STREAM, *entry("token")])]:
        with pytest.raises(Exception, match=words):
            lib.ops(["append", "events", *entry("e")], operation)
        assert lib.dump() == before


# ---- the daemons that write -------------------------------------------------------------------------


def kept_of(redis, run):
    return [fields for _, fields in redis.xrange(f"{P}run:default.{run}")]


def test_the_tokens_of_a_worker_stay_within_the_settings(build, redis_server):
    suite = Suite(redis_server)
    Library(redis_server.client)
    suite.publish("ArkAgent", "a", agent())
    words = " ".join(f"w{i}" for i in range(60))
    script = {"default": words, "tokenDelayMs": 25}
    task = {"type": "task.requested", "namespace": "default", "agent": "a", "task": "default.r/s/1", "run": "r",
            "step": "s", "kind": "step", "prompt": "hello", "stream_tokens": "true"}
    flat = [text for pair in task.items() for text in pair]
    with Daemon(build, "ark-agent", redis_server.url, ARK_MOCK=json.dumps(script), ARK_MAX_TOKEN_EVENTS=7):
        suite.call("commit", "-", "-", "-", "-", "append", "tasks:default.a", len(flat), *flat)
        wait_until(lambda: [e for e in suite.entries("runs") if e["type"] == "task.finished"], "the answer")
    kept = kept_of(redis_server.client, "r")
    assert len(kept) == 7 and int(kept[-1]["sum_tokens"]) > 7
    assert words.endswith("".join(e["token"] for e in kept))


def test_what_the_runner_tells_stays_within_the_settings(build, redis_server):
    suite = Suite(redis_server)
    with Daemon(build, "ark-runner", redis_server.url, ARK_MAX_RUN_STREAM="64KiB"):
        suite.wait_library()
        suite.publish("ArkAgent", "a", agent())
        suite.publish("ArkTeam", "t", {"roles": [{"name": f"s{i}", "arkAgent": "a"} for i in range(4)], "pipeline": [
            {"role": f"s{i}", "dependsOn": [f"s{i - 1}"] if i else [], "inputs": {"prompt": "do"}} for i in range(4)]})
        wait_until(lambda: suite.redis.hlen(P + "snapshot") == 2, "the objects")
        suite.request("r", team="t", input="{}")
        for i in range(4):
            suite.answer("a", f"{i}" * 40000)
        suite.wait_phase("r", "succeeded")
    kept = kept_of(suite.redis, "r")
    assert [e["type"] for e in kept][-1] == "flow.completed"
    assert sum(map(size, kept)) <= 64 << 10 < int(kept[-1]["sum_bytes"])


# ---- who reads --------------------------------------------------------------------------------------


@pytest.fixture
def gateway(build, redis_server):
    with Gateway(build, redis_server) as g:
        g.add_team()
        g.add_event()
        yield g


def token(text):
    return {"type": "token", "step": "a", "token": text}


def read_until(process, text, seen=b""):
    while text not in seen:
        chunk = process.stdout.read1(65536)
        assert chunk, f"the stream ended before {text}: {seen}"
        seen += chunk
    return seen


def test_who_comes_back_too_late_is_told(gateway):
    gateway.set_state("r")
    old = gateway.tell_all("r", token("0"), max_tokens=3)
    for i in range(1, 5):
        gateway.tell_all("r", token(str(i)), max_tokens=3)
    gateway.finish_run("r")
    events = events_of(gateway.run("r", rest="/events", Last_Event_ID=old).body)
    assert [e[1] for e in events] == ["gap", "token", "token", "token", "flow.completed"]
    assert (events[0][2]["requested"], events[0][2]["firstAvailable"]) == (old, events[1][0])
    assert [e[1] for e in events_of(gateway.run("r", rest="/events").body)] == ["token"] * 3 + ["flow.completed"]


def test_who_falls_behind_while_reading_is_told(gateway):
    gateway.set_state("r", steps=[{"name": "a", "role": "a", "phase": "running"}])
    curls = [gateway.curl("r") for _ in range(3)]
    seen = [read_until(c, b"tokens off\n\n") for c in curls]
    for round in range(3):
        last = gateway.tell("r", "token", step="a", token=f"seen-{round}")
        seen = [read_until(c, f"seen-{round}".encode() + b'"}\n\n', s) for c, s in zip(curls, seen)]
        # In one call more is said than is kept: nobody can have read what is between.
        gateway.tell_all("r", *(token(f"{round}-{i}") for i in range(10)), max_tokens=4)
        seen = [read_until(c, f"{round}-9".encode() + b'"}\n\n', s) for c, s in zip(curls, seen)]
        first = gateway.redis.xrange(f"{P}run:default.r", count=1)[0][0]
        for s in seen:
            events = events_of(s)[round * 6:]
            assert [e[1] for e in events] == ["token", "gap", "token", "token", "token", "token"]
            assert events[0][0] == last and events[1][0] is None
            gap = events[1][2]
            assert (gap["requested"], gap["firstAvailable"]) == (last, first)
            assert (gap["run"]["phase"], gap["run"]["steps"][0]["name"]) == ("Running", "a")
            assert [e[2]["token"] for e in events[2:]] == [f"{round}-{i}" for i in range(6, 10)]
    wait_until(lambda: gateway.metric("ark_sse_gaps_total") == 9, "all gaps are counted")
    late = gateway.curl("r")
    said = read_until(late, b'"2-9"}\n\n')
    assert [e[1] for e in events_of(said)] == ["token"] * 4
    gateway.finish_run("r")
    for c, s in zip([*curls, late], [*seen, said]):
        ids = [e[0] for e in events_of(s + c.communicate()[0]) if e[0]]
        assert len(set(ids)) == len(ids) and ids[-1] == gateway.redis.xrevrange(f"{P}run:default.r", count=1)[0][0]


def test_the_end_comes_with_the_gap(gateway):
    gateway.set_state("r")
    curl = gateway.curl("r")
    read_until(curl, b"tokens off\n\n")
    gateway.tell("r", "token", step="a", token="first")
    seen = read_until(curl, b"first")
    gateway.finish_run("other")
    state = {"phase": "succeeded", "reason": "Succeeded", "end_ms": 1774861203000}
    gateway.set_state("r", **state)
    gateway.tell_all("r", token("x" * 100), token("y" * 100), {"type": "flow.completed", "duration_ms": 3},
                     max_bytes=128)
    events = events_of(seen + curl.communicate()[0])
    assert [e[1] for e in events] == ["token", "gap", "flow.completed"]
    assert events[1][2]["run"]["phase"] == "Succeeded"


def test_a_reader_of_the_past_that_is_overtaken(build, redis_server):
    """It does not take what it is sent; meanwhile its place in the stream is trimmed away."""
    with Gateway(build, redis_server, ARK_SSE_MAX_BACKLOG="4KiB", ARK_SSE_MAX_STALL="1m") as g:
        g.set_state("r")
        g.tell_all("r", *(token(f"{i:04d}" + "x" * 8000) for i in range(1000)))
        slow = g.raw("/runs/default/r/events", receive_buffer=4096)
        wait_until(lambda: g.metric("ark_sse_events_total") > 1, "it has begun")
        g.tell_all("r", token("last"), max_tokens=1)
        g.finish_run("r")
        body = b""
        while not body.endswith(b"\r\n0\r\n\r\n"):
            chunk = slow.recv(1 << 16)
            assert chunk, "it was disconnected"
            body += chunk
        slow.close()
    body = b"".join(line for line in body.split(b"\r\n")[1:] if b": " in line or b"\n\n" in line)
    events = events_of(body[body.index(b"id:"):])
    tokens = [e[2]["token"][:4] for e in events if e[1] == "token"]
    assert tokens[:-1] == [f"{i:04d}" for i in range(len(tokens) - 1)] and tokens[-1] == "last"
    assert 2 < len(tokens) < 1000
    gap = [e[1] for e in events].index("gap")
    assert [e[1] for e in events[gap:]] == ["gap", "token", "flow.completed"]
    assert events[gap][2]["requested"] == events[gap - 1][0] and events[gap][2]["firstAvailable"] == events[gap + 1][0]


def test_who_waits_for_the_result_misses_nothing(gateway):
    def play():
        run = wait_until(gateway.requested, "a request")[0]["run"]
        gateway.tell(run, "step.started", step="a")
        wait_until(lambda: gateway.redis.pubsub_numsub(f"{P}run:default.{run}")[0][1], "the gateway follows")
        state = {"phase": "succeeded", "reason": "Succeeded", "end_ms": 1774861203000,
                 "output": {"text": "done", "bytes": 4}}
        gateway.set_state(run, **state)
        gateway.tell_all(run, *(token("x" * 100) for _ in range(9)), {"type": "flow.completed", "output": "done"},
                         max_bytes=128)

    t = threading.Thread(target=play)
    t.start()
    answer = gateway.fire(query="?mode=sync")
    t.join()
    assert answer.status == 200 and answer.json["output"] == "done"
