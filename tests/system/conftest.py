"""The whole suite on this machine, as a user has it: `ark up` and `ark run`."""

import os
import pathlib
import sys

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests" / "component"))

from suite import RunningSuite  # noqa: E402


@pytest.fixture(scope="session")
def ark():
    """The ark command under test."""
    folder = pathlib.Path(os.environ.get("ARK_BUILD", "build/gcc"))
    folder = folder if folder.is_absolute() else TOP / folder
    program = folder / "bin" / "ark"
    if not program.exists():
        pytest.fail(f"{program} is not there: make first, or set ARK_BUILD")
    return program


@pytest.fixture
def start_suite(ark, tmp_path):
    """start_suite("examples/blog.yaml", mock="examples/mock/blog.json"): a suite, stopped after the test."""
    running = []

    def start(*files, **settings):
        suite = RunningSuite(ark, tmp_path / f"state{len(running)}", [TOP / f for f in files], **settings)
        running.append(suite)
        return suite.start()

    yield start
    for suite in running:
        suite.stop()
