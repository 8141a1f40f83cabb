"""Workers that die, and what ark-runner does when no other worker of their agent lives (SPEC 7.3, 10.2)."""

import json
import signal
import time

import pytest

from daemons import P, Daemon, Suite, agent
from private_redis import wait_until

SLOW = {"default": "a b c d e f g h i j k l", "tokenDelayMs": 1000}
QUICK = {"default": "done"}
LEASE = {"ARK_WORKER_LEASE": "3s"}


class Team(Suite):
    """Runs of one agent, `a`."""

    def __init__(self, server):
        super().__init__(server)
        self.wait_library()
        self.publish("ArkAgent", "a", agent())
        self.publish("ArkAgent", "b", agent())
        self.publish("ArkTeam", "t", {"roles": [{"name": "s", "arkAgent": "a"}],
                                      "pipeline": [{"role": "s", "inputs": {"prompt": "go"}}]})

    def lag(self, agent="a"):
        return self.redis.xinfo_groups(f"{P}tasks:default.{agent}")[0]["lag"]

    def in_hand(self):
        groups = self.redis.xinfo_groups(P + "tasks:default.a") if self.redis.exists(P + "tasks:default.a") else []
        return groups[0]["pending"] if groups else 0

    def step(self, run):
        """The one step of a run; empty until it has started."""
        steps = (self.state(run) or {}).get("steps")
        return steps[0] if steps else {}

    def wait_step(self, run, phase, deadline_s=20):
        wait_until(lambda: self.step(run).get("phase") == phase, f"step of {run} {phase}", deadline_s)

    def finished(self, run):
        return [e for e in self.entries("runs") if e["type"] == "task.finished" and e["run"] == run]


@pytest.fixture
def worker(build, redis_server):
    """worker("w1", script): the pod of an agent."""
    def start(name, script, serves="a", **env):
        return Daemon(build, "ark-agent", redis_server.url, ARK_PROCESS_NAME=name, AGENT_NAME=serves, AGENT_MODEL="mock",
                      AGENT_SYSTEM_PROMPT="You help.", ARK_MOCK=json.dumps(script), **{**LEASE, **env})

    return start


@pytest.fixture
def runner(build, redis_server):
    def start(**env):
        return Daemon(build, "ark-runner", redis_server.url, **{**LEASE, **env})

    return start


def test_the_task_of_the_only_worker_is_queued_again(runner, worker, redis_server):
    """kill -9 of the sole worker, with the lease of production: within 15 s of its last heartbeat."""
    with runner(ARK_WORKER_LEASE="10s"):
        team = Team(redis_server)
        first = worker("w1", SLOW, ARK_WORKER_LEASE="10s").start()
        team.request("r", team="t")
        team.wait_step("r", "running")
        first.kill()
        killed = time.monotonic()
        wait_until(lambda: team.lag() == 1, "KEDA sees that a task waits")
        assert time.monotonic() - killed < 15
        team.wait_step("r", "warming-up")
        assert "worker" not in team.step("r")
        wait_until(lambda: not team.redis.exists(P + "heartbeats:agents"), "the dead one is forgotten")
        assert team.redis.xinfo_consumers(P + "tasks:default.a", "agents") == []
        with worker("another", QUICK):
            state = team.wait_phase("r", "succeeded")
        assert state["output"]["text"] == "done"
        assert len(team.finished("r")) == 1 and team.finished("r")[0]["worker"].startswith("another#")
        types = [e["type"] for e in team.entries("run:default.r")]
        assert types == ["step.started", "step.completed", "flow.completed"]
        assert not team.redis.keys(P + "task:*") and not team.redis.exists(P + "dead")
        assert not team.redis.zcard(P + "timers:runs")


def test_many_runners_and_many_tasks(runner, worker, redis_server):
    """Each task is queued again once, whoever of the runners is the first to find the dead worker."""
    with runner() as one, runner() as two, runner() as three:
        team = Team(redis_server)
        first = worker("w1", SLOW, AGENT_MAX_CONCURRENT_TASKS="20").start()
        runs = [f"r{i}" for i in range(20)]
        for run in runs:
            team.request(run, team="t")
        wait_until(lambda: team.in_hand() == 20, "all are in hand")
        first.kill()
        wait_until(lambda: team.lag() == 20, "all wait again")
        assert [e["deliveries"] for e in team.entries("tasks:default.a")[-20:]] == ["1"] * 20
        with worker("another", QUICK, AGENT_MAX_CONCURRENT_TASKS="20"):
            for run in runs:
                team.wait_phase(run, "succeeded")
        assert all(len(team.finished(run)) == 1 for run in runs)
        again = [line for d in (one, two, three) for line in d.log if line["msg"].startswith("tasks of a dead worker are")]
        assert sum(int(line["tasks"]) for line in again) == 20


