"""ark-watcher on a real API server: what it tells of it, what it leaves out, and who may tell."""

import json
import os
import pathlib
import signal
import time

import pytest

from control_plane import ControlPlane
from daemons import P, Daemon, Suite
from private_redis import RedisServer, wait_until

AGENTS = "/apis/arkonis.dev/v1alpha1/namespaces/{}/arkagents"
CRDS = pathlib.Path(__file__).resolve().parents[2] / "deploy" / "crds"
SLOW_S = 90  # the client's attempts come at most 30 s apart


def agent(name, prompt="x", **spec):
    return {"apiVersion": "arkonis.dev/v1alpha1", "kind": "ArkAgent", "metadata": {"name": name},
            "spec": {"model": "mock", "systemPrompt": prompt, **spec}}


def binding(name="ark-namespace-read"):
    return {"metadata": {"name": name, "labels": {"app.kubernetes.io/managed-by": "ark"}},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"}}


class World:
    """A Redis, and watchers that read a control plane."""

    def __init__(self, build, plane, server, folder):
        self.build, self.plane, self.server = build, plane, server
        self.key = folder / "key"
        self.key.write_bytes(os.urandom(32))
        self.suite = Suite(server)
        self.redis = server.client

    def watcher(self, name="w", kubeconfig=None, **env):
        return Daemon(self.build, "ark-watcher", self.server.url, ARK_MODE="cluster", ARK_SEAL_KEY_FILE=self.key,
                      ARK_PROCESS_NAME=name, KUBECONFIG=kubeconfig or self.plane.path("admin.kubeconfig"), **env)

    def object(self, field):
        text = self.redis.hget(P + "snapshot", field)
        return json.loads(text) if text else None

    def wait(self, field, what=lambda o: True, deadline_s=20):
        return wait_until(lambda: (o := self.object(field)) and what(o) and o, field, deadline_s)

    def wait_gone(self, field):
        wait_until(lambda: not self.object(field), f"{field} gone")

    def said(self, name):
        return [e["type"] for e in self.suite.entries("objects") if e["name"] == name]

    def everything(self):
        return json.dumps(self.redis.hgetall(P + "snapshot")) + json.dumps(self.suite.entries("objects"))


@pytest.fixture
def world(build, plane, tmp_path):
    with RedisServer() as server:
        yield World(build, plane, server, tmp_path)


@pytest.fixture
def watched(world, namespace):
    """(world, namespace) with a watcher of that namespace that is complete."""
    with world.watcher(ARK_WATCH_NAMESPACES=namespace) as daemon:
        world.plane.api("POST", AGENTS.format(namespace), agent("first"))
        world.wait(f"ArkAgent/{namespace}/first")
        world.daemon = daemon
        yield world, namespace


def test_changes_and_deletions(watched):
    world, ns = watched
    path = AGENTS.format(ns)
    first = world.object(f"ArkAgent/{ns}/first")
    assert first["metadata"]["uid"] and first["metadata"]["generation"] == 1 and first["metadata"]["resourceVersion"]
    assert "managedFields" not in first["metadata"] and first["spec"]["replicas"] == 1
    world.plane.kubectl("apply", "-n", ns, "-f", "-", input=json.dumps(agent("second")))
    second = world.wait(f"ArkAgent/{ns}/second")
    assert "annotations" not in second["metadata"]
    world.plane.api("PATCH", f"{path}/first", {"spec": {"replicas": 3}}, type="application/merge-patch+json")
    world.wait(f"ArkAgent/{ns}/first", lambda o: o["spec"]["replicas"] == 3)
    world.plane.api("DELETE", f"{path}/first")
    world.wait_gone(f"ArkAgent/{ns}/first")
    assert world.said("first") == ["object.changed", "object.changed", "object.deleted"]


def test_our_own_status_is_no_news_but_that_of_another_is(watched):
    world, ns = watched
    path = AGENTS.format(ns) + "/first/status"
    status = {"apiVersion": "arkonis.dev/v1alpha1", "kind": "ArkAgent", "metadata": {"name": "first"}, "status": {"replicas": 1}}
    world.plane.apply(path, status, manager="ark-reconciler-status")
    world.plane.api("POST", AGENTS.format(ns), agent("marker"))
    world.wait(f"ArkAgent/{ns}/marker")
    assert world.said("first") == ["object.changed"]
    world.plane.apply(path, {**status, "status": {"replicas": 9}}, manager="somebody")
    world.wait(f"ArkAgent/{ns}/first", lambda o: o.get("status") == {"replicas": 9})


def test_secrets_travel_sealed_and_only_while_named(watched):
    world, ns = watched
    secrets = f"/api/v1/namespaces/{ns}/secrets"
    for name, value in (("keys", "sk-very-secret"), ("other", "not-for-you")):
        world.plane.api("POST", secrets, {"metadata": {"name": name}, "stringData": {"KEY": value}})
    world.plane.api("POST", f"/api/v1/namespaces/{ns}/configmaps", {"metadata": {"name": "prompts"}, "data": {"p": "You help."}})
    world.plane.api("POST", f"/api/v1/namespaces/{ns}/configmaps", {"metadata": {"name": "other"}, "data": {"p": "no"}})
    world.plane.api("POST", AGENTS.format(ns), agent("uses", apiKeyRef={"name": "keys", "key": "KEY"}, systemPrompt=None,
                                                      systemPromptRef={"configMapKeyRef": {"name": "prompts", "key": "p"}}))
    sealed = world.wait(f"Secret/{ns}/keys")
    assert sealed["sealed"]["KEY"].startswith("ark1:") and "data" not in sealed
    assert world.wait(f"ConfigMap/{ns}/prompts")["data"] == {"p": "You help."}
    # a change is told, of one that is not named nothing
    world.plane.api("PATCH", f"{secrets}/keys", {"stringData": {"KEY": "sk-new-secret"}}, type="application/merge-patch+json")
    world.wait(f"Secret/{ns}/keys", lambda o: o["sealed"] != sealed["sealed"])
    assert not world.object(f"Secret/{ns}/other") and not world.object(f"ConfigMap/{ns}/other")
    assert not world.object(f"ConfigMap/{ns}/kube-root-ca.crt")
    everything = world.everything() + json.dumps(world.daemon.log)
    assert "very-secret" not in everything and "new-secret" not in everything and "not-for-you" not in everything
    # nobody names it any more
    world.plane.api("DELETE", AGENTS.format(ns) + "/uses")
    world.wait_gone(f"Secret/{ns}/keys")
    world.wait_gone(f"ConfigMap/{ns}/prompts")


def test_namespaces_are_bound_and_released(world, namespace):
    """Cluster-wide, Secrets are looked at only where the suite has its RoleBinding (SPEC 20.14)."""
    bindings = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/rolebindings"
    world.plane.api("POST", f"/api/v1/namespaces/{namespace}/secrets", {"metadata": {"name": "keys"}, "stringData": {"KEY": "v"}})
    world.plane.api("POST", AGENTS.format(namespace), agent("uses", apiKeyRef={"name": "keys", "key": "KEY"}))
    with world.watcher():
        world.wait(f"ArkAgent/{namespace}/uses")
        assert not world.object(f"Secret/{namespace}/keys")
        world.plane.api("POST", bindings, binding())
        world.wait(f"RoleBinding/{namespace}/ark-namespace-read")
        world.wait(f"Secret/{namespace}/keys")
        world.plane.api("DELETE", f"{bindings}/ark-namespace-read")
        world.wait_gone(f"Secret/{namespace}/keys")


def test_what_the_suite_made_is_told_by_its_label(watched):
    world, ns = watched
    path = f"/apis/apps/v1/namespaces/{ns}/deployments"
    deployment = {"metadata": {"name": "ours", "labels": {"app.kubernetes.io/managed-by": "ark"}},
                  "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": {
                      "metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}}}
    world.plane.api("POST", path, deployment)
    world.plane.api("POST", path, {**deployment, "metadata": {"name": "theirs"}})
    world.plane.api("POST", f"/api/v1/namespaces/{ns}/services",
                    {"metadata": {"name": "svc"}, "spec": {"ports": [{"port": 80}], "selector": {"a": "b"}}})
    ours = world.wait(f"Deployment/{ns}/ours", lambda o: o.get("status", {}).get("readyReplicas") == 1)
    assert ours["apiVersion"] == "apps/v1" and ours["kind"] == "Deployment"
    service = world.wait(f"Service/{ns}/svc")
    assert service["spec"]["clusterIP"] and "status" not in service
    assert not world.object(f"Deployment/{ns}/theirs")


def test_a_new_watcher_says_nothing_of_what_is_unchanged(watched):
    world, ns = watched
    world.plane.api("POST", AGENTS.format(ns), agent("second"))
    world.wait(f"ArkAgent/{ns}/second")
    before = len(world.suite.entries("objects"))
    world.daemon.kill()
    world.plane.api("DELETE", AGENTS.format(ns) + "/second")
    world.plane.api("POST", AGENTS.format(ns), agent("third"))
    with world.watcher(name="another", ARK_WATCH_NAMESPACES=ns):
        world.wait(f"ArkAgent/{ns}/third")
        world.wait_gone(f"ArkAgent/{ns}/second")
        assert len(world.suite.entries("objects")) == before + 2


def test_another_one_takes_over_and_the_stalled_one_is_refused(world, namespace):
    path = AGENTS.format(namespace)
    world.plane.api("POST", path, agent("a"))
    with world.watcher("one", ARK_WATCH_NAMESPACES=namespace) as one:
        world.wait(f"ArkAgent/{namespace}/a")
        with world.watcher("two", ARK_WATCH_NAMESPACES=namespace) as two:
            one.process.send_signal(signal.SIGSTOP)
            world.plane.api("POST", path, agent("b"))
            world.wait(f"ArkAgent/{namespace}/b")
            assert any(l["msg"] == "this watcher leads" for l in two.log)
            assert world.redis.hget(P + "leader:watcher", "who").startswith("two/")
            two.process.send_signal(signal.SIGSTOP)
            # The first one wakes up with what it was about to say, its epoch being over.
            world.redis.hset(P + "leader:watcher", "till", "9" * 13)
            one.process.send_signal(signal.SIGCONT)
            world.plane.api("POST", path, agent("c"))
            wait_until(lambda: any(l["msg"] == "another watcher leads" for l in one.log), "the stalled one knows")
            assert not world.object(f"ArkAgent/{namespace}/c")
            two.process.send_signal(signal.SIGCONT)
            world.wait(f"ArkAgent/{namespace}/c")
        # The second one gave the lead back as it ended: nobody waits for it to run out.
        world.plane.api("POST", path, agent("d"))
        world.wait(f"ArkAgent/{namespace}/d")
    assert world.said("b").count("object.changed") == 1


MANY = 10000


def rss_mb(daemon, what="RssAnon"):
    with open(f"/proc/{daemon.process.pid}/status") as f:
        return next(int(line.split()[1]) for line in f if line.startswith(what)) / 1024


def test_ten_thousand_agents(build, tmp_path):
    """A list of what is unchanged says nothing, and memory stays small. Times are printed, not judged: -s shows them."""
    prompt = "You are a careful writer. " * 40  # 1 KiB
    with ControlPlane(controllers=False, max_mutating_requests_inflight=1000) as plane, RedisServer() as server:
        plane.kubectl("apply", "--server-side", "-k", CRDS)
        plane.kubectl("wait", "--for=condition=Established", "--timeout=60s", "crd", "--all")
        plane.post_many(AGENTS.format("default"), (agent(f"a{i:05}", prompt) for i in range(MANY)))
        world = World(build, plane, server, tmp_path)
        started = time.monotonic()
        with world.watcher() as daemon:
            wait_until(lambda: world.redis.hlen(P + "snapshot:versions") >= MANY, "all are told", 120)
            print(f"\n{MANY} agents told after {time.monotonic() - started:.2f} s, "
                  f"RssAnon {rss_mb(daemon):.1f} MB, at most {rss_mb(daemon, 'VmHWM'):.1f} MB resident")
            assert rss_mb(daemon, "VmHWM") < 40
        told = len(world.suite.entries("objects"))
        started = time.monotonic()
        with world.watcher("another") as daemon:
            plane.api("POST", AGENTS.format("default"), agent("new"))
            world.wait("ArkAgent/default/new", deadline_s=120)
            print(f"a second watcher knows them after {time.monotonic() - started:.2f} s, RssAnon {rss_mb(daemon):.1f} MB")
            plane.api("PATCH", AGENTS.format("default") + "/new", {"spec": {"replicas": 2}}, type="application/merge-patch+json")
            changed = time.monotonic()
            world.wait("ArkAgent/default/new", lambda o: o["spec"]["replicas"] == 2)
            print(f"one change is told {(time.monotonic() - changed) * 1000:.1f} ms after the API server answered")
            assert world.redis.xlen(P + "objects") == told + 2


def test_an_api_server_that_dies_and_forgets(build, tmp_path):
    with ControlPlane(controllers=False) as plane, RedisServer() as server:
        plane.kubectl("apply", "--server-side", "-k", CRDS)
        plane.kubectl("wait", "--for=condition=Established", "--timeout=60s", "crd", "--all")
        world = World(build, plane, server, tmp_path)
        path = AGENTS.format("default")
        plane.api("POST", path, agent("a"))
        with world.watcher() as daemon:
            world.wait("ArkAgent/default/a")
            daemon.process.send_signal(signal.SIGSTOP)
            plane.kill_apiserver()
            plane.start_apiserver()
            plane.api("POST", path, agent("b"))
            plane.api("DELETE", f"{path}/a")
            plane.compact()
            plane.kill_apiserver()
            daemon.process.send_signal(signal.SIGCONT)
            plane.start_apiserver()
            world.wait("ArkAgent/default/b", deadline_s=SLOW_S)
            world.wait_gone("ArkAgent/default/a")
            # and Redis forgets everything
            server.client.flushall()
            world.wait("ArkAgent/default/b", deadline_s=SLOW_S)


def test_crds_that_are_not_installed_yet(build, tmp_path):
    with ControlPlane(controllers=False) as plane, RedisServer() as server:
        world = World(build, plane, server, tmp_path)
        with world.watcher() as daemon:
            wait_until(lambda: any("cannot be read" in l["msg"] for l in daemon.log), "it says what is missing")
            plane.kubectl("apply", "--server-side", "-k", CRDS)
            plane.kubectl("wait", "--for=condition=Established", "--timeout=60s", "crd", "--all")
            plane.api("POST", AGENTS.format("default"), agent("a"))
            world.wait("ArkAgent/default/a", deadline_s=SLOW_S)
