"""From `ark run` to its end: Redis, daemons, a run, and all of them gone again."""

import pathlib
import subprocess
import time

from figure import Figure, measures, median_of

TOP = pathlib.Path(__file__).resolve().parents[2]


@measures("run_cold_start")
def cold_start(build):
    def once():
        start = time.monotonic()
        done = subprocess.run([build / "bin" / "ark", "run", "examples/extract.yaml", "--mock", "--mock-file",
                               "examples/mock/extract.json"], cwd=TOP, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return [time.monotonic() - start]

    [took] = median_of(3, once)
    yield Figure("run_cold_start", took, "s", at_most=0.5)
