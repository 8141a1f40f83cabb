"""Every function of the library, call by call: what it writes, and that what it refuses changes nothing."""

import json
import time

import pytest
import redis

from library import P, Library, entry, flat
from private_redis import RedisServer, wait_until


@pytest.fixture(scope="module")
def server():
    with RedisServer(appendonly="no") as s:
        yield s


@pytest.fixture
def lib(server):
    server.client.flushall()
    return Library(server.client)


def in_hand(lib, stream="runs", group="runner", me="w", count=1):
    """Entries that are pending for me."""
    lib.group(stream, group)
    for _ in range(count):
        lib.add(stream)
    return lib.read(stream, group, me)


def unchanged(lib, call, want):
    before = lib.dump()
    answer = call()
    assert answer[:len(want)] == want
    assert lib.dump() == before
    return answer


def fails(lib, call, words):
    """An error, and nothing is written."""
    before = lib.dump()
    with pytest.raises(redis.ResponseError, match=words):
        call()
    assert lib.dump() == before


# ---- commit: whose entry it is --------------------------------------------------------------------

def test_commit_acknowledges(lib):
    (id,) = in_hand(lib)
    answer = lib.commit("runs", "runner", "w", id, "append", "events", *entry("run.started", run="r"))
    assert answer[0] == "ok" and answer[2] is None
    assert lib.pending("runs", "runner") == []
    (event,) = lib.entries("events")
    assert list(event) == ["type", "at", "run"] and event["at"] == answer[1]


def test_commit_is_done_once(lib):
    (id,) = in_hand(lib)
    commit = ["runs", "runner", "w", id, "count", "counters", "n", 1]
    assert lib.commit(*commit)[0] == "ok"
    unchanged(lib, lambda: lib.commit(*commit), ["lost"])


@pytest.mark.parametrize("who", ["other", ""])
def test_only_the_holder_commits(lib, who):
    (id,) = in_hand(lib)
    unchanged(lib, lambda: lib.commit("runs", "runner", who, id, "count", "counters", "n", 1), ["lost"])


def test_commit_of_an_entry_taken_over(lib):
    (id,) = in_hand(lib)
    lib.redis.xclaim(P + "runs", "runner", "other", 0, [id])
    unchanged(lib, lambda: lib.commit("runs", "runner", "w", id, "count", "counters", "n", 1), ["lost"])
    assert lib.commit("runs", "runner", "other", id)[0] == "ok"


def test_several_entries_all_or_none(lib):
    ids = in_hand(lib, count=5)
    lib.redis.xclaim(P + "runs", "runner", "other", 0, [ids[2]])
    unchanged(lib, lambda: lib.commit("runs", "runner", "w", ",".join(ids), "count", "c", "n", 1), ["lost"])
    mine = [i for i in ids if i != ids[2]]
    assert lib.commit("runs", "runner", "w", ",".join([mine[0], mine[-1]]))[0] == "ok"
    assert [i for i, _ in lib.pending("runs", "runner", "w")] == mine[1:-1]


def test_entries_of_earlier_batches_between(lib):
    ids = in_hand(lib, count=2000)
    assert lib.commit("runs", "runner", "w", f"{ids[0]},{ids[-1]}")[0] == "ok"
    assert lib.commit("runs", "runner", "w", f"{ids[5]},{ids[3]}")[0] == "ok"
    assert len(lib.pending("runs", "runner")) == 1996


def test_most_entries_of_one_commit(lib):
    ids = in_hand(lib, count=1025)
    fails(lib, lambda: lib.commit("runs", "runner", "w", ",".join(ids)), "number of entries")
    assert lib.commit("runs", "runner", "w", ",".join(ids[:1024]))[0] == "ok"


def test_keep_leaves_it_pending(lib):
    (id,) = in_hand(lib)
    assert lib.commit("runs", "runner", "w", id, "keep", "set", "h", "f", "1")[0] == "ok"
    assert lib.pending("runs", "runner") == [(id, "w")]
    assert lib.redis.hget(P + "h", "f") == "1"


# ---- commit: what refuses it ------------------------------------------------------------------------

def test_state_and_versions(lib):
    assert lib.ops(["state", "s", 0, "a"])[0] == "ok"
    assert lib.redis.hgetall(P + "s") == {"v": "1", "d": "a"}
    for version in 0, 2:
        unchanged(lib, lambda v=version: lib.ops(["count", "c", "n", 1], ["state", "s", v, "b"]), ["conflict", "s"])
        unchanged(lib, lambda v=version: lib.ops(["count", "c", "n", 1], ["check", "s", v]), ["conflict", "s"])
        unchanged(lib, lambda v=version: lib.ops(["count", "c", "n", 1], ["forget", "s", v]), ["conflict", "s"])
    assert lib.ops(["check", "s", 1], ["state", "s2", 0, "x"])[0] == "ok"
    assert lib.ops(["state", "s", 1, "b"])[0] == "ok"
    assert lib.redis.hgetall(P + "s") == {"v": "2", "d": "b"}
    assert lib.ops(["forget", "s", 2])[0] == "ok" and not lib.redis.exists(P + "s")


def test_free_and_once(lib):
    assert lib.ops(["free", "k"], ["once", "o", 60000, "first"])[0] == "ok"
    assert 0 < lib.redis.pttl(P + "o") <= 60000
    unchanged(lib, lambda: lib.ops(["count", "c", "n", 1], ["once", "o", 60000, "second"]), ["once", "first"])
    lib.redis.set(P + "k", "")
    unchanged(lib, lambda: lib.ops(["count", "c", "n", 1], ["free", "k"]), ["exists", "k"])


def test_below(lib):
    commit = [["below", "counters", "pending", 2], ["count", "counters", "pending", 1]]
    assert [lib.ops(*commit)[0] for _ in range(2)] == ["ok"] * 2
    unchanged(lib, lambda: lib.ops(*commit), ["full", "pending"])
    assert lib.ops(["count", "counters", "pending", -1])[0] == "ok"
    assert lib.ops(*commit)[0] == "ok"


