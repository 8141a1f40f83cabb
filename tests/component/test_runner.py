"""ark-runner against a real Redis; the test plays everybody else."""

import json
import subprocess
import time

import pytest

from daemons import P, Daemon, Suite, agent
from private_redis import wait_until


@pytest.fixture
def suite(build, redis_server):
    with Daemon(build, "ark-runner", redis_server.url):
        s = Suite(redis_server)
        s.wait_library()
        for name in "abc":
            s.publish("ArkAgent", f"agent-{name}", agent())
        yield s


def team(*steps, **more):
    roles = sorted({s["role"] for s in steps})
    return {
        "roles": [{"name": r, "arkAgent": f"agent-{r}"} for r in roles],
        "pipeline": list(steps),
        **more,
    }


def three_steps():
    return team(
        {"role": "a", "inputs": {"prompt": "Research {{ .input.topic }}"}},
        {"role": "b", "inputs": {"prompt": "Draft: {{ .steps.a.output }}"}, "dependsOn": ["a"]},
        {"role": "c", "inputs": {"prompt": "Edit: {{ .steps.b.output }}"}, "dependsOn": ["b"]},
    )


def test_pipeline_of_three_steps(suite):
    suite.publish("ArkTeam", "blog", three_steps())
    suite.request("r1", team="blog", input='{"topic":"tea"}')
    assert suite.answer("agent-a", "facts")["prompt"] == "Research tea"
    task = suite.answer("agent-b", "draft")
    assert task["prompt"] == 'Draft: <ark:step-output name="a">\nfacts\n</ark:step-output>'
    suite.answer("agent-c", "final text")
    state = suite.wait_phase("r1", "succeeded")
    assert state["output"]["text"] == "final text"
    assert state["usage"] == {"input_tokens": 30, "output_tokens": 15}
    types = [e["type"] for e in suite.entries("run:default.r1")]
    assert types == ["step.completed"] * 3 + ["flow.completed"]
    assert [e["type"] for e in suite.entries("events")] == ["run.started", "run.succeeded"]
    assert suite.redis.hget(P + "counters", "pending") == "0"
    assert suite.redis.zcard(P + "runs:active") == 0
    assert suite.redis.zcard(P + "runs:ended") == 1


def test_parallel_branches_and_join(suite):
    suite.publish("ArkTeam", "t", team(
        {"role": "a", "inputs": {"prompt": "1"}},
        {"role": "b", "inputs": {"prompt": "2"}},
        {"role": "c", "dependsOn": ["a", "b"],
         "inputs": {"prompt": "{{ .steps.a.output }}+{{ .steps.b.output }}"}},
    ))
    suite.request("r", team="t")
    suite.answer("agent-b", "B")
    suite.answer("agent-a", "A")
    assert "A" in suite.answer("agent-c", "done")["prompt"]
    suite.wait_phase("r", "succeeded")


def test_a_step_that_fails_stops_the_others(suite):
    suite.publish("ArkTeam", "t", team({"role": "a", "inputs": {"prompt": "1"}},
                                       {"role": "b", "inputs": {"prompt": "2"}}))
    suite.request("r", team="t")
    entry, other = suite.next_task("agent-b")
    suite.answer("agent-a", None, outcome="failed", reason="ProviderError", message="no")
    state = suite.wait_phase("r", "failed")
    assert (state["reason"], state["failed_step"]) == ("StepFailed", "a")
    assert {s["name"]: s["reason"] for s in state["steps"]} == {"a": "ProviderError", "b": "Cancelled"}
    assert suite.redis.hget(f"{P}task:{other['task']}", "mark") == "cancelled"
    suite.say("run.retried", "r", by="test")
    suite.wait_phase("r", "running")
    suite.answer("agent-a", "ok")
    suite.answer("agent-b", "ok")
    state = suite.wait_phase("r", "succeeded")
    assert state["attempt"] == 2
    flows = [e["type"] for e in suite.entries("run:default.r") if e["type"].startswith("flow")]
    assert flows == ["flow.failed", "flow.retried", "flow.completed"]


