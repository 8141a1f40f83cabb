"""`ark up` as a child process, and its gateway as an HTTP client sees it."""

import json
import os
import pathlib
import signal
import subprocess
import urllib.error
import urllib.request

import redis

from ports import port_base
from private_redis import die_with_parent, wait_until

TOP = pathlib.Path(__file__).resolve().parents[2]


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)


class TriggerClient:
    """A gateway as an HTTP client sees it; who has one says its url, and token(event)."""

    def open(self, path, token, data=None, headers=None, method=None, timeout=60):
        body = None if data is None else data if isinstance(data, bytes) else json.dumps(data).encode()
        request = urllib.request.Request(self.url + path, data=body, method=method)
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        if body is not None:
            request.add_header("Content-Type", "application/json")
        for name, value in (headers or {}).items():
            request.add_header(name, value)
        return urllib.request.urlopen(request, timeout=timeout)

    def call(self, path, token, data=None, **more):
        try:
            with self.open(path, token, data, **more) as r:
                return Answer(r.status, r.headers, r.read())
        except urllib.error.HTTPError as e:
            return Answer(e.code, e.headers, e.read())

    def fire(self, event, data=None, mode="async", headers=None, **query):
        more = "".join(f"&{k}={v}" for k, v in query.items())

        def fired():
            # The token's code takes a moment from its file to the gateway.
            a = self.call(f"/triggers/default/{event}/fire?mode={mode}{more}", self.token(event),
                          data if data is not None else {}, headers=headers, method="POST")
            return a if a.status not in (401, 404) else None

        return wait_until(fired, f"{event} fired")


class RunningSuite(TriggerClient):
    def __init__(self, ark, state, files, mock=None, args=(), env=None):
        self.ark, self.state, self.files = ark, state, files
        self.args, self.env = list(args), {**os.environ, **(env or {})}
        if mock:
            self.args += ["--mock", "--mock-file", str(TOP / mock)]
        self.base = self.process = None

    def start(self):
        for _ in range(5):
            self.base = port_base()
            self.process = subprocess.Popen(
                [self.ark, "up", *map(str, self.files), "--state-dir", str(self.state), "--port-base",
                 str(self.base), *self.args],
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                preexec_fn=die_with_parent, cwd=self.state.parent, env=self.env,
            )
            wait_until(lambda: self.process.poll() is not None or self.ready(), "the suite ready", 30)
            if self.process.poll() is None:
                return self
            if self.process.returncode != 4:  # somebody else has the port
                break
        raise AssertionError(self.process.stdout.read())

    def ready(self):
        if not (self.state / "up.json").exists():  # somebody else's suite may answer at our ports
            return False
        names = ("agent", "watcher", "reconciler", "runner", "budget", "notifier", "gateway")
        for n, name in enumerate(names):
            if not (self.ark.parent / f"ark-{name}").exists():
                continue
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.base + n}/readyz", timeout=2):
                    pass
            except OSError:
                return False
        return True

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            code = self.process.wait(timeout=40)
            assert code in (0, 130), code

    @property
    def redis(self):
        return redis.Redis(unix_socket_path=str(self.state / "redis.sock"), decode_responses=True)

    def token(self, event, namespace="default"):
        path = self.state / "secrets" / namespace / f"{event}-webhook-token" / "token"
        return wait_until(lambda: path.exists() and path.read_text(), f"token of {event}")

    @property
    def admin_token(self):
        return (self.state / "secrets" / "admin-token").read_text().strip()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.base + 12}"

    def pids(self):
        """Process ids of the daemons, by name."""
        found = {}
        for status in pathlib.Path("/proc").glob("[0-9]*/status"):
            try:
                fields = dict(l.split(":\t", 1) for l in status.read_text().splitlines() if ":\t" in l)
            except OSError:
                continue
            if fields.get("PPid") == str(self.process.pid):
                found[fields["Name"]] = int(fields["Pid"])
        return found


def sse_events(stream):
    """(id, event, data) of each event of an open response, until it ends."""
    event = {}
    for raw in stream:
        line = raw.decode().rstrip("\n")
        if not line:
            if "data" in event:
                yield event.get("id"), event.get("event"), json.loads(event["data"])
            event = {}
        elif not line.startswith(":"):
            name, _, value = line.partition(": ")
            event[name] = value
