"""The whole suite under fire: the programs of ARK_BUILD (build/gcc), two copies of each, on a Redis that has a bad day.

ARK_CHAOS_RUNS=2000 makes each test as long as the full version (make test-chaos); ARK_SEED=n repeats one.
"""

import os
import pathlib
import sys

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP / "tests" / name) for name in ("component", "fakes")]

from fleet import Fleet  # noqa: E402
from private_redis import RedisServer  # noqa: E402


@pytest.fixture(scope="session")
def build():
    folder = pathlib.Path(os.environ.get("ARK_BUILD", "build/gcc"))
    folder = folder if folder.is_absolute() else TOP / folder
    if not (folder / "bin" / "ark-runner").exists():
        pytest.fail(f"{folder} is not there: make first, or set ARK_BUILD")
    return folder


@pytest.fixture
def redis_server():
    with RedisServer() as server:
        yield server


@pytest.fixture
def make_fleet(build, tmp_path):
    """make_fleet(server, ...): the suite, two copies of each daemon; ended after the test."""
    fleets = []

    def make(server, **settings):
        fleet = Fleet(build, tmp_path / f"fleet{len(fleets)}", server, **settings)
        fleets.append(fleet)
        return fleet.start()

    yield make
    for fleet in fleets:
        fleet.close()
    for fleet in fleets:
        bad = {name: code for name, code in fleet.codes.items() if code not in (0, -9)}
        assert not bad, f"ended in another way than by SIGTERM with 0: {bad}"


@pytest.fixture
def make_redis():
    """Starts further private servers: make_redis(appendfsync="always", port=free_port(), ...)."""
    servers = []

    def make(**settings):
        servers.append(RedisServer(**settings))
        return servers[-1].start()

    yield make
    for server in servers:
        server.close()
