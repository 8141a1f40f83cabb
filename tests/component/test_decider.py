"""The loop of deciders (ark-runner with a worker that the test plays) while Redis is cut, stopped, killed and emptied of functions."""

import threading

import pytest
import redis

from daemons import P, Daemon, Suite, agent
from private_redis import wait_until

RUNS = 12


class Worker(threading.Thread):
    """Answers every task, once, whatever happens to Redis."""

    def __init__(self, server, agents):
        super().__init__(daemon=True)
        self.server, self.streams, self.over = server, [f"tasks:default.{a}" for a in agents], False

    def run(self):
        while not self.over:
            try:
                suite = Suite(self.server)
                for stream in self.streams:
                    self.serve(suite, stream)
            except redis.RedisError:
                pass

    def serve(self, suite, stream):
        try:
            suite.redis.xgroup_create(P + stream, "agents", "0", mkstream=True)
        except redis.ResponseError:
            pass
        for start in "0", ">":
            got = suite.redis.xreadgroup("agents", "w1", {P + stream: start}, count=10)
            for id, fields in got[0][1] if got else []:
                try:
                    suite.finish(id, fields, fields["prompt"])
                except AssertionError:
                    pass  # answered before the answer was lost


@pytest.fixture
def two_runners(build, redis_server):
    with Daemon(build, "ark-runner", redis_server.url, ARK_PROCESS_NAME="one") as one, \
            Daemon(build, "ark-runner", redis_server.url, ARK_PROCESS_NAME="two"):
        suite = Suite(redis_server)
        suite.wait_library()
        for name in "abc":
            suite.publish("ArkAgent", f"agent-{name}", agent())
        suite.publish("ArkTeam", "t", {
            "roles": [{"name": r, "arkAgent": f"agent-{r}"} for r in "abc"],
            "pipeline": [{"role": "a", "inputs": {"prompt": "{{ .input.x }}"}},
                         {"role": "b", "inputs": {"prompt": "{{ .input.x }}"}, "dependsOn": ["a"]},
                         {"role": "c", "inputs": {"prompt": "{{ .input.x }}"}, "dependsOn": ["b"]}]})
        worker = Worker(redis_server, ["agent-a", "agent-b", "agent-c"])
        worker.start()
        yield suite, one
        worker.over = True
        worker.join(10)


def cut(server):
    server.client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")


def flush_functions(server):
    server.client.function_flush()
    wait_until(lambda: server.client.execute_command("FUNCTION", "LIST"), "the library is loaded again")


def kill(server):
    server.kill()
    server.start()


def stop(server):
    """Longer than the deadline of an answer."""
    server.pause()
    threading.Event().wait(6)
    server.resume()


def refuse_writes(server):
    server.client.config_set("min-replicas-to-write", 1)
    threading.Event().wait(0.3)
    server.client.config_set("min-replicas-to-write", 0)


@pytest.mark.parametrize("trouble, times", [(cut, 8), (flush_functions, 5), (kill, 3), (stop, 1), (refuse_writes, 3)],
                         ids=lambda x: getattr(x, "__name__", None))
def test_every_run_ends_once(two_runners, redis_server, trouble, times):
    suite, _ = two_runners
    redis_server.client.config_set("appendfsync", "always")
    for i in range(RUNS):
        suite.request(f"r{i}", team="t", input='{"x":"%d"}' % i)
        if i % (RUNS // times) == 0:
            trouble(redis_server)
            suite = Suite(redis_server)
    for i in range(RUNS):
        suite.wait_phase(f"r{i}", "succeeded")
        assert suite.state(f"r{i}")["output"]["text"] == str(i)
    events = [(e["type"], e["run"]) for e in suite.entries("events")]
    assert sorted(events) == sorted((t, f"r{i}") for t in ("run.started", "run.succeeded") for i in range(RUNS))
    assert suite.redis.hget(P + "counters", "pending") == "0" and not suite.redis.exists(P + "dead")
    wait_until(lambda: suite.redis.xinfo_groups(P + "runs")[0]["pending"] == 0, "nothing is pending")
    assert suite.redis.xinfo_groups(P + "runs")[0]["lag"] == 0


def test_what_a_run_costs(two_runners, redis_server, capsys):
    """DESIGN 3: about 13 calls and 70 commands with agent, gateway and reconciler; here is the runner's share."""
    suite, _ = two_runners
    suite.request("warm", team="t", input='{"x":"1"}')
    suite.wait_phase("warm", "succeeded")
    redis_server.client.execute_command("CONFIG", "RESETSTAT")
    for i in range(RUNS):
        suite.request(f"r{i}", team="t", input='{"x":"1"}')
    for i in range(RUNS):
        suite.wait_phase(f"r{i}", "succeeded")
    stats = redis_server.client.info("commandstats")
    calls = {name[8:]: s["calls"] for name, s in stats.items()}
    assert calls["xadd"] / RUNS <= 14 and calls.get("type", 0) / RUNS <= 24, calls
