"""docker-compose.yml as one project of its own, driven with the command that a user types."""

import json
import os
import pathlib
import shlex
import shutil
import subprocess
import uuid

from private_redis import free_port, wait_until
from suite import TriggerClient

TOP = pathlib.Path(__file__).resolve().parents[2]
TAG = "test"
DAEMONS = ["ark-agent", "ark-budget", "ark-gateway", "ark-notifier", "ark-reconciler", "ark-runner", "ark-watcher"]
IMAGES = [*DAEMONS, "ark", "ark-redis"]
P = "ark:{0}:"
STATE = "/var/lib/ark/state/secrets/default"
KEYS = "/var/lib/ark/keys"


def run(*command, stdin=None, env=None, timeout=180):
    done = subprocess.run([str(c) for c in command], input=stdin, capture_output=True, text=True, env=env, timeout=timeout)
    assert done.returncode == 0, f"{shlex.join(map(str, command))}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def docker(*command, **more):
    return run("docker", *command, **more)


def compose_command():
    """Compose v2 where it is, else docker-compose 1.29."""
    v2 = subprocess.run(["docker", "compose", "version"], capture_output=True)
    return ["docker", "compose"] if v2.returncode == 0 else ["docker-compose"]


class Stack(TriggerClient):
    def __init__(self, folder):
        self.project = "arktest" + uuid.uuid4().hex[:10]
        self.port = free_port()
        self.manifests = folder / "manifests"
        shutil.copytree(TOP / "examples", self.manifests)
        self.manifests.chmod(0o755)  # the user of the containers is nobody here
        self.env_file = folder / "env"
        self.env_file.write_text(
            f"ARK_VERSION={TAG}\nREDIS_IMAGE=ark-redis:{TAG}\nARK_PORT={self.port}\nARK_MANIFESTS={self.manifests}\n"
            "AGENT_PROVIDER=mock\nARK_MOCK_FILE=/manifests/mock/blog.json\nOPENAI_API_KEY=sk-of-the-tests\n")
        self.command = compose_command()

    def compose(self, *words, **more):
        # What the caller has set for a suite of his own would win over the file.
        env = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME") or k.startswith("DOCKER_")}
        return run(*self.command, "-p", self.project, "--env-file", self.env_file,
                   "-f", TOP / "docker" / "docker-compose.yml", *words, env=env, **more)

    # --- what there is

    def containers(self, service=None):
        """Their `docker inspect`, the setup and one-off containers left out."""
        ids = docker("ps", "-aq", "--filter", f"label=com.docker.compose.project={self.project}").split()
        found = json.loads(docker("inspect", *ids)) if ids else []
        label = "com.docker.compose.service"
        return [c for c in found if c["Config"]["Labels"][label] not in ("setup", "ark")
                and service in (None, c["Config"]["Labels"][label])]

    def container(self, service):
        (c,) = self.containers(service)
        return c

    def leftovers(self):
        mine = f"label=com.docker.compose.project={self.project}"
        return [line for kind in ("container", "volume", "network")
                for line in docker(kind, "ls", *(["-a"] if kind == "container" else []), "-q", "--filter", mine).split()]

    def redis(self, *commands):
        """The answers of redis-cli in the Redis container."""
        out = self.compose("exec", "-T", "redis", "redis-cli", "--json", stdin="\n".join(map(shlex.join, commands)) + "\n")
        return [json.loads(line) for line in out.splitlines()]

    # --- the gateway; the rest is TriggerClient

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def token(self, event):
        if event not in self.__dict__.setdefault("tokens", {}):
            read = ["exec", "-T", "ark-reconciler", "cat", f"{STATE}/{event}-webhook-token/token"]

            def made():
                try:
                    return self.compose(*read)
                except AssertionError:  # it makes them at its start
                    return None

            self.tokens[event] = wait_until(made, f"the token of {event}", 30)
        return self.tokens[event]

    def fire_surely(self, n):
        """Fires the blog team like a caller who wants it done once whatever happens; the name of the run."""
        def fired():
            try:
                a = self.fire("blog", {"topic": f"number {n}"}, headers={"Idempotency-Key": f'"{self.project}-{n}"'})
            except OSError:  # nobody listens now
                return None
            return a.json["runs"][0] if a.status == 202 else None

        return wait_until(fired, f"fire {n}", 60)

    # --- what came of it

    def audit(self, runs):
        """Each run has ended well, each of its steps was told once, and so was its end."""
        wait_until(lambda: all(self.redis(*(["ZSCORE", P + "runs:ended", f"default.{r}"] for r in runs))),
                   "all runs ended", 90)
        for run, entries in zip(runs, self.redis(*(["XRANGE", f"{P}run:default.{r}", "-", "+"] for r in runs))):
            kinds = [dict(zip(f[::2], f[1::2]))["type"] for _, f in entries]
            assert kinds.count("step.completed") == 3 and kinds[-1] == "flow.completed", (run, kinds)
        (events,) = self.redis(["XRANGE", P + "events", "-", "+"])
        facts = [dict(zip(f[::2], f[1::2])) for _, f in events]
        ended = [f["run"] for f in facts if f["type"] == "run.succeeded" and f["run"] in runs]
        assert sorted(ended) == sorted(runs)
        (dead,) = self.redis(["XLEN", P + "dead"])
        assert dead == 0
