"""ark-watcher on a folder of manifests, against a real Redis."""

import json
import os
import signal

import pytest

from daemons import P, Daemon, Suite
from private_redis import wait_until

TEAM = """apiVersion: arkonis.dev/v1alpha1
kind: ArkTeam
metadata:
  name: {name}
spec:
  roles:
    - name: write
      model: mock
      systemPrompt: {prompt}
  pipeline:
    - role: write
"""


class World:
    def __init__(self, build, server, folder):
        self.folder = folder / "manifests"
        self.folder.mkdir()
        self.state = folder / "state"
        self.state.mkdir()
        key = folder / "key"
        key.write_bytes(os.urandom(32))
        self.suite = Suite(server)
        self.redis = server.client
        self.daemon = Daemon(build, "ark-watcher", server.url, ARK_OBJECTS_DIR=self.folder,
                             ARK_STATE_DIR=self.state, ARK_SEAL_KEY_FILE=key)

    def write(self, name, text):
        (self.folder / name).write_text(text)

    def snapshot(self):
        return self.redis.hgetall(P + "snapshot")

    def object(self, field):
        text = self.redis.hget(P + "snapshot", field)
        return json.loads(text) if text else None

    def wait_object(self, field, what=lambda o: True):
        return wait_until(lambda: (o := self.object(field)) and what(o) and o, field)

    def log(self, level):
        return [l for l in self.daemon.log if l["level"] == level]


@pytest.fixture
def world(build, redis_server, tmp_path):
    w = World(build, redis_server, tmp_path)
    w.write("a.yaml", TEAM.format(name="a", prompt="one"))
    with w.daemon:
        w.wait_object("ArkTeam/default/a")
        yield w


def test_objects_and_what_follows_from_them(world):
    team = world.object("ArkTeam/default/a")
    meta = team["metadata"]
    assert meta["generation"] == 1 and meta["uid"] and meta["resourceVersion"]
    agent = world.object("ArkAgent/default/a-write")
    assert agent["spec"]["systemPrompt"] == "one"
    assert world.object("ArkRegistry/default/default")
    types = {(e["type"], e["kind"], e["name"]) for e in world.suite.entries("objects")}
    assert ("object.changed", "ArkTeam", "a") in types


def test_edits_and_deletions(world):
    uid = world.object("ArkTeam/default/a")["metadata"]["uid"]
    world.write("a.yaml", TEAM.format(name="a", prompt="two"))
    team = world.wait_object("ArkTeam/default/a", lambda o: o["metadata"]["generation"] == 2)
    assert team["metadata"]["uid"] == uid
    assert world.object("ArkAgent/default/a-write")["spec"]["systemPrompt"] == "two"
    world.write("b.yaml", TEAM.format(name="b", prompt="x") + "---\n" + TEAM.format(name="c", prompt="y"))
    world.wait_object("ArkTeam/default/c")
    (world.folder / "a.yaml").rename(world.folder / "a.txt")
    wait_until(lambda: not world.object("ArkTeam/default/a"), "a gone")
    assert not world.object("ArkAgent/default/a-write")
    gone = [e["name"] for e in world.suite.entries("objects") if e["type"] == "object.deleted"]
    assert sorted(gone) == ["a", "a-write"]


def test_an_unchanged_file_says_nothing(world):
    before = len(world.suite.entries("objects"))
    world.write("a.yaml", TEAM.format(name="a", prompt="one"))
    world.write("z.yaml", TEAM.format(name="z", prompt="x"))
    world.wait_object("ArkTeam/default/z")
    assert len(world.suite.entries("objects")) == before + 2  # team z and its agent


def test_an_error_names_its_place_and_does_not_stop_the_rest(world):
    world.write("bad.yaml", TEAM.format(name="good", prompt="x") + "---\nkind: [\n")
    world.wait_object("ArkTeam/default/good")
    error = wait_until(lambda: [l for l in world.log("error") if "bad.yaml" in l.get("file", "")], "an error")[0]
    assert "line" in error["error"] and "column" in error["error"]


def test_a_broken_edit_deletes_nothing(world):
    world.write("a.yaml", "spec: {{{\n")
    wait_until(lambda: world.log("error"), "an error")
    world.write("b.yaml", TEAM.format(name="b", prompt="x"))
    world.wait_object("ArkTeam/default/b")
    assert world.object("ArkTeam/default/a")


