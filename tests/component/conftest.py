"""What the component tests share. The programs under test are those of ARK_BUILD (build/gcc)."""

import os
import pathlib

import pytest

from private_redis import RedisServer

TOP = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def build():
    """The build folder: bin/ has the programs, tests/tools/ the test tools."""
    folder = pathlib.Path(os.environ.get("ARK_BUILD", "build/gcc"))
    folder = folder if folder.is_absolute() else TOP / folder
    if not folder.is_dir():
        pytest.fail(f"{folder} is not there: make first, or set ARK_BUILD")
    return folder


@pytest.fixture
def redis_server():
    """A private redis-server, started; gone after the test."""
    with RedisServer() as server:
        yield server


@pytest.fixture
def make_redis():
    """Starts further private servers: make_redis(password="x", port=free_port(), ...)."""
    servers = []

    def make(**settings):
        server = RedisServer(**settings)
        servers.append(server)
        return server.start()

    yield make
    for server in servers:
        server.close()
