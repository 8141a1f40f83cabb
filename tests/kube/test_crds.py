"""The CRDs: what the API server takes and refuses, and that `ark validate` says the same (SPEC 3.1, 3.2)."""

import json
import pathlib
import re
import subprocess

import pytest

import manifests
from control_plane import ApiError

TOP = pathlib.Path(__file__).resolve().parents[2]
KINDS = {
    "ArkAgent": "arkagents", "ArkTeam": "arkteams", "ArkRun": "arkruns", "ArkEvent": "arkevents", "ArkBudget": "arkbudgets",
    "ArkNotify": "arknotifies", "ArkRegistry": "arkregistries", "ArkSecret": "arksecrets", "ArkSettings": "arksettings",
    "ArkMemory": "arkmemories",
}
ALL = manifests.load()
GOOD = [m for m in ALL if m.good]
BAD = [m for m in ALL if not m.good]


def path(namespace, kind):
    return f"/apis/arkonis.dev/v1alpha1/namespaces/{namespace}/{KINDS[kind]}"


def post(plane, namespace, m, query="?fieldValidation=Strict"):
    return plane.api("POST", path(namespace, m.object["kind"]) + query, m.object)


def findings(build, tmp_path, m):
    """What `ark validate` says of one manifest, but for objects that are elsewhere."""
    file = tmp_path / "m.yaml"
    file.write_text(m.text)
    done = subprocess.run([build / "bin" / "ark", "validate", file], capture_output=True, text=True, timeout=60)
    assert done.returncode in (0, 1), done.stderr
    return [l for l in done.stdout.splitlines() if ": error: " in l and ": there is no " not in l]


def without_nulls(v):
    if isinstance(v, dict):
        return {k: without_nulls(x) for k, x in v.items() if x is not None}
    return [without_nulls(x) for x in v] if isinstance(v, list) else v


def is_part(small, big, at=""):
    """Everything that small says, big says, too."""
    if isinstance(small, dict):
        for k, v in small.items():
            assert k in big, f"{at}.{k} is gone"
            is_part(v, big[k], f"{at}.{k}")
    elif isinstance(small, list):
        assert len(small) == len(big), at
        for i, v in enumerate(small):
            is_part(v, big[i], f"{at}[{i}]")
    else:
        assert small == big, at


@pytest.fixture(scope="module")
def shared_namespace(plane):
    return plane.new_namespace("manifests")


@pytest.mark.parametrize("m", GOOD, ids=str)
def test_good_manifests_are_taken_and_kept_whole(plane, shared_namespace, build, tmp_path, m):
    stored = post(plane, shared_namespace, m)
    is_part(without_nulls(m.object.get("spec", {})), stored.get("spec", {}), "spec")
    assert findings(build, tmp_path, m) == []


@pytest.mark.parametrize("m", BAD, ids=str)
def test_bad_manifests_are_refused_with_words_that_help(plane, shared_namespace, build, tmp_path, m):
    said = findings(build, tmp_path, m)
    assert any(m.ark in line for line in said), said
    if m.api == manifests.ACCEPTS:
        post(plane, shared_namespace, m, "?fieldValidation=Strict&dryRun=All")
        return
    with pytest.raises(ApiError) as refused:
        post(plane, shared_namespace, m, "?fieldValidation=Strict&dryRun=All")
    assert refused.value.code in (400, 422)
    message = refused.value.status["message"]
    # field and words, whatever the API server puts between them
    parts = [re.escape(p) for p in m.api.split(": ")]
    assert re.search(r".*".join(parts), message, re.S), message


def fields(schema, at=""):
    """Paths of all fields that a schema names."""
    for name, child in schema.get("properties", {}).items():
        yield f"{at}.{name}"
        yield from fields(child, f"{at}.{name}")
    if "items" in schema:
        yield from fields(schema["items"], at)
    if isinstance(schema.get("additionalProperties"), dict):
        yield from fields(schema["additionalProperties"], at)


def given(value, at=""):
    if isinstance(value, dict):
        for k, v in value.items():
            yield f"{at}.{k}"
            yield from given(v, f"{at}.{k}")
    elif isinstance(value, list):
        for v in value:
            yield from given(v, at)


