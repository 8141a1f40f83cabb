"""Two copies of every daemon on one Redis, a team of three steps, an event that fires it, a receiver that is told.

    with Fleet(build, folder, server) as fleet:
        fleet.kill("ark-runner/0"); fleet.restart("ark-runner/0")

Copies are named <daemon>/<n>. Nobody restarts what a test kills but the test.
"""

import concurrent.futures
import json
import os
import pathlib
import signal
import subprocess

from private_redis import die_with_parent, free_port, wait_until
from webhook_server import WebhookServer

P = "ark:{0}:"
DAEMONS = ("ark-watcher", "ark-reconciler", "ark-runner", "ark-agent", "ark-budget", "ark-notifier", "ark-gateway")
STEPS = ("a", "b", "c")
LEASE_S = 3

MANIFEST = """
apiVersion: arkonis.dev/v1alpha1
kind: ArkTeam
metadata: {name: chain}
spec:
  notifyRef: {name: people}
  inputs: [{name: number, required: true}]
  roles:
    - {name: a, model: mock, systemPrompt: x, limits: {maxConcurrentTasks: 20}}
    - {name: b, model: mock, systemPrompt: x, limits: {maxConcurrentTasks: 20}}
    - {name: c, model: mock, systemPrompt: x, limits: {maxConcurrentTasks: 20}}
  pipeline:
    - {role: a, inputs: {prompt: "first {{ .input.number }}"}}
    - {role: b, dependsOn: [a], inputs: {prompt: "second {{ .steps.a.output }}"}}
    - {role: c, dependsOn: [b], inputs: {prompt: "third {{ .steps.b.output }}"}}
  output: "{{ .input.number }}: {{ .steps.a.output }}, {{ .steps.b.output }}, {{ .steps.c.output }}"
  maxTokens: 100000
  timeoutSeconds: 600
---
apiVersion: arkonis.dev/v1alpha1
kind: ArkEvent
metadata: {name: go}
spec:
  source: {type: webhook}
  targets: [{team: chain, input: {number: "{{ .trigger.body.number }}"}}]
---
apiVersion: arkonis.dev/v1alpha1
kind: ArkNotify
metadata: {name: people}
spec:
  rateLimitSeconds: 0
  channels: [{type: webhook, webhook: {url: "%s/told"}}]
"""
SCRIPT = {
    "rules": [{"match": "first", "reply": "one and on"}, {"match": "second", "reply": "two and on"},
              {"match": "third", "reply": "three and out"}],
    "tokenDelayMs": 1,
}


def output_of(n):
    return f"{n:06}: one and on, two and on, three and out"


class Copy:
    """One process, again and again; what all its lives logged is in one file."""

    def __init__(self, fleet, daemon, number):
        self.fleet, self.daemon, self.number = fleet, daemon, number
        self.name = f"{daemon}/{number}"
        self.lives = 0
        self.process = None
        self.log_path = fleet.folder / f"{daemon}-{number}.log"

    def start(self, reborn=False):
        """reborn: under a name that nobody had before, as a new pod has."""
        self.lives += reborn
        env = self.fleet.environment(self)
        env["ARK_PROCESS_NAME"] = f"{self.daemon}-{self.number}" + (f"-{self.lives}" if self.lives else "")
        self.process_name = env["ARK_PROCESS_NAME"]
        self.process = self.fleet.spawner.submit(self.spawn, env).result()

    def spawn(self, env):
        with open(self.log_path, "ab") as log:
            return subprocess.Popen([str(self.fleet.program(self.daemon))], env=env, stderr=log,
                                    preexec_fn=die_with_parent)

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def end(self):
        """SIGTERM; exit 0 within the grace that it has."""
        if self.process.poll() is None:
            self.signal(signal.SIGCONT)
            self.signal(signal.SIGTERM)

    def log(self):
        """Log lines of all lives; a line that is not JSON stays text (a sanitizer, an abort)."""
        for line in self.log_path.read_text(errors="replace").splitlines():
            try:
                yield json.loads(line)
            except ValueError:
                yield {"level": "not JSON", "msg": line}


