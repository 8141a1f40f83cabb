"""ark-agent against a real Redis and fake vendors; the test plays the runner and the watcher."""

import json
import os
import pathlib
import signal
import socketserver
import sys
import threading
import time

import pytest

from daemons import P, Daemon, Suite, agent
from private_redis import wait_until

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests" / "fakes"))
from llm_server import LlmServer  # noqa: E402
from webhook_server import WebhookServer  # noqa: E402

LIBRARY = (TOP / "common" / "stream" / "library.lua").read_text()


class Work(Suite):
    """The streams, with what the runner does to them."""

    def __init__(self, server):
        super().__init__(server)
        self.tasks = 0
        self.redis.execute_command("FUNCTION", "LOAD", LIBRARY)

    def ask(self, agent, prompt, run="r", step="s", **fields):
        self.tasks += 1
        task = f"default.{run}/{step}/{self.tasks}"
        message = {"type": "task.requested", "namespace": "default", "agent": agent, "task": task, "run": run,
                   "step": step, "kind": "step", **({"prompt": prompt} if prompt else {}), **fields}
        flat = [str(x) for pair in message.items() for x in pair]
        self.call("commit", "-", "-", "-", "-", "append", f"tasks:default.{agent}", len(flat), *flat)
        return task

    def outcome(self, task, deadline_s=20):
        """The one task.finished of a task."""
        def found():
            return [e for e in self.entries("runs") if e["type"] == "task.finished" and e["task"] == task]

        said = wait_until(found, f"the outcome of {task}", deadline_s)
        assert len(said) == 1
        return said[0]

    def do(self, agent, prompt, **fields):
        return self.outcome(self.ask(agent, prompt, **fields))

    def mark(self, task):
        self.call("commit", "-", "-", "-", "-", "mark", f"task:{task}", "cancelled")

    def cancel(self, task, worker):
        self.call("commit", "-", "-", "-", "-", "mark", f"task:{task}", "cancelled", "wake", worker, 4,
                  "type", "task.cancelled", "task", task)

    def fire(self):
        return self.call("fire", "tasks", 100)

    def types(self, run="r"):
        return [e["type"] for e in self.entries(f"run:default.{run}")]

    def text(self, run="r"):
        """What a reader of the run has in the end."""
        text = ""
        for e in self.entries(f"run:default.{run}"):
            text = "" if e["type"] == "token.reset" else text + e.get("token", "")
        return text

    def is_clean(self, agent="a"):
        """Nothing is left of the tasks."""
        pending = self.redis.xpending(f"{P}tasks:default.{agent}", "agents")["pending"]
        return not pending and not self.redis.keys(P + "task:*")


def pool(build, server, script=None, **env):
    if script is not None:
        env["ARK_MOCK"] = json.dumps(script)
    return Daemon(build, "ark-agent", server.url, **env)


@pytest.fixture
def work(redis_server):
    return Work(redis_server)


@pytest.fixture
def llm():
    with LlmServer() as server:
        yield server


def vendor(llm, kind="openai"):
    """Environment of a pool whose agents use the fake vendor."""
    base = llm.url + "/v1" if kind == "openai" else llm.url
    return {f"{kind.upper()}_BASE_URL": base, f"{kind.upper()}_API_KEY": "secret-key"}


# --- results


def test_a_mock_task_says_everything_once(build, redis_server, work):
    work.publish("ArkAgent", "a", agent(limits={"maxConcurrentTasks": 2}))
    with pool(build, redis_server, {"default": "one two three"}):
        end = work.do("a", "hello", stream_tokens="true", iteration="2")
    assert end["outcome"] == "succeeded"
    assert end["output"] == "one two three"
    assert (end["calls"], end["model"]) == ("1", "mock")
    events = work.entries("run:default.r")
    assert [e["type"] for e in events] == ["step.started", "token"]
    assert events[0]["iteration"] == "2"
    assert work.text() == "one two three"
    (paid,) = work.entries("spend")
    assert paid["call"] == end["task"] + "/1.1"
    assert (paid["input_tokens"], paid["output_tokens"]) == (end["input_tokens"], end["output_tokens"])
    assert work.is_clean()


