"""Anthropic messages, streamed: INTERFACES 12."""

import json

from llm_common import TOOL_NAME, halves, pieces, raw_arguments, usage_of

VERSIONS = {"2023-06-01", "2026-10-21"}
SAMPLING = ("temperature", "top_p", "top_k")


def blocks_of(message):
    content = message["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def last_user_text(body):
    for message in reversed(body["messages"]):
        text = "".join(b["text"] for b in blocks_of(message) if b["type"] == "text")
        if message["role"] == "user" and text:
            return text
    return ""


def ends_with_results(body):
    return any(b["type"] == "tool_result" for b in blocks_of(body["messages"][-1]))


def error_body(status, words):
    kinds = {401: "authentication_error", 402: "billing_error", 403: "permission_error", 404: "not_found_error",
             409: "conflict_error", 413: "request_too_large", 429: "rate_limit_error", 500: "api_error", 504: "timeout_error",
             529: "overloaded_error"}
    return {"type": "error", "error": {"type": kinds.get(status, "invalid_request_error"), "message": words},
            "request_id": "req_1"}


def unknown_parameter(name):
    return error_body(400, f"{name}: Extra inputs are not permitted")


def event(kind, **members):
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **members})}\n\n"


def error_event(error):
    return event("error", error=error or {"type": "overloaded_error", "message": "Overloaded"})


def complaint(headers, body):
    """(status, words) when Anthropic would refuse the request, else None."""
    version = headers.get("anthropic-version")
    if version not in VERSIONS:
        return 400, "anthropic-version: header is required"
    if ("x-api-key" in headers) == ("authorization" in headers):
        return 401, "exactly one of x-api-key and authorization"
    for name in ("model", "max_tokens", "messages"):
        if not body.get(name):
            return 400, f"{name}: Field required"
    if body.get("stream") is not True:
        return 400, "this fake only streams"
    if version == "2026-10-21" and any(name in body for name in SAMPLING):
        return 400, "temperature, top_p and top_k are not accepted"
    for tool in body.get("tools", []):
        if not TOOL_NAME.fullmatch(tool["name"]) or not isinstance(tool.get("input_schema"), dict):
            return 400, f"bad tool {tool['name']}"
    return complaint_about_messages(body)


def complaint_about_messages(body):
    messages = body["messages"]
    if messages[0]["role"] != "user":
        return 400, "messages: first message must use the user role"
    if messages[-1]["role"] == "assistant":
        return 400, "messages: this model does not support prefill"
    asked, used = [], False
    for message in messages:
        blocks = blocks_of(message)
        results = [b["tool_use_id"] for b in blocks if b["type"] == "tool_result"]
        if any(b["type"] == "text" and not b["text"].strip() for b in blocks):
            return 400, "messages: text content blocks must be non-empty"
        if sorted(results) != sorted(asked):
            return 400, f"messages: tool_use ids {asked} were answered by {results}"
        if results and [b["type"] for b in blocks][:len(results)] != ["tool_result"] * len(results):
            return 400, "messages: tool_result blocks must come first"
        calls = [b for b in blocks if b["type"] == "tool_use"]
        if any(not TOOL_NAME.fullmatch(b["name"]) or not isinstance(b["input"], dict) for b in calls):
            return 400, "messages: bad tool_use"
        asked = [b["id"] for b in calls]
        used = used or bool(calls)
    if used and not body.get("tools"):
        return 400, "requests with tool_use blocks must define tools"
    return None


def block(index, start, deltas):
    yield event("content_block_start", index=index, content_block=start)
    for delta in deltas:
        yield event("content_block_delta", index=index, delta=delta)
    yield event("content_block_stop", index=index)


def content(rule):
    """(start, deltas) of each block."""
    if "thinking" in rule:
        yield ({"type": "thinking", "thinking": "", "signature": ""},
               [{"type": "thinking_delta", "thinking": rule["thinking"]},
                {"type": "signature_delta", "signature": "c2lnbmVk"}])
    if rule.get("text"):
        yield {"type": "text", "text": ""}, [{"type": "text_delta", "text": p} for p in pieces(rule)]
    for number, tool in enumerate(rule.get("tools", [])):
        yield ({"type": "tool_use", "id": tool.get("id", f"toolu_{number + 1}"), "name": tool["name"], "input": {}},
               [{"type": "input_json_delta", "partial_json": p} for p in halves(raw_arguments(tool))])


def events(rule, body):
    """The stream, one text per event."""
    usage = usage_of(rule, body)
    first = {"input_tokens": usage[0], "output_tokens": 1} if usage else None
    last = {"output_tokens": usage[1]} if usage else None
    yield event("message_start", message={"id": "msg_1", "type": "message", "role": "assistant", "model": body["model"],
                                          "content": [], "stop_reason": None, "stop_sequence": None, "usage": first})
    yield event("ping")
    for index, (start, deltas) in enumerate(content(rule)):
        yield from block(index, start, deltas)
    stop = rule.get("stop", "tool_use" if rule.get("tools") else "end_turn")
    yield event("message_delta", delta={"stop_reason": stop, "stop_sequence": None}, usage=last)
    if rule.get("done", True):
        yield event("message_stop")
