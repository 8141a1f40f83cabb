"""`ark run`: a three-step team on the mock provider, and what can go wrong before it starts (SPEC 21.24 to 21.26)."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

import pytest

from private_redis import die_with_parent, wait_until

TEAM = """apiVersion: arkonis.dev/v1alpha1
kind: ArkTeam
metadata: {name: blog}
spec:
  roles:
  - {name: research, model: mock, systemPrompt: You research.}
  - {name: write, model: mock, systemPrompt: You write.}
  - {name: edit, model: mock, systemPrompt: You edit.}
  inputs:
  - {name: topic, required: true}
  pipeline:
  - role: research
    inputs: {prompt: "Research {{ .input.topic }}"}
  - role: write
    dependsOn: [research]
    inputs: {prompt: "Write {{ .steps.research.output }}"}
  - role: edit
    dependsOn: [write]
    inputs: {prompt: "Edit {{ .steps.write.output }}"}
  output: "{{ .steps.edit.output }}"
"""
SCRIPT = {"rules": [{"match": "Research owls", "reply": "facts"}, {"match": "facts", "reply": "draft"},
                    {"match": "draft", "reply": "An article"}], "default": "?"}
SLOW = {"default": "an answer of several words", "tokenDelayMs": 60000}


@pytest.fixture
def team(tmp_path):
    file = tmp_path / "team.yaml"
    file.write_text(TEAM)
    (tmp_path / "mock.json").write_text(json.dumps(SCRIPT))
    return file


def run(ark, team, *args, env=None, timeout=30):
    done = subprocess.run([ark, "run", team, "--mock-file", team.parent / "mock.json", *args], capture_output=True,
                          text=True, env=env, timeout=timeout, cwd=team.parent)
    return done.returncode, done.stdout, done.stderr


def children_left(team):
    return [p for p in pathlib.Path("/proc").glob("[0-9]*/environ") if str(team.parent).encode() in read(p)]


def read(path):
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_output_only(ark, team):
    assert run(ark, team, "--input", "topic=owls") == (0, "An article\n", "")


def test_watch(ark, team):
    code, out, err = run(ark, team, "--input", '{"topic":"owls"}', "--watch")
    assert (code, err) == (0, "")
    text = re.sub(r"\d+ tokens", "N tokens", re.sub(r"\d+\.\ds", "S.Ss", out))
    assert text == (
        "  research             [running]\n  research             [done]    N tokens  S.Ss\n    └─ facts\n"
        "  write                [running]\n  write                [done]    N tokens  S.Ss\n    └─ draft\n"
        "  edit                 [running]\n  edit                 [done]    N tokens  S.Ss\n    └─ An article\n"
        "Flow Succeeded in S.Ss — total: N tokens\nOutput:\nAn article\n")


def test_json(ark, team):
    code, out, _ = run(ark, team, "--input", "topic=owls", "-o", "json")
    report = json.loads(out)
    assert code == 0
    assert list(report) == ["status", "error", "duration_ms", "total_tokens", "total_cost_usd", "output", "steps"]
    assert report["status"] == "succeeded" and report["output"] == "An article" and report["error"] == ""
    assert [(s["name"], s["status"], s["output"]) for s in report["steps"]] == [
        ("research", "succeeded", "facts"), ("write", "succeeded", "draft"), ("edit", "succeeded", "An article")]
    assert sum(s["tokens"] for s in report["steps"]) == report["total_tokens"] > 0


def test_failed_run(ark, team):
    code, out, err = run(ark, team)
    assert (code, out) == (1, "") and 'input "topic"' in err
    code, out, _ = run(ark, team, "-o", "json")
    assert code == 1 and json.loads(out)["status"] == "failed" and "topic" in json.loads(out)["error"]


def test_text_becomes_the_required_input(ark, team):
    assert run(ark, team, "--prompt", "owls") == (0, "An article\n", "")


def test_agent(ark, team):
    team.write_text("apiVersion: arkonis.dev/v1alpha1\nkind: ArkAgent\nmetadata: {name: a}\n"
                    "spec: {model: claude-haiku-4-5, systemPrompt: x}\n")
    assert run(ark, team, "--prompt", "Edit draft") == (0, "An article\n", "")
    assert run(ark, team)[0] == 2
    assert run(ark, team, "--agent", "b", "--prompt", "x")[0] == 3


def test_model_override_reaches_every_role(ark, team):
    script = dict(SCRIPT, rules=[dict(r, model="mock-2") for r in SCRIPT["rules"]])
    (team.parent / "mock.json").write_text(json.dumps(script))
    assert run(ark, team, "--prompt", "owls") == (0, "?\n", "")
    assert run(ark, team, "--prompt", "owls", "--model", "mock-2") == (0, "An article\n", "")


def test_dry_run_calls_nothing(ark, team):
    code, out, _ = run(ark, team, "--dry-run", "--model", "claude-haiku-4-5", "-o", "json")
    plan = json.loads(out)
    assert code == 0 and [s["after"] for s in plan["steps"]] == [[], ["research"], ["write"]]
    assert plan["maxOutputTokens"] == 3 * 8000 and plan["maxCostUSD"] > 0
    assert {s["model"] for s in plan["steps"]} == {"claude-haiku-4-5"}


def test_invalid_file_starts_nothing(ark, team):
    team.write_text(TEAM.replace("dependsOn: [write]", "dependsOn: [wirte]"))
    code, out, err = run(ark, team, "--prompt", "owls")
    assert (code, out) == (1, "") and f"{team}:" in err and ": error: spec.pipeline[2].dependsOn" in err


def test_nothing_to_run(ark, team):
    assert run(ark, team, "--team", "other")[0] == 3
    team.write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {a: b}\n")
    assert run(ark, team)[0] == 3


def test_timeout(ark, team):
    (team.parent / "mock.json").write_text(json.dumps(SLOW))
    code, out, err = run(ark, team, "--prompt", "owls", "--timeout", "500ms")
    assert (code, out) == (5, "") and "timed out" in err


def test_nothing_is_left_behind(ark, team):
    before = set(pathlib.Path("/tmp").glob("ark-run-*"))
    (team.parent / "mock.json").write_text(json.dumps(SLOW))
    process = subprocess.Popen([ark, "run", team, "--mock-file", team.parent / "mock.json", "--prompt", "owls",
                                "--watch"], stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent)
    assert "research" in process.stdout.readline()
    assert children_left(team)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=20) == 130
    wait_until(lambda: not children_left(team), "no process left")
    # Other runs may go on beside this one; ours had objects of this folder.
    for folder in set(pathlib.Path("/tmp").glob("ark-run-*")) - before:
        assert b"You research." not in read(folder / "objects.yaml") or folder.stat().st_mtime < time.time() - 60


def test_no_redis_in_path(ark, team):
    env = dict(os.environ, PATH=str(team.parent))
    code, out, err = run(ark, team, "--prompt", "owls", env=env)
    assert (code, out) == (4, "") and "no redis-server in PATH" in err


@pytest.mark.parametrize("version", ["Redis server v=6.2.14 sha=0", "Valkey server v=7.1.0 sha=0"])
def test_redis_too_old(ark, team, version):
    fake = team.parent / "redis-server"
    fake.write_text(f"#!/bin/sh\necho '{version} malloc=libc'\n")
    fake.chmod(0o755)
    env = dict(os.environ, PATH=f"{team.parent}:{os.environ['PATH']}")
    code, out, err = run(ark, team, "--prompt", "owls", env=env)
    assert (code, out) == (4, "") and "too old" in err and "7.0" in err


def test_wrong_setting_of_a_daemon(ark, team):
    code, out, err = run(ark, team, "--input", "topic=owls", env=dict(os.environ, ARK_LOG_LEVEL="loud"))
    assert (code, out) == (2, "")
    assert "ARK_LOG_LEVEL: 'loud'" in err and "ended with status 2" in err and "/tmp/ark-run-" not in err


def test_a_daemon_that_breaks_is_heard(ark, team, tmp_path):
    # Its log goes with the temporary folder: what it said last is on the screen.
    shutil.copytree(ark.parent, tmp_path / "bin")
    broken = tmp_path / "bin" / "ark-runner"
    broken.unlink()
    broken.write_text("#!/bin/sh\necho 'a promise is broken' >&2\nkill -ABRT $$\n")
    broken.chmod(0o755)
    code, out, err = run(tmp_path / "bin" / "ark", team, "--input", "topic=owls")
    assert (code, out) == (4, "")
    assert err == "ark-runner: a promise is broken\nark run: ark-runner ended with signal 6\n"
    assert not children_left(team)


def test_a_redis_that_breaks_is_heard(ark, team, tmp_path):
    (tmp_path / "bin").mkdir()
    fake = tmp_path / "bin" / "redis-server"
    fake.write_text("#!/bin/sh\n[ \"$1\" = --version ] && echo 'Redis server v=7.0.15 sha=0' && exit\n"
                    "echo '# Fatal error: no memory'\nexit 1\n")
    fake.chmod(0o755)
    env = dict(os.environ, PATH=f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    code, out, err = run(ark, team, "--input", "topic=owls", env=env)
    assert (code, out) == (4, "")
    assert err == "  # Fatal error: no memory\nark run: redis-server ended with status 1\n"


def test_mock_script_that_is_none(ark, team):
    script = team.parent / "mock.json"
    script.write_text('{"default": }')
    code, out, err = run(ark, team, "--input", "topic=owls")
    assert (code, out) == (1, "") and f"{script}: line 1 column 13" in err
    script.unlink()
    code, out, err = run(ark, team, "--input", "topic=owls")
    assert (code, out) == (3, "") and f"{script}: No such file" in err
