"""Flags that would have no effect are refused, with words and exit code 2 (SPEC 21.2, 21.3); none is taken in silence."""

import re
import subprocess

import pytest

from test_cli_run import TEAM

COMMANDS = ["up", "run", "validate", "trigger", "submit", "runs", "status", "cancel", "retry", "streams", "dead-letters", "acl",
            "setup", "completion", "version"]
COMMON = ["--namespace", "--all-namespaces", "--output", "--local", "--state-dir", "--redis-url", "--redis-password-file"]


def ark_in(ark, folder, *args, env=None):
    done = subprocess.run([ark, *args], capture_output=True, text=True, cwd=folder, env=env, timeout=30)
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "team.yaml").write_text(TEAM)
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS)
def test_help_lists_what_a_command_takes_and_the_rest_is_refused(ark, folder, command):
    code, text, _ = ark_in(ark, folder, command, "--help")
    assert code == 0
    taken = set(re.findall(r"^ +(?:-\w, )?(--[a-z-]+)", text, re.M))
    assert {"--quiet", "--help"} <= taken and not taken & {"--gateway", "--token-file", "--kubeconfig", "--context"}
    for flag in COMMON:
        value = () if flag in ("--all-namespaces", "--local") else ("json",)
        nothing = ("none.yaml",) if command == "up" else ()  # so that it starts none
        code, out, err = ark_in(ark, folder, command, flag, *value, *nothing)
        if flag not in taken:
            assert (code, out) == (2, "") and err.startswith(f"ark {command}: {flag} has no effect on this command")
        else:
            assert "has no effect" not in err


@pytest.mark.parametrize("flag", ["--kubeconfig", "--context", "--gateway", "--token-file"])
def test_a_cluster_is_for_a_later_release(ark, folder, flag):
    code, out, err = ark_in(ark, folder, "status", flag, "x")
    assert (code, out) == (2, "") and err.startswith(f"ark status: {flag}: not in this release, ") and "--redis-url" in err


@pytest.mark.parametrize("args, words", [
    (("run", "team.yaml", "--redis-url", "redis://x"), "--redis-url has no effect on this command"),
    (("run", "team.yaml", "--mock", "--provider", "openai"), "either --mock or another --provider"),
    (("run", "team.yaml", "--team", "a", "--agent", "b"), "either --team or --agent"),
    (("run", "team.yaml", "--dry-run", "--watch"), "--dry-run runs nothing"),
    (("run", "team.yaml", "--dry-run", "--timeout", "5s"), "--dry-run runs nothing"),
    (("run", "team.yaml", "--trace"), "--trace: not in this release"),
    (("validate", "team.yaml", "--check-agents"), "--check-agents: not in this release"),
    (("trigger", "--agent", "a", "hi", "--input", "x=1"), "--input is for teams"),
    (("trigger", "blog", "--timeout", "5s"), "--timeout ends the waiting of"),
    (("submit", "blog", "hi", "--timeout", "5s"), "--timeout ends the waiting of"),
    (("runs", "show", "blog", "--phase", "failed"), "--phase and --limit are for the list"),
    (("streams", "drop-group", "a", "b", "--watch"), "drop-group takes neither"),
    (("status", "--redis-url", "redis://:secret@127.0.0.1"), "can read a password in a flag"),
    (("status", "-x"), "there is no flag -x"),
    (("runs", "--limt", "3"), "did you mean --limit?"),
], ids=lambda x: " ".join(x[:4]) if isinstance(x, tuple) else "")
def test_refused(ark, folder, args, words):
    code, out, err = ark_in(ark, folder, *args)
    assert (code, out) == (2, "") and words in err and err.count("\n") == 1 and "secret" not in err


def test_the_environment_is_shared_by_all_commands(ark, folder):
    """A variable that means nothing to a command is no mistake."""
    env = {"PATH": "/usr/bin:/bin", "ARK_REDIS_URL": "nonsense", "KUBECONFIG": "/nowhere", "ARK_STATE_DIR": "/nowhere"}
    assert ark_in(ark, folder, "validate", "team.yaml", env=env)[:2] == (0, "OK\n")


@pytest.mark.parametrize("daemon", ["agent", "budget", "gateway", "notifier", "reconciler", "runner", "watcher"])
def test_a_daemon_lists_only_what_it_reads(ark, daemon):
    program = ark.parent / f"ark-{daemon}"
    text = subprocess.run([program, "--help"], capture_output=True, text=True, timeout=30).stdout
    assert ("ARK_SSE_MAX\n" in text) == (daemon == "gateway")
    assert ("ARK_MAX_ACTIVE_RUNS\n" in text) == (daemon == "runner")
    assert ("ARK_LLM_ATTEMPTS\n" in text) == (daemon == "agent")
    assert "ARK_MEMORY_TIMEOUT" not in text  # nobody applies it in this release
    flag = "--llm-attempts" if daemon != "agent" else "--sse-max"
    done = subprocess.run([program, flag, "3", "--check"], capture_output=True, text=True, timeout=30)
    assert done.returncode == 2 and f"unknown flag {flag}" in done.stderr
