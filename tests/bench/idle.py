"""What the daemons cost while nothing happens."""

import time

from figure import Figure, measures, median_of
from processes import cpu_s, pss_mb, rss_anon_mb
from suite_up import suite_up

SECONDS = 10
DAEMONS = ("watcher", "reconciler", "runner", "agent", "budget", "notifier", "gateway")


@measures("idle_cpu", *(f"idle_private_{d}" for d in DAEMONS), "idle_pss")
def idle(build):
    with suite_up(build, "three.yaml") as suite:
        pids = suite.pids()
        redis = pids.pop("redis-server")
        pids["ark"] = suite.process.pid

        def cpu():
            before = [sum(map(cpu_s, pids.values())), cpu_s(redis)]
            time.sleep(SECONDS)
            return [(b - a) / SECONDS * 100 for a, b in zip(before, [sum(map(cpu_s, pids.values())), cpu_s(redis)])]

        time.sleep(2)
        daemons, redis_cpu = median_of(3, cpu)
        private = {d: rss_anon_mb(pids[f"ark-{d}"]) for d in DAEMONS}
        pss = sum(map(pss_mb, pids.values()))
    yield Figure("idle_cpu", daemons, "% of a core", at_most=0.5, baseline="Redis, with what they ask of it",
                 baseline_value=redis_cpu)
    for name, value in private.items():
        yield Figure(f"idle_private_{name}", value, "MB", at_most=4)
    yield Figure("idle_pss", pss, "MB", at_most=45)
