"""Containers are killed, Redis is restarted, the suite is taken down, all during runs: nothing is lost, nothing doubled."""

import os
import pathlib
import signal
import threading

import pytest

from private_redis import wait_until
from stack import DAEMONS, docker


def during_runs(stack, name, trouble):
    """Fires before, while and after trouble() happens; the runs."""
    runs = [stack.fire_surely(f"{name}-{n}") for n in range(5)]
    more = []
    caller = threading.Thread(target=lambda: more.extend(stack.fire_surely(f"{name}-{n}") for n in range(5, 10)))
    caller.start()
    try:
        trouble()
    finally:
        caller.join()
    assert len(more) == 5
    return runs + more + [stack.fire_surely(f"{name}-last")]


@pytest.mark.parametrize("victim", [*DAEMONS, "redis"])
def test_docker_kill(stack, victim):
    container = stack.container(victim)["Id"]

    def trouble():
        docker("kill", container)
        docker("start", container)  # Docker takes its kill for our wish and does not start it again

    stack.audit(during_runs(stack, victim, trouble))


@pytest.mark.parametrize("victim", [*DAEMONS, "redis"])
def test_a_crash_is_followed_by_a_restart(stack, victim):
    """The process itself is killed, as by the kernel: the restart policy brings it back."""
    before = stack.container(victim)
    pid = before["State"]["Pid"]
    name = pathlib.Path(f"/proc/{pid}/comm")
    if os.geteuid() != 0 or not name.exists() or name.read_text().strip() not in (victim, "redis-server"):
        pytest.skip("the processes of the engine are not ours to kill")

    def restarted():
        return stack.container(victim)["RestartCount"] > before["RestartCount"]

    def trouble():
        os.kill(pid, signal.SIGKILL)
        wait_until(restarted, f"{victim} again", 30)

    stack.audit(during_runs(stack, "crash-" + victim, trouble))


def test_restart_of_redis(stack):
    stack.audit(during_runs(stack, "restart", lambda: stack.compose("restart", "redis")))


def test_down_and_up_again(stack):
    runs = [stack.fire_surely(f"down-{n}") for n in range(20)]
    stack.compose("down")
    assert stack.containers() == []
    stack.compose("up", "-d")
    stack.audit([*runs, stack.fire_surely("up-again")])