def test_places(lib):
    for run in "ab":
        assert lib.ops(["enter", f"n.{run}", 2])[0] == "ok"
    unchanged(lib, lambda: lib.ops(["enter", "n.c", 2]), ["full", "active-runs"])
    assert lib.ops(["enter", "n.a", 2])[0] == "ok"  # it has its place already
    for run in "cde":
        assert lib.ops(["wait", f"n.{run}", 2])[0] == "ok"
        time.sleep(0.002)  # the clock of Redis goes on: who waits longest is seen by it
    lib.ops(["leave", "n.a", 2])
    assert lib.redis.zrange(P + "runs:active", 0, -1) == ["n.b", "n.c"]
    assert lib.redis.zrange(P + "runs:waiting", 0, -1) == ["n.d", "n.e"]
    assert [(e["type"], e["namespace"], e["run"]) for e in lib.entries("runs")] == [("run.admitted", "n", "c")]
    unchanged(lib, lambda: lib.ops(["enter", "n.late", 2]), ["full"])  # nobody takes the place of c
    assert lib.ops(["enter", "n.c", 2])[0] == "ok"
    lib.ops(["leave", "n.d", 2])  # one that waits ends
    assert lib.redis.zrange(P + "runs:waiting", 0, -1) == ["n.e"]
    assert lib.redis.zrange(P + "runs:ended", 0, -1) == ["n.a", "n.d"]


def test_waiting_with_a_place_free(lib):
    unchanged(lib, lambda: lib.ops(["wait", "n.a", 1]), ["conflict", "runs:active"])


def test_a_raised_limit_lets_all_in(lib):
    lib.ops(["enter", "n.x", 1])
    for i in range(5):
        lib.ops(["wait", f"n.r.{i}", 1])
    lib.ops(["leave", "n.x", 3])
    assert lib.redis.zcard(P + "runs:active") == 3 and lib.redis.zcard(P + "runs:waiting") == 2
    assert [e["run"] for e in lib.entries("runs")] == ["r.0", "r.1", "r.2"]


# ---- commit: what it writes -------------------------------------------------------------------------

def test_mark(lib):
    lib.ops(["mark", "task:t", "cancelled"])  # before its holder wrote anything
    assert lib.redis.hgetall(P + "task:t") == {"v": "1", "mark": "cancelled"}
    assert lib.redis.pttl(P + "task:t") > 86000000
    unchanged(lib, lambda: lib.ops(["state", "task:t", 0, "mine"]), ["conflict"])
    assert lib.ops(["state", "task:t", 1, "mine"])[0] == "ok"
    assert lib.redis.hget(P + "task:t", "mark") == "cancelled"


def test_wake_is_capped_and_expires(lib):
    for i in range(300):
        lib.ops(["wake", "w#1", *entry("task.cancelled", task=i)])
    assert lib.redis.xlen(P + "mail:w#1") < 250
    assert 0 < lib.redis.pttl(P + "mail:w#1") <= 60000
    assert lib.entries("mail:w#1")[-1]["task"] == "299"


def test_append_to_a_run_wakes_its_readers(lib):
    with lib.redis.pubsub() as p:
        p.subscribe(P + "run:n.r")
        p.get_message(timeout=5)
        lib.ops(["show", "n.r", 65536, 1000, *entry("token", text="x")], ["append", "events", *entry("e")])
        assert p.get_message(timeout=5)["data"] == ""
        assert not p.get_message(timeout=0.05)


def test_small_operations(lib):
    lib.ops(["text", "text:a", 5000, "é\0x"], ["set", "h", "f", ""], ["set", "h", "g", "2"], ["unset", "h", "f"],
            ["index", "z", "m", -3], ["index", "z", "n", 4], ["unindex", "z", "m"], ["count", "h", "n", -7],
            ["text", "gone", 5000, "x"], ["drop", "gone"], ["drop", "never"])
    assert lib.redis.get(P + "text:a") == "é\0x" and 0 < lib.redis.pttl(P + "text:a") <= 5000
    assert lib.redis.hgetall(P + "h") == {"g": "2", "n": "-7"}
    assert lib.redis.zrange(P + "z", 0, -1, withscores=True) == [("n", 4.0)]
    assert not lib.redis.exists(P + "gone")
    lib.ops(["ttl", "h", 1000])
    assert 0 < lib.redis.pttl(P + "h") <= 1000


def test_tally(lib):
    assert lib.ops(["tally", "h", 5000, 4, "a", 3, "b/c", -4])[0] == "ok"
    assert lib.redis.hgetall(P + "h") == {"a": "3", "b/c": "-4"} and 0 < lib.redis.pttl(P + "h") <= 5000
    assert lib.ops(["tally", "h", 90000, 4, "a", 1, "d", 1], ["tally", "g", 90000, 2, "a", 1])[0] == "ok"
    assert lib.redis.hgetall(P + "h") == {"a": "4", "b/c": "-4", "d": "1"}
    assert lib.redis.pttl(P + "h") <= 5000 < lib.redis.pttl(P + "g")  # an end is set once
    tally = ["tally", "h", 1, 2, "a", 1]
    for twice in [tally, tally], [tally, ["count", "h", "a", 1]], [["count", "h", "a", 1], tally]:
        fails(lib, lambda t=twice: lib.ops(*t), "counted twice")
    many = [text for i in range(3000) for text in (f"f{i}", 1)]
    assert lib.ops(["tally", "many", 5000, 6000, *many])[0] == "ok" and lib.redis.hlen(P + "many") == 3000
    fails(lib, lambda: lib.ops(["tally", "many", 5000, 6002, *many, "g", 1]), "wrong number of fields")


def test_cap(lib):
    for i in range(10):
        lib.ops(["index", "z", f"m{i}", i], ["text", f"k:m{i}", 60000, "x"])
    lib.ops(["cap", "z", 4, "k:"])
    assert lib.redis.zrange(P + "z", 0, -1) == [f"m{i}" for i in range(6, 10)]
    assert sorted(lib.redis.keys(P + "k:*")) == [f"{P}k:m{i}" for i in range(6, 10)]


def test_admit_is_refused_without_memory_and_commit_goes_on(server, lib):
    (id,) = in_hand(lib)
    server.client.config_set("maxmemory", 1)
    try:
        fails(lib, lambda: lib.admit("-", "-", "-", "-", "append", "runs", *entry()), "OOM")
        assert lib.commit("runs", "runner", "w", id, "append", "events", *entry())[0] == "ok"
    finally:
        server.client.config_set("maxmemory", 0)
    assert lib.admit("-", "-", "-", "-", "append", "runs", *entry())[0] == "ok"


# ---- commit: what makes no sense --------------------------------------------------------------------

