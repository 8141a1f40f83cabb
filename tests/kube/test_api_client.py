"""The client of the API server against a real one (INTERFACES 19 to 21)."""

import json
import signal

import pytest

from control_plane import ControlPlane
from kube_driver import Driver
from private_redis import wait_until


def config_maps(namespace):
    return f"/api/v1/namespaces/{namespace}/configmaps"


def config_map(name, **data):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


@pytest.fixture
def start(build):
    drivers = []

    def start(config, path):
        drivers.append(Driver(build, config, path))
        return drivers[-1]

    yield start
    for d in drivers:
        d.close()


@pytest.fixture
def own_plane():
    """One that a test may break."""
    with ControlPlane(controllers=False) as running:
        yield running


# Attempts come at most 30 s apart, and what a CA file holds is used for a minute.
BACKOFF_S = 60
CA_S = 120


def names(lines):
    return sorted(line.split()[1] for line in lines if line.startswith("object "))


def test_pages_events_and_deletions(plane, namespace, start):
    for i in range(501):
        plane.api("POST", config_maps(namespace), config_map(f"c{i:03}"))
    d = start(plane.path("admin.kubeconfig"), config_maps(namespace))
    listed = d.until("listed")
    assert [f"c{i:03}" for i in range(501)] == [n for n in names(listed) if n.startswith("c")]
    assert listed.count("begin") == 1
    plane.api("POST", config_maps(namespace), config_map("new"))
    assert d.next().startswith("object new ")
    plane.api("DELETE", config_maps(namespace) + "/c007")
    assert d.next() == "deleted c007"


def test_a_token_that_ends_is_replaced_by_the_one_in_its_file(plane, namespace, start, tmp_path):
    secrets = f"/api/v1/namespaces/{namespace}/secrets"
    made = plane.api("POST", secrets, {"metadata": {"name": "bound"}})
    bound = {"apiVersion": "v1", "kind": "Secret", "name": "bound", "uid": made["metadata"]["uid"]}
    plane.kubectl("create", "rolebinding", "view", "-n", namespace, "--clusterrole=edit", f"--serviceaccount={namespace}:d")
    file = tmp_path / "token"
    file.write_text(plane.account_token(namespace, "d", bound) + "\n")
    d = start(plane.kubeconfig("account", tokenFile=str(file)), config_maps(namespace))
    d.until("listed")
    get = f"GET {config_maps(namespace)} - "
    d.send(get)
    assert d.until("answer")[-1] == "answer 200 fine"
    old = file.read_text().strip()
    plane.api("DELETE", f"{secrets}/bound")
    wait_until(lambda: plane.request("GET", config_maps(namespace), token=old)[0] == 401, "the old token is refused")
    file.write_text(plane.account_token(namespace, "d"))
    d.send(get)
    assert d.until("answer")[-1] == "answer 200 fine"


def test_missing_rights_are_told(plane, namespace, start):
    config = plane.kubeconfig("nobody", token=plane.account_token(namespace, "nobody"))
    d = start(config, f"/api/v1/namespaces/{namespace}/secrets")
    assert d.next() == "begin"
    assert d.next().startswith("failed denied: secrets is forbidden: User")


def test_a_kind_that_is_not_installed(plane, start):
    d = start(plane.path("admin.kubeconfig"), "/apis/keda.sh/v1alpha1/scaledobjects")
    assert d.next() == "begin"
    assert d.next().startswith("failed not found: ")


def test_writes_and_what_is_answered(plane, namespace, start):
    agents = f"/apis/arkonis.dev/v1alpha1/namespaces/{namespace}/arkagents"
    d = start(plane.path("admin.kubeconfig"), agents)
    d.until("listed")

    def ask(method, path, type, body):
        d.send(f"{method} {path} {type} {json.dumps(body)}")
        return d.until("answer")[-1]

    agent = {"apiVersion": "arkonis.dev/v1alpha1", "kind": "ArkAgent", "metadata": {"name": "a"},
             "spec": {"model": "mock", "systemPrompt": "x"}}
    apply = "application/apply-patch+yaml"
    query = "?fieldManager=ark-reconciler&force=true"
    assert ask("PATCH", f"{agents}/a{query}", apply, agent) == "answer 201 fine"
    assert ask("PATCH", f"{agents}/a{query}", apply, agent) == "answer 200 fine"
    assert ask("POST", agents, "application/json", agent) == "answer 409 conflict AlreadyExists"
    status = {"apiVersion": "arkonis.dev/v1alpha1", "kind": "ArkAgent", "metadata": {"name": "a"}, "status": {"replicas": 1}}
    assert ask("PATCH", f"{agents}/a/status?fieldManager=ark-reconciler-status&force=true", apply, status) == "answer 200 fine"
    stale = {**status, "metadata": {"name": "a", "resourceVersion": "1"}}
    assert ask("PATCH", f"{agents}/a/status{query}", apply, stale) == "answer 409 conflict Conflict"
    assert ask("PATCH", f"{agents}/a", "application/merge-patch+json", {"spec": {"model": ""}}) == "answer 422 refused Invalid"
    options = {"kind": "DeleteOptions", "apiVersion": "v1", "preconditions": {"uid": "another"}}
    assert ask("DELETE", f"{agents}/a", "application/json", options) == "answer 409 conflict Conflict"
    assert ask("DELETE", f"{agents}/a", "application/json", {}) == "answer 200 fine"
    assert ask("DELETE", f"{agents}/a", "application/json", {}) == "answer 404 not found NotFound"


def test_a_server_that_dies_and_comes_back(own_plane, start):
    path = config_maps("default")
    d = start(own_plane.path("admin.kubeconfig"), path)
    d.until("listed")
    own_plane.api("POST", path, config_map("before"))
    assert d.next().startswith("object before ")
    own_plane.kill_apiserver()
    d.until("failed later")
    own_plane.start_apiserver()
    own_plane.api("POST", path, config_map("after"))
    seen = d.until("object after ", BACKOFF_S)
    # It went on where it was; a list, should the server have asked for one, would begin anew.
    assert "begin" in seen or names(seen) == ["after"]


def test_a_history_that_is_forgotten_is_listed_anew(own_plane, start):
    path = config_maps("default")
    d = start(own_plane.path("admin.kubeconfig"), path)
    d.until("listed")
    own_plane.api("POST", path, config_map("one"))
    d.until("object one ")
    d.process.send_signal(signal.SIGSTOP)
    own_plane.kill_apiserver()
    own_plane.start_apiserver()
    own_plane.api("POST", path, config_map("two"))
    own_plane.api("DELETE", path + "/one")
    own_plane.compact()
    own_plane.kill_apiserver()
    own_plane.start_apiserver()
    d.process.send_signal(signal.SIGCONT)
    seen = d.until("listed", BACKOFF_S)
    assert "begin" in seen and "two" in names(seen) and "one" not in names(seen)


def test_a_new_certificate_and_a_new_authority(own_plane, start):
    """Files are read again: those of certificates for each connection, that of the CA after a minute."""
    path = config_maps("default")
    d = start(own_plane.path("admin.kubeconfig"), path)
    d.until("listed")
    own_plane.kill_apiserver()
    own_plane.new_ca("ca")
    own_plane.new_serving_cert()
    own_plane.new_cert("admin", "/O=system:masters/CN=admin")
    own_plane.start_apiserver()
    own_plane.api("POST", path, config_map("after"))
    d.until("object after ", CA_S)
