"""Asynchronous fires a second: what the door costs, beside the least that a server could do."""

import subprocess

from figure import Figure, measures, median_of
from gateway import Gateway
from private_redis import RedisServer, die_with_parent, free_port, wait_until
from suite_up import NO_LIMITS, generate

FIRES = 10000  # of each measurement
CONNECTIONS = 32
NO_LIMITS = {**NO_LIMITS, "ARK_MAX_PENDING_RUNS": "10000000"}  # nobody starts the runs here


def fires_per_second(build, port, path, token):
    return FIRES / generate(build, port, path, token, FIRES, CONNECTIONS)["seconds"]


def through_ark(build):
    with RedisServer() as server, Gateway(build, server, **NO_LIMITS) as gateway:
        gateway.add_team()
        gateway.add_event(targets=[{"team": "t", "input": {"n": "{{ .trigger.body.n }}"}}])
        path = "/triggers/default/hook/fire"
        generate(build, gateway.port, path, "token-hook", 500, CONNECTIONS)
        return fires_per_second(build, gateway.port, path, "token-hook")


def through_bare_server(build):
    port = free_port()
    with RedisServer() as server:
        bare = subprocess.Popen([build / "tests/bench/bare_server", str(port), server.socket], preexec_fn=die_with_parent)
        try:
            wait_until(lambda: subprocess.run([build / "tests/bench/fire", str(port), "/", "-", "500", str(CONNECTIONS)],
                                              capture_output=True).returncode == 0, "the bare server answers")
            return fires_per_second(build, port, "/", "-")
        finally:
            bare.kill()
            bare.wait()


@measures("async_fires_per_second")
def fires(build):
    ark, bare = median_of(3, lambda: [through_ark(build), through_bare_server(build)])
    yield Figure("async_fires_per_second", ark, "1/s", ratio_at_least=0.7, baseline="evhttp server with one XADD a POST",
                 baseline_value=bare)