FIRST = ["count", "counters", "n", 1]  # would be written before the mistake


@pytest.mark.parametrize("wrong", [
    ["nonsense"],
    ["state", "s", "x", "d"], ["state", "s", "-1", "d"], ["state", "s", "0"], ["state"],
    ["state", "s", "1.5", "d"], ["state", "s", "1e3", "d"], ["state", "s", "99999999999999999999", "d"],
    ["once", "k", 0, "v"], ["once", "k", -1, "v"], ["once", "k", "x", "v"],
    ["text", "k", 0, "v"], ["text", "k", "", "v"], ["ttl", "k", 0], ["ttl", "k", "soon"],
    ["below", "h", "f", "x"], ["count", "h", "f", "x"], ["count", "h", "f", "1.5"], ["count", "h", "f", "nan"],
    ["count", "h", "f", str(2**53)],
    ["index", "z", "m", "x"], ["index", "z", "m", "inf"], ["cap", "z", "x", "p"], ["cap", "z", -1, "p"],
    ["timer", "runs", "m", "x"], ["after", "runs", "m", -1], ["after", "runs", "m", "nan"],
    ["enter", "n.r", "x"], ["enter", "no-dot", 1], ["wait", ".r", 1], ["leave", "n.", 1], ["leave", "n.r", ""],
    ["account", "a", "x"], ["account", "a", -1], ["settle", "c", "x"], ["settle", "c", -5],
    ["reserve", "c", "a", "x", 1, 1], ["reserve", "c", "a", 1, -1, 1], ["reserve", "c", "a", 1, 1, 0],
    ["append", "runs"], ["append", "runs", 1, "type"], ["append", "runs", 3, "type", "x", "y"],
    ["append", "runs", 4, "type", "x"], ["append", "runs", "x", "type", "x"], ["append", "runs", 2, "name", "x"],
    ["append", "runs", 130, *["type", "x"] * 65], ["append", "runs", "2.0", "type", "x"],
    ["append", "runs", -2, "type", "x"],
    ["tally", "h", 0, 2, "f", 1], ["tally", "h", 1, 1, "f", 1], ["tally", "h", 1, 2, "f", "x"], ["tally", "h", 1, 4, "f", 1],
    ["tally", "h", 1, "2", "f", "1e3"], ["tally", "h", 1], ["wake", "p", 0], ["later", "tasks:n.a", "x", "m", *entry()], ["later", "tasks:n.a", 1, "m"],
], ids=lambda w: " ".join(str(x) for x in w)[:40])
def test_malformed_operations(lib, wrong):
    fails(lib, lambda: lib.ops(FIRST, wrong), "")


@pytest.mark.parametrize("key, operation", [
    ("runs", ["append", "runs", *entry()]), ("mail:p", ["wake", "p", *entry()]),
    ("s", ["state", "s", 0, "d"]), ("s", ["check", "s", 0]), ("s", ["mark", "s", "w"]),
    ("h", ["set", "h", "f", "v"]), ("h", ["unset", "h", "f"]), ("h", ["count", "h", "f", 1]),
    ("h", ["tally", "h", 1, 2, "f", 1]), ("h", ["below", "h", "f", 1]), ("z", ["index", "z", "m", 1]), ("z", ["unindex", "z", "m"]),
    ("z", ["cap", "z", 1, "p"]), ("timers:runs", ["timer", "runs", "m", 1]),
    ("timers:runs", ["after", "runs", "m", 1]), ("timers:runs", ["untimer", "runs", "m"]),
    ("timers:tasks:entries", ["untimer", "tasks", "m"]),
    ("timers:tasks", ["later", "tasks:a", 1, "m", *entry()]), ("tasks:a", ["later", "tasks:a", 1, "m", *entry()]),
    ("timers:tasks:entries", ["later", "tasks:a", 1, "m", *entry()]),
    ("runs:active", ["enter", "n.r", 1]), ("runs:active", ["wait", "n.r", 1]), ("runs:waiting", ["wait", "n.r", 0]),
    ("runs:active", ["leave", "n.r", 1]), ("runs:waiting", ["leave", "n.r", 1]), ("runs:ended", ["leave", "n.r", 1]),
    ("runs", ["leave", "n.r", 1]), ("account:a", ["account", "a", 1]),
    ("account:a", ["reserve", "c", "a", 1, 1, 1]), ("reservation:c", ["reserve", "c", "a", 1, 1, 1]),
    ("timers:spend", ["reserve", "c", "a", 1, 1, 1]), ("reservation:c", ["settle", "c", 1]),
    ("timers:spend", ["settle", "c", 1]), ("reservation:c", ["lapse", "c"]),
], ids=lambda w: w if isinstance(w, str) else w[0])
@pytest.mark.parametrize("make", [lambda r, k: r.set(k, "x"), lambda r, k: r.rpush(k, "x")], ids=["string", "list"])
def test_foreign_bytes_under_our_keys(lib, key, operation, make):
    make(lib.redis, P + key)
    fails(lib, lambda: lib.ops(FIRST, operation), "WRONGTYPE")


@pytest.mark.parametrize("hash, field, operation", [
    ("s", "v", ["mark", "s", "w"]), ("h", "f", ["count", "h", "f", 1]), ("h", "f", ["below", "h", "f", 1]),
    ("h", "f", ["tally", "h", 1, 4, "e", 1, "f", 1]),
    ("account:a", "spent", ["reserve", "c", "a", 1, 1, 1]), ("account:a", "limit", ["reserve", "c", "a", 1, 1, 1]),
])
@pytest.mark.parametrize("text", ["x", "", "1.5", "9223372036854775807"])
def test_foreign_numbers(lib, hash, field, operation, text):
    lib.redis.hset(P + hash, field, text)
    fails(lib, lambda: lib.ops(FIRST, operation), "not a number")


def test_one_key_of_two_types_in_a_commit(lib):
    fails(lib, lambda: lib.ops(["set", "k", "f", "v"], ["append", "k", *entry()]), "as hash and as stream")
    fails(lib, lambda: lib.ops(["text", "k", 1, "v"], ["state", "k", 0, "d"]), "as string and as hash")