class Fleet:
    def __init__(self, build, folder, server, copies=2, daemons=DAEMONS, programs=None, url=None, urls=None, manifest=None,
                 script=None, **settings):
        """url: of Redis, where it is not the server's own; urls: the same by copy; programs: path by daemon."""
        self.build, self.folder, self.server = build, pathlib.Path(folder), server
        self.settings, self.url, self.urls, self.programs = settings, url, urls or {}, programs or {}
        self.manifest, self.script = manifest, script or SCRIPT
        self.receiver = WebhookServer()
        self.folder.mkdir(parents=True)
        for name in ("objects", "state"):
            (self.folder / name).mkdir()
        (self.folder / "seal").write_text("22" * 32)
        (self.folder / "mock.json").write_text(json.dumps(self.script))
        self.copies = {f"{d}/{n}": Copy(self, d, n) for d in daemons for n in range(copies)}
        self.ports = {name: free_port() for name, c in self.copies.items() if c.daemon == "ark-gateway"}
        # A child dies with the thread that made it: this one lives as long as the fleet.
        self.codes = None
        self.spawner = concurrent.futures.ThreadPoolExecutor(1)

    # --- what a copy is told

    def program(self, daemon):
        return self.programs.get(daemon, self.build / "bin" / daemon)

    def environment(self, copy):
        env = {
            "PATH": os.environ["PATH"],
            **{k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")},
            "ARK_MODE": "local",
            "ARK_REDIS_URL": self.urls.get(copy.name, self.url or self.server.url),
            "ARK_HTTP_ADDR": "",
            "ARK_OBJECTS_DIR": self.folder / "objects",
            "ARK_STATE_DIR": self.folder / "state",
            "ARK_SEAL_KEY_FILE": self.folder / "seal",
            "ARK_WORKER_LEASE": f"{LEASE_S}s",
            "ARK_RESERVATION_TTL": "3s",
            "ARK_MOCK_FILE": self.folder / "mock.json",
            "ARK_NOTIFY_RECEIVER_RATE": 1000,
            "ARK_TRIGGER_RATE": 1000000,
            "ARK_TRIGGER_BURST": 1000000,
            "ARK_EVENT_MAX_RATE": 1000000,
            **self.settings,
        }
        if copy.name in self.ports:
            env["ARK_TRIGGER_ADDR"] = f"127.0.0.1:{self.ports[copy.name]}"
        return {k: str(v) for k, v in env.items()}

    # --- life

    def start(self):
        self.receiver.__enter__()
        text = self.manifest or MANIFEST
        (self.folder / "objects" / "all.yaml").write_text(text % self.receiver.url if "%s" in text else text)
        for copy in self.copies.values():
            copy.start()
        return self

    def kill(self, name):
        self.copies[name].kill()

    def restart(self, name, reborn=False):
        self.copies[name].start(reborn)

    def close(self):
        """Ends all; whoever lives must end by SIGTERM with 0. A second time: nothing."""
        if self.codes is not None:
            return
        for copy in self.copies.values():
            if copy.process:
                copy.end()
        codes = {}
        for name, copy in self.copies.items():
            if not copy.process:
                continue
            try:
                codes[name] = copy.process.wait(30)
            except subprocess.TimeoutExpired:
                copy.kill()
                codes[name] = "did not end by SIGTERM"
        self.receiver.__exit__()
        self.spawner.shutdown()
        self.codes = codes

    # --- what a test asks

    @property
    def redis(self):
        return self.server.client

    def live_names(self):
        return {c.process_name for c in self.copies.values() if c.process and c.process.poll() is None}

    def token(self, event="go"):
        path = self.folder / "state/secrets/default" / f"{event}-webhook-token/token"
        return wait_until(lambda: path.exists() and path.read_text().strip(), "the token", 30)

    def broken_promises(self):
        """Log lines that no fault of the world explains."""
        found = []
        for name, copy in self.copies.items():
            if not copy.log_path.exists():
                continue
            for line in copy.log():
                if line["level"] in ("not JSON", "fatal") or line["msg"] in ("entry parked", "fire was not stored"):
                    found.append((name, line))
        return found
