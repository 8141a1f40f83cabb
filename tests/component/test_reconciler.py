"""ark-reconciler against a real Redis, in local mode: statuses, events, tokens, runs of files."""

import json
import re
import signal

import pytest

from daemons import P, Daemon, Suite, agent
from private_redis import wait_until


@pytest.fixture
def reconciler(build, redis_server, tmp_path):
    return lambda **env: Daemon(build, "ark-reconciler", redis_server.url, ARK_STATE_DIR=tmp_path / "state",
                                ARK_TRIGGER_URL="http://127.0.0.1:8092", **env)


@pytest.fixture
def suite(reconciler, redis_server):
    with reconciler():
        s = Suite(redis_server)
        s.wait_library()
        yield s


def status(suite, kind, name):
    text = suite.redis.hget(P + "status", f"{kind}/default/{name}")
    return json.loads(text) if text else None


def ready(suite, kind, name):
    for c in (status(suite, kind, name) or {}).get("conditions", []):
        if c["type"] == "Ready":
            return c
    return {"reason": None}


def wait_ready(suite, kind, name, reason):
    wait_until(lambda: ready(suite, kind, name)["reason"] == reason,
               lambda: f"{kind} {name} {reason}: {status(suite, kind, name)}")
    return ready(suite, kind, name)


def wait_status(suite, kind, name, **want):
    def reached():
        now = status(suite, kind, name) or {}
        return now if all(now.get(k) == v for k, v in want.items()) else None

    return wait_until(reached, f"{kind} {name} {want}, not {status(suite, kind, name)}")


def record(suite, kind, name):
    return json.loads(suite.redis.hget(f"{P}object:{kind}/default/{name}", "d") or "{}")


def remove(suite, kind, name):
    suite.call("publish", "watcher", suite.epoch, kind, "default", name, "", "", 0, "")


def tell(suite, *messages):
    args = []
    for m in messages:
        flat = [str(x) for pair in m.items() for x in pair]
        args += ["append", "events", len(flat), *flat]
    suite.call("commit", "-", "-", "-", "-", *args)


def run_fact(suite, type, run, created=1000, **more):
    state = {"version": 1, "created_ms": created}
    key = f"{P}run-state:default.{run}"
    if not suite.redis.exists(key):
        suite.redis.hset(key, mapping={"v": "1", "d": json.dumps({**RUN_STATE, "name": run, "created_ms": created})})
    tell(suite, {"type": type, "namespace": "default", "run": run, "team": "t", "attempt": 1, **more})


def state_of_a_run(build, make_redis):
    """What ark-runner keeps of a run, as it really writes it."""
    server = make_redis()
    with Daemon(build, "ark-runner", server.url):
        s = Suite(server)
        s.wait_library()
        s.publish("ArkAgent", "a", agent())
        s.publish("ArkTeam", "t", team())
        s.request("r", team="t")
        return s.wait_phase("r", "running")


@pytest.fixture(autouse=True)
def run_state(build, make_redis):
    global RUN_STATE
    if not RUN_STATE:
        RUN_STATE = state_of_a_run(build, make_redis)


RUN_STATE = None


def team(**more):
    return {"roles": [{"name": "a", "arkAgent": "a"}],
            "pipeline": [{"role": "a", "inputs": {"prompt": "x"}}], **more}


def test_ready_follows_what_an_object_refers_to(suite):
    suite.publish("ArkTeam", "t", team())
    wait_ready(suite, "ArkTeam", "t", "RolesNotReady")
    assert status(suite, "ArkTeam", "t")["phase"] == "Pending"
    suite.publish("ArkAgent", "a", agent())
    assert wait_ready(suite, "ArkTeam", "t", "Reconciled")["status"] == "True"
    now = wait_status(suite, "ArkTeam", "t", phase="Ready", mode="pipeline")
    assert now["roles"] == [{"name": "a", "readyReplicas": 1, "desiredReplicas": 1}]
    assert now["observedGeneration"] == now["conditions"][0]["observedGeneration"] == 1
    assert wait_ready(suite, "ArkAgent", "a", "AllReplicasReady")
    remove(suite, "ArkAgent", "a")
    wait_ready(suite, "ArkTeam", "t", "RolesNotReady")
    wait_until(lambda: status(suite, "ArkAgent", "a") is None, "no status of a deleted object")
    assert not suite.redis.exists(f"{P}object:ArkAgent/default/a")
    assert status(suite, "ArkTeam", "t")["phase"] == "Ready"  # SPEC 8.11: it was ready once


