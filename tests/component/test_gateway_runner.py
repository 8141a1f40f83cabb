"""ark-gateway and ark-runner on one Redis; the test plays the workers."""

import threading

import pytest

from daemons import P, Daemon, agent
from gateway import ADMIN, Gateway, events_of
from private_redis import wait_until


@pytest.fixture
def gateway(build, redis_server):
    with Daemon(build, "ark-runner", redis_server.url), Gateway(build, redis_server) as g:
        g.publish("ArkAgent", "agent-a", agent())
        g.publish("ArkTeam", "t", {
            "roles": [{"name": "a", "arkAgent": "agent-a"}],
            "inputs": [{"name": "topic", "required": True}],
            "pipeline": [{"role": "a", "inputs": {"prompt": "About {{ .input.topic }}"}}]})
        g.add_event(targets=[{"team": "t", "input": {"topic": "{{ .trigger.body.topic }}"}}])
        yield g


def test_a_fire_is_run_and_followed(gateway):
    t = threading.Thread(target=gateway.answer, args=("agent-a", "all about tea"))
    t.start()
    a = gateway.fire(body={"topic": "tea"}, query="?mode=sse")
    t.join()
    events = events_of(a.body)
    assert [e[1] for e in events] == ["step.completed", "flow.completed"]
    assert events[1][2]["output"] == "all about tea"
    run = a.headers["Ark-Run"]
    status = gateway.run(run, "token-hook").json
    assert (status["phase"], status["output"], status["team"]) == ("Succeeded", "all about tea", "t")
    assert status["tokenUsage"] == {"inputTokens": 10, "outputTokens": 5, "totalTokens": 15}
    assert gateway.run(run, rest="/steps/a/output").body == b"all about tea"
    # What stood for the run before it had a state goes soon; the event has no active run any more.
    assert 0 < gateway.redis.pttl(f"{P}admitted:default.{run}") <= 60000
    assert not gateway.redis.exists(P + "event-runs:default.hook")
    wait_until(lambda: gateway.redis.pubsub_channels() == [], "nobody listens any more")


def test_sync_from_end_to_end(gateway):
    t = threading.Thread(target=gateway.answer, args=("agent-a", "tea"))
    t.start()
    a = gateway.fire(body={"topic": "tea"}, query="?mode=sync")
    t.join()
    assert (a.status, a.json["output"], a.json["status"]) == (200, "tea", "succeeded")


def test_the_end_of_a_run_lets_the_next_one_in(gateway):
    gateway.add_event("one", [{"team": "t", "input": {"topic": "x"}}], concurrencyPolicy="Forbid")
    run = gateway.fire("one", token="token-one").json["runs"][0]
    assert not gateway.fire("one", token="token-one").json["fired"]
    gateway.answer("agent-a", "done")
    gateway.wait_phase(run, "succeeded")
    assert gateway.fire("one", token="token-one").json["fired"]


def test_replace_cancels_the_run_before(gateway):
    gateway.add_event("last", [{"team": "t", "input": {"topic": "x"}}], concurrencyPolicy="Replace")
    first = gateway.fire("last", token="token-last").json["runs"][0]
    gateway.wait_phase(first, "running")
    second = gateway.fire("last", token="token-last").json["runs"][0]
    state = gateway.wait_phase(first, "failed")
    assert (state["reason"], state["message"]) == ("Cancelled", "replaced by a newer fire of its event")
    gateway.wait_phase(second, "running")
    assert gateway.redis.zrange(P + "event-runs:default.last", 0, -1) == [f"default.{second}"]


def test_cancel_and_retry(gateway):
    run = gateway.fire(body={"topic": "x"}).json["runs"][0]
    gateway.wait_phase(run, "running")
    assert gateway.ask("POST", f"/runs/default/{run}/cancel", None, "token-hook").status == 202
    gateway.wait_phase(run, "failed")
    retry = gateway.ask("POST", f"/runs/default/{run}/retry", None, ADMIN)
    assert (retry.status, retry.json["attempt"]) == (202, 2)
    gateway.wait_phase(run, "running")
    assert gateway.redis.zrange(P + "event-runs:default.hook", 0, -1) == [f"default.{run}"]