def test_a_long_prompt_and_a_long_answer_are_kept_beside_the_entries(build, redis_server, work, llm):
    answer = "long answer " * 4000
    llm.load({"default": {"text": answer, "words": False}})
    work.publish("ArkAgent", "a", agent(model="gpt-x"))
    work.redis.set(P + "text:prompt", "please " * 5000)
    with pool(build, redis_server, **vendor(llm)):
        end = work.do("a", "", **{"prompt.key": "text:prompt", "stream_tokens": "true"})
        assert llm.seen()[0]["json"]["messages"][1]["content"] == "please " * 5000
    assert work.redis.get(P + end["output.key"]) == answer
    assert work.text() == answer
    assert not work.redis.exists(P + "text:prompt")


@pytest.mark.parametrize("kind,model", [("openai", "gpt-x"), ("anthropic", "claude-x")])
def test_a_vendor_with_a_tool(build, redis_server, work, llm, kind, model):
    with WebhookServer({"default": {"body": {"temperature": 7}}}) as tool:
        llm.load({"rules": [
            {"after_tools": True, "text": "It is cold.", "usage": {"input": 30, "output": 4}},
            {"text": "I look. ", "tools": [{"name": "weather", "arguments": {"city": "Bern"}},
                                           {"name": "weather", "arguments": {"city": 5}}],
             "usage": {"input": 10, "output": 6}}]})
        schema = {"type": "object", "properties": {"city": {"type": "string"}}}
        work.publish("ArkAgent", "a", agent(model=model, tools=[
            {"name": "weather", "url": tool.url + "/w", "inputSchema": schema,
             "headers": [{"name": "X-Key", "secretKeyRef": {"name": "none", "key": "k", "optional": True}}]}]))
        with pool(build, redis_server, **vendor(llm, kind)):
            end = work.do("a", "weather?", stream_tokens="true",
                          trace="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
        (call,) = tool.seen()
    assert end["output"] == "It is cold."
    assert (end["input_tokens"], end["output_tokens"], end["calls"]) == ("40", "10", "2")
    assert call["json"] == {"city": "Bern"}
    assert call["headers"]["idempotency-key"] == end["task"] + ".1.0"
    assert call["headers"]["traceparent"].startswith("00-4bf92f3577b34da6a3ce929d0e0e4736-")
    results = json.dumps(llm.seen()[1]["json"]["messages"][-2:])
    assert "temperature" in results and "Error:" in results
    assert work.text() == "It is cold."
    assert [e["call"][-4:] for e in work.entries("spend")] == ["/1.1", "/2.1"] or len(work.entries("spend")) == 2
    assert work.is_clean()
    assert not [k for k in work.redis.keys(P + "text:*")]


# --- failures


def test_overload_is_tried_again_within_the_task(build, redis_server, work, llm):
    llm.load({"rules": [{"status": 429, "headers": {"retry-after": "1"}, "times": 1},
                        {"text": "part of it", "break_after": 3, "times": 1}],
              "default": {"text": "well now", "usage": {"input": 3, "output": 2}}})
    work.publish("ArkAgent", "a", agent(model="gpt-x"))
    begun = time.monotonic()
    with pool(build, redis_server, **vendor(llm)):
        end = work.do("a", "x", stream_tokens="true")
    assert end["output"] == "well now"
    assert time.monotonic() - begun > 1
    assert len(llm.seen()) == 3
    assert end["estimated"] == "true"  # of the answer that broke off
    assert work.text() == "well now"
    assert len(work.entries("spend")) == 1


@pytest.mark.parametrize("rule,words", [
    ({"status": 401}, "status 401"),
    ({"status": 400, "error": {"error": {"message": "bad secret-key"}}}, "bad ***"),
])
def test_a_permanent_error_fails_at_once(build, redis_server, work, llm, rule, words):
    llm.load({"default": rule})
    work.publish("ArkAgent", "a", agent(model="gpt-x"))
    with pool(build, redis_server, **vendor(llm)):
        end = work.do("a", "x")
    assert (end["outcome"], end["reason"]) == ("failed", "ProviderError")
    assert words in end["message"]
    assert len(llm.seen()) == 1
    assert work.entries("spend") == []
    assert work.is_clean()


def test_words_of_a_provider_that_are_no_text(build, redis_server, work):
    class Garbage(socketserver.StreamRequestHandler):
        def handle(self):
            self.rfile.readline()
            self.wfile.write(b"HTTP/1.1 400 Bad\r\ncontent-length: 6\r\nconnection: close\r\n\r\nno \xff\xfe!")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Garbage) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        work.publish("ArkAgent", "a", agent(model="gpt-x"))
        work.publish("ArkAgent", "b", agent(model="x" * 300))
        with pool(build, redis_server, OPENAI_BASE_URL=f"http://127.0.0.1:{server.server_address[1]}/v1"):
            assert work.do("a", "x")["message"].endswith("no \ufffd\ufffd!")
            assert "longer than 256 bytes" in failed(work, "b")["message"]
        server.shutdown()


