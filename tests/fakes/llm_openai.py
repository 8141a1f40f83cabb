"""OpenAI chat completions, streamed: INTERFACES 10."""

import json

from llm_common import TOOL_NAME, halves, pieces, raw_arguments, usage_of

ROLES = {"developer", "system", "user", "assistant", "tool"}


def text_of(content):
    if isinstance(content, str) or content is None:
        return content or ""
    return "".join(part.get("text", "") for part in content)


def last_user_text(body):
    return next((text_of(m["content"]) for m in reversed(body["messages"]) if m["role"] == "user"), "")


def ends_with_results(body):
    return body["messages"][-1]["role"] == "tool"


def error_body(status, words):
    kinds = {400: "invalid_request_error", 401: "invalid_request_error", 429: "requests", 503: "server_error"}
    codes = {401: "invalid_api_key", 429: "rate_limit_exceeded"}
    return {"error": {"message": words, "type": kinds.get(status, "server_error" if status >= 500 else
                                                          "invalid_request_error"),
                      "param": None, "code": codes.get(status)}}


def unknown_parameter(name):
    body = error_body(400, f"Unsupported parameter: '{name}' is not supported with this model.")
    body["error"].update(param=name, code="unsupported_parameter")
    return body


def error_event(error):
    return f"data: {json.dumps({'error': error or error_body(503, 'overloaded')['error']})}\n\n"


def complaint(headers, body):
    """(status, words) when OpenAI would refuse the request, else None."""
    if not headers.get("content-type", "").startswith("application/json"):
        return 400, "content-type must be application/json"
    if not body.get("model") or not body.get("messages"):
        return 400, "you must provide model and messages"
    if body.get("stream") is not True:
        return 400, "this fake only streams"
    if "max_tokens" in body and "max_completion_tokens" in body:
        return 400, "max_tokens and max_completion_tokens exclude each other"
    for tool in body.get("tools", [{"type": "function", "function": {"name": "x"}}]):
        if tool.get("type") != "function" or not TOOL_NAME.fullmatch(tool["function"]["name"]):
            return 400, f"bad tool {tool}"
    return complaint_about_messages(body["messages"])


def complaint_about_messages(messages):
    open_calls = []
    for m in messages:
        if m.get("role") not in ROLES:
            return 400, f"bad role {m.get('role')}"
        if open_calls and m["role"] != "tool":
            return 400, f"tool calls without answer: {open_calls}"
        if m["role"] == "tool":
            if m.get("tool_call_id") not in open_calls:
                return 400, f"{m.get('tool_call_id')} answers no tool call"
            open_calls.remove(m["tool_call_id"])
        elif m["role"] == "assistant" and m.get("tool_calls"):
            for call in m["tool_calls"]:
                if not TOOL_NAME.fullmatch(call["function"]["name"]) or not isinstance(call["function"]["arguments"], str):
                    return 400, f"bad tool call {call}"
            open_calls = [call["id"] for call in m["tool_calls"]]
        elif not isinstance(m.get("content"), (str, list)):
            return 400, f"{m['role']} message without content"
    return (400, f"tool calls without answer: {open_calls}") if open_calls else None


def events(rule, body):
    """The stream, one text per event."""
    wants_usage = body.get("stream_options", {}).get("include_usage")

    def chunk(choices, usage=None):
        value = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1700000000, "model": body["model"],
                 "choices": choices}
        if wants_usage:
            value["usage"] = usage
        return f"data: {json.dumps(value)}\n\n"

    def delta(members, reason=None):
        return chunk([{"index": 0, "delta": members, "finish_reason": reason}])

    yield delta({"role": "assistant", "content": ""})
    for piece in pieces(rule):
        yield delta({"content": piece})
    for number, tool in enumerate(rule.get("tools", [])):
        call = {"index": number, "id": tool.get("id", f"call_{number + 1}"), "type": "function",
                "function": {"name": tool["name"], "arguments": ""}}
        if not rule.get("ids", True):
            del call["id"]
        if not rule.get("index", True):
            # Servers that leave the index out send each call whole.
            del call["index"]
            call["function"]["arguments"] = raw_arguments(tool)
            yield delta({"tool_calls": [call]})
            continue
        yield delta({"tool_calls": [call]})
        for part in halves(raw_arguments(tool)):
            yield delta({"tool_calls": [{"index": number, "function": {"arguments": part}}]})
    yield delta({}, rule.get("stop", "tool_calls" if rule.get("tools") else "stop"))
    usage = usage_of(rule, body)
    if wants_usage and usage:
        yield chunk([], {"prompt_tokens": usage[0], "completion_tokens": usage[1], "total_tokens": sum(usage)})
    if rule.get("done", True):
        yield "data: [DONE]\n\n"
