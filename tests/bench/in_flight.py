"""Ten thousand tasks at once in one ark-agent: a mock that takes five seconds for each. The benchmark plays watcher and runner."""

import json
import pathlib
import time

from daemons import P, Daemon, Suite, agent
from figure import Figure, measures, median_of
from private_redis import RedisServer, wait_until
from processes import kilobytes

LIBRARY = pathlib.Path(__file__).resolve().parents[2] / "common/stream/library.lua"
AGENTS, PLACES = 10, 1000
TASKS = AGENTS * PLACES
SCRIPT = {"default": "one two", "tokenDelayMs": 5000}  # between its words


def queue_tasks(suite):
    pipe = suite.redis.pipeline(transaction=False)
    for n in range(TASKS):
        name = f"w{n % AGENTS}"
        message = {"type": "task.requested", "namespace": "default", "agent": name, "task": f"default.r{n}/s/1", "run": f"r{n}",
                   "step": "s", "kind": "step", "prompt": "Speak."}
        flat = [x for pair in message.items() for x in pair]
        pipe.execute_command("FCALL", "ark_1_commit", 0, "-", "-", "-", "-", "append", f"tasks:default.{name}", len(flat), *flat)
    pipe.execute()


def groups(suite):
    """[in hand, not read yet] of all tasks"""
    rows = [suite.redis.xinfo_groups(f"{P}tasks:default.w{n}")[0] for n in range(AGENTS)]
    return [sum(r["pending"] for r in rows), sum(r["lag"] for r in rows)]


def once(build):
    """[most tasks in hand at one time, seconds for all, peak of resident memory in MB]"""
    with RedisServer() as server:
        suite, most = Suite(server), 0
        server.client.execute_command("FUNCTION", "LOAD", LIBRARY.read_text())
        for n in range(AGENTS):
            suite.publish("ArkAgent", f"w{n}", agent(limits={"maxConcurrentTasks": PLACES}))
            suite.redis.xgroup_create(f"{P}tasks:default.w{n}", "agents", "0", mkstream=True)
        queue_tasks(suite)
        start = time.monotonic()
        with Daemon(build, "ark-agent", server.url, AGENT_PROVIDER="mock", ARK_MOCK=json.dumps(SCRIPT)) as pool:
            def all_done():
                nonlocal most
                in_hand, waiting = groups(suite)
                most = max(most, in_hand)
                return not in_hand and not waiting

            wait_until(all_done, "all tasks done", 60)
            took = time.monotonic() - start
            peak = kilobytes(f"/proc/{pool.process.pid}/status", "VmHWM") / 1024
        outcomes = [f["outcome"] for _, f in server.client.xrange(P + "runs") if f["type"] == "task.finished"]
        assert outcomes == ["succeeded"] * TASKS
        return [most, took, peak]


@measures("tasks_in_flight", "tasks_in_flight_seconds", "tasks_in_flight_memory")
def in_flight(build):
    most, took, peak = median_of(3, lambda: once(build))
    yield Figure("tasks_in_flight", most, "tasks", at_least=TASKS)
    yield Figure("tasks_in_flight_seconds", took, "s")
    yield Figure("tasks_in_flight_memory", peak, "MB", at_most=100)