@pytest.mark.parametrize("name, arguments", [
    ("commit", 4), ("admit", 4), ("fire", 2), ("give_up", 5), ("steal", 5), ("mine", 4), ("takeover", 6), ("requeue", 5), ("waiting", 4), ("bury", 3), ("beat", 2),
    ("tell", 5), ("trim", 1), ("trim_facts", 3), ("repair", 2), ("lead", 3), ("step_down", 2), ("publish", 2),
    ("reserve", 5), ("settle", 2), ("renew", 2),
])
def test_too_few_arguments(lib, name, arguments):
    for n in range(arguments):
        fails(lib, lambda n=n: getattr(lib, name)(*["1"] * n), "too few")


@pytest.mark.parametrize("call", [
    ["fire", "runs", "x"], ["fire", "runs", 0], ["steal", "runs", "runner", "w", "x", 1],
    ["steal", "runs", "runner", "w", 1, "x"], ["requeue", "runs", "runner", "d", "-", "x"],
    ["requeue", "runs", "runner", "w", "-", 0], ["waiting", "runs", "runner", "0-0", "x"], ["waiting", "runs", "runner", "x", 1],
    ["takeover", "runs", "runner", "w", "d", "-", "x"],
    ["trim", "runs", "x", 1], ["trim", "runs", 1, -1], ["trim_facts", "events", "x", 1], ["trim_facts", "events", 1, "x"], ["lead", "watcher", "me", 0],
    ["reserve", "c", "a", 1, 1, "x"], ["settle", "c", ""], ["renew", "c", "x"], ["commit", "runs", "runner", "w", ""],
    ["commit", "runs", "runner", "w", "x"], ["takeover", "runs", "runner", "w", "w", "-", 1],
    ["publish", "watcher", "1", "Kind"],
])
def test_malformed_arguments(lib, call):
    in_hand(lib)
    fails(lib, lambda: getattr(lib, call[0])(*call[1:]), "")


# ---- timers -----------------------------------------------------------------------------------------

def test_fire_moves_what_is_due(lib):
    lib.ops(["timer", "runs", "old", 5], ["timer", "runs", "older", 1], ["after", "runs", "far", 3600000],
            ["timer", "runs", "dropped", 1])
    lib.ops(["untimer", "runs", "dropped"])
    count, next_ms = lib.fire("runs", 10)
    assert count == 2 and 3500000 < next_ms <= 3600000
    assert [(e["type"], e["timer"]) for e in lib.entries("runs")] == [("timer.fired", "older"), ("timer.fired", "old")]
    assert lib.fire("runs", 10)[0] == 0
    assert lib.fire("spend", 10) == [0, -1]


def test_fire_in_pieces(lib):
    for i in range(5):
        lib.ops(["timer", "runs", f"m{i}", i])
    assert [lib.fire("runs", 2) for _ in range(3)] == [[2, 0], [2, 0], [1, -1]]


def test_later_keeps_the_entry(lib):
    text = "é \"\\/\x00\x1f\x7f"
    lib.ops(["later", "tasks:n.a", 0, "m1", *entry("task.requested", prompt=text, task="1")],
            ["later", "deliveries", 0, "m2", *entry("delivery.requested")],
            ["later", "tasks:n.a", 3600000, "m3", *entry("task.requested")],
            ["later", "tasks:n.a", 0, "m4", *entry("task.requested")])
    lib.ops(["untimer", "tasks", "m4"])
    wait_until(lambda: lib.fire("tasks", 10)[0] == 0)
    assert [(e["type"], e["prompt"], e["task"]) for e in lib.entries("tasks:n.a")] == [("task.requested", text, "1")]
    assert [e["type"] for e in lib.entries("deliveries")] == ["delivery.requested"]
    assert lib.redis.hkeys(P + "timers:tasks:entries") == ["m3"]


def test_a_timer_that_makes_no_sense_stops_no_other(lib):
    lib.redis.set(P + "tasks:broken", "x")
    for member, text in ("a", "not json"), ("b", "[1,2]"), ("c", '["tasks:x",[]]'), ("d", '["tasks:x",["type",1]]'), (
            "e", '["tasks:broken",["type","x"]]'), ("g", "{}"), ("h", "null"):
        lib.redis.hset(P + "timers:tasks:entries", member, text)
        lib.redis.zadd(P + "timers:tasks", {member: 1})
    lib.redis.zadd(P + "timers:tasks", {"nothing kept": 2})
    lib.ops(["timer", "tasks", "nothing", 3], ["later", "tasks:n.a", 0, "z", *entry()])
    assert wait_until(lambda: lib.fire("tasks", 100)[1] == -1)
    assert len(lib.entries("tasks:n.a")) == 1 and len(lib.entries("dead")) == 7
    assert lib.redis.hlen(P + "timers:tasks:entries") == 0


# ---- giving up, stealing, taking over -----------------------------------------------------------------

def test_give_up(lib):
    lib.group("runs", "runner")
    lib.add("runs", x="\"é\0")
    (id,) = lib.read("runs", "runner", "w")
    unchanged(lib, lambda: lib.give_up("runs", "runner", "other", id, "why"), ["lost"])
    assert lib.give_up("runs", "runner", "w", id, "why") == ["ok"]
    (dead,) = lib.entries("dead")
    assert {k: dead[k] for k in ("type", "from", "group", "entry", "reason", "message", "deliveries")} == {
        "type": "entry.parked", "from": "runs", "group": "runner", "entry": id, "reason": "WrongInput",
        "message": "why", "deliveries": "1"}
    assert json.loads(dead["content"]) == ["type", "t", "x", "\"é\0"]
    assert lib.pending("runs", "runner") == []


@pytest.mark.parametrize("how", ["wrong", "too often"])
def test_a_request_that_is_given_up_is_pending_no_more(lib, how):
    lib.group("runs", "runner")
    lib.redis.hset(P + "counters", "pending", 3)
    for run in "ab":
        lib.redis.set(f"{P}admitted:n.{run}", "{}")
        lib.ops(["index", "event-runs:n.e", f"n.{run}", 1])
        lib.add("runs", type="run.requested", namespace="n", run=run, trigger="e")
    lib.ops(["state", "run-state:n.b", "0", "{}"])  # somebody asked twice for this one
    for id in lib.read("runs", "runner", "w"):
        if how == "wrong":
            assert lib.give_up("runs", "runner", "w", id, "why") == ["ok"]
        lib.deliver("runs", "runner", "w", id, 10)
    if how == "too often":
        assert lib.steal("runs", "runner", "w", 1, 10) == []
    assert len(lib.entries("dead")) == 2
    assert lib.redis.hget(P + "counters", "pending") == "2"
    assert not lib.redis.exists(P + "admitted:n.a") and lib.redis.exists(P + "admitted:n.b")
    assert lib.redis.zrange(P + "event-runs:n.e", 0, -1) == ["n.b"]


