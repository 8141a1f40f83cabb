"""The fakes are tools of other tests: what they promise is checked here, over real sockets."""

import http.client
import json
import pathlib
import subprocess
import sys
import urllib.request

import pytest

FAKES = pathlib.Path(__file__).resolve().parents[1] / "fakes"
sys.path.insert(0, str(FAKES))

from llm_server import LlmServer  # noqa: E402
from webhook_server import WebhookServer  # noqa: E402

OPENAI = {"model": "m", "messages": [{"role": "user", "content": "hi"}], "stream": True,
          "stream_options": {"include_usage": True}}
ANTHROPIC = {"model": "claude-m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}], "stream": True}
ANTHROPIC_HEADERS = {"anthropic-version": "2026-10-21", "x-api-key": "k"}


def post(server, path, body, headers=None):
    connection = http.client.HTTPConnection(server.host, server.port, timeout=10)
    connection.request("POST", path, json.dumps(body), {"content-type": "application/json", **(headers or {})})
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def openai(server, **changes):
    return post(server, "/v1/chat/completions", {**OPENAI, **changes})


def anthropic(server, headers=None, **changes):
    return post(server, "/v1/messages", {**ANTHROPIC, **changes}, {**ANTHROPIC_HEADERS, **(headers or {})})


def chunks(text):
    return [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: {")]


def test_openai_text_usage_and_done():
    with LlmServer({"default": {"text": "two words", "usage": {"input": 7, "output": 2}}}) as llm:
        status, text = openai(llm)
        said = "".join(c["choices"][0]["delta"].get("content", "") for c in chunks(text) if c["choices"])
        assert (status, said) == (200, "two words")
        assert chunks(text)[-1]["usage"]["total_tokens"] == 9
        assert text.endswith("data: [DONE]\n\n")
        assert llm.wait_for(1)[0]["json"] == OPENAI


def test_openai_tools_with_and_without_index_and_id():
    tools = [{"name": "f", "arguments": {"a": 1}}, {"name": "g", "arguments": "{bad"}]
    with LlmServer({"rules": [{"match": "HI", "times": 1, "tools": tools},
                              {"tools": tools, "index": False, "ids": False, "done": False}]}) as llm:
        calls = [c["choices"][0]["delta"]["tool_calls"][0] for c in chunks(openai(llm)[1])
                 if c["choices"] and "tool_calls" in c["choices"][0]["delta"]]
        assert [c["id"] for c in calls if "id" in c] == ["call_1", "call_2"]
        assert "".join(c["function"]["arguments"] for c in calls if c["index"] == 1) == "{bad"
        text = openai(llm)[1]
        assert '"index": 1' not in text and "call_1" not in text and "[DONE]" not in text


def test_anthropic_stream():
    with LlmServer({"default": {"thinking": "hm", "text": "a b", "tools": [{"name": "f", "arguments": {"a": 1}}]}}) as llm:
        status, text = anthropic(llm)
        events = chunks(text)
        assert status == 200
        assert [e["type"] for e in events][:2] == ["message_start", "ping"]
        assert [e["content_block"]["type"] for e in events if e["type"] == "content_block_start"] == [
            "thinking", "text", "tool_use"]
        assert events[-2]["delta"]["stop_reason"] == "tool_use"
        assert events[-1]["type"] == "message_stop"


@pytest.mark.parametrize("changes, words", [
    ({"messages": []}, "messages"),
    ({"temperature": 0.5}, "temperature"),
    ({"messages": [{"role": "assistant", "content": "x"}]}, "user role"),
    ({"messages": [{"role": "user", "content": " "}]}, "non-empty"),
    ({"messages": [{"role": "user", "content": "x"},
                   {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "f", "input": {}}]},
                   {"role": "user", "content": "y"}]}, "answered by"),
])
def test_anthropic_refuses(changes, words):
    with LlmServer() as llm:
        status, text = anthropic(llm, **changes)
        assert status == 400 and words in text


def test_openai_refuses_calls_without_answer():
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    with LlmServer() as llm:
        status, text = openai(llm, messages=OPENAI["messages"] + [{"role": "assistant", "tool_calls": [call]}])
        assert status == 400 and "without answer" in text


def test_refusals_and_unknown_parameters():
    with LlmServer({"refuse": ["temperature"],
                    "rules": [{"times": 2, "status": 429, "headers": {"retry-after": "3"}}]}) as llm:
        assert "temperature" in openai(llm, temperature=1)[1]
        assert [openai(llm)[0] for _ in range(3)] == [429, 429, 200]
        assert len(llm.seen()) == 4


def test_odd_chunks_and_errors_in_the_stream():
    with LlmServer({"rules": [{"model": "odd", "text": "caf\u00e9 cr\u00e8me", "chunk": 3},
                              {"model": "error", "text": "a b c", "error_after": 2}]}) as llm:
        whole = openai(llm, model="odd")[1]
        assert "cr\\u00e8me" in whole and whole.endswith("data: [DONE]\n\n")
        assert "error" in chunks(openai(llm, model="error")[1])[-1]


def test_broken_connection():
    with LlmServer({"default": {"text": "a b c", "break_after": 2}}) as llm:
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            openai(llm)


def test_webhooks():
    script = {"rules": [{"path": "/a", "times": 1, "status": 503, "headers": {"Retry-After": "1"}},
                        {"path": "/echo/*", "body": "$body"}, {"path": "/gone", "break": True}]}
    with WebhookServer(script) as hook:
        assert [post(hook, "/a", 1)[0] for _ in range(2)] == [503, 200]
        assert post(hook, "/echo/x", {"k": 1}) == (200, '{"k": 1}')
        with pytest.raises((http.client.HTTPException, ConnectionError)):
            post(hook, "/gone", 1)
        assert [r["path"] for r in hook.seen()] == ["/a", "/a", "/echo/x", "/gone"]
        assert hook.wait_for(1, path="/gone")[0]["json"] == 1


def test_as_a_program():
    program = subprocess.Popen([sys.executable, FAKES / "llm_server.py"], stdout=subprocess.PIPE, text=True)
    try:
        url = program.stdout.readline().strip()
        urllib.request.urlopen(url + "/control/script", b'{"default": {"text": "other"}}', timeout=10)
        request = urllib.request.Request(url + "/v1/chat/completions", json.dumps(OPENAI).encode(),
                                         {"content-type": "application/json"})
        assert "other" in urllib.request.urlopen(request, timeout=10).read().decode()
        seen = json.load(urllib.request.urlopen(url + "/control/requests", timeout=10))
        assert [r["path"] for r in seen] == ["/v1/chat/completions"]
    finally:
        program.kill()
        program.wait()
