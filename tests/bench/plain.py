"""tests/bench/plain_streams.c at work: three steps in a row on bare Redis streams."""

import contextlib
import json
import subprocess

from private_redis import RedisServer, die_with_parent, wait_until


class Plain:
    def __init__(self, build, server):
        self.program, self.server = str(build / "tests/bench/plain_streams"), server

    def begin(self, *args):
        return subprocess.Popen([self.program, str(self.server.socket), *map(str, args)], stdout=subprocess.PIPE, text=True,
                                preexec_fn=die_with_parent)

    def request(self, *args):
        """Seconds until so many runs have ended: count, and how many are asked for in a second."""
        asking = self.begin("request", *args)
        out, _ = asking.communicate(timeout=120)
        assert asking.returncode == 0
        return json.loads(out)["seconds"]


@contextlib.contextmanager
def plain_streams(build):
    with RedisServer() as server:
        plain = Plain(build, server)
        children = [plain.begin("decide"), plain.begin("work")]
        try:
            wait_until(lambda: server.client.exists("plain:runs", "plain:tasks") == 2, "both serve")
            plain.request(100)
            yield plain
        finally:
            for c in children:
                c.kill()
                c.wait()
                c.stdout.close()