def test_what_nobody_counted_is_not_counted_down(lib):
    lib.group("runs", "runner")
    lib.redis.set(P + "event-runs:n.e", "x")
    for fields in {}, {"namespace": "n", "run": "r", "trigger": "e"}:
        id = lib.add("runs", type="run.requested", **fields)
        lib.read("runs", "runner", "w")
        assert lib.give_up("runs", "runner", "w", id, "why") == ["ok"]
    assert len(lib.entries("dead")) == 2 and not lib.redis.hget(P + "counters", "pending")


def test_give_up_of_what_is_gone(lib):
    (id,) = in_hand(lib)
    lib.redis.xdel(P + "runs", id)
    assert lib.give_up("runs", "runner", "w", id, "why") == ["ok"]
    assert lib.pending("runs", "runner") == [] and lib.entries("dead") == []


def test_steal_waits_twice_as_long_each_time(lib):
    (id,) = in_hand(lib)
    for deliveries in range(1, 10):
        idle = 1000 * 2 ** (deliveries - 1)
        lib.deliver("runs", "runner", "w", id, deliveries, idle - 500)
        assert lib.steal("runs", "runner", "me", 1000, 10) == []
        lib.deliver("runs", "runner", "w", id, deliveries, idle)
        assert [e[0] for e in lib.steal("runs", "runner", "me", 1000, 10)] == [id]
    lib.deliver("runs", "runner", "w", id, 10)
    assert lib.steal("runs", "runner", "me", 1000, 10) == []
    assert lib.entries("dead")[0]["reason"] == "NeverCommitted" and lib.pending("runs", "runner") == []


def test_entries_that_wait_hide_no_others(lib):
    ids = in_hand(lib, count=50)
    for id in ids[:40]:
        lib.deliver("runs", "runner", "w", id, 8, 2000)
    for id in ids[40:]:
        lib.deliver("runs", "runner", "w", id, 1, 2000)
    assert [e[0] for e in lib.steal("runs", "runner", "me", 1000, 8)] == ids[40:48]


def test_steal_of_what_is_gone(lib):
    (id,) = in_hand(lib)
    lib.deliver("runs", "runner", "w", id, 1)
    lib.redis.xdel(P + "runs", id)
    assert lib.steal("runs", "runner", "me", 1000, 10) == [] and lib.pending("runs", "runner") == []


def test_mine(lib):
    ids = in_hand(lib, count=4)
    lib.redis.xclaim(P + "runs", "runner", "other", 0, [ids[1]])
    lib.redis.xdel(P + "runs", ids[2])
    assert [e[0] for e in lib.mine("runs", "runner", "w", 10)] == [ids[0], ids[3]]
    assert [e[0] for e in lib.mine("runs", "runner", "w", 1)] == [ids[0]]
    rows = lib.redis.xpending_range(P + "runs", "runner", "-", "+", 10, "w")
    assert [(r["message_id"], r["times_delivered"]) for r in rows] == [(ids[0], 1), (ids[3], 1)]


def test_boots_are_never_the_same(lib):
    assert lib.boot("a") < lib.boot("b") < lib.boot("a")


def test_beat(lib):
    assert lib.beat("agents", "a#1") == ["a#1", "1"]
    assert lib.beat("agents", "b#2") == ["a#1", "1", "b#2", "2"]
    assert lib.beat("agents", "a#1", "n.a")[:2] == ["a#1", "3 n.a"]
    # Who was buried and comes back has another sign than the one that somebody may remember.
    assert lib.bury("agents", "a#1", "3") == 0 and lib.bury("agents", "a#1", "3 n.a") == 1
    assert lib.beat("agents", "a#1") == ["b#2", "2", "a#1", "4"]


def test_takeover(lib):
    ids = in_hand(lib, "tasks:n.a", "agents", "dead#1", 5)
    lib.beat("agents", "dead#1")
    for seen in "-", "0", "2":
        unchanged(lib, lambda s=seen: lib.takeover("tasks:n.a", "agents", "me", "dead#1", s, 10), ["alive"])
    answer = lib.takeover("tasks:n.a", "agents", "me", "dead#1", "1", 2)
    assert [e[0] for e in answer[1]] == ids[:2] and answer[2] == "more"
    answer = lib.takeover("tasks:n.a", "agents", "me", "dead#1", "1", 10)
    assert [e[0] for e in answer[1]] == ids[2:] and answer[2] == "none"
    assert [c["name"] for c in lib.redis.xinfo_consumers(P + "tasks:n.a", "agents")] == ["me"]
    assert lib.takeover("tasks:n.a", "agents", "me", "dead#1", "1", 10) == ["ok", [], "unknown"]
    assert len(lib.pending("tasks:n.a", "agents", "me")) == 5


def test_takeover_from_one_without_heartbeat(lib):
    in_hand(lib, "tasks:n.a", "agents", "old", 1)
    assert lib.takeover("tasks:n.a", "agents", "me", "old", "-", 10)[2] == "none"


def test_takeover_parks_what_kills(lib):
    ids = in_hand(lib, "tasks:n.a", "agents", "dead#1", 2)
    lib.deliver("tasks:n.a", "agents", "dead#1", ids[0], 10)
    assert [e[0] for e in lib.takeover("tasks:n.a", "agents", "me", "dead#1", "-", 10)[1]] == [ids[1]]
    assert [e["entry"] for e in lib.entries("dead")] == [ids[0]]


def tasks_of_the_dead(lib, count):
    lib.group("tasks:n.a", "agents")
    for i in range(count):
        lib.add("tasks:n.a", type="task.requested", namespace="n", run="r", step="s", task=f"n.r/s/{i}", prompt="p")
    return lib.read("tasks:n.a", "agents", "dead#1")


def waiting_tasks(lib):
    (group,) = lib.redis.xinfo_groups(P + "tasks:n.a")
    rows = lib.redis.xrange(P + "tasks:n.a", "(" + group["last-delivered-id"], "+")
    assert group["lag"] == len(rows)
    return [fields for _, fields in rows]


