#!/usr/bin/env python3
"""A fake of two model providers on one port: OpenAI chat completions (INTERFACES 10) at /v1/chat/completions and Anthropic
messages (INTERFACES 12) at /v1/messages. It refuses what they refuse, and streams what its script says.

Script: {"rules": [RULE...], "default": RULE, "refuse": [parameter...]}. `refuse` names request members that this server
does not know: 400, as an older compatible server says it. The first rule that fits a request and is not used up answers it:

  match      part of the last user text, any case          model      the request's model
  times      how often the rule answers (else always)      after_tools  true: only after tool results; false: only before
  text       what the model says                           words      false: in one piece instead of word by word
  tools      [{"name", "arguments" (object or raw text), "id"}]
  stop       finish_reason or stop_reason                  thinking   text of a thinking block (Anthropic)
  usage      {"input", "output"}; null: none is reported
  status, headers, error   a refusal instead: `error` is the body (object or text); default the vendor's own form
  wait_ms    before the head                               delay_ms   between events
  chunk      bytes per write (odd cuts)                    break_after, error_after   events after which the connection
             breaks, or an error comes in the stream (`error`: its object)
  done       false: no [DONE] / no message_stop            index, ids  false: left out of tool calls (OpenAI)
"""

import asyncio

from fake_http import Broken, FakeServer
import llm_anthropic
import llm_openai

VENDORS = {"/v1/chat/completions": llm_openai, "/v1/messages": llm_anthropic}
FALLBACK = {"text": "fake answer"}


class LlmServer(FakeServer):
    __doc__ = __doc__

    def choose(self, vendor, body):
        text, after_tools = vendor.last_user_text(body), vendor.ends_with_results(body)
        for number, rule in enumerate(self.script.get("rules", [])):
            if rule.get("match", "").lower() not in text.lower():
                continue
            if rule.get("model", body["model"]) != body["model"]:
                continue
            if rule.get("after_tools", after_tools) != after_tools:
                continue
            if self.take(number, rule.get("times")):
                return rule
        return self.script.get("default", FALLBACK)

    async def answer(self, request, reply):
        vendor = VENDORS.get(request.path)
        if not vendor or request.method != "POST":
            await reply.send_json(404, {"error": {"message": f"no {request.path}", "type": "not_found_error"}})
            return
        try:
            body = request.json()
        except ValueError:
            await reply.send_json(400, vendor.error_body(400, "the body is no JSON"))
            return
        for name in self.script.get("refuse", []):
            if name in body:
                await reply.send_json(400, vendor.unknown_parameter(name))
                return
        complaint = vendor.complaint(request.headers, body)
        if complaint:
            status, words = complaint
            await reply.send_json(status, vendor.error_body(status, words))
            return
        rule = self.choose(vendor, body)
        await asyncio.sleep(rule.get("wait_ms", 0) / 1000)
        if "status" in rule:
            await self.refuse(vendor, rule, reply)
        else:
            await self.stream(vendor, rule, body, reply)

    async def refuse(self, vendor, rule, reply):
        body = rule.get("error", vendor.error_body(rule["status"], "the script says so"))
        if isinstance(body, str):
            await reply.send(rule["status"], body, rule.get("headers"))
        else:
            await reply.send_json(rule["status"], body, rule.get("headers"))

    async def stream(self, vendor, rule, body, reply):
        await reply.begin(200, {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache"})
        for number, event in enumerate(vendor.events(rule, body)):
            if rule.get("error_after") == number:
                await self.write(reply, vendor.error_event(rule.get("error")), rule)
                break
            if rule.get("break_after") == number:
                raise Broken
            await self.write(reply, event, rule)
        await reply.end()

    async def write(self, reply, event, rule):
        data = event.encode()
        size = rule.get("chunk") or len(data)
        for start in range(0, len(data), size):
            await reply.write(data[start:start + size])
            await asyncio.sleep(rule.get("delay_ms", 0) / 1000)


if __name__ == "__main__":
    LlmServer.main()
