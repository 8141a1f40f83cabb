"""Whoever can write to Redis can write nonsense: it is parked or passed over with a log line, and nothing else stops (SPEC
7.9, 2.10)."""

import pathlib

import pytest

from private_redis import wait_until

TOP = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = sorted((TOP / "proto" / "examples").iterdir())
AGENT = "default.blog-draft"

# One that reads it parks it in `dead`; of `events` each of two groups does.
PARKED = {"runs": 1, "events": 2, "spend": 1, "deliveries": 1, f"tasks:{AGENT}": 1}
# Read without a group, or by nobody.
OTHERS = ("objects", "mail:ark-agent#1", "mail:nobody", "dead", "run:default.nobody")
NONSENSE = [
    {"foo": "bar"},
    {"type": "nonsense", "at": "1"},
    {"type": "run.requested"},
    {"type": "task.requested", "at": "1", "namespace": "default", "run": "nobody", "step": "x", "task": "y"},
    {"type": "task.finished", "at": "soon", "namespace": "default", "run": "nobody"},
    {"type": "object.changed", "at": "1", "kind": "ArkTeam", "namespace": "default", "name": "blog", "content": "{{{"},
    {"type": b"\xff\xfe\x00", "at": b"\x80" * 3000},
]


def fields_of(example):
    """The fields of an example of proto/examples: a name and a value on each line."""
    return dict(line.split(" ", 1) for line in example.read_text().splitlines() if " " in line)


@pytest.fixture
def suite(start_suite):
    return start_suite("examples/blog.yaml", mock="examples/mock/blog.json")


def works(suite):
    answer = suite.fire("blog", {"topic": "tea"}, mode="sync")
    return answer.status == 200 and answer.json["status"] == "succeeded"


def test_nonsense(suite):
    client, before = suite.redis, suite.pids()
    assert works(suite)
    for fields in NONSENSE:
        for stream in (*PARKED, *OTHERS):
            client.xadd(f"ark:{{0}}:{stream}", fields)
    expected = len(NONSENSE) * (sum(PARKED.values()) + 1)  # those written into `dead` itself
    wait_until(lambda: client.xlen("ark:{0}:dead") >= expected, "all of it is parked", 20)
    assert works(suite)
    assert client.xlen("ark:{0}:dead") == expected
    assert suite.pids() == before
    assert "a change makes no sense" in (suite.state / "log" / "ark-gateway.log").read_text()


def test_messages_that_nobody_asked_for(suite):
    # Well formed, but about what is not there, from nobody, and in every stream but its own.
    client, before = suite.redis, suite.pids()
    assert works(suite)
    assert len(EXAMPLES) > 20
    for example in EXAMPLES:
        for stream in (*PARKED, *OTHERS):
            if stream != "objects" or not example.name.startswith("object."):  # those would be true
                client.xadd(f"ark:{{0}}:{stream}", fields_of(example))
    assert works(suite)

    def read():
        groups = [(s, g) for s in PARKED for g in client.xinfo_groups(f"ark:{{0}}:{s}")]
        return all(g["lag"] == 0 and g["pending"] == 0 for s, g in groups if s != "deliveries")

    wait_until(read, "all of it is read", 30)
    assert works(suite)
    assert suite.pids() == before