def test_an_error_is_told_once_for_each_content(world):
    def told():
        return [(l["file"].rsplit("/", 1)[1], l["error"]) for l in world.log("error")]

    def after_another_reading():
        reads = len(told())
        name = f"n{world.serial}"
        world.serial += 1
        world.write(f"{name}.yaml", TEAM.format(name=name, prompt="x"))
        world.wait_object(f"ArkTeam/default/{name}")
        return told()[reads:]

    world.serial = 0
    twice = TEAM.format(name="twice", prompt="x")
    world.write("bad.yaml", "kind: [\n")
    world.write("double.yaml", twice + "---\n" + twice)
    wait_until(lambda: {f for f, _ in told()} == {"bad.yaml", "double.yaml"}, "both are told")
    assert len(told()) == 2
    assert after_another_reading() == [] and after_another_reading() == []
    world.write("bad.yaml", "# as wrong as before\nkind: [\n")  # another content
    wait_until(lambda: len(told()) == 3, "it is told again")
    world.write("bad.yaml", TEAM.format(name="bad", prompt="x"))
    world.wait_object("ArkTeam/default/bad")
    world.write("bad.yaml", "# as wrong as before\nkind: [\n")
    wait_until(lambda: len(told()) == 4, "it was right in between")
    assert after_another_reading() == []


def test_secrets_travel_sealed_and_only_when_named(world):
    world.write("s.yaml", """apiVersion: v1
kind: Secret
metadata: {name: keys}
stringData: {ANTHROPIC_API_KEY: sk-very-secret}
---
apiVersion: v1
kind: Secret
metadata: {name: unused}
stringData: {x: other-secret}
---
apiVersion: arkonis.dev/v1alpha1
kind: ArkAgent
metadata: {name: uses}
spec:
  model: mock
  systemPrompt: x
  apiKeyRef: {name: keys, key: ANTHROPIC_API_KEY}
""")
    secret = world.wait_object("Secret/default/keys")
    assert secret["sealed"]["ANTHROPIC_API_KEY"].startswith("ark1:")
    assert not world.object("Secret/default/unused")
    everything = json.dumps(world.snapshot()) + json.dumps(world.suite.entries("objects"))
    everything += json.dumps(world.daemon.log)
    assert "very-secret" not in everything and "other-secret" not in everything


def test_generated_tokens_travel_as_codes(world):
    world.write("e.yaml", """apiVersion: arkonis.dev/v1alpha1
kind: ArkEvent
metadata: {name: hook}
spec:
  source: {type: webhook}
  targets: [{team: a}]
""")
    world.wait_object("ArkEvent/default/hook")
    folder = world.state / "secrets" / "default" / "hook-webhook-token"
    folder.mkdir(parents=True)
    (folder / "token").write_text("0123456789abcdef" * 4)
    secret = world.wait_object("Secret/default/hook-webhook-token")
    assert secret["sealed"]["token"].startswith("mac1:")
    assert "0123456789abcdef0123" not in json.dumps(world.snapshot())
    (folder / "other").write_text("x")
    secret = world.wait_object("Secret/default/hook-webhook-token", lambda o: len(o["sealed"]) == 2)
    assert not [l for l in world.log("error") if "twice" in l.get("error", "")]


def test_identity_survives_a_restart(world):
    before = world.object("ArkTeam/default/a")["metadata"]
    entries = len(world.suite.entries("objects"))
    world.daemon.kill()
    world.daemon.start()
    world.write("new.yaml", TEAM.format(name="new", prompt="x"))
    world.wait_object("ArkTeam/default/new")
    assert world.object("ArkTeam/default/a")["metadata"] == before
    assert len(world.suite.entries("objects")) == entries + 2


def test_of_two_watchers_one_leads(build, redis_server, tmp_path):
    w = World(build, redis_server, tmp_path)
    w.write("a.yaml", TEAM.format(name="a", prompt="one"))
    w.daemon.start()
    w.wait_object("ArkTeam/default/a")
    settings = {k: v for k, v in w.daemon.env.items() if k.startswith(("ARK_O", "ARK_S"))}
    with Daemon(build, "ark-watcher", redis_server.url, **settings) as second:
        wait_until(lambda: any(l["msg"] == "connected to Redis" for l in second.log), "second")
        w.daemon.kill()
        w.write("b.yaml", TEAM.format(name="b", prompt="x"))
        w.wait_object("ArkTeam/default/b")
        assert any(l["msg"] == "this watcher leads" for l in second.log)


def test_a_watcher_that_ends_gives_the_lead_back(world):
    world.daemon.kill(signal.SIGTERM)
    assert world.redis.hget(P + "leader:watcher", "till") == "0"
