"""How many runs of three steps a second, and what a run costs.

The whole suite is fired over HTTP as fast as the gateway takes it, with a mock model without delay; Redis and the load generator are on
the same machine. The clock stops when the last run has ended.
"""

import resource
import time

from figure import Figure, measures, median_of
from plain import plain_streams
from processes import cpu_s
from suite_up import suite_up

RUNS, CONNECTIONS = 2000, 16
BASELINE = "three steps on bare Redis streams"


def children_cpu_s():
    """Of children that have ended: the load generators."""
    r = resource.getrusage(resource.RUSAGE_CHILDREN)
    return r.ru_utime + r.ru_stime


def commands(client):
    """Function calls, and commands inside and outside of them, so far; ours left out."""
    stats = client.info("commandstats")
    ours = ("fcall", "info", "zcard")
    return stats["cmdstat_fcall"]["calls"], sum(v["calls"] for k, v in stats.items() if not k.endswith(ours))


def burst(suite):
    """[runs a second; of each run: CPU of Redis, CPU of all else (in ms), function calls, commands]"""
    pids = suite.pids()
    redis = pids.pop("redis-server")

    def costs():
        return [cpu_s(redis), sum(map(cpu_s, pids.values())) + children_cpu_s(), *commands(suite.client)]

    want, before, start = suite.ended() + RUNS, costs(), time.monotonic()
    suite.fire_many(RUNS, CONNECTIONS)
    suite.wait_ended(want)
    rate = RUNS / (time.monotonic() - start)
    redis_s, others_s, calls, inner = ((b - a) / RUNS for a, b in zip(before, costs()))
    return [rate, redis_s * 1000, others_s * 1000, calls, inner]


def plain_burst(plain):
    redis = plain.server.process.pid
    before = cpu_s(redis)
    seconds = plain.request(RUNS)
    return [RUNS / seconds, (cpu_s(redis) - before) / RUNS * 1000]


@measures("runs_per_second", "redis_share_of_cpu", "redis_cpu_per_run", "function_calls_per_run", "redis_commands_per_run")
def runs(build):
    with suite_up(build, "three.yaml") as suite:
        burst(suite)  # the first one warms up
        rate, redis_ms, others_ms, calls, inner = median_of(3, lambda: burst(suite))
    with plain_streams(build) as plain:
        plain_rate, plain_ms = median_of(3, lambda: plain_burst(plain))
    yield Figure("runs_per_second", rate, "1/s", at_least=1000, baseline=BASELINE, baseline_value=plain_rate)
    yield Figure("redis_share_of_cpu", redis_ms / (redis_ms + others_ms), "", at_least=0.5)
    yield Figure("redis_cpu_per_run", redis_ms, "ms", baseline=BASELINE, baseline_value=plain_ms)
    yield Figure("function_calls_per_run", calls, "calls", at_most=15)
    yield Figure("redis_commands_per_run", inner, "commands", at_most=90)