def test_retries_then_a_dead_letter(build, redis_server, work, llm):
    llm.load({"default": {"status": 503}})
    work.publish("ArkAgent", "a", agent(model="gpt-x"))
    with pool(build, redis_server, ARK_LLM_ATTEMPTS=1, **vendor(llm)):
        task = work.ask("a", "x", max_retries="1")
        wait_until(lambda: work.fire()[0] == 1, "the retry is due")
        end = work.outcome(task)
    assert (end["reason"], len(llm.seen())) == ("ProviderError", 2)
    (letter,) = work.entries("dead")
    assert (letter["type"], letter["task"], letter["reason"]) == ("entry.parked", task, "ProviderError")
    assert letter["deliveries"] == "2"
    content = json.loads(letter["content"])
    assert dict(zip(content[::2], content[1::2]))["prompt"] == "x"
    assert work.types() == ["step.started"]
    assert work.is_clean()


def failed(work, agent):
    """The outcome of a task that is tried once more and fails again."""
    task = work.ask(agent, "x", max_retries="1")
    wait_until(lambda: work.fire()[0] == 1, "the retry is due")
    return work.outcome(task)


def test_an_agent_that_cannot_work_says_why(build, redis_server, work):
    work.publish("ArkAgent", "a", agent(systemPrompt=None, systemPromptRef={
        "configMapKeyRef": {"name": "texts", "key": "p"}}))
    with pool(build, redis_server):
        assert "systemPromptRef: ConfigMap 'texts' has no key 'p'" in str(failed(work, "a"))
        task = work.ask("a", "x")
        wait_until(lambda: work.redis.zcard(P + "timers:tasks"), "the retry is planned")
        work.publish("ConfigMap", "texts", None, data={"p": "You help."})
        wait_until(lambda: work.fire()[0] == 1, "the retry is due")
        assert work.outcome(task)["outcome"] == "succeeded"


def test_rejected_answers_go_nowhere(build, redis_server, work):
    work.publish("ArkAgent", "a", agent())
    with pool(build, redis_server, {"default": "the password is x"}):
        end = work.do("a", "x", stream_tokens="true", reject=json.dumps(["pass(word)?"]))
    assert end["reason"] == "OutputRejected"
    assert work.types() == ["step.started"]


