"""The copy of the objects that each daemon keeps (tests/tools/objects_driver): it must always come to what `snapshot` says."""

import os
import signal
import subprocess
import threading

import pytest

from daemons import P, Suite, agent
from library import Library
from private_redis import die_with_parent, wait_until


class Driver:
    def __init__(self, build, url):
        self.lines = []
        self.process = subprocess.Popen(
            [build / "tests/tools/objects_driver"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            preexec_fn=die_with_parent,
            env={"PATH": os.environ["PATH"], "ARK_REDIS_URL": url, "ARK_HTTP_ADDR": "", "ARK_MODE": "local"})
        threading.Thread(target=lambda: self.lines.extend(line.split() for line in self.process.stdout), daemon=True).start()

    @property
    def copy(self):
        """What its lines add up to: name to version."""
        copy = {}
        for word, *rest in list(self.lines):
            if word in ("new", "changed"):
                assert (rest[1] in copy) == (word == "changed"), rest
                copy[rest[1]] = rest[2]
            elif word == "gone":
                del copy[rest[1]]
        return copy

    def ready(self, times=1):
        return wait_until(lambda: [line for line in self.lines if line[0] == "ready"][times - 1:], "ready")

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(20) == 0


@pytest.fixture
def suite(redis_server):
    Library(redis_server.client)
    return Suite(redis_server)


@pytest.fixture
def driver(build, redis_server, suite):
    d = Driver(build, redis_server.url)
    d.ready()
    yield d
    d.close()


def there(suite):
    versions = suite.redis.hgetall(P + "snapshot:versions")
    return {field.rsplit("/", 1)[1]: v for field, v in versions.items() if field.startswith(("ArkAgent", "ArkTeam"))}


def same(driver, suite):
    wait_until(lambda: driver.copy == there(suite), "the copy is what there is")


def gone(suite, kind, name):
    suite.call("publish", "watcher", suite.epoch, kind, "default", name, "", "", "0", "")


def test_changes_and_deletions(driver, suite):
    for i in range(5):
        suite.publish("ArkAgent", f"a{i}", agent())
    suite.publish("ArkNotify", "not-wanted", {})
    same(driver, suite)
    suite.publish("ArkAgent", "a1", agent(model="other"))
    gone(suite, "ArkAgent", "a2")
    same(driver, suite)
    assert len(driver.copy) == 4 and ["gone", "ArkAgent", "a2"] in driver.lines


def test_two_thousand_objects(build, redis_server, suite):
    for i in range(2000):
        suite.publish("ArkAgent", f"a{i}", agent())
    d = Driver(build, redis_server.url)
    assert d.ready() == [["ready", "2000"]]
    same(d, suite)
    for i in range(0, 2000, 3):
        gone(suite, "ArkAgent", f"a{i}")
    for i in range(1, 2000, 3):
        suite.publish("ArkAgent", f"a{i}", agent(model="other"))
    same(d, suite)
    d.close()


def test_what_changed_while_it_was_away(driver, suite, redis_server):
    for i in range(50):
        suite.publish("ArkAgent", f"a{i}", agent())
    same(driver, suite)
    driver.process.send_signal(signal.SIGSTOP)
    redis_server.client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    suite = Suite(redis_server)
    suite.objects = 100
    suite.epoch = redis_server.client.hget(P + "leader:watcher", "epoch")
    for i in range(0, 50, 7):
        gone(suite, "ArkAgent", f"a{i}")
    suite.publish("ArkAgent", "a1", agent(model="other"))
    suite.publish("ArkAgent", "late", agent())
    redis_server.client.xtrim(P + "objects", maxlen=0)  # the stream does not tell it any more
    driver.process.send_signal(signal.SIGCONT)
    driver.ready(2)
    same(driver, suite)
    assert [line for line in driver.lines if line[:3] == ["new", "ArkAgent", "a2"]] == [["new", "ArkAgent", "a2", "3"]]


def test_what_makes_no_sense_is_passed_over(driver, suite):
    suite.publish("ArkAgent", "good", agent())
    suite.redis.hset(P + "snapshot", "ArkAgent/default/bad", "{")
    suite.redis.xadd(P + "objects", {"type": "object.changed", "at": "1", "kind": "ArkAgent", "namespace": "default",
                                     "name": "bad", "uid": "u", "generation": "1", "version": "1"})
    suite.redis.xadd(P + "objects", {"nonsense": "1"})
    suite.publish("ArkAgent", "also-good", agent())
    same(driver, suite)
