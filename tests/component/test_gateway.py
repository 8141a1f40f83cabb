"""ark-gateway against a real Redis: fires (SPEC 13.6 to 13.8)."""

import json
import pathlib
import re
import shutil
import socket
import tempfile
import threading
import time

import pytest

from daemons import P, Daemon
from gateway import ADMIN, Gateway
from private_redis import free_port, wait_until


@pytest.fixture
def gateway(build, redis_server):
    with Gateway(build, redis_server) as g:
        g.add_team()
        g.add_event()
        yield g


def test_async_fire(gateway):
    a = gateway.fire(body={"x": 1}, traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
    assert a.status == 202
    run = a.json["runs"][0]
    assert re.fullmatch(r"hook-t-\d{8}-\d{6}-[a-z0-9]{8}", run)
    assert a.json == {"fired": True, "firedAt": a.json["firedAt"], "trigger": "hook", "targets": 1,
                      "runs": [run]}
    assert a.headers["Ark-Run"] == run
    assert a.headers["X-Content-Type-Options"] == "nosniff"
    (entry,) = gateway.entries("runs")
    assert entry["trace"].startswith("00-4bf92f3577b34da6a3ce929d0e0e4736-")
    assert json.loads(entry["labels"]) == {"arkonis.dev/team": "t", "arkonis.dev/trigger": "hook",
                                           "arkonis.dev/trigger-template": "t"}
    assert (entry["trigger"], entry["by"], entry["team"]) == ("hook", "gateway", "t")
    assert "stream_tokens" not in entry
    assert gateway.redis.hget(P + "counters", "pending") == "1"
    (fact,) = gateway.entries("events")
    assert (fact["type"], fact["client"], json.loads(fact["runs"])) == ("trigger.fired", "127.0.0.1", [run])
    assert re.fullmatch("[0-9a-f]{12}", fact["credential"])


def test_a_run_is_there_from_the_first_moment(gateway):
    run = gateway.fire().json["runs"][0]
    status = gateway.run(run, "token-hook")
    assert (status.status, status.json["phase"]) == (200, "Pending")
    assert status.headers["Ark-Run"] == run


def test_checks_in_order(gateway):
    gateway.add_event("cron", source={"type": "cron", "cron": "@daily"})
    gateway.add_event("off", suspended=True)
    gateway.add_event("two", targets=[{"team": "t"}, {"team": "t"}])
    gateway.add_event("nowhere", targets=[{"team": "gone"}])
    big, json_type = b"x" * (1 << 20) + b"x", "application/json"
    table = [
        # 2: path and method
        (gateway.ask("POST", "/nothing", None, "token-hook"), 404, ""),
        (gateway.ask("GET", "/triggers/default/hook/fire", None, "token-hook"), 405, ""),
        # 3: event, for those who belong here; before the body
        (gateway.fire("none", big), 404, "no ArkEvent"),
        (gateway.fire("none", big, token="wrong"), 401, ""),
        (gateway.fire("cron", big), 400, "of type cron"),
        (gateway.fire("cron", big, token=None), 401, ""),
        # 4: size, before the token
        (gateway.fire("hook", big, token=None), 413, "trigger-body-bytes"),
        # 5: token, before suspension
        (gateway.fire("off", token=None), 401, ""),
        (gateway.fire("off", token="token-hook"), 401, ""),
        (gateway.fire("hook", token=ADMIN), 401, ""),
        # 6: suspension, before the media type
        (gateway.fire("off", "x", token="token-off", Content_Type="text/plain"), 503, "suspended"),
        # 7: media type, before the body
        (gateway.fire("hook", "{", Content_Type="text/plain"), 415, ""),
        (gateway.fire("hook", "[]", Content_Type="application/cloudevents-batch+json"), 415, ""),
        # 8: body, mode, timeout, targets
        (gateway.fire("hook", "{", Content_Type=json_type), 400, "body"),
        (gateway.fire("hook", query="?mode=later"), 400, "mode"),
        (gateway.fire("hook", query="?timeout=0s"), 400, "timeout"),
        (gateway.fire("two", query="?mode=sync", token="token-two"), 400, "exactly one target"),
        (gateway.fire("hook", Idempotency_Key="k" * 256), 400, "idempotency-key-bytes"),
        # 10: targets
        (gateway.fire("nowhere", token="token-nowhere"), 400, "no ArkTeam 'gone'"),
    ]
    for i, (answer, status, words) in enumerate(table):
        assert (i, answer.status) == (i, status), answer.body
        assert words in answer.json["error"]
    assert table[1][0].headers["Allow"] == "POST"
    assert table[3][0].headers["WWW-Authenticate"] == "Bearer"
    assert gateway.requested() == []
    failed = wait_until(lambda: gateway.entries("events"), "the fact")
    assert [(e["type"], e["reason"]) for e in failed] == [("fire.failed", "TeamNotFound")]


def test_templates_and_inputs(gateway):
    gateway.add_team("typed", inputs=[{"name": "n", "type": "number", "required": True}])
    gateway.publish("ArkAgent", "helper", {"model": "mock", "systemPrompt": "x"})
    gateway.add_event("full", targets=[
        {"team": "typed", "input": {
            "n": "{{ .trigger.body.n }}", "l": "{{ .trigger.body.l }}", "no": "{{ .trigger.body.none }}",
            "by": "{{ .trigger.name }}/{{ .trigger.type }} {{ index .trigger.headers \"x-what\" }}"
                  "{{ index .trigger.headers \"authorization\" }}"}},
        {"agent": "helper", "prompt": "Say {{ .trigger.body.word }}"},
        {"agent": "helper", "prompt": "Again"},
    ])
    a = gateway.fire("full", {"n": 5, "l": [1, "a"], "word": "hi"}, token="token-full", X_What="this")
    assert a.status == 202, a.body
    assert a.json["targets"] == 3 and a.json["runs"][2].endswith("-2")
    first, second, third = gateway.requested()
    assert json.loads(first["input"]) == {"n": "5", "l": '[1,"a"]', "by": "full/webhook this<no value>"}
    assert (second["prompt"], third["prompt"]) == ("Say hi", "Again")
    wrong = gateway.fire("full", {"n": "five"}, token="token-full")
    assert wrong.status == 400 and 'input "n": expected number' in wrong.json["error"]
    assert len(gateway.requested()) == 3, "all or none"


def test_success_code(gateway):
    gateway.add_event("ok", source={"type": "webhook", "webhook": {"successCode": 200}})
    assert gateway.fire("ok", token="token-ok").status == 200


def test_idempotency(gateway):
    first = gateway.fire(body={"a": 1}, Idempotency_Key='"abc"')
    again = gateway.fire(body={"a": 1}, Idempotency_Key="abc")
    assert (again.status, again.body) == (202, first.body)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Ark-Run"] == first.headers["Ark-Run"]
    assert gateway.fire(body={"a": 2}, Idempotency_Key="abc").status == 422
    assert len(gateway.requested()) == 1
    run = first.json["runs"][0]
    gateway.finish_run(run, "all done")
    sync = gateway.fire(body={"a": 1}, Idempotency_Key="abc", query="?mode=sync")
    assert (sync.status, sync.json["output"], sync.headers["Idempotency-Replayed"]) == (200, "all done", "true")
    sse = gateway.fire(body={"a": 1}, Idempotency_Key="abc", query="?mode=sse")
    assert b"event: flow.completed" in sse.body and sse.headers["Idempotency-Replayed"] == "true"
    for key in (f"run-state:default.{run}", f"admitted:default.{run}", f"run:default.{run}"):
        gateway.redis.delete(P + key)
    for mode in ("sync", "sse"):
        assert gateway.fire(body={"a": 1}, Idempotency_Key="abc", query=f"?mode={mode}").status == 410
    assert len(gateway.requested()) == 1


def test_a_refused_fire_does_not_use_up_its_key(gateway):
    gateway.add_event("later", targets=[{"team": "soon"}])
    assert gateway.fire("later", token="token-later", Idempotency_Key="k").status == 400
    gateway.add_team("soon")
    assert gateway.fire("later", token="token-later", Idempotency_Key="k").status == 202


def test_keys_are_capped(build, redis_server):
    with Gateway(build, redis_server, ARK_IDEMPOTENCY_MAX_KEYS=2) as g:
        g.add_team()
        g.add_event(source={"type": "webhook", "webhook": {"idempotencyHeader": "X-Id"}})
        bodies = []
        for i in range(3):  # keys of one millisecond have no order
            last = time.time()
            wait_until(lambda: time.time() > last + 0.002, "another millisecond")
            bodies.append(g.fire(X_Id=f"k{i}").body)
        assert g.fire(X_Id="k2").body == bodies[2]
        assert g.fire(X_Id="k0").body != bodies[0], "the oldest went first"


def test_concurrency_forbid(gateway):
    gateway.add_event("one", concurrencyPolicy="Forbid")
    first = gateway.fire("one", token="token-one")
    a = gateway.fire("one", token="token-one")
    assert (a.status, a.json) == (202, {"fired": False, "trigger": "one", "reason": "ConcurrencyForbidden"})
    s = gateway.fire("one", token="token-one", query="?mode=sync")
    assert (s.status, s.json["reason"]) == (409, "ConcurrencyForbidden")
    gateway.redis.zrem(P + "event-runs:default.one", "default." + first.json["runs"][0])
    assert gateway.fire("one", token="token-one").json["fired"]
    assert [e["type"] for e in gateway.entries("events")] == ["trigger.fired"] * 2


def test_concurrency_replace(gateway):
    gateway.add_event("last", concurrencyPolicy="Replace")
    first, second = (gateway.fire("last", token="token-last").json["runs"][0] for _ in range(2))
    said = [(e["type"], e["run"]) for e in gateway.entries("runs")]
    assert said == [("run.requested", first), ("run.cancelled", first), ("run.requested", second)]


def test_pending_limit(build, redis_server):
    with Gateway(build, redis_server, ARK_MAX_PENDING_RUNS=2) as g:
        g.add_team()
        g.add_event()
        answers = [g.fire() for _ in range(3)]
        assert [a.status for a in answers] == [202, 202, 429]
        assert "pending-runs" in answers[2].json["error"] and int(answers[2].headers["Retry-After"]) >= 1
        assert len(g.requested()) == 2
        g.redis.hset(P + "counters", "pending", 0)
        assert g.fire().status == 202


def test_rates(build, redis_server):
    with Gateway(build, redis_server, ARK_TRIGGER_RATE=1, ARK_TRIGGER_BURST=300, ARK_EVENT_MAX_RATE=3,
                 ARK_AUTH_FAILURE_RATE=1) as g:
        g.add_team()
        g.add_event()
        statuses = [g.fire().status for _ in range(6)]
        assert statuses[0] == 202 and 429 in statuses
        failures = [g.fire(token="wrong").status for _ in range(25)]
        assert failures[0] == 401 and failures[-1] == 429
        assert g.fire().status == 429, "who guesses is not told that one guess was right"
        first = wait_until(lambda: [a for a in [g.fire(token=None)] if "client-rate" in a.json["error"]],
                           "the burst is used up")
        assert first[0].status == 429


def test_events_that_lag(build, redis_server):
    with Gateway(build, redis_server, ARK_MAX_EVENTS=1000) as g:
        g.add_team()
        g.add_event()
        g.redis.xgroup_create(P + "events", "notifier", "0", mkstream=True)
        for _ in range(1000):
            g.redis.xadd(P + "events", {"type": "x"})
        wait_until(lambda: not g.is_ready(), "readyz names the group")
        assert g.fire().status == 429
        g.redis.xgroup_setid(P + "events", "notifier", "$")
        g.redis.delete(P + "events")
        wait_until(g.is_ready, "ready again")
        assert g.fire().status == 202


def test_sync(gateway):
    def finish_next(how):
        entry = wait_until(lambda: gateway.requested()[len(seen):], "a request")[0]
        seen.append(entry)
        how(entry["run"])

    seen = []
    t = threading.Thread(target=finish_next, args=(lambda r: gateway.finish_run(r, "the answer"),))
    t.start()
    a = gateway.fire(query="?mode=sync")
    t.join()
    assert (a.status, a.headers["Ark-Run"]) == (200, seen[0]["run"])
    assert a.json == {"status": "succeeded", "output": "the answer", "durationMs": 3000,
                      "tokenUsage": {"inputTokens": 7, "outputTokens": 3, "totalTokens": 10},
                      "run": seen[0]["run"]}
    t = threading.Thread(target=finish_next, args=(lambda r: gateway.fail_run(r),))
    t.start()
    a = gateway.fire(query="?mode=sync")
    t.join()
    assert a.status == 500
    assert {k: a.json[k] for k in ("status", "error", "reason")} == {
        "status": "failed", "error": "no", "reason": "StepFailed"}


def test_sync_times_out(gateway):
    a = gateway.fire(query="?mode=sync&timeout=200ms")
    assert (a.status, a.json["error"]) == (504, "timed out after 200ms")
    assert a.json["durationMs"] >= 200 and a.json["run"] == gateway.requested()[0]["run"]


def test_who_waits_is_answered_when_the_gateway_stops(gateway):
    got = []
    t = threading.Thread(target=lambda: got.append(gateway.fire(query="?mode=sync")))
    t.start()
    run = wait_until(gateway.requested, "a request")[0]["run"]
    gateway.daemon.process.terminate()
    wait_until(lambda: any(line["msg"] == "draining" for line in gateway.daemon.log), "it drains")
    gateway.finish_run(run, "in time")
    t.join()
    assert (got[0].status, got[0].json["output"]) == (200, "in time")
    assert gateway.daemon.process.wait(10) == 0


def test_without_redis(gateway, redis_server):
    redis_server.kill()
    wait_until(lambda: not gateway.is_ready(), "the gateway has noticed")
    a = gateway.fire()
    assert (a.status, int(a.headers["Retry-After"]) >= 1) == (503, True)
    assert gateway.fire(Idempotency_Key="k").status == 503
    assert gateway.run("x").status == 503
    redis_server.start()
    gateway.redis = redis_server.client
    wait_until(gateway.is_ready, "ready again")
    assert gateway.fire(Idempotency_Key="k").status == 202
    assert len(gateway.requested()) == 1


class LossyProxy:
    """Stands between a daemon and Redis. Once armed, it lets one admission through and loses its answer."""

    def __init__(self, server):
        self.server, self.armed, self.lost = server, False, 0
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="ark-proxy-", dir="/tmp"))
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.folder / "s"))
        self.listener.listen()
        self.url = f"unix://{self.folder / 's'}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            redis = socket.socket(socket.AF_UNIX)
            redis.connect(str(self.server.socket))
            link = {"lose": False}
            for a, b, up in ((client, redis, True), (redis, client, False)):
                threading.Thread(target=self.pump, args=(a, b, up, link), daemon=True).start()

    def pump(self, source, sink, up, link):
        try:
            while data := source.recv(65536):
                if up and self.armed and b"ark_1_admit" in data:
                    self.armed, link["lose"] = False, True
                if not up and link["lose"]:
                    self.lost += 1
                    break
                sink.sendall(data)
        except OSError:
            pass
        for s in (source, sink):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self.listener.close()
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.mark.parametrize("key", [None, "k"])
@pytest.mark.parametrize("policy", ["Allow", "Forbid", "Replace"])
def test_an_answer_that_was_lost(build, redis_server, key, policy):
    """The commit is done, its answer never comes: the fire is found again, not made again."""
    proxy = LossyProxy(redis_server)
    with Gateway(build, redis_server, url=proxy.url, ARK_MAX_PENDING_RUNS=1) as g:
        g.add_team()
        g.add_event(concurrencyPolicy=policy)
        proxy.armed = True
        a = g.fire(**({"Idempotency_Key": key} if key else {}))
        assert (a.status, proxy.lost) == (202, 1)
        assert "Idempotency-Replayed" not in a.headers
        assert [e["run"] for e in g.entries("runs")] == a.json["runs"]
        assert len(g.entries("events")) == 1
    proxy.close()