def test_budget(build, redis_server, work, llm):
    llm.load({"default": {"text": "hi", "usage": {"input": 20, "output": 30}}})
    work.publish("ArkAgent", "a", agent(model="gpt-x"))
    work.call("commit", "-", "-", "-", "-", "account", "run:default.r", 500)
    with pool(build, redis_server, **vendor(llm)):
        assert work.do("a", "x", accounts="run:default.r")["outcome"] == "succeeded"
        account = work.redis.hgetall(P + "account:run:default.r")
        assert (account["reserved"], account["spent"]) == ("0", "50")
        assert llm.seen()[0]["json"]["max_tokens"] < 500  # SPEC 15.8: the cap is what fits
        work.call("commit", "-", "-", "-", "-", "account", "run:default.r", 100)
        end = work.do("a", "x", accounts="run:default.r")
    assert end["reason"] == "BudgetExceeded"
    assert "50 of 100" in end["message"]
    assert len(llm.seen()) == 1


def test_timeout(build, redis_server, work):
    work.publish("ArkAgent", "a", agent(limits={"timeoutSeconds": 1}))
    with pool(build, redis_server, {"default": "a b c d e f g h i j", "tokenDelayMs": 1000}):
        end = work.do("a", "x")
    assert end["reason"] == "TaskTimeout"
    assert int(end["output_tokens"]) > 0 and end["estimated"] == "true"


# --- cancelling


SLOW = {"default": " ".join("word%d" % i for i in range(300)), "tokenDelayMs": 100}


def test_a_queued_task_that_is_cancelled_is_dropped(build, redis_server, work, llm):
    work.publish("ArkAgent", "a", agent(model="gpt-x"))
    task = work.ask("a", "x")
    work.mark(task)
    with pool(build, redis_server, **vendor(llm)):
        wait_until(lambda: work.redis.exists(P + "tasks:default.a")
                   and work.redis.xinfo_groups(P + "tasks:default.a"), "the group")
        wait_until(work.is_clean, "the task is gone")
    assert work.entries("runs") == [] and llm.seen() == []


def test_a_running_task_is_cancelled_by_mail(build, redis_server, work):
    work.publish("ArkAgent", "a", agent())
    with pool(build, redis_server, SLOW):
        task = work.ask("a", "x", stream_tokens="true")
        started = wait_until(lambda: [e for e in work.entries("runs") if e["type"] == "task.started"], "task.started")
        begun = time.monotonic()
        work.cancel(task, started[0]["worker"])
        end = work.outcome(task)
        assert time.monotonic() - begun < 2  # SPEC 7.11
    assert (end["outcome"], end["reason"]) == ("failed", "Cancelled")
    assert int(end["output_tokens"]) > 0
    assert work.is_clean()


def test_a_task_without_mail_finds_its_mark(build, redis_server, work):
    work.publish("ArkAgent", "a", agent())
    with pool(build, redis_server, SLOW):
        task = work.ask("a", "x", stream_tokens="true")
        wait_until(lambda: "token" in work.types(), "a token")
        work.mark(task)
        assert work.outcome(task, 2)["reason"] == "Cancelled"


# --- taking over


def test_a_dead_worker_is_taken_over_and_its_turn_not_paid_again(build, redis_server, work, llm):
    with WebhookServer({"rules": [{"times": 1, "hang": True}], "default": {"body": "42"}}) as tool:
        llm.load({"rules": [{"after_tools": True, "text": "So it is 42.", "usage": {"input": 5, "output": 5}},
                            {"tools": [{"name": "t", "arguments": {}}], "usage": {"input": 7, "output": 3}}]})
        work.publish("ArkAgent", "a", agent(model="gpt-x", tools=[{"name": "t", "url": tool.url}]))
        first = pool(build, redis_server, ARK_PROCESS_NAME="one", **vendor(llm)).start()
        task = work.ask("a", "x", stream_tokens="true")
        tool.wait_for(1)
        with pool(build, redis_server, ARK_PROCESS_NAME="two", **vendor(llm)):
            wait_until(lambda: len(work.redis.hgetall(P + "heartbeats:agents")) == 2, "both are alive")
            first.kill()
            begun = time.monotonic()
            end = work.outcome(task, 20)
            assert time.monotonic() - begun < 15  # SPEC 7.3
        keys = [r["headers"]["idempotency-key"] for r in tool.seen()]
    assert end["output"] == "So it is 42." and end["worker"].startswith("two#")
    assert len(llm.seen()) == 2
    assert (end["input_tokens"], end["output_tokens"]) == ("12", "8")
    assert len(keys) == 2 and len(set(keys)) == 1  # SPEC 7.26
    assert work.types().count("step.started") == 1
    assert work.text() == "So it is 42."
    assert len(work.entries("spend")) == 2


