"""ark-notifier against a real Redis, real watcher and runner, and a receiver that records what it gets."""

import base64
import hashlib
import hmac
import json
import pathlib
import signal
import sys
import time

import pytest

from daemons import P, Daemon, Suite
from private_redis import wait_until

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "fakes"))

from webhook_server import WebhookServer  # noqa: E402

TEAM = """
apiVersion: arkonis.dev/v1alpha1
kind: ArkAgent
metadata: {name: a}
spec: {model: mock, systemPrompt: x}
---
apiVersion: arkonis.dev/v1alpha1
kind: ArkTeam
metadata: {name: blog, labels: {tier: gold}}
spec:
  notifyRef: {name: people}
  roles: [{name: a, arkAgent: a}]
  pipeline: [{role: a, inputs: {prompt: x}}]
---
apiVersion: arkonis.dev/v1alpha1
kind: ArkNotify
metadata: {name: people}
spec: %s
"""
SIGNED = {"rateLimitSeconds": 0, "channels": [{"type": "webhook", "webhook": {
    "urlFrom": {"name": "hook", "key": "url"}, "headers": [{"name": "x-team", "value": "blog"}],
    "signingSecretFrom": {"name": "hook", "key": "secret"}}}]}


class World:
    def __init__(self, build, redis_server, folder, receiver):
        self.build, self.url, self.folder, self.receiver = build, redis_server.url, folder, receiver
        self.suite = Suite(redis_server)
        self.redis = redis_server.client
        (folder / "objects").mkdir()
        (folder / "state").mkdir()
        (folder / "seal").write_text("22" * 32)
        self.runs = 0

    def daemon(self, name, **env):
        return Daemon(self.build, name, self.url, ARK_OBJECTS_DIR=self.folder / "objects",
                      ARK_STATE_DIR=self.folder / "state", ARK_SEAL_KEY_FILE=self.folder / "seal", **env)

    def notifier(self, **env):
        return self.daemon("ark-notifier", ARK_PROCESS_NAME="notifier",
                           **{"ARK_NOTIFY_RECEIVER_RATE": 1000, **env})

    def policy(self, **spec):
        version = self.redis.hget(P + "snapshot:versions", "ArkNotify/default/people")
        path = self.folder / "objects/all.yaml"
        path.with_suffix(".new").write_text(TEAM % json.dumps(spec))
        path.with_suffix(".new").rename(path)
        wait_until(lambda: self.redis.hget(P + "snapshot:versions", "ArkNotify/default/people")
                   not in (None, version), "the policy")

    def secret(self, **data):
        manifest = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "hook"}, "stringData": data}
        (self.folder / "objects/secret.yaml").write_text(json.dumps(manifest))

    def wait_secret(self):
        """A Secret is published when something names it."""
        wait_until(lambda: self.redis.hexists(P + "snapshot", "Secret/default/hook"), "the secret")

    def channel(self, **more):
        return {"type": "webhook", "webhook": {"url": self.receiver.url + "/hook"}, **more}

    def run(self, output="done", **outcome):
        self.runs += 1
        name = f"run{self.runs}"
        self.suite.request(name, team="blog", input='{"topic":"tea"}')
        entry, fields = self.suite.next_task("a")
        self.suite.finish(entry, fields, None if outcome else output, **outcome)
        self.suite.wait_phase(name, "failed" if outcome else "succeeded")
        return name

    def ended(self):
        return [e for e in self.suite.entries("events") if e["type"] == "delivery.ended"]

    def wait_ended(self, count=1):
        wait_until(lambda: len(self.ended()) >= count, f"{count} deliveries that ended")
        return self.ended()


@pytest.fixture
def world(build, redis_server, tmp_path):
    with WebhookServer() as receiver:
        w = World(build, redis_server, tmp_path, receiver)
        with w.daemon("ark-watcher"), w.daemon("ark-runner"):
            w.suite.wait_library()
            yield w


