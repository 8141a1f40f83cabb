"""Each image: only its own program, no rights, an entry point that behaves as process 1."""

import json

import pytest

from private_redis import wait_until
from stack import DAEMONS, IMAGES, TAG, TOP, docker

ALONE = ["--network", "none", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"]


def inspected(name):
    (image,) = json.loads(docker("image", "inspect", f"{name}:{TAG}"))
    return image


@pytest.mark.parametrize("name", [i for i in IMAGES if i != "ark-redis"])
def test_image(images, name):
    image = inspected(name)
    config, labels = image["Config"], image["Config"]["Labels"]
    assert config["User"] == "65532:65532" and config["StopSignal"] == "SIGTERM"
    assert config["Entrypoint"] == ["/entrypoint"]
    wanted = ["NONE"] if name == "ark" else ["CMD", "/entrypoint", "--health"]
    assert config["Healthcheck"]["Test"] == wanted
    for label in ("title", "description", "version", "revision", "created", "base.name"):
        assert labels[f"org.opencontainers.image.{label}"]
    assert labels["org.opencontainers.image.version"] == TAG
    base = json.loads(docker("image", "inspect", labels["org.opencontainers.image.base.name"]))[0]
    assert image["Size"] - base["Size"] < 25e6

    version = docker("run", "--rm", *ALONE, f"{name}:{TAG}", "--version" if name != "ark" else "version")
    assert version.split() == [name, (TOP / "VERSION").read_text().strip()]
    held = docker("run", "--rm", *ALONE, "--entrypoint", "ls", f"{name}:{TAG}", "-R", "/usr/bin", "/etc/ssl/certs").split()
    assert [p for p in held if p.startswith("ark")] == [name] and "ca-certificates.crt" in held
    assert "gcc" not in held and "curl" not in held


@pytest.fixture
def process_one(images, request):
    """A daemon without Redis as process 1 of a container."""
    container = docker("run", "-d", *ALONE, "-e", "ARK_MODE=local", "-e", "ARK_OBJECTS_DIR=/etc",
                       f"{request.param}:{TAG}").strip()
    yield container
    docker("rm", "-f", "-v", container)


def state(container):
    return json.loads(docker("inspect", container))[0]["State"]


@pytest.mark.parametrize("process_one", DAEMONS, indirect=True)
def test_process_one(process_one, request):
    name = request.node.callspec.params["process_one"]
    listens = ["exec", process_one, "/entrypoint", "--health"]
    wait_until(lambda: docker_answers(*listens), "it answers", 30)
    # comm, in /proc/1/stat, is the daemon's name although all entry points are called the same.
    assert docker("exec", process_one, "cat", "/proc/1/comm").strip() == name
    # Orphans become its children; none stays as a zombie.
    docker("exec", process_one, "sh", "-c", "(sleep 0.2 &)")
    wait_until(lambda: processes(process_one) == [name], "the orphan is gone")
    docker("stop", "--time", "20", process_one)
    assert state(process_one)["ExitCode"] == 0


def docker_answers(*command):
    try:
        return docker(*command) is not None
    except AssertionError:
        return False


def processes(container):
    """Names of all processes of a container, also of those that are dead and not reaped."""
    lines = docker("top", container, "-o", "pid,comm").splitlines()[1:]
    return [line.split()[1] for line in lines]


def test_without_health(images):
    """A container whose daemon does not listen is not healthy, and says why."""
    with pytest.raises(AssertionError, match="nobody answers"):
        docker("run", "--rm", *ALONE, f"ark-budget:{TAG}", "--health")
