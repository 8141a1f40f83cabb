"""What the tests against a real Kubernetes API share. The programs under test are those of ARK_BUILD (build/gcc)."""

import os
import pathlib
import sys

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests" / "component"))

import programs  # noqa: E402
from control_plane import ControlPlane  # noqa: E402


@pytest.fixture(scope="session")
def build():
    """The build folder: bin/ has the programs, tests/tools/ the test tools."""
    folder = pathlib.Path(os.environ.get("ARK_BUILD", "build/gcc"))
    folder = folder if folder.is_absolute() else TOP / folder
    if not folder.is_dir():
        pytest.fail(f"{folder} is not there: make first, or set ARK_BUILD")
    return folder


@pytest.fixture(scope="session")
def plane():
    """The control plane that tests share, with ark's CRDs: a test takes a namespace of its own and breaks nothing."""
    try:
        programs.provide()
    except programs.Missing as why:
        pytest.fail(f"no control plane: {why}")
    with ControlPlane() as running:
        running.kubectl("apply", "--server-side", "-k", TOP / "deploy" / "crds")
        running.kubectl("wait", "--for=condition=Established", "--timeout=60s", "crd", "--all")
        yield running


@pytest.fixture
def namespace(plane):
    """A namespace of its own; it goes with the control plane, or when nobody waits for it."""
    name = plane.new_namespace()
    yield name
    plane.kubectl("delete", "namespace", name, "--wait=false")