def test_payload_and_signature(world):
    key = b"0123456789abcdef01234567"
    world.secret(url=world.receiver.url + "/in?token=t0p", secret="whsec_" + base64.b64encode(key).decode())
    world.policy(**SIGNED)
    world.wait_secret()
    with world.notifier() as notifier:
        run = world.run("ä" * 600)
        got = world.receiver.wait_for(1)[0]
        ended = world.wait_ended()[0]
        assert "t0p" not in json.dumps(notifier.log)
    assert (got["method"], got["path"], got["query"]) == ("POST", "/in", "token=t0p")
    body = got["json"]
    assert body.pop("durationMs", 0) >= 0
    assert body == {"event": "TeamSucceeded", "team": "blog", "namespace": "default", "phase": "Succeeded",
                    "runName": run, "totalTokens": 15, "output": "ä" * 500 + "...",
                    "message": f"run {run} of team blog succeeded"}
    h = got["headers"]
    assert (h["content-type"], h["x-team"]) == ("application/json", "blog")
    assert abs(int(h["webhook-timestamp"]) - time.time()) < 30
    signed = f"{h['webhook-id']}.{h['webhook-timestamp']}.".encode() + got["body"].encode()
    want = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert h["webhook-signature"] == f"v1,{want}"
    assert "." not in h["webhook-id"]
    assert (ended["outcome"], ended["identity"], ended["attempt"]) == ("delivered", h["webhook-id"], "1")
    assert not [k for k in world.redis.keys(P + "text:*") if "data-" in k]  # its copy went with it


def test_template_and_a_template_that_fails(world):
    text = '{{ .team.labels.tier }} {{ .run.spec.input.topic }} {{ .run.status.failedStep }}: {{ .Event }}'
    world.policy(rateLimitSeconds=0, channels=[world.channel(template=text),
                                               world.channel(template='{{ index .run.status.output 9 }}')])
    with world.notifier():
        run = world.run(outcome="failed", reason="ProviderError", message="no")
        world.receiver.wait_for(2)
        world.wait_ended(2)
    bodies = {r["headers"]["webhook-id"]: r for r in world.receiver.seen()}
    assert len(bodies) == 2
    first, second = sorted(world.receiver.seen(), key=lambda r: r["json"] is not None)
    assert first["body"] == "gold tea a: TeamFailed"
    assert second["json"]["event"] == "TeamFailed" and second["json"]["runName"] == run
    assert "templateError" in second["json"]


def test_only_wanted_types_and_timeouts_as_failures(world):
    world.policy(events=[{"type": "TeamFailed", "template": "F {{ .Event }}"}], rateLimitSeconds=0,
                 channel=world.channel())
    with world.notifier():
        world.run()
        world.run(outcome="failed", reason="ProviderError", message="no")
        world.wait_ended()
        world.suite.request("c", team="blog")
        world.suite.wait_phase("c", "running")
        world.suite.say("run.cancelled", "c", by="test")
        world.suite.wait_phase("c", "failed")
        # as ark-runner says it; its state is not needed
        fact = {"type": "run.failed", "namespace": "default", "run": "slow", "team": "blog", "attempt": 1,
                "reason": "TimedOut", "message": "timeoutSeconds"}
        flat = [str(x) for pair in fact.items() for x in pair]
        world.suite.call("commit", "-", "-", "-", "-", "append", "events", len(flat), *flat)
        world.wait_ended(2)
    assert [r["body"] for r in world.receiver.seen()] == ["F TeamFailed", "F TeamTimedOut"]


def test_rate_limit_suppresses_and_says_so(world):
    world.policy(rateLimiting={"windowSeconds": 2, "maxPerWindow": 1}, channels=[world.channel()])
    with world.notifier():
        world.run()
        world.run()
        world.run()
        wait_until(lambda: [e["outcome"] for e in world.ended()].count("suppressed") == 2, "two suppressed")
        end = time.monotonic() + 20
        while len(world.receiver.seen()) < 2 and time.monotonic() < end:
            world.run()  # the window slides on
        seen = world.receiver.seen()
    assert "suppressed" not in seen[0]["json"]
    assert seen[1]["json"]["suppressed"] >= 2


def test_retries_with_the_same_id_until_delivered(world):
    world.receiver.load({"rules": [{"break": True, "times": 1},
                                   {"status": 503, "times": 1, "headers": {"retry-after": "0"}}]})
    world.policy(rateLimitSeconds=0, channels=[world.channel()])
    with world.notifier():
        world.run()
        ended = world.wait_ended()
    seen = world.receiver.seen()
    assert len({r["headers"]["webhook-id"] for r in seen}) == 1
    assert [(e["outcome"], e["attempt"]) for e in ended] == [("delivered", "3")]
    assert seen[1]["at"] - seen[0]["at"] > 0.79  # 1 s with 20 % jitter, and not what Retry-After says


