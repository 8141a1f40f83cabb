"""From `ark run` to its end: Redis, daemons, a run, and all of them gone again."""

import pathlib
import subprocess
import time

from figure import Figure, measures, median_of

HERE = pathlib.Path(__file__).resolve().parent


def seconds(*command):
    start = time.monotonic()
    done = subprocess.run(command, cwd=HERE.parents[1], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return time.monotonic() - start


@measures("run_cold_start")
def cold_start(build):
    run = [build / "bin" / "ark", "run", "examples/blog.yaml", "--provider", "mock"]
    took, bare = median_of(5, lambda: [seconds(*run), seconds(HERE / "start_redis")])
    yield Figure("run_cold_start", took, "s", at_most=0.5, baseline="redis-server alone, started and ended",
                 baseline_value=bare)