def test_messages_name_the_field(suite):
    suite.publish("ArkAgent", "a", agent())
    suite.publish("ArkTeam", "t", team(output="{{ .oops"))
    c = wait_ready(suite, "ArkTeam", "t", "InvalidTemplate")
    assert c["status"] == "False" and c["message"].startswith("spec.output: ")
    suite.publish("ArkEvent", "cron", {"source": {"type": "cron", "cron": "61 * * * *"},
                                       "targets": [{"team": "t"}]})
    wait_ready(suite, "ArkEvent", "cron", "InvalidCron")
    suite.publish("ArkNotify", "n", {"channels": [
        {"type": "webhook", "webhook": {"urlFrom": {"name": "gone", "key": "url"}}}]})
    wait_ready(suite, "ArkNotify", "n", "SecretNotFound")


def test_transition_time_moves_only_with_the_status(suite):
    suite.publish("ArkAgent", "a", agent())
    suite.publish("ArkTeam", "t", team())
    wait_ready(suite, "ArkTeam", "t", "Reconciled")
    key = f"{P}object:ArkTeam/default/t"
    old = record(suite, "ArkTeam", "t")
    old["status"]["conditions"][0]["lastTransitionTime"] = "2020-01-01T00:00:00Z"
    suite.redis.hset(key, "d", json.dumps(old))
    suite.redis.hincrby(key, "v", 1)
    suite.publish("ArkTeam", "t", team(timeoutSeconds=9))
    wait_status(suite, "ArkTeam", "t", observedGeneration=3)
    assert ready(suite, "ArkTeam", "t")["lastTransitionTime"] == "2020-01-01T00:00:00Z"
    suite.publish("ArkTeam", "t", team(output="{{"))
    wait_ready(suite, "ArkTeam", "t", "InvalidTemplate")
    assert ready(suite, "ArkTeam", "t")["lastTransitionTime"] > "2020-01-01T00:00:00Z"


def test_an_unchanged_status_is_not_written(suite):
    suite.publish("ArkAgent", "a", agent())
    suite.publish("ArkTeam", "t", team())
    wait_ready(suite, "ArkTeam", "t", "Reconciled")
    version = suite.redis.hget(f"{P}object:ArkTeam/default/t", "v")
    suite.publish("ArkAgent", "b", agent())  # marks the whole namespace
    suite.publish("ArkAgent", "c", agent())
    wait_ready(suite, "ArkAgent", "c", "AllReplicasReady")
    assert suite.redis.hget(f"{P}object:ArkTeam/default/t", "v") == version


def test_a_team_shows_its_newest_run(suite):
    suite.publish("ArkAgent", "a", agent())
    suite.publish("ArkTeam", "t", team())
    wait_ready(suite, "ArkTeam", "t", "Reconciled")
    run_fact(suite, "run.started", "r1", created=1000)
    wait_status(suite, "ArkTeam", "t", phase="Running", lastRunName="r1", lastRunPhase="Running")
    run_fact(suite, "run.started", "r2", created=2000)
    run_fact(suite, "run.started", "child", created=3000, parent="r2")
    run_fact(suite, "run.succeeded", "r2", created=2000)
    run_fact(suite, "run.failed", "r1", created=1000, reason="TimedOut")
    wait_status(suite, "ArkTeam", "t", phase="Succeeded", lastRunName="r2")
    tell(suite, {"type": "run.retried", "namespace": "default", "run": "r2", "team": "t", "attempt": 2},
         {"type": "run.started", "namespace": "default", "run": "r2", "team": "t", "attempt": 1})
    wait_status(suite, "ArkTeam", "t", phase="Running", lastRunName="r2")
    wait_until(lambda: record(suite, "ArkRun", "r1").get("events"), "events of r1")
    assert [(e["type"], e["reason"]) for e in record(suite, "ArkRun", "r1")["events"]] == [
        ("Normal", "RunStarted"), ("Warning", "RunTimedOut")]
    assert 0 < suite.redis.pttl(f"{P}object:ArkRun/default/r1") <= 3600_000


