"""The images and docker-compose.yml on a real Docker engine. Without one all is skipped, unless ARK_DOCKER=required."""

import os
import pathlib
import shutil
import subprocess
import sys

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP / "tests" / "component"), str(TOP / "tests" / "system")]

from stack import IMAGES, TAG, Stack, docker  # noqa: E402

NO_BASE = 3  # docker/images.sh


def not_here(reason):
    if os.environ.get("ARK_DOCKER") == "required":
        pytest.fail(reason)
    pytest.skip("NOTHING OF DOCKER IS TESTED: " + reason)


@pytest.fixture(scope="session")
def engine():
    if not shutil.which("docker"):
        not_here("there is no docker command")
    asked = subprocess.run(["docker", "version"], capture_output=True, text=True, timeout=60)
    if asked.returncode != 0:
        not_here("no engine answers: " + asked.stderr.strip())


@pytest.fixture(scope="session")
def images(engine):
    """All images with the tag of the tests, which is taken away again; the engine keeps its build cache."""
    built = subprocess.run([TOP / "docker" / "images.sh"], env={**os.environ, "VERSION": TAG}, text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=1800)
    if built.returncode == NO_BASE:
        not_here("the base image can be neither pulled nor made\n" + built.stdout[-2000:])
    assert built.returncode == 0, built.stdout[-8000:]
    yield IMAGES
    docker("rmi", "--no-prune", *(f"{name}:{TAG}" for name in IMAGES))


@pytest.fixture(scope="session")
def stack(images, tmp_path_factory):
    """The suite as docker-compose.yml says it; after the tests nothing of it is left."""
    s = Stack(tmp_path_factory.mktemp("compose"))
    try:
        s.compose("up", "-d")
        yield s
    finally:
        s.compose("down", "--volumes", "--remove-orphans", "--timeout", "10")
    assert s.leftovers() == []