def test_one_that_was_only_stopped_is_refused(runner, worker, redis_server):
    with runner():
        team = Team(redis_server)
        with worker("w1", {**SLOW, "tokenDelayMs": 200}) as first:
            team.request("r", team="t")
            wait_until(lambda: team.in_hand() == 1, "in hand")
            first.process.send_signal(signal.SIGSTOP)
            wait_until(lambda: team.lag() == 1, "the task waits again")
            with worker("another", {**QUICK, "tokenDelayMs": 2000}):
                wait_until(lambda: team.lag() == 0, "another has it")
                first.process.send_signal(signal.SIGCONT)
                state = team.wait_phase("r", "succeeded")
        assert state["output"]["text"] == "done"
        assert len(team.finished("r")) == 1 and team.finished("r")[0]["worker"].startswith("another#")


def test_the_returned_one_may_have_the_task_again(runner, worker, redis_server):
    """Nobody else came: it takes what it lost from the queue like any other worker."""
    with runner():
        team = Team(redis_server)
        with worker("w1", {**SLOW, "tokenDelayMs": 100}) as first:
            team.request("r", team="t")
            wait_until(lambda: team.in_hand() == 1, "in hand")
            first.process.send_signal(signal.SIGSTOP)
            wait_until(lambda: team.lag() == 1, "the task waits again")
            first.process.send_signal(signal.SIGCONT)
            team.wait_phase("r", "succeeded")
        assert len(team.finished("r")) == 1


def test_a_live_worker_of_another_agent_changes_nothing(runner, worker, redis_server):
    with runner():
        team = Team(redis_server)
        first = worker("w1", SLOW).start()
        with worker("other", SLOW, serves="b"):
            team.request("r", team="t")
            team.wait_step("r", "running")
            first.kill()
            wait_until(lambda: team.lag() == 1, "the task waits again")
            team.wait_step("r", "warming-up")


def test_live_workers_of_the_agent_come_first(runner, worker, redis_server):
    with runner():
        team = Team(redis_server)
        first = worker("w1", SLOW).start()
        team.request("r", team="t")
        team.wait_step("r", "running")
        with worker("w2", QUICK):
            wait_until(lambda: len(team.redis.hgetall(P + "heartbeats:agents")) == 2, "both live")
            first.kill()
            team.wait_phase("r", "succeeded")
        assert len(team.finished("r")) == 1


def test_a_stopped_redis_kills_nobody(runner, worker, redis_server):
    with runner():
        team = Team(redis_server)
        with worker("w1", {**SLOW, "tokenDelayMs": 700}):
            team.request("r", team="t")
            team.wait_step("r", "running")
            redis_server.pause()
            time.sleep(5)  # longer than the lease
            redis_server.resume()
            team.wait_phase("r", "succeeded")
        assert [e.get("deliveries") for e in team.entries("tasks:default.a")] == [None]


def test_a_worker_that_leaves_nothing_but_its_consumer(runner, worker, redis_server):
    """Its heartbeat is gone before anybody saw it stand still: the slow look finds what it holds."""
    team = None
    with runner() as r:
        team = Team(redis_server)
        first = worker("w1", SLOW).start()
        team.request("r", team="t")
        team.wait_step("r", "running")
        r.kill()
    first.kill()
    team.redis.delete(P + "heartbeats:agents")
    with runner():
        wait_until(lambda: team.lag() == 1, "the task waits again")
        team.wait_step("r", "warming-up")


def test_a_pool_that_does_not_come_back(build, runner, redis_server):
    """It served all agents: every queue is looked at."""
    with runner():
        team = Team(redis_server)
        pool = Daemon(build, "ark-agent", redis_server.url, ARK_MOCK=json.dumps(SLOW), **LEASE).start()
        for name in "ab":
            team.request(name, agent=name, prompt="go")
        for name in "ab":
            team.wait_step(name, "running")
        pool.kill()
        for name in "ab":
            wait_until(lambda n=name: team.lag(n) == 1, "the task waits again")
            team.wait_step(name, "warming-up")


