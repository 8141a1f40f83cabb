"""How many runs a second, and what a run costs Redis."""

import subprocess

from figure import Figure, measures, median_of
from processes import cpu_s
from three_steps import ThreeSteps

RUNS = 1000


@measures("runs_per_second")
def runs_per_second(build):
    with ThreeSteps(build) as suite:
        [rate] = median_of(3, lambda: [RUNS / suite.run_some(RUNS)])
        xadd = subprocess.run(["redis-benchmark", "-s", str(suite.server.socket), "-n", "100000", "-c", "8", "-q", "-P", "16",
                               "xadd", "bench", "*", "a", "b"], capture_output=True, text=True).stdout
        baseline = float(xadd.strip().splitlines()[-1].split(": ")[1].split(" ")[0])
    yield Figure("runs_per_second", rate, "1/s", at_least=1000, baseline="XADDs a second", baseline_value=baseline)


@measures("function_calls_per_run", "redis_commands_per_run", "redis_cpu_per_run")
def redis_per_run(build):
    with ThreeSteps(build) as suite:
        def counts():
            stats = suite.redis.info("commandstats")
            inner = sum(v["calls"] for k, v in stats.items() if not k.endswith(("fcall", "info", "zcard")))
            return stats["cmdstat_fcall"]["calls"], inner, cpu_s(suite.server.process.pid) * 1000

        def once():
            before = counts()
            suite.run_some(RUNS)
            return [(b - a) / RUNS for a, b in zip(before, counts())]

        calls, commands, cpu_ms = median_of(3, once)
    yield Figure("function_calls_per_run", calls, "calls", at_most=15)
    yield Figure("redis_commands_per_run", commands, "commands", at_most=90)
    yield Figure("redis_cpu_per_run", cpu_ms, "ms")
