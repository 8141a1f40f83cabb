#!/usr/bin/env python3
"""A fake of whoever receives HTTP: tools, notification channels, other people's servers. Records every request and answers
what its script says.

Script: {"rules": [RULE...], "default": RULE}. The first rule that fits a request and is not used up answers it:

  path       exact, without query; a last * stands for the rest     method
  match      part of the body                                       times     how often (else always)
  status     200                                                    headers   {}
  body       object, list or text; "$body" is the request's own     wait_ms   before the answer
  break      true: the connection breaks instead                    hang      true: no answer until the client leaves
"""

import asyncio

from fake_http import Broken, FakeServer

FALLBACK = {"body": {"ok": True}}


def fits(rule, request):
    path = rule.get("path", "*")
    if not (request.path == path or path.endswith("*") and request.path.startswith(path[:-1])):
        return False
    return rule.get("method", request.method) == request.method and rule.get("match", "").encode() in request.body


class WebhookServer(FakeServer):
    __doc__ = __doc__

    def choose(self, request):
        for number, rule in enumerate(self.script.get("rules", [])):
            if fits(rule, request) and self.take(number, rule.get("times")):
                return rule
        return self.script.get("default", FALLBACK)

    async def answer(self, request, reply):
        rule = self.choose(request)
        await asyncio.sleep(rule.get("wait_ms", 0) / 1000)
        if rule.get("hang"):
            await asyncio.Event().wait()
        if rule.get("break"):
            raise Broken
        status, body, headers = rule.get("status", 200), rule.get("body", ""), rule.get("headers")
        if body == "$body":
            await reply.send(status, request.body, headers)
        elif isinstance(body, str):
            await reply.send(status, body, headers)
        else:
            await reply.send_json(status, body, headers)


if __name__ == "__main__":
    WebhookServer.main()
