"""ark-gateway with its objects, tokens and runs, as its tests see it."""

import hashlib
import hmac
import http.client
import json
import pathlib
import shutil
import socket
import subprocess
import tempfile

from daemons import P, Daemon, Suite
from private_redis import die_with_parent, free_port, wait_until

KEY = bytes(range(32))
ADMIN = "admin-token-of-the-tests"


def mac(text, key):
    return hmac.new(key, text, hashlib.sha256)


def sealed_token(namespace, secret, token):
    """The code of a webhook token, as ark-watcher publishes it (common/base/seal.h)."""
    key_id = mac(b"ark seal key id", KEY).hexdigest()[:8]
    parts = [namespace, secret, "token", key_id]
    text = b"".join(len(p).to_bytes(4, "big") + p.encode() for p in parts) + token.encode()
    return f"mac1:{key_id}:{mac(text, mac(b'ark seal mac key', KEY).digest()).hexdigest()}"


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def json(self):
        return json.loads(self.body)


class Gateway(Suite):
    """A gateway in front of a Redis; the test plays watcher, runner and workers."""

    def __init__(self, build, server, url=None, **settings):
        super().__init__(server)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="ark-gateway-", dir="/tmp"))
        (self.folder / "seal").write_text(KEY.hex() + "\n")
        (self.folder / "admin").write_text(ADMIN + "\n")
        self.port, self.health = free_port(), free_port()
        self.daemon = Daemon(
            build, "ark-gateway", url or server.url,
            ARK_SEAL_KEY_FILE=self.folder / "seal",
            ARK_ADMIN_TOKEN_FILE=self.folder / "admin",
            ARK_TRIGGER_ADDR=f"127.0.0.1:{self.port}",
            ARK_HTTP_ADDR=f"127.0.0.1:{self.health}",
            **settings,
        )

    def __enter__(self):
        self.daemon.__enter__()
        wait_until(self.is_ready, "the gateway is ready")
        return self

    def __exit__(self, *failed):
        try:
            assert self.daemon.process.poll() in (None, 0, -9), "it died on its own"
            self.daemon.__exit__(*failed)
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    # --- HTTP

    def ask(self, method, path, body=None, token=None, port=None, **headers):
        c = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=20)
        headers = {k.replace("_", "-"): v for k, v in headers.items()}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
        try:
            c.request(method, path, body=body, headers=headers)
            return Answer(c.getresponse())
        finally:
            c.close()

    def is_ready(self):
        try:
            return self.ask("GET", "/readyz", port=self.health).status == 200
        except OSError:
            return False

    def fire(self, event="hook", body=None, query="", token="token-hook", namespace="default",
             **headers):
        return self.ask("POST", f"/triggers/{namespace}/{event}/fire{query}", body, token, **headers)

    def run(self, name, token=ADMIN, rest="", namespace="default", **headers):
        return self.ask("GET", f"/runs/{namespace}/{name}{rest}", None, token, **headers)

    def metric(self, name):
        text = self.ask("GET", "/metrics", port=self.health).body.decode()
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
                   if line.startswith((name + " ", name + "{")))

    def curl(self, name, *args, token=ADMIN):
        """curl -N on the events of a run, as people attach."""
        url = f"http://127.0.0.1:{self.port}/runs/default/{name}/events"
        return subprocess.Popen(
            ["curl", "-sN", "--max-time", "20", "-H", f"Authorization: Bearer {token}", *args, url],
            stdout=subprocess.PIPE, preexec_fn=die_with_parent)

    def raw(self, path, token=ADMIN, receive_buffer=None):
        """A socket that has sent a GET and reads nothing."""
        s = socket.socket()
        if receive_buffer:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        s.settimeout(20)
        s.connect(("127.0.0.1", self.port))
        s.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
        return s

    # --- objects

    def add_token(self, event, token, namespace="default"):
        name = f"{event}-webhook-token"
        self.publish("Secret", name, None, namespace,
                     sealed={"token": sealed_token(namespace, name, token)})

    def add_event(self, name="hook", targets=None, namespace="default", **spec):
        """A webhook event with its token `token-<name>`; waits until the gateway knows it."""
        spec.setdefault("source", {"type": "webhook"})
        self.add_token(name, f"token-{name}", namespace)
        self.publish("ArkEvent", name, {"targets": targets or [{"team": "t"}], **spec}, namespace)
        self.settle()

    def add_team(self, name="t", **spec):
        self.publish("ArkTeam", name, {"roles": [{"name": "a", "arkAgent": "a"}],
                                       "pipeline": [{"role": "a", "inputs": {"prompt": "do"}}],
                                       **spec})
        self.settle()

    def settle(self):
        """Until the gateway has read all that was published: objects are followed in order."""
        self.objects += 1
        name = f"settle-{self.objects}"
        self.publish("ArkEvent", name, {"source": {"type": "cron", "cron": "@daily"},
                                        "targets": [{"team": "t"}]}, "settling")
        wait_until(lambda: self.ask("POST", f"/triggers/settling/{name}/fire", None, ADMIN).status == 400,
                   "the gateway has read the objects")

    # --- runs

    def set_state(self, run, version=None, namespace="default", **state):
        """Plays the runner: the state of a run."""
        key = f"{P}run-state:{namespace}.{run}"
        state = {"version": 1, "namespace": namespace, "name": run, "team": "t", "phase": "running",
                 "attempt": 1, "created_ms": 1774861200000, "start_ms": 1774861200000,
                 "again_ms": 1774861200000, "steps": [], **state}
        version = version or int(self.redis.hget(key, "v") or 0) + 1
        self.redis.hset(key, mapping={"v": version, "d": json.dumps(state)})
        return state

    def tell(self, run, type, namespace="default", **fields):
        """Plays runner or worker: an event of the run. Its id."""
        return self.tell_all(run, {"type": type, **fields}, namespace=namespace)

    def tell_all(self, run, *events, namespace="default", max_bytes=1 << 24, max_tokens=100000):
        """Several events in one call; of the stream so much is kept. The id of the last."""
        operations = []
        for e in events:
            flat = [str(x) for pair in e.items() for x in pair]
            operations += ["show", f"{namespace}.{run}", max_bytes, max_tokens, len(flat), *flat]
        answer = self.call("commit", "-", "-", "-", "-", *operations)
        assert answer[0] == "ok"
        return self.redis.xrevrange(f"{P}run:{namespace}.{run}", count=1)[0][0]

    def finish_run(self, run, output="done", **state):
        self.set_state(run, phase="succeeded", reason="Succeeded", end_ms=1774861203000,
                       output={"text": output, "bytes": len(output)},
                       usage={"input_tokens": 7, "output_tokens": 3}, **state)
        return self.tell(run, "flow.completed", output=output, input_tokens=7, output_tokens=3,
                         duration_ms=3000)

    def fail_run(self, run, reason="StepFailed", message="no", **state):
        self.set_state(run, phase="failed", reason=reason, message=message, end_ms=1774861203000, **state)
        return self.tell(run, "flow.failed", reason=reason, message=message, duration_ms=3000)

    def requested(self):
        return [e for e in self.entries("runs") if e["type"] == "run.requested"]


def events_of(text):
    """[(id, event, data)] of a whole SSE body; comments and retry left out."""
    out = []
    for block in text.decode().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line and line[0] != ":")
        if "event" in fields:
            out.append((fields.get("id"), fields["event"], json.loads(fields["data"])))
    return out