def test_a_call_in_hand_of_a_dead_worker_is_charged(build, redis_server, work, llm):
    llm.load({"rules": [{"times": 1, "wait_ms": 60000}], "default": {"text": "ok", "usage": {"input": 1, "output": 1}}})
    work.publish("ArkAgent", "a", agent(model="gpt-x", limits={"maxTokensPerCall": 100}))
    work.call("commit", "-", "-", "-", "-", "account", "run:default.r", 100000)
    first = pool(build, redis_server, ARK_PROCESS_NAME="one", **vendor(llm)).start()
    task = work.ask("a", "x", accounts="run:default.r")
    llm.wait_for(1)
    first.kill()
    with pool(build, redis_server, ARK_PROCESS_NAME="one", **vendor(llm)):  # at once: its own name
        end = work.outcome(task, 5)
    lapsed, paid = work.entries("spend")
    assert lapsed["estimated"] == "true" and lapsed["output_tokens"] == "100"
    assert lapsed["call"] != paid["call"]
    assert int(end["output_tokens"]) == 101 and end["estimated"] == "true"
    account = work.redis.hgetall(P + "account:run:default.r")
    assert account["reserved"] == "0"
    assert int(account["spent"]) == int(end["input_tokens"]) + 101


def test_a_live_slow_worker_is_never_robbed(build, redis_server, work):
    work.publish("ArkAgent", "a", agent())
    script = {"default": "a b c d e f g h", "tokenDelayMs": 1000}
    with pool(build, redis_server, script, ARK_PROCESS_NAME="one", ARK_WORKER_LEASE="3s"):
        task = work.ask("a", "x")
        wait_until(lambda: work.redis.keys(P + "task:*"), "the claim")
        with pool(build, redis_server, script, ARK_PROCESS_NAME="two", ARK_WORKER_LEASE="3s"):
            end = work.outcome(task)
    assert end["worker"].startswith("one#") and end["calls"] == "1"


def test_a_stopped_worker_says_nothing_when_it_comes_back(build, redis_server, work):
    work.publish("ArkAgent", "a", agent())
    script = {"default": "a b c d", "tokenDelayMs": 500}
    with pool(build, redis_server, script, ARK_PROCESS_NAME="one", ARK_WORKER_LEASE="3s") as one:
        task = work.ask("a", "x", stream_tokens="true")
        wait_until(lambda: "token" in work.types(), "a token")
        with pool(build, redis_server, script, ARK_PROCESS_NAME="two", ARK_WORKER_LEASE="3s"):
            one.process.send_signal(signal.SIGSTOP)
            end = work.outcome(task)
            one.process.send_signal(signal.SIGCONT)
            assert end["worker"].startswith("two#")
            assert work.do("a", "again")["outcome"] == "succeeded"
            work.outcome(task)
    assert work.types().count("token.reset") == 1