def test_requeue(lib):
    ids = tasks_of_the_dead(lib, 3)
    lib.beat("agents", "dead#1", "n.a")
    for seen in "-", "1", "1 n.b":
        unchanged(lib, lambda s=seen: lib.requeue("tasks:n.a", "agents", "dead#1", s, 10), ["alive"])
    assert lib.requeue("tasks:n.a", "agents", "dead#1", "1 n.a", 2) == ["ok", 2, "more"]
    assert lib.requeue("tasks:n.a", "agents", "dead#1", "1 n.a", 2) == ["ok", 1, "none"]
    again = waiting_tasks(lib)
    assert [(e["task"], e["prompt"], e["deliveries"]) for e in again] == [(f"n.r/s/{i}", "p", "1") for i in range(3)]
    assert all(list(e)[:2] == ["type", "at"] for e in again)
    assert lib.pending("tasks:n.a", "agents") == [] and lib.redis.xinfo_consumers(P + "tasks:n.a", "agents") == []
    # Of two that race, the second finds nothing; and the dead one, should it come back, is refused.
    unchanged(lib, lambda: lib.requeue("tasks:n.a", "agents", "dead#1", "1 n.a", 2), ["ok", 0, "unknown"])
    unchanged(lib, lambda: lib.commit("tasks:n.a", "agents", "dead#1", ids[0], "append", "runs", *entry()), ["lost"])


def test_requeue_and_takeover_share_no_entry(lib):
    tasks_of_the_dead(lib, 2)
    assert len(lib.takeover("tasks:n.a", "agents", "me", "dead#1", "-", 1)[1]) == 1
    assert lib.requeue("tasks:n.a", "agents", "dead#1", "-", 10) == ["ok", 1, "none"]
    assert len(lib.pending("tasks:n.a", "agents", "me")) == 1 and len(waiting_tasks(lib)) == 1


def test_requeue_where_nobody_reads(lib):
    unchanged(lib, lambda: lib.requeue("tasks:n.a", "agents", "dead#1", "-", 10), ["ok", 0, "unknown"])
    lib.add("tasks:n.a")
    unchanged(lib, lambda: lib.requeue("tasks:n.a", "agents", "dead#1", "-", 10), ["ok", 0, "unknown"])


def test_requeue_parks_what_kills(lib):
    """How often it was delivered goes along, however often it is queued again."""
    tasks_of_the_dead(lib, 1)
    for times in range(1, 10):
        assert lib.requeue("tasks:n.a", "agents", "dead#1", "-", 10)[:2] == ["ok", 1]
        assert waiting_tasks(lib)[0]["deliveries"] == str(times)
        lib.read("tasks:n.a", "agents", "dead#1")
    assert lib.requeue("tasks:n.a", "agents", "dead#1", "-", 10)[:2] == ["ok", 0]
    (dead,) = lib.entries("dead")
    assert (dead["reason"], dead["deliveries"]) == ("NeverCommitted", "10")
    assert [e["type"] for e in lib.entries("runs")] == ["task.finished"] and waiting_tasks(lib) == []


@pytest.mark.parametrize("fields", [
    {"at": "1"}, {"deliveries": "x"}, {"deliveries": "99"}, {f"f{i}": "x" for i in range(5000)},
], ids=["nothing", "no number", "too often", "too long"])
def test_requeue_parks_what_is_no_task(lib, fields):
    lib.group("tasks:n.a", "agents")
    lib.redis.xadd(P + "tasks:n.a", fields)
    lib.read("tasks:n.a", "agents", "dead#1")
    assert lib.requeue("tasks:n.a", "agents", "dead#1", "-", 10) == ["ok", 0, "none"]
    assert len(lib.entries("dead")) == 1 and lib.pending("tasks:n.a", "agents") == []


def test_requeue_of_what_is_gone(lib):
    ids = tasks_of_the_dead(lib, 2)
    lib.redis.xdel(P + "tasks:n.a", ids[0])
    assert lib.requeue("tasks:n.a", "agents", "dead#1", "-", 10) == ["ok", 1, "none"]


def test_waiting(lib):
    ids = tasks_of_the_dead(lib, 2)
    lib.add("tasks:n.a", type="task.requested", namespace="n", task="of no run")
    more = [lib.add("tasks:n.a", type="task.requested", namespace="n", run="r", step="s", task=f"n.r/s/{i}") for i in "23"]
    last, count = lib.waiting("tasks:n.a", "agents", "0-0", 2)
    assert (last, count) == (more[0], 2) and last > ids[1]
    assert lib.waiting("tasks:n.a", "agents", last, 2) == [more[1], 1]
    unchanged(lib, lambda: lib.waiting("tasks:n.a", "agents", more[1], 2), [more[1], 0])
    said = lib.entries("runs")
    assert [(e["type"], e["run"], e["task"], e["cause"]) for e in said] == [
        ("task.waiting", "r", f"n.r/s/{i}", id) for i, id in zip("23", more)]


def test_waiting_where_nobody_ever_read(lib):
    id = lib.add("tasks:n.a", type="task.requested", namespace="n", run="r", step="s", task="n.r/s/1")
    assert lib.waiting("tasks:n.a", "agents", "0-0", 10) == [id, 1]
    assert len(lib.entries("runs")) == 1


def test_bury(lib):
    lib.beat("agents", "dead#1")
    lib.ops(["wake", "dead#1", *entry()])
    assert lib.bury("agents", "dead#1", "7") == 0 and lib.redis.exists(P + "mail:dead#1")
    assert lib.bury("agents", "dead#1", "1") == 1
    assert not lib.redis.exists(P + "heartbeats:agents", P + "mail:dead#1")


def test_tell(lib):
    (id,) = in_hand(lib, "tasks:n.a", "agents", "w")
    lib.ops(["show", "n.r", 65536, 1000, *entry("step.started")])
    token = ["show", "n.r", 65536, 1000, *entry("token", text="x")]
    assert lib.tell("tasks:n.a", "agents", "w", id, "task:t", *token) == ["ok"]
    assert [e["type"] for e in lib.entries("run:n.r")] == ["step.started", "token"]
    unchanged(lib, lambda: lib.tell("tasks:n.a", "agents", "other", id, "task:t", *token), ["lost"])
    fails(lib, lambda: lib.tell("tasks:n.a", "agents", "w", id, "-", "count", "c", "n", 1), "only show")
    lib.ops(["mark", "task:t", "cancelled"])
    unchanged(lib, lambda: lib.tell("tasks:n.a", "agents", "w", id, "task:t", *token), ["marked"])
    lib.redis.delete(P + "run:n.r")  # swept: nobody would clean it again
    unchanged(lib, lambda: lib.tell("tasks:n.a", "agents", "w", id, "-", *token), ["ok"])