def test_dead_letter_after_the_last_attempt(world):
    world.receiver.load({"default": {"status": 500, "headers": {"retry-after": "0"}}})
    world.policy(rateLimitSeconds=0, channels=[world.channel(), {"type": "slack", "slack": {
        "webhookURLFrom": {"name": "hook", "key": "url"}}}])
    with world.notifier(ARK_NOTIFY_ATTEMPTS=3):
        world.run("x" * 20000)
        ended = world.wait_ended(2)
        dead = {e["message"]: e for e in world.suite.entries("dead")}
    assert {(e["channel"], e["outcome"], e["attempt"]) for e in ended} == {
        ("0", "dead-lettered", "3"), ("1", "dead-lettered", "1")}
    assert set(dead) == {"the receiver answered 500", "this release delivers to channels of type webhook only"}
    letter = dead["the receiver answered 500"]
    assert (letter["from"], letter["deliveries"], letter["policy"]) == ("deliveries", "3", "people")
    content = json.loads(letter["content"])
    fields = dict(zip(content[::2], content[1::2]))
    assert fields["identity"] == world.receiver.seen()[0]["headers"]["webhook-id"]
    assert "x" * 20000 in world.redis.get(P + fields["data.key"])
    assert len(world.receiver.seen()) == 3


def test_answers_that_are_final(world):
    world.receiver.load({"default": {"status": 302, "headers": {"location": world.receiver.url + "/else"}}})
    world.policy(rateLimitSeconds=0, channels=[world.channel()])
    with world.notifier():
        world.run()
        assert world.wait_ended()[0]["message"] == "the receiver answered 302"
        world.receiver.load({"default": {"status": 410}})
        world.run()
        world.wait_ended(2)
        world.run()
        assert [e["outcome"] for e in world.wait_ended(3)] == ["dead-lettered", "dead-lettered", "dropped"]
        assert len(world.receiver.seen()) == 2 and world.receiver.seen("/else") == []
        world.receiver.load({})
        world.policy(rateLimitSeconds=0, channels=[world.channel(template="changed")])
        world.run()
        assert world.wait_ended(4)[3]["outcome"] == "delivered"


def test_a_receiver_is_called_once_a_second_by_all(world):
    world.policy(rateLimitSeconds=0, channels=[world.channel(), world.channel()])
    with world.notifier(ARK_NOTIFY_RECEIVER_RATE=1), \
            world.daemon("ark-notifier", ARK_PROCESS_NAME="second", ARK_NOTIFY_RECEIVER_RATE=1):
        world.run()
        world.run()
        world.wait_ended(4)
    at = sorted(r["at"] for r in world.receiver.seen())
    assert len(at) == 4 and min(b - a for a, b in zip(at, at[1:])) > 0.9


def test_killed_in_mid_delivery(world):
    world.receiver.load({"rules": [{"hang": True, "times": 1}]})
    world.policy(rateLimitSeconds=0, channels=[world.channel()])
    notifier = world.notifier().start()
    world.run()
    world.receiver.wait_for(1)
    notifier.kill(signal.SIGKILL)
    with world.notifier():
        seen = world.receiver.wait_for(2)
        world.wait_ended()
        world.run()
        world.wait_ended(2)
    assert seen[0]["headers"]["webhook-id"] == seen[1]["headers"]["webhook-id"]
    outcomes = [(e["outcome"], e["identity"]) for e in world.ended()]
    assert [o for o, _ in outcomes] == ["delivered"] * 2 and len(set(outcomes)) == 2


def test_a_slow_receiver_delays_nobody(world):
    world.receiver.load({"rules": [{"path": "/slow", "hang": True}]})
    slow = {"type": "webhook", "webhook": {"url": world.receiver.url + "/slow"}}
    world.policy(rateLimitSeconds=0, channels=[slow, world.channel()])
    with world.notifier(ARK_NOTIFY_TIMEOUT="3s"):
        world.run()
        world.receiver.wait_for(1, "/slow")
        world.receiver.wait_for(1, "/hook")
        assert [(e["channel"], e["outcome"]) for e in world.wait_ended()] == [("1", "delivered")]


def test_a_deleted_policy_stops_what_waits(world):
    world.receiver.load({"default": {"status": 503, "headers": {"retry-after": "2"}}})
    world.policy(rateLimitSeconds=0, channels=[world.channel()])
    with world.notifier():
        world.run()
        world.receiver.wait_for(1)
        (world.folder / "objects/all.yaml").unlink()
        ended = world.wait_ended()
    assert [e["outcome"] for e in ended] == ["dropped"]
    assert len(world.receiver.seen()) == 1