def test_schema_repair_and_rerun(suite):
    schema = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}
    suite.publish("ArkTeam", "t", team(
        {"role": "a", "inputs": {"prompt": "Count"}, "outputSchema": schema,
         "validate": {"onFailure": "retry", "maxRetries": 1}},
        {"role": "b", "dependsOn": ["a"], "inputs": {"prompt": "n={{ .steps.a.data.n }}"}},
    ))
    suite.request("r", team="t")
    first = suite.answer("agent-a", "not json")
    assert "must satisfy this JSON Schema" in first["prompt"]
    repair = suite.answer("agent-a", "still not")
    assert repair["kind"] == "repair" and "Your answer was not accepted" in repair["prompt"]
    rerun = suite.answer("agent-a", 'Here: \n```json\n{"n":7}\n```')
    assert rerun["kind"] == "step" and "A previous answer was not accepted" in rerun["prompt"]
    assert suite.answer("agent-b", "ok")["prompt"] == "n=7"
    suite.wait_phase("r", "succeeded")


def test_semantic_check(suite):
    suite.publish("ArkTeam", "t", team(
        {"role": "a", "inputs": {"prompt": "Write"},
         "validate": {"semantic": "It is polite", "onFailure": "retry"}}))
    suite.request("r", team="t")
    suite.answer("agent-a", "Go away")
    judge = suite.answer("agent-a", "INVALID: rude\nmore")
    assert judge["kind"] == "validate" and "It is polite" in judge["prompt"]
    rerun = suite.answer("agent-a", "Please stay")
    assert rerun["prompt"].endswith("A previous answer was not accepted: rude")
    suite.answer("agent-a", "valid")
    state = suite.wait_phase("r", "succeeded")
    assert state["output"]["text"] == "Please stay"
    assert state["steps"][0]["reruns"] == 1


def test_loop_condition_and_skip(suite):
    suite.publish("ArkTeam", "t", team(
        {"role": "a", "inputs": {"prompt": "{{ .steps.a.output }}x"},
         "loop": {"condition": '{{ ne .steps.a.output "good" }}', "maxIterations": 5}},
        {"role": "b", "dependsOn": ["a"], "if": "{{ .input.publish }}", "inputs": {"prompt": "p"}},
        output="{{ .steps.a.output }}/{{ .steps.b.status }}",
        inputs=[{"name": "publish", "type": "boolean"}],
    ))
    suite.request("r", team="t")
    suite.answer("agent-a", "bad")
    assert "bad" in suite.answer("agent-a", "good")["prompt"]
    state = suite.wait_phase("r", "succeeded")
    assert state["output"]["text"] == "good/Skipped"
    assert state["steps"][0]["iterations"] == 2


def test_input_is_checked_first(suite):
    suite.publish("ArkTeam", "t", team({"role": "a", "inputs": {"prompt": "x"}},
                                       inputs=[{"name": "n", "type": "number", "required": True}]))
    suite.request("r", team="t", input='{"n":"abc"}')
    state = suite.wait_phase("r", "failed")
    assert state["reason"] == "InvalidInput" and '"n"' in state["message"]
    assert suite.redis.hget(P + "counters", "pending") == "0"


def test_timeout_and_cancel(suite):
    suite.publish("ArkTeam", "t", team({"role": "a", "inputs": {"prompt": "x"}}, timeoutSeconds=1))
    suite.request("slow", team="t")
    state = suite.wait_phase("slow", "failed")
    assert state["reason"] == "TimedOut" and state["steps"][0]["reason"] == "TimedOut"
    suite.publish("ArkTeam", "u", team({"role": "a", "inputs": {"prompt": "x"}}))
    suite.request("c", team="u")
    suite.wait_phase("c", "running")
    suite.say("run.cancelled", "c", by="test")
    assert suite.wait_phase("c", "failed")["reason"] == "Cancelled"


def test_a_team_that_comes_late_is_waited_for(suite):
    suite.request("r", team="late")
    suite.wait_phase("r", "looking")
    suite.publish("ArkTeam", "late", team({"role": "a", "inputs": {"prompt": "x"}}))
    suite.answer("agent-a", "ok")
    suite.wait_phase("r", "succeeded")


