"""A Redis of one's own: on a unix socket in a temporary folder, so that any number of tests run at once.

    with RedisServer() as server:
        server.client.ping()
        server.kill(); server.start()
"""

import ctypes
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import redis

DEADLINE_S = float(os.environ.get("ARK_TEST_DEADLINE", "20"))
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)


def wait_until(condition, what="condition", deadline_s=DEADLINE_S):
    """Returns the first true value of condition(); fails when there is none in time."""
    end = time.monotonic() + deadline_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {deadline_s} s: {what}")
        time.sleep(0.01)


def free_port():
    """A TCP port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def die_with_parent():
    """For Popen(preexec_fn=...): a test run that is killed leaves no servers behind."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class RedisServer:
    """redis-server with AOF, as SPEC 2.7 wants it. Further settings as keywords: appendonly="no"."""

    def __init__(self, password=None, port=None, program="redis-server", **settings):
        # Not pytest's tmp_path: the path of a unix socket may have 107 bytes only.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="ark-redis-", dir="/tmp"))
        self.socket = self.folder / "redis.sock"
        self.password = password
        self.port = port
        self.settings = {
            "port": port or 0,
            "bind": "127.0.0.1",
            "unixsocket": self.socket,
            "dir": self.folder,
            "save": "",
            "appendonly": "yes",
            "appendfsync": "everysec",
            "maxmemory-policy": "noeviction",
        }
        if password:
            self.settings["requirepass"] = password
        self.settings.update({k.replace("_", "-"): v for k, v in settings.items()})
        self.program = program
        self.process = None
        self.client = None

    @property
    def url(self):
        return f"unix://{self.socket}"

    def start(self):
        return self.launch("".join(f'{k} "{v}"\n' for k, v in self.settings.items()))

    def launch(self, text, *flags):
        config = self.folder / "redis.conf"
        config.write_text(text)
        self.socket.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            [self.program, str(config), *flags],
            stdout=open(self.folder / "redis.log", "ab"),
            stderr=subprocess.STDOUT,
            preexec_fn=die_with_parent,
        )
        self.client = redis.Redis(
            unix_socket_path=str(self.socket), password=self.password, decode_responses=True
        )
        try:
            wait_until(self.answers, f"redis-server in {self.folder} answers")
        except BaseException:
            self.close()
            raise
        return self

    def answers(self):
        if self.process.poll() is not None:
            raise AssertionError((self.folder / "redis.log").read_text())
        try:
            return self.client.ping()
        except redis.exceptions.RedisError:
            return False

    def signal(self, number):
        self.process.send_signal(number)

    def pause(self):
        self.signal(signal.SIGSTOP)

    def resume(self):
        self.signal(signal.SIGCONT)

    def kill(self):
        """kill -9, waited for."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.resume()
            self.process.terminate()
            try:
                self.process.wait(DEADLINE_S)
            except subprocess.TimeoutExpired:
                self.kill()

    def close(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.close()