# ---- trimming ---------------------------------------------------------------------------------------

def lag(lib, stream, group):
    (row,) = [g for g in lib.redis.xinfo_groups(P + stream) if g["name"] == group]
    return row["lag"]


def test_trim_up_to_what_is_needed(lib):
    assert lib.trim("runs") == 0
    ids = in_hand(lib, count=6)
    lib.add("runs")
    assert lib.trim("runs") == 0
    for id in ids[0], ids[1], ids[4]:
        lib.commit("runs", "runner", "w", id)
    assert lib.trim("runs") == 2 and lag(lib, "runs", "runner") == 1
    for id in ids[2], ids[3], ids[5]:
        lib.commit("runs", "runner", "w", id)
    assert lib.trim("runs") == 4 and lag(lib, "runs", "runner") == 1
    lib.commit("runs", "runner", "w", lib.read("runs", "runner", "w")[0])
    assert lib.trim("runs") == 1 and lag(lib, "runs", "runner") == 0
    lib.add("runs")
    assert lag(lib, "runs", "runner") == 1


def test_trim_keeps_what_people_may_still_read(lib):
    for id in in_hand(lib, count=6):
        lib.commit("runs", "runner", "w", id)
    assert lib.trim("runs", 60000, 10) == 0
    assert lib.trim("runs", 60000, 5) == 6
    for id in in_hand(lib, count=2):
        lib.commit("runs", "runner", "w", id)
    wait_until(lambda: lib.trim("runs", 0, 10) is not None and not lib.redis.xlen(P + "runs"))
    assert lib.trim("runs", 10**15, 10) == 0


def test_trim_without_a_group(lib):
    lib.add("runs")
    assert lib.trim("runs") == 0


def test_trim_forgets_consumers_that_are_long_gone(lib):
    lib.group("runs", "runner")
    for i in range(40):
        lib.redis.xgroup_createconsumer(P + "runs", "runner", f"w{i}")
    lib.trim("runs")
    assert len(lib.redis.xinfo_consumers(P + "runs", "runner")) == 40  # they may be alive


def test_trim_facts(lib):
    for i in range(20):
        lib.redis.xadd(P + "events", {"type": "t"}, id=f"{i + 1}-0")
    lib.group("events", "a")
    lib.group("events", "b")
    assert lib.trim_facts("events", 0, 0) == 0  # nobody has read yet
    lib.read("events", "a", "w", 10)
    ids = lib.read("events", "b", "w", 5)
    assert lib.trim_facts("events", 0, 0) == 0
    lib.redis.xack(P + "events", "b", *ids)
    lib.redis.xack(P + "events", "a", *ids[:3])
    assert lib.trim_facts("events", 10**9, 100) == 3  # all are older, but a needs the fourth
    lib.redis.xack(P + "events", "a", *[f"{i + 1}-0" for i in range(10)])
    assert lib.trim_facts("events", 10**9, 100) == 2 and lib.redis.xlen(P + "events") == 15


def test_trim_facts_by_number(lib):
    for _ in range(20):
        lib.add("events")
    assert lib.trim_facts("events", 3600000, 15) == 5
    assert lib.trim_facts("events", 3600000, 15) == 0
    assert lib.trim_facts("events", 10**15, 15) == 0
    assert lib.trim_facts("none", 1, 1) == 0


def test_repair_after_replay(make_redis):
    """Replaying its log, Redis loses count of what a group has read; the autoscaler would see nothing wait."""
    server = make_redis()
    lib = Library(server.client)
    ids = in_hand(lib, count=300)
    for id in ids[:200]:
        lib.commit("runs", "runner", "w", id)
    lib.trim("runs")
    for _ in range(700):
        lib.add("runs")
    assert lag(lib, "runs", "runner") == 700
    server.kill()
    server.start()
    lib = Library(server.client)
    assert lag(lib, "runs", "runner") is None
    assert lib.repair("runs", "other") == 0 and lib.repair("none", "runner") == 0
    assert lib.repair("runs", "runner") == 1
    assert lag(lib, "runs", "runner") == 700
    assert lib.repair("runs", "runner") == 0
    assert len(lib.pending("runs", "runner")) == 100
    # Repaired once, the next replay leaves a number that is too large.
    assert len(lib.read("runs", "runner", "w", 400)) == 400
    server.kill()
    server.start()
    lib = Library(server.client)
    assert lag(lib, "runs", "runner") == 700
    assert lib.repair("runs", "runner") == 1
    assert lag(lib, "runs", "runner") == 300
    assert lib.repair("runs", "runner") == 0


# ---- leaders and objects ------------------------------------------------------------------------------

def test_lead(lib):
    def leads(me, ttl_ms=60000):
        word, epoch = lib.lead("watcher", me, ttl_ms)
        return int(epoch) if word == "leader" else None

    first = leads("a")
    assert leads("a") == first
    unchanged(lib, lambda: lib.lead("watcher", "b", 60000), ["other", str(first)])
    assert lib.step_down("watcher", "b") == 0
    lib.step_down("watcher", "a")
    second = leads("b", 1)
    assert second > first
    third = wait_until(lambda: leads("a"))
    assert third > second
    lib.step_down("watcher", "a")
    fourth = leads("a")
    assert fourth > third, "not the epoch that was given back"
    # Emptied or restored from an older copy, Redis knows nothing of the epochs before.
    wait_until(lambda: lib.redis.time()[0] * 1000 > fourth, "a later time")
    lib.redis.flushall()
    assert leads("a") > fourth


def obj(name, version, text="{}"):
    return ["ArkTeam", "n", name, version, "u", "1", text]