def test_agent_run_and_large_texts(suite):
    prompt, answer = "p" * 50000, "ä" * 100000
    key = "text:test:prompt"
    suite.redis.set(P + key, prompt)
    suite.redis.set(P + "text:test:answer", answer)
    suite.call("admit", "-", "-", "-", "-", "count", "counters", "pending", "1", "append", "runs", 10,
               "type", "run.requested", "namespace", "default", "run", "big", "agent", "agent-a",
               "prompt.key", key)
    entry, task = suite.next_task("agent-a")
    assert suite.redis.get(P + task["prompt.key"]) == prompt
    suite.finish(entry, task, None, **{"output.key": "text:test:answer"})
    state = suite.wait_phase("big", "succeeded")
    assert suite.redis.get(P + state["output"]["key"]) == answer
    done = [e for e in suite.entries("run:default.big") if e["type"] == "flow.completed"][0]
    assert done["truncated"] == "true" and len(done["output"].encode()) <= 48 * 1024


def test_garbage_is_parked_and_the_rest_goes_on(suite):
    suite.publish("ArkTeam", "t", team({"role": "a", "inputs": {"prompt": "x"}}))
    suite.redis.xadd(P + "runs", {"type": "no.such"})
    suite.redis.xadd(P + "runs", {"hello": "world"})
    suite.redis.xadd(P + "runs", {"type": "run.requested", "namespace": "UPPER", "run": "x"})
    suite.redis.xadd(P + "runs", {"type": "timer.fired", "timer": "nonsense"})
    suite.redis.xadd(P + "runs", {"type": "task.finished", "namespace": "default", "run": "r"})
    suite.request("r", team="t")
    suite.answer("agent-a", "ok")
    suite.wait_phase("r", "succeeded")
    wait_until(lambda: len(suite.entries("dead")) == 5, "five parked entries")
    assert all(e["reason"] for e in suite.entries("dead"))


def test_a_task_that_is_given_up_ends_its_step(suite):
    suite.publish("ArkTeam", "t", team({"role": "a", "inputs": {"prompt": "x"}}))
    suite.request("r", team="t")
    entry, _ = suite.next_task("agent-a")
    assert suite.call("give_up", "tasks:default.agent-a", "agents", "w1", entry, "it kills workers") == ["ok"]
    state = suite.wait_phase("r", "failed")
    assert state["steps"][0]["reason"] == "AgentError" and "it kills workers" in state["message"]


def test_two_runners_and_kill(build, redis_server):
    """A run goes on whoever dies; every event is told once."""
    s = Suite(redis_server)
    daemons = [Daemon(build, "ark-runner", redis_server.url).start() for _ in range(2)]
    s.wait_library()
    for name in "abc":
        s.publish("ArkAgent", f"agent-{name}", agent())
    s.publish("ArkTeam", "blog", three_steps())
    runs = [f"r{i}" for i in range(30)]
    for i, run in enumerate(runs):
        s.request(run, team="blog", input='{"topic":"tea"}')
    for step in "abc":
        for i in range(len(runs)):
            if i % 10 == 5:
                daemons[i % 2].kill()
                daemons[i % 2].start()
            s.answer(f"agent-{step}", f"{step}{i}")
    for run in runs:
        s.wait_phase(run, "succeeded")
        types = [e["type"] for e in s.entries(f"run:default.{run}")]
        assert types == ["step.completed"] * 3 + ["flow.completed"], run
    told = [(e["type"], e["run"]) for e in s.entries("events")]
    assert len(told) == len(set(told)) == 2 * len(runs)
    for d in daemons:
        d.kill()


def test_every_way_out_of_pending_is_counted(build, redis_server):
    """SPEC 2.10: looking, waiting, refused, cancelled, retried; in the end nobody is pending."""
    with Daemon(build, "ark-runner", redis_server.url, ARK_MAX_ACTIVE_RUNS=1):
        s = Suite(redis_server)
        s.wait_library()
        s.publish("ArkAgent", "agent-a", agent())
        s.publish("ArkTeam", "t", team({"role": "a", "inputs": {"prompt": "x"}},
                                       inputs=[{"name": "n", "type": "number"}]))

        def pending():
            return int(s.redis.hget(P + "counters", "pending") or 0)

        for run in ("first", "second", "third"):
            s.request(run, team="t")
        s.wait_phase("first", "running")
        s.wait_phase("third", "waiting")
        s.request("lost", team="none")
        s.wait_phase("lost", "looking")
        s.request("wrong", team="t", input='{"n":"x"}')
        s.wait_phase("wrong", "failed")
        assert pending() == 3
        s.say("run.cancelled", "second", by="test")
        s.say("run.cancelled", "lost", by="test")
        s.wait_phase("second", "failed")
        s.wait_phase("lost", "failed")
        assert pending() == 1
        s.say("run.retried", "wrong", by="test")
        wait_until(lambda: s.state("wrong")["attempt"] == 2, "the second attempt")
        assert s.wait_phase("wrong", "failed")["reason"] == "InvalidInput"
        s.say("run.cancelled", "first", by="test")
        s.wait_phase("third", "running")
        assert pending() == 0
        s.publish("ArkTeam", "none", team({"role": "a", "inputs": {"prompt": "x"}}))
        s.say("run.retried", "lost", by="test")  # a retry does not wait
        s.wait_phase("lost", "running")
        for run in ("third", "lost"):
            s.say("run.cancelled", run, by="test")
            s.wait_phase(run, "failed")
        assert pending() == 0
        assert s.redis.zcard(P + "runs:active") == s.redis.zcard(P + "runs:waiting") == 0
        failed = [e["run"] for e in s.entries("events") if e["type"] == "run.failed"]
        assert sorted(failed) == ["first", "lost", "lost", "second", "third", "wrong", "wrong"]


