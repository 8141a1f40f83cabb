"""Every example runs as it is written, with its mock script."""

import json
import subprocess

import pytest

from conftest import TOP

EXAMPLES = {
    "blog": ([], "All tea is one plant"),
    "research": ([], "Use a managed cluster"),
    "extract": ([], '"vendor":"Nordlicht GmbH"'),
    "refine": ([], "#birdsong"),
    "triage": (["--input", "customer=Ada", "--input", "text=I was charged twice this month."], "To a person: Charged twice"),
}


def run(ark, *args, **more):
    return subprocess.run([ark, "run", *args], capture_output=True, text=True, timeout=60, cwd=TOP, **more)


def files(name):
    return [f"examples/{name}.yaml", "--mock", "--mock-file", f"examples/mock/{name}.json"]


def test_each_example_is_here():
    assert {p.stem for p in (TOP / "examples").glob("*.yaml")} == set(EXAMPLES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_validates(ark, name):
    done = subprocess.run([ark, "validate", f"examples/{name}.yaml"], capture_output=True, text=True, cwd=TOP, timeout=20)
    assert (done.returncode, done.stdout.strip()) == (0, "OK"), done.stdout + done.stderr


@pytest.mark.parametrize("name", EXAMPLES)
def test_json(ark, name):
    args, want = EXAMPLES[name]
    done = run(ark, *files(name), "-o", "json", *args)
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads(done.stdout)
    assert result["status"] == "succeeded" and want in result["output"]
    assert result["total_tokens"] > 0 and result["steps"]


@pytest.mark.parametrize("name", EXAMPLES)
def test_watch(ark, name):
    args, want = EXAMPLES[name]
    done = run(ark, *files(name), "--watch", *args)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[running]" in done.stdout and "[done]" in done.stdout
    assert "Flow Succeeded in" in done.stdout and want in done.stdout
