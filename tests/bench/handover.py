"""How long a finished step waits for the next one to start, at 200 runs a second."""

import time

from figure import Figure, measures
from private_redis import wait_until
from three_steps import P, ThreeSteps


@measures("handover_p50", "handover_p99")
def handover(build):
    """From task.finished in `runs` to the next step.started in the run's stream."""
    with ThreeSteps(build) as suite:
        names = []
        for _ in range(60):
            next_at = time.monotonic() + 0.05
            names += suite.request_some(10)
            time.sleep(max(0, next_at - time.monotonic()))
        wait_until(lambda: suite.ended() >= suite.number, "all runs", 60)
        finished = {}
        for _, f in suite.redis.xrange(P + "runs"):
            if f["type"] == "task.finished":
                finished[f["run"], f["step"]] = int(f["at"])
        waits = []
        for name in names:
            entries = suite.redis.xrange(f"{P}run:default.{name}")
            started = {f["step"]: int(f["at"]) for _, f in entries if f["type"] == "step.started"}
            for a, b in (("a", "b"), ("b", "c")):
                if (name, a) in finished and b in started:
                    waits.append(started[b] - finished[name, a])
        waits.sort()
    yield Figure("handover_p50", waits[len(waits) // 2], "ms", at_most=1)
    yield Figure("handover_p99", waits[len(waits) * 99 // 100], "ms", at_most=5)