def test_publish(lib):
    epoch = lib.lead("watcher", "a", 60000)[1]
    assert lib.publish("watcher", epoch, *obj("x", "1"), *obj("y", "1", "{1}")) == ["ok", 2]
    unchanged(lib, lambda: lib.publish("watcher", epoch, *obj("x", "1", "other")), ["ok", 0])
    unchanged(lib, lambda: lib.publish("watcher", epoch, *obj("z", "")), ["ok", 0])
    assert lib.publish("watcher", epoch, *obj("x", "2", "{2}"), *obj("y", "")) == ["ok", 2]
    assert lib.redis.hgetall(P + "snapshot") == {"ArkTeam/n/x": "{2}"}
    assert lib.redis.hgetall(P + "snapshot:versions") == {"ArkTeam/n/x": "2"}
    assert [(e["type"], e["name"], e.get("version")) for e in lib.entries("objects")] == [
        ("object.changed", "x", "1"), ("object.changed", "y", "1"), ("object.changed", "x", "2"),
        ("object.deleted", "y", None)]


def test_publish_of_an_older_epoch(lib):
    old = lib.lead("watcher", "a", 1)[1]
    wait_until(lambda: lib.lead("watcher", "b", 60000)[0] == "leader")
    unchanged(lib, lambda: lib.publish("watcher", old, *obj("x", "1")), ["old"])
    unchanged(lib, lambda: lib.publish("watcher", "", *obj("x", "1")), ["old"])
    fails(lib, lambda: lib.publish("watcher", "2", *obj("x", "1")[:-1]), "number of arguments")


@pytest.mark.parametrize("key", ["snapshot", "snapshot:versions", "objects"])
def test_publish_over_foreign_bytes(lib, key):
    epoch = lib.lead("watcher", "a", 60000)[1]
    lib.redis.set(P + key, "x")
    fails(lib, lambda: lib.publish("watcher", epoch, *obj("x", "1")), "WRONGTYPE")


# ---- the ledger ----------------------------------------------------------------------------------------

def account(lib, name):
    v = lib.redis.hgetall(P + "account:" + name)
    return [int(v.get(k, 0)) for k in ("limit", "reserved", "spent")]


def open_accounts(lib, **limits):
    lib.ops(*[["account", name, limit] for name, limit in limits.items()])


def test_reserve_in_all_or_in_none(lib):
    open_accounts(lib, a=1000, b=500)
    assert lib.reserve("c1", "a,b", 100, 200, 60000) == ["granted", "200"]
    assert account(lib, "a") == [1000, 300, 0] and account(lib, "b") == [500, 300, 0]
    unchanged(lib, lambda: lib.reserve("c2", "a,b", 140, 200, 60000), ["refused", "b", "500", "300"])
    assert lib.reserve("c3", "a,b", 100, 400, 60000) == ["granted", "100"]  # lowered to what fits
    assert account(lib, "a")[1] == account(lib, "b")[1] == 500
    assert lib.reserve("c3", "a,b", 100, 400, 60000) == ["again", "open", "100"]
    unchanged(lib, lambda: lib.reserve("c4", "b", 0, 64, 60000), ["refused", "b", "500", "500"])


def test_the_least_that_is_granted(lib):
    open_accounts(lib, a=164)
    unchanged(lib, lambda: lib.reserve("c", "a", 101, 1000, 60000), ["refused"])
    assert lib.reserve("c", "a", 100, 1000, 60000) == ["granted", "64"]
    open_accounts(lib, b=10)
    assert lib.reserve("small", "b", 0, 10, 60000) == ["granted", "10"]  # less than 64 was asked for


def test_accounts_without_limit_are_not_touched(lib):
    open_accounts(lib, a=1000)
    assert lib.reserve("c", "a,none,a", 10, 90, 60000) == ["granted", "90"]
    assert account(lib, "a") == [1000, 100, 0] and not lib.redis.exists(P + "account:none")
    lib.redis.delete(P + "account:a")
    assert lib.settle("c", 50) == 1
    assert not lib.redis.exists(P + "account:a")


def test_settle_once(lib):
    open_accounts(lib, a=1000)
    lib.reserve("c", "a", 100, 100, 60000)
    assert lib.settle("c", 30) == 1 and account(lib, "a") == [1000, 0, 30]
    unchanged(lib, lambda: [lib.settle("c", 30)], [0])
    unchanged(lib, lambda: [lib.settle("other", 30)], [0])
    assert lib.redis.zcard(P + "timers:spend") == 0 and lib.redis.pttl(P + "reservation:c") > 0
    assert lib.reserve("c", "a", 100, 100, 60000)[:2] == ["again", "settled"]


def test_lapse_and_late_settlement(lib):
    open_accounts(lib, a=1000)
    lib.reserve("c", "a", 100, 100, 60000)
    lib.ops(["lapse", "c"])
    assert account(lib, "a") == [1000, 0, 200]
    unchanged(lib, lambda: lib.ops(["lapse", "c"]), ["ok"])
    assert lib.settle("c", 30) == 1 and account(lib, "a") == [1000, 0, 30]
    assert lib.settle("c", 30) == 0 and account(lib, "a") == [1000, 0, 30]
    lib.ops(["lapse", "c"])
    assert account(lib, "a") == [1000, 0, 30]


def test_a_reservation_that_nobody_renews_is_told(lib):
    open_accounts(lib, a=1000)
    lib.reserve("c", "a", 1, 100, 60000)
    assert lib.renew("c", 1) == 1
    wait_until(lambda: lib.fire("spend", 10)[0])
    assert [(e["type"], e["timer"]) for e in lib.entries("spend")] == [("timer.fired", "expire|c")]
    assert lib.renew("c", 60000) == 0  # too late: it is being charged
    lib.ops(["lapse", "c"])
    assert lib.renew("c", 60000) == 0 and lib.renew("none", 60000) == 0


def test_ledger_in_a_commit(lib):
    (id,) = in_hand(lib, "tasks:n.a", "agents", "w")
    open_accounts(lib, a=1000)
    answer = lib.commit("tasks:n.a", "agents", "w", id, "keep", "state", "task:t", 0, "1",
                        "reserve", "c1", "a", 100, 100, 60000)
    assert answer[0] == "ok" and answer[2] == ["granted", "100"]
    unchanged(lib, lambda: lib.commit("tasks:n.a", "agents", "w", id, "state", "task:t", 0, "2", "settle", "c1", 5),
              ["conflict"])
    answer = lib.commit("tasks:n.a", "agents", "w", id, "state", "task:t", 1, "2", "settle", "c1", 5,
                        "reserve", "c2", "a", 900, 95, 60000)
    assert answer[2] == ["granted", "95"]  # what c1 did not use is free again
    assert account(lib, "a") == [1000, 995, 5]
