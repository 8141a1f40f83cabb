"""Sentinels that watch a primary and its replica."""

import contextlib

from private_redis import RedisServer, free_port, wait_until


class Sentinel(RedisServer):
    def __init__(self, primary, password=None):
        super().__init__(port=free_port(), password=password)
        self.primary = primary

    def start(self):
        return self.launch(
            f"port {self.port}\nbind 127.0.0.1\nunixsocket {self.socket}\ndir {self.folder}\n"
            f"sentinel monitor main 127.0.0.1 {self.primary.port} 2\n"
            "sentinel down-after-milliseconds main 500\n"
            "sentinel failover-timeout main 3000\n"
            + (f"sentinel auth-pass main {self.password}\nrequirepass {self.password}\n"
               if self.password else ""),
            "--sentinel",
        )

    def knows_everybody(self):
        state = self.client.sentinel_master("main")
        return state["num-other-sentinels"] == 2 and state["num-slaves"] == 1


@contextlib.contextmanager
def watched_pair(make_redis):
    """(primary, replica, sentinels): all know each other."""
    primary = make_redis(port=free_port())
    replica = make_redis(port=free_port(), replicaof=f"127.0.0.1 {primary.port}")
    wait_until(lambda: replica.client.info("replication")["master_link_status"] == "up")
    with contextlib.ExitStack() as stack:
        sentinels = [stack.enter_context(Sentinel(primary)) for _ in range(3)]
        for s in sentinels:
            wait_until(s.knows_everybody, "the Sentinels know each other and the replica", 60)
        yield primary, replica, sentinels


def sentinel_url(sentinels, name="main"):
    hosts = ",".join(f"127.0.0.1:{s.port}" for s in sentinels)
    return f"redis+sentinel://{hosts}/{name}/0"
