"""The whole suite, as `ark up` starts it, with a Redis of its own: what most figures measure."""

import contextlib
import json
import pathlib
import shutil
import subprocess
import tempfile

from private_redis import wait_until
from suite import RunningSuite

P = "ark:{0}:"
HERE = pathlib.Path(__file__).resolve().parent
# One client fires one event: the limits that protect the gateway from just that are out of the way.
NO_LIMITS = {"ARK_TRIGGER_RATE": "1000000", "ARK_TRIGGER_BURST": "1000000", "ARK_EVENT_MAX_RATE": "1000000"}


class SuiteUp(RunningSuite):
    def __init__(self, build, folder, manifest, mock=True, **env):
        super().__init__(build / "bin" / "ark", folder / "state", [HERE / manifest], args=["--mock"] if mock else [],
                         env={**NO_LIMITS, **env})
        self.build, self.event = build, pathlib.Path(manifest).stem

    def ended(self):
        return self.client.zcard(P + "runs:ended")

    def fire_many(self, count, connections=0, rate=None):
        """What tests/bench/fire.c says about so many fires of the manifest's event, by connections or by rate."""
        return generate(self.build, self.base + 12, f"/triggers/default/{self.event}/fire", self.token(self.event), count,
                        connections, rate)

    def wait_ended(self, count):
        wait_until(lambda: self.ended() >= count, f"{count} runs ended", 60)


@contextlib.contextmanager
def suite_up(build, manifest, mock=True, **env):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="ark-bench-", dir="/tmp"))
    suite = SuiteUp(build, folder, manifest, mock, **env)
    try:
        suite.start()
        suite.client = suite.redis
        suite.fire(suite.event, mode="none")  # refused, but not before its token is known
        yield suite
    finally:
        suite.stop()
        shutil.rmtree(folder, ignore_errors=True)


def generate(build, port, path, token, count, connections=0, rate=None):
    args = [build / "tests/bench/fire", port, path, token, count, connections, *([rate] if rate else [])]
    done = subprocess.run(list(map(str, args)), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["refused"] == 0, said
    return said