def test_a_state_that_does_not_decode_is_parked(suite):
    suite.publish("ArkTeam", "t", team({"role": "a", "inputs": {"prompt": "x"}}))
    suite.request("broken", team="t")
    entry, task = suite.next_task("agent-a")
    suite.redis.hset(f"{P}run-state:default.broken", mapping={"d": "{", "v": "7"})
    suite.finish(entry, task, "x")
    suite.say("run.cancelled", "broken", by="test")
    wait_until(lambda: len(suite.entries("dead")) == 2, "two parked entries")
    assert all("state of a run" in str(e) for e in suite.entries("dead")), suite.entries("dead")
    # What a newer release adds to a state is passed over.
    suite.request("r", team="t")
    entry, task = suite.next_task("agent-a")
    state = {**suite.state("r"), "new": {"x": 1}}
    suite.redis.hset(f"{P}run-state:default.r", mapping={"d": json.dumps(state), "v": "7"})
    suite.finish(entry, task, "x")
    suite.wait_phase("r", "succeeded")


def test_input_of_the_team_and_of_the_run(suite):
    suite.publish("ArkTeam", "t", team(
        {"role": "a", "inputs": {"prompt": "{{ .input.x }} {{ .input.y }}"}},
        input={"x": "team", "y": "team"}, timeoutSeconds=10**18, maxTokens=10**18))
    suite.request("r", team="t", input='{"y":"run"}')
    assert suite.answer("agent-a", "ok")["prompt"] == "team run"
    suite.wait_phase("r", "succeeded")


def test_cancel_that_overtakes_its_request(suite):
    suite.publish("ArkTeam", "t", team({"role": "a", "inputs": {"prompt": "x"}}))
    suite.redis.set(f"{P}admitted:default.r", '{"token":"x"}')
    suite.say("run.cancelled", "r", by="test")
    suite.request("r", team="t")
    assert suite.wait_phase("r", "failed")["reason"] == "Cancelled"
    wait_until(lambda: suite.redis.xpending(P + "runs", "runner")["pending"] == 0, "nothing left")


@pytest.mark.parametrize("wrong", [{}, {"team": "t", "agent": "agent-a", "prompt": "p"}, {"team": "UPPER"}],
                         ids=["neither", "both", "no name"])
def test_a_request_that_makes_no_sense_is_not_counted(suite, wrong):
    suite.publish("ArkTeam", "t", team({"role": "a", "inputs": {"prompt": "x"}}))
    suite.request("wrong", **wrong)
    wait_until(lambda: suite.entries("dead"), "it is parked")
    assert suite.redis.hget(P + "counters", "pending") == "0"
    suite.request("r", team="t")
    suite.answer("agent-a", "ok")
    suite.wait_phase("r", "succeeded")
    assert suite.redis.hget(P + "counters", "pending") == "0" and suite.state("wrong") is None


def test_a_check_cannot_take_longer_than_a_task_can_be_told(build):
    """SPEC 10.13"""
    runner = build / "bin" / "ark-runner"
    codes = [subprocess.run([runner, "--check"], env={"ARK_AUX_TIMEOUT": t, "ARK_REDIS_URL": "unix:///x"},
                            capture_output=True, timeout=30).returncode for t in ("24h", "48h")]
    assert codes == [0, 2]
