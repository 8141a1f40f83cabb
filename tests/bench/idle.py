"""What the daemons cost while nothing happens."""

import pathlib
import time

from figure import Figure, measures
from processes import cpu_s, rss_anon_mb
from three_steps import ThreeSteps

SECONDS = 10
DAEMONS = ("runner", "agent", "budget")


@measures("idle_cpu", *(f"idle_private_{d}" for d in DAEMONS))
def idle(build):
    with ThreeSteps(build) as suite:
        pids = {pathlib.Path(d.args[0]).name: d.process.pid for d in suite.daemons}
        time.sleep(2)
        before = sum(map(cpu_s, pids.values()))
        time.sleep(SECONDS)
        cpu = sum(map(cpu_s, pids.values())) - before
        memory = {d: rss_anon_mb(pids[f"ark-{d}"]) for d in DAEMONS}
    yield Figure("idle_cpu", cpu / SECONDS * 100, "% of a core", at_most=0.5)
    for name, value in memory.items():
        yield Figure(f"idle_private_{name}", value, "MB", at_most=4)
