"""The function library on a Redis of its own, without any daemon: what tests say to it, and what they see."""

import pathlib

import redis

P = "ark:{0}:"
SOURCE = pathlib.Path(__file__).resolve().parents[2] / "common/stream/library.lua"


class Library:
    """Calls functions by name: lib.commit(...), lib.fire("runs", 10). Keys are without the prefix."""

    def __init__(self, client, text=None):
        self.redis = client
        client.function_load(text or SOURCE.read_text(), replace=True)

    def __getattr__(self, name):
        def call(*args):
            return self.redis.execute_command("FCALL", f"ark_1_{name}", 0, *args)

        return call

    def ops(self, *operations):
        """A commit that answers no entry."""
        return self.commit("-", "-", "-", "-", *flat(operations))

    def group(self, stream, group):
        try:
            self.redis.xgroup_create(P + stream, group, "0", mkstream=True)
        except redis.ResponseError:
            pass

    def add(self, stream, **fields):
        return self.redis.xadd(P + stream, {"type": "t", **fields})

    def read(self, stream, group, me, count=100000):
        got = self.redis.xreadgroup(group, me, {P + stream: ">"}, count=count)
        return [id for id, _ in got[0][1]] if got else []

    def pending(self, stream, group, me=None):
        rows = self.redis.xpending_range(P + stream, group, "-", "+", 10000, me)
        return [(r["message_id"], r["consumer"]) for r in rows]

    def entries(self, stream):
        return [fields for _, fields in self.redis.xrange(P + stream)]

    def deliver(self, stream, group, me, id, times, idle_ms=10**8):
        """As if the entry had been delivered so often, the last time so long ago."""
        self.redis.execute_command("XCLAIM", P + stream, group, me, 0, id, "IDLE", idle_ms, "RETRYCOUNT", times,
                                   "FORCE", "JUSTID")

    def dump(self):
        """Everything there is, to compare: a refused call changes nothing."""
        raw = self.redis.connection_pool.connection_kwargs
        client = redis.Redis(unix_socket_path=raw["path"])
        keys = sorted(client.keys("*"))
        return {k: (client.dump(k), client.pexpiretime(k) if hasattr(client, "pexpiretime") else 0) for k in keys}


def flat(operations):
    return [text for operation in operations for text in operation]


def entry(type="t", **fields):
    """The arguments N FIELD VALUE ... of an operation that takes an entry."""
    texts = [t for pair in {"type": type, **fields}.items() for t in pair]
    return [len(texts), *texts]
