"""docker-compose up: all of it works, nothing has more rights than it needs, an edit takes effect."""

import json
import shutil
import subprocess

import pytest

from private_redis import wait_until
from stack import DAEMONS, KEYS, STATE, TOP, compose_command, docker, run
from suite import sse_events

FILE = TOP / "docker" / "docker-compose.yml"
SEALED = {"ark-agent", "ark-gateway", "ark-notifier", "ark-reconciler", "ark-runner", "ark-watcher"}


@pytest.mark.parametrize("command", ["docker-compose", "docker compose"])
def test_every_compose_takes_the_file(engine, command):
    command = command.split()
    if not shutil.which(command[0]) or subprocess.run([*command, "version"], capture_output=True).returncode:
        pytest.skip(f"{' '.join(command)} is not installed")
    said = run(*command, "-f", FILE, "config")
    assert all(f"\n  {name}:\n" in said for name in [*DAEMONS, "redis", "setup"])


def test_all_modes(stack):
    fired = stack.fire("blog", {"topic": "tea"})
    assert fired.status == 202 and fired.json["targets"] == 1
    done = stack.fire("blog", {"topic": "tea"}, mode="sync")
    assert done.status == 200 and done.json["status"] == "succeeded" and "thermometer" in done.json["output"]
    with stack.open("/triggers/default/blog/fire?mode=sse", stack.token("blog"), {"topic": "tea"}, method="POST") as s:
        events = [(kind, data) for _, kind, data in sse_events(s)]
        streamed = s.headers["Ark-Run"]
    assert events[0][0] == "step.started" and events[-1][0] == "flow.completed"
    for step in ("research", "draft", "edit"):
        tokens = "".join(d["token"] for k, d in events if k == "token" and d["step"] == step)
        assert [d["output"] for k, d in events if k == "step.completed" and d["step"] == step] == [tokens]
    stack.audit([fired.json["runs"][0], done.json["run"], streamed])


def test_all_daemons_together_are_small(stack):
    """What docker stats shows after the runs above: page cache in use included."""
    stack.fire("blog", {"topic": "tea"}, mode="sync")
    ids = [c["Id"] for c in stack.containers() if c["Config"]["Labels"]["com.docker.compose.service"] in DAEMONS]
    used = docker("stats", "--no-stream", "--format", "{{.Name}} {{.MemUsage}}", *ids).splitlines()
    assert len(used) == len(DAEMONS)
    assert sum(float(line.split()[1].removesuffix("MiB")) for line in used) * 2**20 < 60e6, used


def test_all_become_healthy(stack):
    wait_until(lambda: {c["State"]["Health"]["Status"] for c in stack.containers()} == {"healthy"}, "all healthy", 60)


def test_no_rights(stack):
    for c in stack.containers():
        name, host = c["Config"]["Labels"]["com.docker.compose.service"], c["HostConfig"]
        assert host["ReadonlyRootfs"] and host["CapDrop"] == ["ALL"] and not host["CapAdd"], name
        assert host["SecurityOpt"] == ["no-new-privileges:true"] and not host["Privileged"], name
        assert 0 < host["Memory"] <= 2**30 and host["RestartPolicy"]["Name"] == "unless-stopped", name
        if name == "ark-gateway":
            assert host["PortBindings"] == {"8092/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(stack.port)}]}
        else:
            assert not host["PortBindings"], name
        status = docker("exec", c["Id"], "cat", "/proc/1/status").splitlines()
        said = dict(line.split(":\t", 1) for line in status if ":\t" in line)
        assert int(said["CapEff"], 16) == int(said["CapPrm"], 16) == int(said["CapBnd"], 16) == 0, name
        assert said["NoNewPrivs"] == "1" and said["Uid"].split()[0] == ("999" if name == "redis" else "65532"), name


def test_secrets_are_made_once_and_are_for_those_who_need_them(stack):
    def secrets():
        read = f"cd {KEYS} && stat -c '%n %a %u' * && sha256sum * && stat -c '%a %u' {STATE}/*/token"
        return docker("run", "--rm", "--volumes-from", stack.container("ark-reconciler")["Id"], "--entrypoint", "sh",
                      stack.container("ark-reconciler")["Image"], "-c", read)

    before = secrets()
    assert "seal-key 600 65532" in before and "admin-token 600 65532" in before
    assert {line for line in before.splitlines() if line.startswith(("4", "6"))} >= {"600 65532"}
    stack.compose("up", "-d", "--force-recreate", "--no-deps", "setup")
    assert secrets() == before
    for c in stack.containers():
        name = c["Config"]["Labels"]["com.docker.compose.service"]
        mounted = {m["Destination"] for m in c["Mounts"]}
        assert (KEYS in mounted) == (name in SEALED), name
        has_key = "OPENAI_API_KEY=sk-of-the-tests" in c["Config"]["Env"]
        assert has_key == (name in ("ark-agent", "ark-runner")), name
        assert stack.token("blog") not in docker("logs", c["Id"]), name


def test_an_edit_takes_effect(stack):
    team = stack.manifests / "edited.yaml"
    text = """apiVersion: arkonis.dev/v1alpha1
kind: ArkTeam
metadata: {name: edited}
spec:
  roles: [{name: a, model: mock, systemPrompt: x}]
  pipeline: [{role: a, inputs: {prompt: hello}}]
  output: "WORD"
---
apiVersion: arkonis.dev/v1alpha1
kind: ArkEvent
metadata: {name: edited}
spec: {source: {type: webhook}, targets: [{team: edited}]}
"""
    team.write_text(text.replace("WORD", "first"))
    assert stack.fire("edited", mode="sync").json["output"] == "first"
    team.write_text(text.replace("WORD", "second"))
    wait_until(lambda: stack.fire("edited", mode="sync").json["output"] == "second", "the edit", 10)


def test_the_command_line_works_beside_it(stack):
    shown = json.loads(stack.compose("run", "--rm", "-T", "ark", "runs", "-o", "json"))
    assert json.dumps(shown).count("Succeeded") >= 3


def test_scale(stack):
    stack.compose("up", "-d", "--scale", "ark-runner=2", "--scale", "ark-agent=3")
    assert len(stack.containers("ark-runner")) == 2 and len(stack.containers("ark-agent")) == 3
    stack.audit([stack.fire_surely(f"scaled-{n}") for n in range(20)])
    workers = [c["Config"]["Hostname"] for c in stack.containers("ark-agent")]
    consumers = json.dumps(stack.redis(["XINFO", "CONSUMERS", "ark:{0}:tasks:default.blog-draft", "agents"]))
    assert all(w in consumers for w in workers)
    stack.compose("up", "-d")  # and one of each again
    stack.audit([stack.fire_surely(f"one-again-{n}") for n in range(5)])
