"""The control plane itself: that it is a real one, so that what the other tests see is what a cluster does."""

import json

import pytest

from control_plane import ApiError, ControlPlane
from private_redis import wait_until

DEPLOYMENT = {
    "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"},
    "spec": {"replicas": 2, "selector": {"matchLabels": {"a": "b"}},
             "template": {"metadata": {"labels": {"a": "b"}},
                          "spec": {"containers": [{"name": "c", "image": "registry.example.com/c"}]}}},
}


def test_a_deployment_becomes_available(plane, namespace):
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments"
    plane.api("POST", path, DEPLOYMENT)
    wait_until(lambda: plane.get(f"{path}/d")["status"].get("availableReplicas") == 2, "two pods are available", 60)


def test_rights_are_enforced(plane, namespace):
    token = plane.account_token(namespace, "nobody")
    with pytest.raises(ApiError) as refused:
        plane.api("GET", f"/api/v1/namespaces/{namespace}/secrets", token=token)
    assert refused.value.code == 403
    with pytest.raises(ApiError) as refused:
        plane.api("GET", "/api/v1/namespaces", token="no-such-token")
    assert refused.value.code == 401


def test_a_bound_token_ends_with_its_secret(plane, namespace):
    secrets = f"/api/v1/namespaces/{namespace}/secrets"
    made = plane.api("POST", secrets, {"metadata": {"name": "s"}})
    token = plane.account_token(namespace, "nobody", {"apiVersion": "v1", "kind": "Secret", "name": "s",
                                                      "uid": made["metadata"]["uid"]})

    def code():
        return plane.request("GET", secrets, token=token)[0]

    assert code() == 403
    plane.api("DELETE", f"{secrets}/s")
    wait_until(lambda: code() == 401, "the token is refused", 30)


def test_kubectl_and_server_are_one_version(plane):
    versions = json.loads(plane.kubectl("version", "-o", "json"))
    assert versions["clientVersion"]["gitVersion"] == versions["serverVersion"]["gitVersion"]


def test_two_at_once_and_gone_afterwards():
    with ControlPlane(controllers=False) as one, ControlPlane(controllers=False) as two:
        one.new_namespace("only-here")
        assert "only-here" not in two.kubectl("get", "namespaces")
        two.kill_apiserver()
        two.start_apiserver()
        two.compact()
        processes = [p for plane in (one, two) for p in plane.processes.values()]
        folders = [one.folder, two.folder]
    assert all(p.poll() is not None for p in processes) and not any(f.exists() for f in folders)