def test_events_of_an_object_are_bounded_and_counted(suite):
    for i in range(30):
        tell(suite, {"type": "run.noted", "namespace": "default", "run": "r", "reason": f"Reason{i}"})
    tell(suite, *[{"type": "run.noted", "namespace": "default", "run": "r", "reason": "LoopLimitReached",
                   "message": "again"}] * 3)
    wait_until(lambda: (record(suite, "ArkRun", "r").get("events") or [{}])[-1].get("count") == 3, "the count")
    events = record(suite, "ArkRun", "r")["events"]
    assert len(events) == 20
    assert (events[-1]["type"], events[-1]["note"]) == ("Warning", "again")
    assert events[0]["reason"] == "Reason11"


def test_an_event_counts_its_fires_once(reconciler, redis_server):
    """Two reconcilers, one killed again and again: each fire counts once."""
    suite = Suite(redis_server)
    first, second = reconciler(ARK_PROCESS_NAME="r1").start(), reconciler(ARK_PROCESS_NAME="r2").start()
    try:
        suite.wait_library()
        suite.publish("ArkAgent", "a", agent())
        suite.publish("ArkTeam", "t", team())
        suite.publish("ArkEvent", "hook", {"source": {"type": "webhook"}, "targets": [{"team": "t"}]})
        wait_ready(suite, "ArkEvent", "hook", "WebhookReady")
        for i in range(300):
            tell(suite, {"type": "trigger.fired", "namespace": "default", "trigger": "hook", "runs": f'["r{i}"]'})
            if i % 100 == 50:
                first.kill(signal.SIGKILL)
                first.start()
        now = wait_status(suite, "ArkEvent", "hook", firedCount=300)
        assert now["webhookURL"] == "http://127.0.0.1:8092/triggers/default/hook/fire"
        assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", now["lastFiredAt"])
        wait_until(lambda: redis_server.client.xpending(P + "events", "reconciler")["pending"] == 0, "nothing pending")
        assert status(suite, "ArkEvent", "hook")["firedCount"] == 300
    finally:
        first.kill(signal.SIGKILL)
        second.kill(signal.SIGKILL)


def test_facts_stay_for_others(suite):
    tell(suite, {"type": "run.noted", "namespace": "default", "run": "r", "reason": "X"})
    wait_until(lambda: record(suite, "ArkRun", "r"), "the record")
    tell(suite, {"type": "run.noted", "namespace": "default", "run": "r2", "reason": "X"})
    wait_until(lambda: record(suite, "ArkRun", "r2"), "the record")
    assert len(suite.entries("events")) == 2


def test_deliveries_show_in_the_policy(suite):
    suite.publish("ArkNotify", "n", {"channels": [{"type": "webhook", "webhook": {"url": "http://127.0.0.1:1/"}}]})
    wait_ready(suite, "ArkNotify", "n", "Accepted")
    ended = {"type": "delivery.ended", "namespace": "default", "policy": "n", "channel": 0,
             "event_type": "TeamFailed", "attempt": 12}
    tell(suite, {**ended, "outcome": "dead-lettered", "message": "status 500"})
    now = wait_status(suite, "ArkNotify", "n", deadLetters=1, channelTypes=["webhook"])
    assert [(c["type"], c["reason"]) for c in now["conditions"]] == [
        ("Ready", "Accepted"), ("DeliveryFailing", "DeadLettered")]
    assert now["lastDispatches"][0]["error"] == "status 500"
    tell(suite, {**ended, "outcome": "delivered", "attempt": 1}, {**ended, "outcome": "suppressed"})
    now = wait_status(suite, "ArkNotify", "n", suppressedCount=1)
    assert [c["type"] for c in now["conditions"]] == ["Ready"]
    assert now["lastDispatches"] == [{"channelIndex": 0, "lastFiredAt": now["lastDispatches"][0]["lastFiredAt"],
                                      "lastEvent": "TeamFailed", "succeeded": True, "attempts": 1}]