def test_replicas_that_must_have_it(build, make_redis):
    redis_server = make_redis(port=free_port(), repl_diskless_sync_delay=0)
    with Gateway(build, redis_server, ARK_REDIS_WAIT=1) as g:
        g.add_team()
        g.add_event()
        assert g.fire().status == 503, "there is no replica"
        # The first time it was stored and not promised; neither is it when the fire is repeated.
        for _ in range(2):
            assert g.fire(Idempotency_Key="k").status == 503
        make_redis(port=free_port(), replicaof=f"127.0.0.1 {redis_server.port}")
        a = wait_until(lambda: (a := g.fire(Idempotency_Key="k")).status == 202 and a, "a replica has it")
        assert a.headers["Idempotency-Replayed"] == "true"


def test_admin_token_is_read_again(gateway):
    assert gateway.run("x").status == 404
    (gateway.folder / "admin").write_text("another\n")
    wait_until(lambda: gateway.run("x", "another").status == 404, "the new token works", 15)
    assert gateway.run("x").status == 401


def test_metrics(gateway):
    gateway.fire()
    gateway.fire(token=None)
    assert gateway.metric("ark_event_fires_total") == 1
    assert gateway.metric("ark_trigger_requests_total") >= 2


def test_two_gateways_and_one_key(gateway, build, redis_server):
    """The same request at two doors at the same time makes one run; both answer the same."""
    with Gateway(build, redis_server) as other:
        other.epoch, other.objects = gateway.epoch, gateway.objects
        wait_until(lambda: other.fire().status == 202, "the other one knows the event")
        before = len(gateway.requested())
        for i in range(20):
            got = []
            doors = [threading.Thread(target=lambda g=g: got.append(g.fire(body={"i": i}, Idempotency_Key=f"k{i}")))
                     for g in (gateway, other)]
            for t in doors:
                t.start()
            for t in doors:
                t.join()
            assert [a.status for a in got] == [202, 202]
            assert got[0].body == got[1].body
            assert len(gateway.requested()) == before + i + 1


def test_a_wrong_setting_ends_the_process(build, redis_server):
    for settings, words in (({"ARK_TLS_CERT_FILE": "/nowhere"}, "go together"),
                            ({"ARK_TRUSTED_PROXIES": "here"}, "ARK_TRUSTED_PROXIES"),
                            ({"ARK_TRIGGER_ADDR": "nonsense"}, "ARK_TRIGGER_ADDR"),
                            ({"ARK_ADMIN_TOKEN_FILE": "/nowhere"}, "/nowhere")):
        d = Daemon(build, "ark-gateway", redis_server.url, **settings).start()
        assert d.process.wait(20) == 2
        assert any(words in line.get("error", "") for line in d.log), (words, d.log)


def test_clients_behind_a_trusted_proxy(build, redis_server):
    with Gateway(build, redis_server, ARK_TRUSTED_PROXIES="127.0.0.0/8") as g:
        g.add_team()
        g.add_event()
        assert g.fire(X_Forwarded_For="203.0.113.7").status == 202
        assert g.entries("events")[-1]["client"] == "203.0.113.7"