# --- warm-up: SPEC 10.2

def test_what_nobody_takes_fails_in_the_end(runner, worker, redis_server):
    """A worker of another agent does not help, and the agent of the first is at zero."""
    with runner(ARK_WARMUP_TIMEOUT="3s"):
        team = Team(redis_server)
        with worker("other", QUICK, serves="b"):
            wait_until(lambda: team.redis.hgetall(P + "heartbeats:agents"), "it lives")
            team.request("r", team="t")
            state = team.wait_phase("r", "failed")
    assert state["steps"][0]["reason"] == "AgentNotReady"
    assert team.redis.hget(P + "task:default.r/s/1", "mark") == "cancelled"


def test_what_was_begun_has_a_time_to_warm_up_again(runner, worker, redis_server):
    with runner(ARK_WARMUP_TIMEOUT="3s"):
        team = Team(redis_server)
        first = worker("w1", SLOW).start()
        team.request("r", team="t")
        team.wait_step("r", "running")
        time.sleep(4)  # no timer is under way while it is worked on
        assert team.step("r")["phase"] == "running"
        first.kill()
        state = team.wait_phase("r", "failed")
    assert state["steps"][0]["reason"] == "AgentNotReady"


def test_what_waits_when_the_last_worker_leaves(runner, worker, redis_server):
    """It never was in anybody's hand: no worker took it, and none that lives will."""
    with runner(ARK_WARMUP_TIMEOUT="3s"):
        team = Team(redis_server)
        first = worker("w1", SLOW, AGENT_MAX_CONCURRENT_TASKS="1").start()
        team.request("r1", team="t")
        team.wait_step("r1", "running")
        team.request("r2", team="t")
        wait_until(lambda: team.lag() == 1, "the second waits behind the first")
        time.sleep(4)  # for a worker that is busy it may wait for ever
        assert team.state("r2")["phase"] == "running"
        first.kill()
        for run in "r1", "r2":
            state = team.wait_phase(run, "failed")
            assert state["steps"][0]["reason"] == "AgentNotReady"


def test_what_waits_in_a_queue_that_lost_its_agent(runner, worker, redis_server):
    """Found by the queue, for no object names it any more; and whatever brought it there."""
    with runner(ARK_WARMUP_TIMEOUT="3s") as r:
        team = Team(redis_server)
        with worker("w1", QUICK) as first:
            wait_until(lambda: team.redis.hgetall(P + "heartbeats:agents"), "it lives")
            first.process.send_signal(signal.SIGSTOP)
            team.request("r", team="t")
            wait_until(lambda: team.step("r").get("task"), "queued for one that seems to live")
            r.kill()
            first.kill()
    team.redis.delete(P + "heartbeats:agents")
    team.call("publish", "watcher", team.epoch, "ArkAgent", "default", "a", "", "", "", "")
    with runner(ARK_WARMUP_TIMEOUT="3s"):
        state = team.wait_phase("r", "failed")
    assert state["steps"][0]["reason"] == "AgentNotReady"


# --- the time of an agent run: SPEC 9.2, 9.15, 6.5

def test_waiting_in_the_queue_is_no_part_of_an_agents_time(runner, worker, redis_server):
    with runner():
        team = Team(redis_server)
        team.publish("ArkAgent", "a", agent(limits={"timeoutSeconds": 1}))
        team.request("r", agent="a", prompt="go")
        wait_until(lambda: team.step("r").get("task"), "its task is queued")
        time.sleep(2)
        with worker("w1", QUICK, AGENT_TIMEOUT_SECONDS="1"):
            assert team.wait_phase("r", "succeeded")["output"]["text"] == "done"


def test_an_agent_run_that_works_for_too_long(runner, worker, redis_server):
    with runner():
        team = Team(redis_server)
        team.publish("ArkAgent", "a", agent(limits={"timeoutSeconds": 1}))
        with worker("w1", SLOW, AGENT_TIMEOUT_SECONDS="1"):
            team.request("r", agent="a", prompt="go")
            state = team.wait_phase("r", "failed")
    assert (state["reason"], state["steps"][0]["reason"]) == ("TimedOut", "TimedOut")
    assert int(state["usage"]["output_tokens"]) > 0