@pytest.mark.parametrize("kind", KINDS)
def test_the_good_manifests_hold_every_field(plane, kind):
    crd = plane.get(f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{KINDS[kind]}.arkonis.dev")
    schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    used = {p for m in GOOD if m.object["kind"] == kind for p in given(m.object.get("spec", {}))}
    assert sorted(set(fields(schema)) - used) == []


@pytest.mark.parametrize("kind", KINDS)
def test_kubectl_explain_reads_like_documentation(plane, kind):
    text = plane.kubectl("explain", f"{KINDS[kind]}.spec", "--recursive=false")
    assert "<empty>" not in text and "DESCRIPTION" in text
    crd = plane.get(f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{KINDS[kind]}.arkonis.dev")

    def described(schema, at):
        for name, child in schema.get("properties", {}).items():
            assert child.get("description", "").endswith("."), f"{at}.{name}"
            described(child, f"{at}.{name}")
            described(child.get("items", {}), f"{at}.{name}[]")

    for part in ("spec", "status"):
        described(crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"][part], part)


def test_explain_of_one_field(plane):
    text = plane.kubectl("explain", "arkagent.spec.limits.timeoutSeconds")
    assert "Working time of one task" in text and "1 to 86400." in text and "Default: 120." in text


def test_names_columns_and_category(plane, namespace):
    for m in GOOD:
        if m.what == "every field":
            plane.api("POST", path(namespace, m.object["kind"]), m.object)
    short = {"aoagent", "aoteam", "aorun", "aoevent", "aobudget", "anfy", "aoreg", "aosec", "aocfg", "aomem"}
    for name in short:
        assert "every-field" in plane.kubectl("get", name, "-n", namespace)
    assert len(plane.kubectl("get", "ark", "-n", namespace, "-o", "name").split()) == len(KINDS)
    assert plane.kubectl("get", "aoagent", "-n", namespace).split("\n")[0].split() == ["NAME", "MODEL", "REPLICAS", "READY", "AGE"]
    wide = plane.kubectl("get", "aoagent", "-n", namespace, "-o", "wide").split("\n")[0].split()
    assert wide == ["NAME", "MODEL", "REPLICAS", "READY", "DESIRED", "PENDING", "TOKENS(24H)", "AGE"]


def test_scale(plane, namespace):
    agent = {"apiVersion": "arkonis.dev/v1alpha1", "kind": "ArkAgent", "metadata": {"name": "a"},
             "spec": {"model": "mock", "systemPrompt": "x"}}
    plane.api("POST", path(namespace, "ArkAgent"), agent)
    assert plane.get(path(namespace, "ArkAgent") + "/a")["spec"]["replicas"] == 1
    plane.kubectl("scale", "arkagent/a", "-n", namespace, "--replicas=3")
    assert plane.get(path(namespace, "ArkAgent") + "/a")["spec"]["replicas"] == 3


def test_a_run_is_a_record(plane, namespace):
    run = {"apiVersion": "arkonis.dev/v1alpha1", "kind": "ArkRun", "metadata": {"name": "r"},
           "spec": {"teamRef": "a", "input": {"x": 1}}}
    plane.api("POST", path(namespace, "ArkRun"), run)
    for patch in ({"teamRef": "b"}, {"teamRef": None, "agent": "b", "prompt": "c"}):
        with pytest.raises(ApiError, match="cannot be changed: make a new object instead"):
            plane.api("PATCH", path(namespace, "ArkRun") + "/r", {"spec": patch}, type="application/merge-patch+json")
    # what the suite adds when the run starts
    plane.apply(path(namespace, "ArkRun") + "/r", {
        "apiVersion": "arkonis.dev/v1alpha1", "kind": "ArkRun", "metadata": {"name": "r"},
        "spec": {"teamGeneration": 1, "roles": [{"name": "w", "arkAgent": "a-w"}], "pipeline": [{"role": "w"}]}})


def test_status_is_apart_and_typed(plane, namespace):
    agent = {"apiVersion": "arkonis.dev/v1alpha1", "kind": "ArkAgent", "metadata": {"name": "a"},
             "spec": {"model": "mock", "systemPrompt": "x"}, "status": {"replicas": 7}}
    assert "status" not in plane.api("POST", path(namespace, "ArkAgent"), agent)
    condition = {"type": "Ready", "status": "True", "reason": "AllReplicasReady", "message": "",
                 "lastTransitionTime": "2026-01-02T03:04:05Z", "observedGeneration": 1}
    apply = {"apiVersion": "arkonis.dev/v1alpha1", "kind": "ArkAgent", "metadata": {"name": "a"},
             "status": {"replicas": 1, "conditions": [condition]}}
    stored = plane.apply(path(namespace, "ArkAgent") + "/a/status", apply)
    assert stored["status"] == apply["status"] and stored["metadata"]["generation"] == 1
    condition["status"] = "Perhaps"
    with pytest.raises(ApiError, match="Unsupported value"):
        plane.apply(path(namespace, "ArkAgent") + "/a/status", apply)


@pytest.mark.parametrize("file", sorted((TOP / "examples").glob("*.yaml")), ids=lambda f: f.name)
@pytest.mark.parametrize("how", ["--server-side", "--server-side=false"])
def test_examples_apply(plane, namespace, file, how):
    said = plane.kubectl("apply", how, "--validate=strict", "-n", namespace, "-f", file)
    assert said.count("created") + said.count("serverside-applied") == said.count("\n")
    again = plane.kubectl("apply", how, "--validate=strict", "-n", namespace, "-f", file)
    assert "configured" not in again


def test_crds_fit_an_annotation(plane):
    """`kubectl apply` without --server-side notes the whole object in an annotation of at most 256 KiB."""
    for plural in KINDS.values():
        crd = plane.get(f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{plural}.arkonis.dev")
        assert len(json.dumps(crd["spec"])) < 200 << 10
