"""`ark up`: what stops it before it starts, and the commands that talk to a running suite (SPEC 21.22, 2.12)."""

import json
import os
import pathlib
import signal
import socket
import stat
import subprocess

import pytest
import redis

from ports import port_base
from private_redis import die_with_parent, free_port, wait_until
from test_cli_run import SCRIPT, TEAM

HOOK = """---
apiVersion: arkonis.dev/v1alpha1
kind: ArkEvent
metadata: {name: hook}
spec:
  source: {type: webhook}
  targets:
  - team: blog
    input: {topic: owls}
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "team.yaml").write_text(TEAM + HOOK)
    (tmp_path / "mock.json").write_text(json.dumps(SCRIPT))
    return tmp_path


def ark_in(ark, folder, *args, env=None, user=None, timeout=30):
    done = subprocess.run([ark, *args], capture_output=True, text=True, cwd=folder, env=env, timeout=timeout, user=user)
    return done.returncode, done.stdout, done.stderr


def up_ends(ark, folder, *args, **more):
    """`ark up` that is expected to end by itself; again when somebody else has one of its ports."""
    for _ in range(5):
        ended = ark_in(ark, folder, "up", "team.yaml", "--port-base", str(port_base()), *args, **more)
        if "is in use" not in ended[2]:
            break
    return ended


def start(ark, folder):
    log = folder / "up.out"
    for _ in range(5):
        process = subprocess.Popen([ark, "up", "team.yaml", "--mock-file", "mock.json", "--port-base", str(port_base())],
                                   cwd=folder, stdout=log.open("w"), stderr=subprocess.STDOUT,
                                   preexec_fn=die_with_parent)
        wait_until(lambda: process.poll() is not None or "The suite is up" in log.read_text(), "the suite is up", 30)
        if process.poll() is None:
            return process
        if process.returncode != 4:
            break
    raise AssertionError(log.read_text())


def children_of(process):
    return set(pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split())


@pytest.fixture
def suite(ark, folder):
    """A running suite with its state directory in folder/.ark."""
    process = start(ark, folder)
    yield process
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=40) == 0


# --- before it starts


def test_no_objects(ark, folder):
    (folder / "empty").mkdir()
    code, out, err = ark_in(ark, folder, "up", "empty")
    assert (code, out) == (3, "") and "no objects" in err
    assert ark_in(ark, folder / "empty", "up")[0] == 3
    assert ark_in(ark, folder, "up", "nowhere.yaml")[0] == 3
    assert not (folder / ".ark").exists()


def test_port_in_use(ark, folder):
    base = port_base()
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(("127.0.0.1", base + 3))
        s.listen()
        code, out, err = ark_in(ark, folder, "up", "team.yaml", "--port-base", str(base))
    assert (code, out) == (4, "")
    assert f"port {base + 3}" in err and "ark-runner" in err and "--port-base" in err


def test_wrong_setting_of_a_daemon(ark, folder):
    code, out, err = up_ends(ark, folder, env=dict(os.environ, ARK_LOG_LEVEL="loud"))
    assert (code, out) == (2, "") and "ARK_LOG_LEVEL: 'loud'" in err and ".log" in err


def test_redis_that_breaks(ark, folder):
    fake = folder / "redis-server"
    fake.write_text("#!/bin/sh\n[ \"$1\" = --version ] && echo 'Redis server v=7.0.15 sha=0' && exit\n"
                    "echo '# Fatal error: no memory'\nexit 1\n")
    fake.chmod(0o755)
    code, out, err = up_ends(ark, folder, env=dict(os.environ, PATH=f"{folder}:{os.environ['PATH']}"))
    assert (code, out) == (4, "") and "no memory" in err and ".ark/log/redis-server.log" in err


def test_no_redis_in_path(ark, folder):
    env = dict(os.environ, PATH=str(folder))
    code, _, err = up_ends(ark, folder, env=env)
    assert code == 4 and "no redis-server in PATH" in err


def test_redis_too_old(ark, folder):
    (folder / "redis-server").write_text("#!/bin/sh\necho 'Redis server v=6.2.14 sha=0 malloc=libc'\n")
    (folder / "redis-server").chmod(0o755)
    env = dict(os.environ, PATH=f"{folder}:{os.environ['PATH']}")
    code, _, err = up_ends(ark, folder, env=env)
    assert code == 4 and "6.2" in err and "too old" in err


def test_redis_url_not_reachable(ark, folder):
    # In a flag everybody on the machine could read the password: it is refused there (SPEC 2.5).
    env = {**os.environ, "ARK_REDIS_URL": f"redis://user:secret@127.0.0.1:{free_port()}"}
    code, _, err = up_ends(ark, folder, env=env)
    assert code == 4 and "refused" in err.lower() and "secret" not in err


def test_state_dir_cannot_be_made(ark, folder):
    (folder / "file").write_text("")
    code, _, err = ark_in(ark, folder, "up", "team.yaml", "--state-dir", "file/x")
    assert code == 4 and "file" in err
    assert ark_in(ark, folder, "up", "team.yaml", "--state-dir", "file")[0] == 4


@pytest.mark.skipif(os.geteuid() != 0, reason="needs another user")
def test_no_write_access(ark, folder, tmp_path_factory):
    for path in (folder, *list(folder.parents)[:2]):
        path.chmod(0o755)
    if subprocess.run([ark, "version"], user=65534, capture_output=True).returncode != 0:
        pytest.skip("another user cannot run this build")
    code, _, err = up_ends(ark, folder, user=65534)
    assert code == 4 and ".ark" in err and "denied" in err.lower()


def test_bad_usage(ark, folder):
    assert ark_in(ark, folder, "up", "team.yaml", "--port-base", "0")[0] == 2
    assert ark_in(ark, folder, "up", "team.yaml", "--port-base", "70000")[0] == 2
    (folder / "bad.env").write_text("no name here\n")
    code, _, err = ark_in(ark, folder, "up", "team.yaml", "--env-file", "bad.env")
    assert code == 1 and "line 1" in err
    assert ark_in(ark, folder, "up", "team.yaml", "--env-file", "none.env")[0] == 3


def test_no_suite_here(ark, folder):
    for args in (("streams",), ("runs",), ("status",), ("trigger", "blog"), ("dead-letters", "list")):
        code, out, err = ark_in(ark, folder, *args)
        assert (code, out) == (4, "") and "ark up" in err


# --- while it runs


def test_second_suite_in_the_same_place(ark, folder, suite):
    code, _, err = ark_in(ark, folder, "up", "team.yaml", "--port-base", str(port_base()))
    assert code == 4 and str(suite.pid) in err and "already" in err


def test_files_are_private(ark, folder, suite):
    state = folder / ".ark"
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    for path in [state / "secrets" / "seal-key", state / "secrets" / "admin-token", state / "up.json"]:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len((state / "secrets" / "seal-key").read_text()) == 64


def test_trigger_and_look(ark, folder, suite):
    code, out, _ = ark_in(ark, folder, "trigger", "blog", "--input", "topic=owls", "--wait")
    assert (code, out) == (0, "An article\n")
    code, out, _ = ark_in(ark, folder, "submit", "blog", "owls", "--watch")
    assert code == 0 and out.endswith("Output:\nAn article\n") and "[done]" in out
    code, out, _ = ark_in(ark, folder, "trigger", "blog", "--input", "topic=owls")
    name = out.strip()
    assert code == 0 and name.startswith("blog-")
    assert ark_in(ark, folder, "runs", "watch", name)[0] == 0
    code, out, _ = ark_in(ark, folder, "runs", "blog", "-o", "json")
    assert code == 0 and json.loads(out)[0]["name"] == name and len(json.loads(out)) == 3
    assert ark_in(ark, folder, "runs", "output", name) == (0, "An article\n", "")
    assert ark_in(ark, folder, "runs", "output", "blog", "research") == (0, "facts\n", "")
    code, out, _ = ark_in(ark, folder, "runs", "show", name, "-o", "json")
    assert code == 0 and json.loads(out)["phase"] == "Succeeded"
    assert ark_in(ark, folder, "trigger", "nobody")[0] == 3
    assert ark_in(ark, folder, "runs", "show", "nobody")[0] == 3
    assert ark_in(ark, folder, "runs", "output", name, "nostep")[0] == 3
    assert ark_in(ark, folder, "cancel", name)[0] == 1
    assert ark_in(ark, folder, "retry", name)[0] == 1


def test_failed_run(ark, folder, suite):
    code, out, err = ark_in(ark, folder, "trigger", "blog", "--wait")
    assert (code, out) == (1, "") and "topic" in err
    code, out, _ = ark_in(ark, folder, "runs", "--phase", "failed", "-o", "json")
    assert [r["reason"] for r in json.loads(out)] == ["InvalidInput"]


def test_streams(ark, folder, suite):
    assert ark_in(ark, folder, "trigger", "blog", "--input", "topic=owls", "--wait")[0] == 0

    def idle():
        code, out, _ = ark_in(ark, folder, "streams", "-o", "json")
        assert code == 0
        rows = {(r["stream"], r.get("group")): r for r in json.loads(out)}
        runs = rows[("runs", "runner")]
        return rows if runs["waiting"] == 0 and runs["inFlight"] == 0 else None

    rows = wait_until(idle, "the inbox is empty")
    assert rows[("tasks:default.blog-research", "agents")]["consumers"] == 1
    assert ark_in(ark, folder, "streams", "drop-group", "runs", "runner")[0] == 1
    assert ark_in(ark, folder, "streams", "drop-group", "runs", "nobody")[0] == 3
    code, out, _ = ark_in(ark, folder, "streams", "--agent", "blog-write", "-o", "json")
    assert code == 0 and len(json.loads(out)) == 1
    assert ark_in(ark, folder, "dead-letters", "list", "-o", "json")[:2] == (0, "[]\n")


def test_dead_letters(ark, folder, suite):
    client = redis.Redis(unix_socket_path=str(folder / ".ark" / "redis.sock"), decode_responses=True)
    asked = ["type", "run.requested", "at", "1", "namespace", "default", "run", "again", "team", "blog", "by", "cli",
             "input", '{"topic":"owls"}']
    ids = [client.xadd("ark:{0}:dead", {
        "type": "entry.parked", "at": "1760000000000", "from": "runs", "group": "runner", "entry": f"{n}-0",
        "reason": "NeverCommitted", "deliveries": "10", "content": json.dumps(asked)}) for n in (1, 2)]
    code, out, _ = ark_in(ark, folder, "dead-letters", "list", "-o", "json")
    assert code == 0 and [(r["id"], r["reason"]) for r in json.loads(out)] == [(i, "NeverCommitted") for i in ids]
    code, out, _ = ark_in(ark, folder, "dead-letters", "show", ids[0], "-o", "json")
    assert code == 0 and json.loads(out)["content"] == asked
    assert ark_in(ark, folder, "dead-letters", "replay", "1-1")[0] == 3
    assert ark_in(ark, folder, "dead-letters", "replay")[0] == 2
    assert ark_in(ark, folder, "dead-letters", "replay", ids[0])[0] == 0

    def output():
        return ark_in(ark, folder, "runs", "output", "again")[1] == "An article\n"

    wait_until(output, "the replayed run")
    assert ark_in(ark, folder, "dead-letters", "drop", "--all", "--older-than", "1h")[0] == 0
    assert client.xlen("ark:{0}:dead") == 0
    client.xadd("ark:{0}:dead", {"type": "of.another.release"}, id="9999999999999-0")
    row = json.loads(ark_in(ark, folder, "dead-letters", "list", "-o", "json")[1])[0]
    assert (row["reason"], row["at"]) == ("Unreadable", "2286-11-20T17:46:39Z")


def test_cancel_and_retry(ark, folder, suite):
    # Nobody takes its task: the run waits until it is cancelled.
    agent = next(p for p in children_of(suite)
                 if pathlib.Path(f"/proc/{p}/comm").read_text().strip() == "ark-agent")
    os.kill(int(agent), signal.SIGSTOP)
    try:
        name = ark_in(ark, folder, "trigger", "blog", "--input", "topic=owls")[1].strip()
        wait_until(lambda: ark_in(ark, folder, "runs", "show", name)[0] == 0, "the run")
        code, _, err = ark_in(ark, folder, "runs", "output", name)
        assert code == 3 and "no output" in err
        assert ark_in(ark, folder, "cancel", name, "--wait") == (0, f"{name} cancelled\n", "")
        shown = json.loads(ark_in(ark, folder, "runs", "show", name, "-o", "json")[1])
        assert (shown["phase"], shown["reason"]) == ("Failed", "Cancelled")
    finally:
        os.kill(int(agent), signal.SIGCONT)
    assert ark_in(ark, folder, "retry", name, "--step", "nostep")[0] == 3
    assert ark_in(ark, folder, "retry", "blog", "--wait") == (0, "An article\n", "")
    shown = json.loads(ark_in(ark, folder, "runs", "show", name, "-o", "json")[1])
    assert (shown["phase"], shown["attempt"]) == ("Succeeded", 2)


def test_status(ark, folder, suite):
    def ready():
        code, out, _ = ark_in(ark, folder, "status", "-o", "json")
        return code == 0 and json.loads(out)

    status = wait_until(ready, "everything is ready")
    assert {"ark-runner", "ark-agent", "ark-watcher"} <= {p["process"] for p in status["processes"]}
    assert ("ArkTeam", "blog") in {(o["kind"], o["name"]) for o in status["objects"]}


def test_stops_clean_and_starts_again(ark, folder, suite):
    assert ark_in(ark, folder, "trigger", "blog", "--input", "topic=owls", "--wait")[0] == 0
    token = (folder / ".ark" / "secrets" / "admin-token").read_text()
    children = children_of(suite)
    assert len(children) >= 4
    suite.send_signal(signal.SIGTERM)
    assert suite.wait(timeout=40) == 0
    assert not any(pathlib.Path(f"/proc/{pid}").exists() for pid in children)
    assert not (folder / ".ark" / "up.json").exists()
    again = start(ark, folder)
    try:
        assert len(json.loads(ark_in(ark, folder, "runs", "-o", "json")[1])) == 1
        assert (folder / ".ark" / "secrets" / "admin-token").read_text() == token
    finally:
        again.send_signal(signal.SIGINT)
        assert again.wait(timeout=40) == 0


def test_killed_it_leaves_no_orphans(ark, folder, suite):
    children = children_of(suite)
    suite.kill()
    suite.wait()
    wait_until(lambda: not any(pathlib.Path(f"/proc/{pid}").exists() for pid in children), "no process left")
    assert ark_in(ark, folder, "runs")[0] == 4


def test_a_dead_daemon_is_started_again(ark, folder, suite):
    def runner():
        for pid in children_of(suite):
            if pathlib.Path(f"/proc/{pid}/comm").read_text().strip() == "ark-runner":
                return pid

    first = runner()
    os.kill(int(first), signal.SIGKILL)
    wait_until(lambda: runner() not in (None, first), "another ark-runner")
    assert "ark-runner ended with signal 9" in (folder / "up.out").read_text()
    code, out, _ = ark_in(ark, folder, "trigger", "blog", "--input", "topic=owls", "--wait")
    assert (code, out) == (0, "An article\n")


def test_prints_how_to_reach_it(ark, folder, suite):
    text = (folder / "up.out").read_text()
    assert f"redis-cli -s '{folder}/.ark/redis.sock'" in text or "redis-cli -s '/tmp/ark-" in text
    assert "/triggers/default/hook/fire" in text and "$(cat '" in text
    assert "MCP" not in text  # nothing listens there


def test_what_it_prints_works_at_once(ark, folder, suite):
    # The line is used as it stands the moment that it is there: the gateway knows the token.
    text = (folder / "up.out").read_text()
    line = text[text.index("  curl "):].split("\nlogs", 1)[0]
    answer = subprocess.run(["sh", "-c", line], capture_output=True, text=True, cwd=folder, timeout=30)
    assert answer.returncode == 0 and json.loads(answer.stdout)["fired"] is True, (line, answer)


def test_webhook_with_a_token_of_its_own(ark, folder):
    secret = "---\nkind: Secret\napiVersion: v1\nmetadata: {name: hook-webhook-token}\nstringData: {token: mine}\n"
    (folder / "team.yaml").write_text(TEAM + HOOK + secret)
    process = start(ark, folder)
    try:
        text = (folder / "up.out").read_text()
        assert "Bearer TOKEN" in text and "Secret hook-webhook-token" in text
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=40) == 0


def test_ctrl_c_reaches_every_process(ark, folder):
    # As from a terminal: all of the process group get the signal, Redis too, while a task is worked on.
    (folder / "mock.json").write_text(json.dumps({"default": "an answer of some words", "tokenDelayMs": 60000}))
    log = folder / "up.out"
    for command in (["up", "team.yaml", "--port-base", str(port_base())], ["run", "team.yaml", "--watch", "--input", "topic=x"]):
        with log.open("w") as out:
            process = subprocess.Popen([ark, *command, "--mock-file", "mock.json"], cwd=folder, stdout=out,
                                       stderr=subprocess.STDOUT, start_new_session=True)
        try:
            wait_until(lambda: "is up" in log.read_text() or "[running]" in log.read_text(), "it works", 30)
            if command[0] == "up":
                assert ark_in(ark, folder, "trigger", "blog", "--input", "topic=x")[0] == 0
            children = children_of(process)
            assert len(children) > 4
            os.killpg(process.pid, signal.SIGINT)
            assert process.wait(timeout=40) == (0 if command[0] == "up" else 130)
            assert not any(pathlib.Path(f"/proc/{pid}").exists() for pid in children)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    assert not (folder / ".ark" / "up.json").exists()


def test_two_suites_in_two_folders(ark, folder, suite):
    # They share nothing; the second one that wants the same ports is told so.
    other = folder / "other place"
    other.mkdir()
    for name in ("team.yaml", "mock.json"):
        (other / name).write_text((folder / name).read_text())
    base = json.loads((folder / ".ark" / "up.json").read_text())["ports"]["ark-agent"]
    code, _, err = ark_in(ark, other, "up", "team.yaml", "--port-base", str(base))
    assert code == 4 and "in use" in err and "--port-base" in err
    second = start(ark, other)
    try:
        assert ark_in(ark, other, "trigger", "blog", "--input", "topic=owls", "--wait")[:2] == (0, "An article\n")
        assert json.loads(ark_in(ark, folder, "runs", "-o", "json")[1]) == []
    finally:
        second.send_signal(signal.SIGINT)
        assert second.wait(timeout=40) == 0


def test_each_process_has_the_keys_that_it_needs(ark, folder, monkeypatch):
    """DESIGN 5: provider keys are for those that call models; Redis has nothing."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-very-secret")
    process = start(ark, folder)
    try:
        has = {}
        for pid in children_of(process):
            name = pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
            has[name] = b"sk-very-secret" in pathlib.Path(f"/proc/{pid}/environ").read_bytes()
        assert {name for name, found in has.items() if found} == {"ark-agent", "ark-runner"}
        assert "redis-server" in has and "ark-gateway" in has
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=40) == 0