def test_statuses_of_objects_that_went_meanwhile(reconciler, redis_server):
    suite = Suite(redis_server)
    with reconciler():
        suite.wait_library()
        suite.publish("ArkAgent", "a", agent())
        suite.publish("ArkAgent", "b", agent())
        wait_ready(suite, "ArkAgent", "a", "AllReplicasReady")
        wait_ready(suite, "ArkAgent", "b", "AllReplicasReady")
    remove(suite, "ArkAgent", "a")
    with reconciler():
        wait_until(lambda: status(suite, "ArkAgent", "a") is None, "no orphan")
        assert status(suite, "ArkAgent", "b")


def test_tokens_are_made_once(suite, tmp_path):
    suite.publish("ArkAgent", "a", agent())
    suite.publish("ArkTeam", "t", team())
    hook = {"source": {"type": "webhook"}, "targets": [{"team": "t"}]}
    file = tmp_path / "state/secrets/default/hook-webhook-token/token"
    suite.publish("ArkEvent", "hook", hook)
    suite.publish("Secret", "given-webhook-token", None, sealed={"token": "mac1:x"})
    suite.publish("ArkEvent", "given", hook)
    wait_ready(suite, "ArkEvent", "given", "WebhookReady")
    wait_until(file.exists, "the token")
    token = file.read_text()
    assert re.fullmatch("[0-9a-f]{64}", token)
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "state/secrets/default/ark-mcp-token/token").exists()
    assert not (tmp_path / "state/secrets/default/given-webhook-token").exists()
    suite.publish("ArkEvent", "hook", {**hook, "concurrencyPolicy": "Forbid"})
    wait_status(suite, "ArkEvent", "hook", observedGeneration=suite.objects)
    assert file.read_text() == token
    assert [p.name for p in file.parent.iterdir()] == ["token"]


def test_an_arkrun_runs_once_per_uid(reconciler, redis_server):
    suite = Suite(redis_server)
    asked = lambda: [e for e in suite.entries("runs") if e["type"] == "run.requested"]
    spec = {"teamRef": "t", "input": {"topic": "tea"}}
    with reconciler():
        suite.wait_library()
        suite.publish("ArkAgent", "a", agent())
        suite.publish("ArkTeam", "t", team())
        suite.publish("ArkRun", "once", spec)
        wait_until(asked, "the request")
    with reconciler(), reconciler(ARK_PROCESS_NAME="other"):
        suite.publish("ArkRun", "once", spec)
        suite.publish("ArkRun", "odd", {"teamRef": "t", "agent": "a"})
        wait_until(lambda: record(suite, "ArkRun", "odd"), "the event of a wrong run")
        assert record(suite, "ArkRun", "odd")["events"][0]["reason"] == "InvalidInput"
        remove(suite, "ArkRun", "once")
        wait_until(lambda: suite.entries("runs")[-1]["type"] == "run.cancelled", "the cancel")
    assert len(asked()) == 1
    message = asked()[0]
    assert (message["run"], message["uid"], message["by"]) == ("once", "uid-ArkRun-once", "reconciler")
    assert json.loads(message["input"]) == {"topic": "tea"}
    assert json.loads(message["labels"])["arkonis.dev/team"] == "t"
    assert suite.redis.hget(P + "counters", "pending") == "1"


def test_the_watcher_publishes_the_code_of_a_token(build, reconciler, redis_server, tmp_path):
    objects = tmp_path / "objects"
    objects.mkdir()
    (tmp_path / "state").mkdir()
    (tmp_path / "seal").write_text("11" * 32)
    (objects / "all.yaml").write_text("""
apiVersion: arkonis.dev/v1alpha1
kind: ArkEvent
metadata: {name: hook}
spec: {source: {type: webhook}, targets: [{agent: a, prompt: x}]}
---
apiVersion: arkonis.dev/v1alpha1
kind: ArkAgent
metadata: {name: a}
spec: {model: mock, systemPrompt: x}
""")
    with Daemon(build, "ark-watcher", redis_server.url, ARK_OBJECTS_DIR=objects, ARK_STATE_DIR=tmp_path / "state",
                ARK_SEAL_KEY_FILE=tmp_path / "seal"), reconciler():
        def published():
            return redis_server.client.hget(P + "snapshot", "Secret/default/hook-webhook-token")

        assert json.loads(wait_until(published, "the code"))["sealed"]["token"].startswith("mac1:")