def test_workers_that_die_at_random(build, redis_server, work):
    """Every task has one outcome, and every call that was paid one entry, whoever died when."""
    with WebhookServer({"default": {"body": "42"}}) as tool:
        work.publish("ArkAgent", "a", agent(limits={"maxConcurrentTasks": 10}, tools=[{"name": "t", "url": tool.url}]))
        script = {"rules": [{"match": "tool", "tool": {"name": "t", "arguments": {}}, "then": "it is 42"}],
                  "default": "a b c d e", "tokenDelayMs": 50}
        workers = [pool(build, redis_server, script, ARK_PROCESS_NAME=f"w{i}", ARK_WORKER_LEASE="3s").start()
                   for i in range(3)]
        tasks = [work.ask("a", "tool" if n % 2 else "plain", step=f"s{n}", stream_tokens="true") for n in range(150)]
        for n in range(12):
            victim = workers[n % 3]
            done = len(work.entries("runs"))
            wait_until(lambda: len(work.entries("runs")) > min(done + 3, len(tasks) - 1), "some outcomes")
            victim.kill()
            victim.start()
        ends = [work.outcome(t, 30) for t in tasks]
        for worker in workers:
            assert worker.kill(signal.SIGTERM) == 0
    assert {e["output"] for e in ends} == {"it is 42", "a b c d e"}
    calls = [e["call"] for e in work.entries("spend")]
    assert len(calls) == len(set(calls))
    paid = sum(int(e["output_tokens"]) for e in work.entries("spend"))
    assert paid == sum(int(e["output_tokens"]) for e in ends)
    for n, end in enumerate(ends):
        said = ""
        for e in work.entries("run:default.r"):
            if e.get("step") == f"s{n}":
                said = "" if e["type"] == "token.reset" else said + e.get("token", "")
        assert said == end["output"]
    assert work.is_clean()
    assert not work.redis.keys(P + "text:*")


# --- leaving


def test_drain_lets_tasks_finish(build, redis_server, work):
    work.publish("ArkAgent", "a", agent())
    with pool(build, redis_server, {"default": "a b c d", "tokenDelayMs": 300}) as daemon:
        task = work.ask("a", "x")
        wait_until(lambda: work.redis.keys(P + "task:*"), "the claim")
        assert daemon.kill(signal.SIGTERM) == 0
    assert work.outcome(task)["outcome"] == "succeeded"


def test_what_does_not_finish_in_time_is_handed_back(build, redis_server, work):
    if "ARK_SLOW_TESTS" not in os.environ:
        pytest.skip("ARK_SLOW_TESTS is not set")
    work.publish("ArkAgent", "a", agent())
    first = pool(build, redis_server, SLOW, ARK_PROCESS_NAME="one").start()
    task = work.ask("a", "x")
    wait_until(lambda: work.redis.keys(P + "task:*"), "the claim")
    assert first.kill(signal.SIGTERM) == 0  # SPEC 7.10: 15 s before it would be killed
    with pool(build, redis_server, {"default": "quick"}, ARK_PROCESS_NAME="two"):
        end = work.outcome(task, 5)
    assert end["output"] == "quick" and end["estimated"] == "true"
    first_call, second_call = work.entries("spend")
    assert int(end["output_tokens"]) == int(first_call["output_tokens"]) + int(second_call["output_tokens"])
    assert work.is_clean()


def test_one_agent_by_its_environment(build, redis_server, work, tmp_path):
    (tmp_path / "prompt").write_text("You help.")
    env = {"AGENT_NAME": "a", "AGENT_NAMESPACE": "default", "AGENT_MODEL": "mock",
           "AGENT_SYSTEM_PROMPT_FILE": tmp_path / "prompt"}
    with Daemon(build, "ark-agent", redis_server.url, **env):
        assert work.do("a", "x")["output"] == "mock response"
    with Daemon(build, "ark-agent", redis_server.url, **{**env, "AGENT_MAX_TOKENS": "0"}) as wrong:
        assert wrong.process.wait(10) == 2


def test_a_worker_waits_for_the_function_library(build, redis_server):
    with pool(build, redis_server, {"default": "hi"}):
        time.sleep(0)
        work = Work(redis_server)
        work.publish("ArkAgent", "a", agent())
        assert work.do("a", "x")["output"] == "hi"


