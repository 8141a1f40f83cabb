"""Real daemons on a private Redis, and what a test says to them and reads from them."""

import json
import os
import signal
import subprocess
import time

from private_redis import die_with_parent, wait_until

P = "ark:{0}:"


class Daemon:
    """One ark process. Its log lines are in .log; `with` ends it by SIGTERM and checks exit 0."""

    def __init__(self, build, name, redis_url, **env):
        self.args = [str(build / "bin" / name)]
        self.env = {
            "PATH": os.environ["PATH"],
            "ARK_REDIS_URL": redis_url,
            "ARK_HTTP_ADDR": "",
            "ARK_MODE": "local",
            **{k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")},
            **{k: str(v) for k, v in env.items()},
        }
        self.process = None
        self.errors = None

    def start(self):
        self.errors = open(f"/tmp/ark-daemon-{os.getpid()}-{id(self)}.log", "w+")
        os.unlink(self.errors.name)
        self.process = subprocess.Popen(
            self.args, env=self.env, stderr=self.errors, preexec_fn=die_with_parent
        )
        return self

    @property
    def log(self):
        self.errors.flush()
        with open(f"/proc/self/fd/{self.errors.fileno()}") as f:
            return [json.loads(line) for line in f if line.startswith("{")]

    def kill(self, how=signal.SIGKILL):
        self.process.send_signal(how)
        return self.process.wait(timeout=30)

    def __enter__(self):
        return self.start()

    def __exit__(self, *failed):
        if self.process.poll() is None:
            code = self.kill(signal.SIGTERM)
            if not failed[0]:
                assert code == 0, self.log[-5:]
        if failed[0]:
            for line in self.log[-20:]:
                print(self.args[0].rsplit("/", 1)[1], line)
        self.errors.close()


class Suite:
    """The streams of one Redis, as a test plays the daemons that are not there."""

    def __init__(self, server):
        self.redis = server.client
        self.objects = 0
        self.epoch = None

    def call(self, function, *args):
        return self.redis.execute_command("FCALL", f"ark_1_{function}", 0, *args)

    def wait_library(self):
        wait_until(lambda: self.redis.execute_command("FUNCTION", "LIST"), "the function library")

    def publish(self, kind, name, spec, namespace="default", **more):
        """Plays the watcher."""
        if not self.epoch:
            self.epoch = self.call("lead", "watcher", "test", 3600000)[1]
        self.objects += 1
        version = str(self.objects)
        value = {
            "apiVersion": "v1" if kind in ("Secret", "ConfigMap") else "arkonis.dev/v1alpha1",
            "kind": kind,
            "metadata": {
                "name": name,
                "namespace": namespace,
                "uid": f"uid-{kind}-{name}",
                "generation": self.objects,
                "resourceVersion": version,
            },
            **more,
        }
        if spec is not None:
            value["spec"] = spec
        self.call("publish", "watcher", self.epoch, kind, namespace, name, version,
                  f"uid-{kind}-{name}", self.objects, json.dumps(value))

    def request(self, run, namespace="default", **fields):
        """Plays the gateway: admits a run."""
        message = {"type": "run.requested", "namespace": namespace, "run": run, **fields}
        flat = [str(x) for pair in message.items() for x in pair]
        return self.call("admit", "-", "-", "-", "-", "free", f"run-state:{namespace}.{run}",
                         "count", "counters", "pending", "1", "append", "runs", len(flat), *flat)

    def say(self, type, run, namespace="default", **fields):
        message = {"type": type, "namespace": namespace, "run": run, **fields}
        flat = [str(x) for pair in message.items() for x in pair]
        return self.call("commit", "-", "-", "-", "-", "append", "runs", len(flat), *flat)

    def entries(self, stream):
        return [fields for _, fields in self.redis.xrange(P + stream)]

    def state(self, run, namespace="default"):
        data = self.redis.hget(f"{P}run-state:{namespace}.{run}", "d")
        return json.loads(data) if data else None

    def wait_phase(self, run, phase, namespace="default"):
        def reached():
            state = self.state(run, namespace)
            return state if state and state["phase"] == phase else None

        return wait_until(reached, f"run {run} {phase}")

    def next_task(self, agent, namespace="default", worker="w1"):
        """Plays a worker: takes the next task of an agent. (entry id, fields)"""
        stream = f"{P}tasks:{namespace}.{agent}"

        def take():
            if not self.redis.exists(stream):
                return None
            try:
                self.redis.xgroup_create(stream, "agents", "0")
            except Exception:
                pass
            got = self.redis.xreadgroup("agents", worker, {stream: ">"}, count=1)
            return got[0][1][0] if got else None

        return wait_until(take, f"a task for {agent}")

    def finish(self, entry, fields, output=None, worker="w1", **more):
        """Plays a worker: reports the outcome of a task."""
        message = {
            "type": "task.finished", "namespace": fields["namespace"], "run": fields["run"],
            "step": fields["step"], "task": fields["task"], "outcome": "succeeded",
            "input_tokens": 10, "output_tokens": 5, "model": "mock", "duration_ms": 3,
        }
        if output is not None:
            message["output"] = output
        message.update(more)
        flat = [str(x) for pair in message.items() for x in pair]
        stream = f"tasks:{fields['namespace']}.{fields['agent']}"
        answer = self.call("commit", stream, "agents", worker, entry, "append", "runs", len(flat), *flat)
        assert answer[0] == "ok", answer

    def answer(self, agent, output, **more):
        entry, fields = self.next_task(agent)
        self.finish(entry, fields, output, **more)
        return fields


def agent(model="mock", **spec):
    return {"model": model, "systemPrompt": "You help.", **spec}
