"""A team fired through the gateway, end to end, in every mode and while daemons die."""

import os
import signal
import threading
import time

import pytest

from private_redis import wait_until
from suite import sse_events

P = "ark:{0}:"


@pytest.fixture
def blog(start_suite):
    return start_suite("examples/blog.yaml", mock="examples/mock/blog.json")


def test_async_then_status_and_outputs(blog):
    fired = blog.fire("blog", {"topic": "tea"})
    assert fired.status == 202 and fired.json["fired"] and fired.json["targets"] == 1
    (run,) = fired.json["runs"]
    token = blog.token("blog")

    def ended():
        status = blog.call(f"/runs/default/{run}", token).json
        return status if status["phase"] == "Succeeded" else None

    status = wait_until(ended, "the run")
    assert status["team"] == "blog" and "thermometer" in status["output"]
    assert [s["phase"] for s in status["steps"]] == ["Succeeded"] * 3
    draft = blog.call(f"/runs/default/{run}/steps/draft/output", token)
    assert draft.status == 200 and b"Every cup" in draft.body
    assert blog.call(f"/runs/default/{run}/cancel", token, method="POST").status == 409
    assert blog.call(f"/runs/default/{run}", None).status == 401


def test_sync(blog):
    done = blog.fire("blog", {"topic": "tea"}, mode="sync")
    assert done.status == 200 and done.json["status"] == "succeeded"
    assert "thermometer" in done.json["output"] and done.json["tokenUsage"]["totalTokens"] > 0


def fire_sse(suite, event, data):
    suite.fire(event, data, mode="sync")  # its token is known now
    return suite.open(f"/triggers/default/{event}/fire?mode=sse", suite.token(event), data, method="POST")


def test_sse_tokens_add_up_to_the_output(blog):
    with fire_sse(blog, "blog", {"topic": "tea"}) as stream:
        events = list(sse_events(stream))
    kinds = [kind for _, kind, _ in events]
    assert kinds[0] == "step.started" and kinds[-1] == "flow.completed"
    for step in ("research", "draft", "edit"):
        tokens = "".join(d["token"] for _, k, d in events if k == "token" and d["step"] == step)
        (output,) = [d["output"] for _, k, d in events if k == "step.completed" and d["step"] == step]
        assert tokens == output
    ids = [tuple(map(int, i.split("-"))) for i, _, _ in events]
    assert ids == sorted(ids) and len(set(ids)) == len(ids)


def test_readers_see_the_same_and_resume_exactly(blog):
    with fire_sse(blog, "blog", {"topic": "tea"}) as stream:
        run = stream.headers["Ark-Run"]
        path, token = f"/runs/default/{run}/events", blog.token("blog")
        seen = [[], []]

        def attach(n):
            with blog.open(path, token) as s:
                seen[n] = list(sse_events(s))

        readers = [threading.Thread(target=attach, args=(n,)) for n in range(2)]
        for r in readers:
            r.start()
        first = list(sse_events(stream))
        for r in readers:
            r.join()
    assert seen[0] == seen[1] == first
    for cut in (0, 1, len(first) // 2, len(first) - 2):
        with blog.open(path, token, headers={"Last-Event-ID": first[cut][0]}) as s:
            assert list(sse_events(s)) == first[cut + 1:]
    assert blog.call(path, token, headers={"Last-Event-ID": first[-1][0]}).status == 204


def test_idempotency(blog):
    key = {"Idempotency-Key": '"one"'}
    first = blog.fire("blog", {"topic": "tea"}, headers=key)
    again = blog.fire("blog", {"topic": "tea"}, headers=key)
    assert again.json["runs"] == first.json["runs"] and again.headers["Idempotency-Replayed"] == "true"
    assert blog.fire("blog", {"topic": "coffee"}, headers=key).status == 422
    result = blog.fire("blog", {"topic": "tea"}, mode="sync", headers=key)
    assert result.status == 200 and result.json["run"] == first.json["runs"][0]


def test_an_edit_takes_effect(start_suite, tmp_path):
    team = tmp_path / "team.yaml"
    text = """apiVersion: arkonis.dev/v1alpha1
kind: ArkTeam
metadata: {{name: t}}
spec:
  roles: [{{name: a, model: mock, systemPrompt: x}}]
  pipeline: [{{role: a, inputs: {{prompt: "{}"}}}}]
  output: "{} {{{{ .steps.a.output }}}}"
---
apiVersion: arkonis.dev/v1alpha1
kind: ArkEvent
metadata: {{name: t}}
spec: {{source: {{type: webhook}}, targets: [{{team: t}}]}}
"""
    team.write_text(text.format("one", "first"))
    suite = start_suite(team, args=["--mock"])
    assert suite.fire("t", mode="sync").json["output"] == "first mock response"
    team.write_text(text.format("two", "second"))
    wait_until(lambda: suite.fire("t", mode="sync").json["output"] == "second mock response", "the edit")


@pytest.mark.parametrize("victim", ["ark-runner", "ark-agent", "ark-gateway", "ark-watcher",
                                    "ark-reconciler", "ark-budget", "ark-notifier"])
def test_nothing_is_lost_when_a_daemon_dies(blog, victim):
    blog.fire("blog", {"topic": "warm"}, mode="sync")
    runs = []
    for n in range(20):
        if n == 10:
            os.kill(blog.pids()[victim], signal.SIGKILL)
            if victim == "ark-gateway":
                wait_until(blog.ready, "the gateway again")
        runs += blog.fire("blog", {"topic": str(n)}).json["runs"]
    client = blog.redis

    def all_over():
        return client.zcard(P + "runs:ended") == len(runs) + 1

    wait_until(all_over, "all runs ended", 60)
    for run in runs:
        kinds = [f["type"] for _, f in client.xrange(f"{P}run:default.{run}")]
        assert kinds.count("step.completed") == 3 and kinds[-1] == "flow.completed", (run, kinds)
    told = [(f["type"], f["run"]) for _, f in client.xrange(P + "events") if f["type"] == "run.succeeded"]
    assert len(told) == len(set(told)) == len(runs) + 1


def test_it_stops_cleanly_and_goes_on_with_what_it_had(ark, blog):
    (run,) = blog.fire("blog", {"topic": "tea"}).json["runs"]
    children = blog.pids()
    blog.stop()
    for pid in children.values():
        assert not os.path.exists(f"/proc/{pid}")
    blog.start()
    wait_until(lambda: blog.redis.zscore(P + "runs:ended", f"default.{run}"), "the run of before", 30)