def test_redis_goes_and_comes_back(build, redis_server, work):
    work.publish("ArkAgent", "a", agent())
    with pool(build, redis_server, {"default": "a b c d e f", "tokenDelayMs": 200}):
        task = work.ask("a", "x", stream_tokens="true")
        wait_until(lambda: "token" in work.types(), "a token")
        redis_server.stop()
        redis_server.start()
        work.redis = redis_server.client
        assert work.outcome(task)["output"] == "a b c d e f"
    assert work.text() == "a b c d e f"
    assert len(work.entries("spend")) == 1


# --- the pool


def test_a_changed_agent_serves_the_tasks_that_start_afterwards(build, redis_server, work, llm):
    work.publish("ArkAgent", "a", agent(model="gpt-x", systemPrompt="First."))
    with pool(build, redis_server, **vendor(llm)):
        work.do("a", "x")
        work.publish("ArkSettings", "s", {"fragments": [{"name": "f", "text": "Frag.", "position": "prepend"}]})
        work.publish("ArkAgent", "a", agent(model="gpt-x", systemPrompt="Second.", settingsRefs=[{"name": "s"}]))
        wait_until(lambda: work.do("a", "x") and llm.seen()[-1]["json"]["messages"][0]["content"]
                   .startswith("Frag.\n\nSecond.\n\nSECURITY:"), "the new prompt")
    assert llm.seen()[0]["json"]["messages"][0]["content"].startswith("First.")


def test_places_are_counted_per_agent(build, redis_server, work):
    for name in "ab":
        work.publish("ArkAgent", name, agent(limits={"maxConcurrentTasks": 1}))
    with pool(build, redis_server, {"default": "a b c", "tokenDelayMs": 200}):
        tasks = [work.ask(name, "x") for name in "aabb"]
        ends = [work.outcome(t) for t in tasks]
    at = {t: int(e["at"]) for t, e in zip(tasks, ends)}
    assert at[tasks[1]] - at[tasks[0]] >= 350 and at[tasks[3]] - at[tasks[2]] >= 350
    assert abs(at[tasks[0]] - at[tasks[2]]) < 300


def test_ten_thousand_tasks_in_flight(build, redis_server, work):
    """10 000 mock tasks of 5 s in one process, in under 100 MB."""
    if "ARK_SLOW_TESTS" not in os.environ:
        pytest.skip("ARK_SLOW_TESTS is not set")
    for i in range(10):
        work.publish("ArkAgent", f"a{i}", agent(limits={"maxConcurrentTasks": 1000}))
    with pool(build, redis_server, {"default": "a b c d e f", "tokenDelayMs": 1000}) as daemon:
        pipe = work.redis.pipeline(transaction=False)
        for n in range(10000):
            message = {"type": "task.requested", "at": "1", "namespace": "default", "agent": f"a{n % 10}",
                       "task": f"default.r/s/{n}", "run": "r", "step": "s", "kind": "step", "prompt": f"task {n}"}
            pipe.xadd(f"{P}tasks:default.a{n % 10}", message)
        begun = time.monotonic()
        pipe.execute()
        peak = 0
        status = pathlib.Path(f"/proc/{daemon.process.pid}/status")
        while sum(e["type"] == "task.finished" for e in work.entries("runs")) < 10000:
            peak = max(peak, int(status.read_text().split("VmRSS:")[1].split()[0]))
            assert time.monotonic() - begun < 60
            time.sleep(0.2)  # a sample of its memory
        took = time.monotonic() - begun
        ticks = sum(int(x) for x in pathlib.Path(f"/proc/{daemon.process.pid}/stat").read_text().split()[13:15])
    print(json.dumps({"figure": "tasks-in-flight", "tasks": 10000, "seconds": round(took, 1),
                      "peak_rss_mb": peak // 1024, "cpu_s": ticks / os.sysconf("SC_CLK_TCK")}))
    assert peak < 100 * 1024
