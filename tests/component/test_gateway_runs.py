"""ark-gateway against a real Redis: runs and their event streams (SPEC 13.2, 13.3, 13.9 to 13.17)."""

import json
import threading
import time

import pytest

from daemons import P
from gateway import ADMIN, Gateway, events_of
from private_redis import wait_until


@pytest.fixture
def gateway(build, redis_server):
    with Gateway(build, redis_server, ARK_SSE_HEARTBEAT="1s") as g:
        g.add_team()
        g.add_event()
        yield g


def steps(*names):
    return [{"name": n, "role": "a", "phase": "succeeded",
             "output": {"text": f"out of {n}", "bytes": len(n) + 7}} for n in names]


def read_until(process, text, seen=b""):
    while text not in seen:
        chunk = process.stdout.read1(65536)
        assert chunk, f"the stream ended before {text}: {seen}"
        seen += chunk
    return seen


# --- status, outputs, access


def test_status(gateway):
    gateway.finish_run("r", "the result", trigger="hook", steps=steps("a"))
    a = gateway.run("r")
    assert a.json == {
        "name": "r", "namespace": "default", "team": "t", "phase": "Succeeded", "reason": "Succeeded",
        "attempt": 1, "startTime": "2026-03-30T09:00:00Z", "completionTime": "2026-03-30T09:00:03Z",
        "durationMs": 3000, "output": "the result",
        "tokenUsage": {"inputTokens": 7, "outputTokens": 3, "totalTokens": 10}, "costUSD": "0.000000",
        "steps": [{"name": "a", "role": "a", "phase": "Succeeded"}]}
    assert a.headers["Ark-Run"] == "r"


def test_access(gateway):
    gateway.add_event("other")
    gateway.set_state("mine", trigger="hook")
    gateway.set_state("theirs", trigger="other")
    gateway.set_state("nobody")
    gateway.set_state("child", parent="mine")
    table = [("mine", "token-hook", 200), ("child", "token-hook", 200), ("child", "token-other", 404),
             ("theirs", "token-hook", 404), ("nobody", "token-hook", 404), ("gone", "token-hook", 404),
             ("mine", None, 401), ("gone", None, 401), ("mine", "wrong", 401),
             ("nobody", ADMIN, 200), ("gone", ADMIN, 404)]
    for run, token, status in table:
        for rest in ("", "/events?lastEventId=0-0"):
            if rest and status == 200:
                continue  # would follow the run
            assert (run, token, rest, gateway.run(run, token, rest).status) == (run, token, rest, status)
        if status != 200:
            assert gateway.ask("POST", f"/runs/default/{run}/cancel", None, token).status == status
    assert gateway.entries("runs") == []


def test_outputs(gateway):
    gateway.set_state("r", steps=[
        *steps("a", "plan/a-1"),
        {"name": "b", "role": "a", "phase": "running", "output": {"text": "an earlier one", "bytes": 14}},
        {"name": "long", "role": "a", "phase": "succeeded", "output": {"key": "text:x:1", "bytes": 5}},
        {"name": "gone", "role": "a", "phase": "succeeded", "output": {"key": "text:x:2", "bytes": 5}}])
    gateway.redis.set(P + "text:x:1", "hällo")
    table = [("a", 200, "out of a"), ("plan%2Fa-1", 200, "out of plan/a-1"), ("long", 200, "hällo"),
             ("b", 404, None), ("none", 404, None), ("-", 404, None), ("gone", 410, None)]
    for step, status, text in table:
        a = gateway.run("r", rest=f"/steps/{step}/output")
        assert (step, a.status, a.headers["Ark-Run"]) == (step, status, "r")
        if text:
            assert a.body.decode() == text and a.headers["Content-Type"].startswith("text/plain")
    gateway.finish_run("r", "result")
    assert gateway.run("r", rest="/steps/-/output").body == b"result"


def test_cancel(gateway):
    gateway.set_state("r", trigger="hook")
    a = gateway.ask("POST", "/runs/default/r/cancel", None, "token-hook")
    assert (a.status, a.json) == (202, {"cancelled": True})
    (entry,) = gateway.entries("runs")
    assert (entry["type"], entry["run"], entry["by"]) == ("run.cancelled", "r", "gateway")
    gateway.finish_run("r")
    assert gateway.ask("POST", "/runs/default/r/cancel", None, ADMIN).status == 409


def test_retry(gateway):
    gateway.set_state("r", trigger="hook")
    path = "/runs/default/r/retry"
    assert gateway.ask("POST", path, None, ADMIN).status == 409
    gateway.fail_run("r", steps=steps("a"), trigger="hook")
    assert gateway.ask("POST", path, None, "token-hook").status == 403
    assert gateway.ask("POST", path, {"step": "none"}, ADMIN).status == 400
    assert gateway.ask("POST", path, "[]", ADMIN).status == 400
    for _ in range(2):  # twice is once
        a = gateway.ask("POST", path, {"step": "a"}, ADMIN)
        assert (a.status, a.json) == (202, {"retried": True, "attempt": 2})
    assert [(e["type"], e["step"]) for e in gateway.entries("runs")] == [("run.retried", "a")]


# --- event streams


def test_events_of_a_whole_run(gateway):
    gateway.set_state("r", stream_tokens=True)
    curl = gateway.curl("r", "-i")
    head = read_until(curl, b"retry: 2000\n\n")
    for line in (b"Content-Type: text/event-stream", b"Cache-Control: no-cache", b"X-Accel-Buffering: no",
                 b"Ark-Run: r"):
        assert line in head
    assert b"tokens off" not in head
    ids = [gateway.tell("r", "step.started", step="a", worker="w"),
           gateway.tell("r", "token", step="a", token='Hi "you"\n'),
           gateway.tell("r", "token.reset", step="a"),
           gateway.tell("r", "step.completed", step="a", output="x", input_tokens=1, output_tokens=2,
                        duration_ms=5, model="mock"),
           gateway.tell("r", "step.started", step="a", iteration=2),
           gateway.tell("r", "step.skipped", step="b"),
           gateway.tell("r", "step.failed", step="c", reason="AgentError", message="AgentError: no"),
           gateway.finish_run("r", "done")]
    body = curl.communicate()[0]
    text = (head + body).split(b"\r\n\r\n", 1)[1]
    events = events_of(text)
    assert [e[0] for e in events] == ids
    assert [e[1:] for e in events] == [
        ("step.started", {"step": "a", "phase": "Running"}),
        ("token", {"step": "a", "token": 'Hi "you"\n'}),
        ("token.reset", {"step": "a"}),
        ("step.completed", {"step": "a", "output": "x", "durationMs": 5,
                            "tokenUsage": {"inputTokens": 1, "outputTokens": 2, "totalTokens": 3}}),
        ("step.started", {"step": "a", "phase": "Running", "iteration": 2}),
        ("step.skipped", {"step": "b"}),
        ("step.failed", {"step": "c", "error": "AgentError: no", "reason": "AgentError"}),
        ("flow.completed", {"status": "succeeded", "output": "done", "durationMs": 3000,
                            "tokenUsage": {"inputTokens": 7, "outputTokens": 3, "totalTokens": 10}})]
    # The order of members is that of SPEC 13.12.
    assert b'data: {"step":"a","output":"x","tokenUsage":{' in text
    assert gateway.metric("ark_sse_connections") == 0
    assert gateway.metric("ark_sse_events_total") == 8


def test_readers_see_the_same_bytes(gateway):
    gateway.set_state("r")
    early = [gateway.curl("r") for _ in range(2)]
    for c in early:
        c.first = read_until(c, b": tokens off\n\n")
    for i in range(50):
        gateway.tell("r", "token", step="a", token=f"word {i} ")
    late = gateway.curl("r")
    late.first = read_until(late, b"word 20 ")
    for i in range(50, 100):
        gateway.tell("r", "token", step="a", token=f"word {i} ")
    gateway.finish_run("r")
    texts = [c.first + c.communicate()[0] for c in (*early, late)]
    texts = [t.replace(b": keep-alive\n\n", b"") for t in texts]
    assert texts[0] == texts[1] == texts[2]
    assert len(events_of(texts[0])) == 101


def test_resume_misses_nothing_and_doubles_nothing(gateway):
    gateway.set_state("r")
    ids = [gateway.tell("r", "token", step="a", token=str(i)) for i in range(600)]  # more than one read
    ids.append(gateway.finish_run("r"))
    whole = gateway.run("r", rest="/events").body
    assert [e[0] for e in events_of(whole)] == ids
    for at in (0, 1, 299, 598, 599):
        part = gateway.run("r", rest="/events", Last_Event_ID=ids[at]).body
        assert events_of(part) == events_of(whole)[at + 1:], at
        assert whole.endswith(part.split(b"tokens off\n\n", 1)[1])
        query = gateway.run("r", rest=f"/events?lastEventId={ids[at]}").body
        assert query == part
    assert gateway.run("r", rest="/events", Last_Event_ID=ids[-1]).status == 204


def test_a_stream_ends_however_many_events_are_left(gateway):
    """Also when the last read was full and the next one finds nothing."""
    for n in range(60, 68):
        gateway.set_state(f"r{n}")
        ids = [gateway.tell(f"r{n}", "token", step="a", token=str(i)) for i in range(n)]
        ids.append(gateway.finish_run(f"r{n}"))
        assert [e[0] for e in events_of(gateway.run(f"r{n}", rest="/events").body)] == ids
        rest = events_of(gateway.run(f"r{n}", rest="/events", Last_Event_ID=ids[0]).body)
        assert [e[0] for e in rest] == ids[1:]


def test_gap(gateway):
    gateway.set_state("r")
    ids = [gateway.tell("r", "token", step="a", token=str(i)) for i in range(4)]
    gateway.finish_run("r")
    gateway.redis.xtrim(P + "run:default.r", minid=ids[2], approximate=False)
    for asked in (ids[0], "nonsense", "1-1", "9999999999999-0", "007-0"):
        events = events_of(gateway.run("r", rest="/events", Last_Event_ID=asked).body)
        assert [e[1] for e in events] == ["gap", "token", "token", "flow.completed"], asked
        gap = events[0][2]
        assert (gap["requested"], gap["firstAvailable"], gap["run"]["name"]) == (asked, ids[2], "r")
        assert events[0][0] is None


def test_a_finished_run_whose_events_are_gone(gateway):
    gateway.finish_run("r", "the end")
    gateway.redis.delete(P + "run:default.r")
    ((end, event, data),) = events_of(gateway.run("r", rest="/events").body)
    assert (event, data["output"], data["durationMs"]) == ("flow.completed", "the end", 3000)
    assert gateway.run("r", rest="/events", Last_Event_ID=end).status == 204
    events = events_of(gateway.run("r", rest="/events", Last_Event_ID="1-0").body)
    assert [e[1] for e in events] == ["gap", "flow.completed"]
    gateway.fail_run("f")
    gateway.redis.delete(P + "run:default.f")
    ((_, event, data),) = events_of(gateway.run("f", rest="/events").body)
    assert (event, data["reason"]) == ("flow.failed", "StepFailed")


def test_a_retried_run_goes_on(gateway):
    gateway.set_state("r")
    gateway.fail_run("r")
    gateway.tell("r", "flow.retried", attempt=2)
    gateway.set_state("r", attempt=2)
    curl = gateway.curl("r")
    seen = read_until(curl, b"flow.retried")
    gateway.finish_run("r", attempt=2)
    seen += curl.communicate()[0]
    assert [e[1] for e in events_of(seen)] == ["flow.failed", "flow.retried", "flow.completed"]


def test_long_outputs_are_read_from_beside(gateway):
    gateway.set_state("r")
    text = "ö" * 30000
    gateway.redis.set(P + "text:default.r:output-1", text[:24000])
    gateway.tell("r", "step.completed", step="a", **{"output.key": "text:default.r:output-1", "truncated": "true"})
    gateway.tell("r", "step.completed", step="b/c-1", **{"output.key": "text:gone", "truncated": "true"})
    gateway.finish_run("r")
    first, second, _ = (e[2] for e in events_of(gateway.run("r", rest="/events").body))
    assert first["output"] == text[:24000] and first["outputTruncated"]
    assert first["path"] == "/runs/default/r/steps/a/output"
    assert "output" not in second and second["path"] == "/runs/default/r/steps/b%2Fc-1/output"


def test_keep_alive_and_tokens_off(gateway):
    gateway.set_state("r")
    curl = gateway.curl("r")
    seen = read_until(curl, b": keep-alive\n\n")
    assert seen.startswith(b"retry: 2000\n\n: tokens off\n\n")
    curl.terminate()
    curl.wait()
    wait_until(lambda: gateway.metric("ark_sse_connections") == 0, "the client is gone")


def test_fire_with_sse(gateway):
    def play():
        entry = wait_until(gateway.requested, "a request")[0]
        assert entry["stream_tokens"] == "true"
        gateway.tell(entry["run"], "token", step="a", token="hi")
        gateway.finish_run(entry["run"])

    t = threading.Thread(target=play)
    t.start()
    a = gateway.fire(query="?mode=sse")
    t.join()
    assert a.status == 200 and a.headers["Content-Type"].startswith("text/event-stream")
    assert [e[1] for e in events_of(a.body)] == ["token", "flow.completed"]
    assert b"tokens off" not in a.body


def test_a_run_that_was_just_admitted_can_be_followed(gateway):
    run = gateway.fire().json["runs"][0]
    curl = gateway.curl(run)
    read_until(curl, b": tokens off")
    gateway.finish_run(run)
    assert b"flow.completed" in curl.communicate()[0]


def test_redis_away_and_back(gateway, redis_server):
    gateway.set_state("r")
    curl = gateway.curl("r")
    seen = read_until(curl, b"tokens off")
    gateway.tell("r", "token", step="a", token="one")
    seen = read_until(curl, b'"one"', seen)
    wait_until(lambda: redis_server.client.info("persistence")["aof_pending_bio_fsync"] == 0, "fsync")
    redis_server.client.execute_command("CONFIG", "SET", "appendfsync", "always")
    gateway.tell("r", "token", step="a", token="two")
    redis_server.kill()
    wait_until(lambda: not gateway.is_ready(), "the gateway has noticed")
    redis_server.start()
    gateway.redis = redis_server.client
    wait_until(gateway.is_ready, "back")
    gateway.finish_run("r")
    seen += curl.communicate()[0]
    assert [e[2].get("token") for e in events_of(seen)] == ["one", "two", None]


def test_redis_that_lost_the_run(gateway, redis_server):
    gateway.set_state("r")
    curl = gateway.curl("r")
    seen = read_until(curl, b"tokens off\n\n")
    redis_server.kill()
    for f in redis_server.folder.glob("appendonlydir/*"):
        f.unlink()
    redis_server.start()
    seen += curl.communicate()[0]
    ((_, event, data),) = events_of(seen)
    assert (event, data["error"]) == ("error", "the run is no longer known"), seen


def test_too_many_streams(build, redis_server):
    with Gateway(build, redis_server, ARK_SSE_MAX=1) as g:
        g.set_state("r")
        curl = g.curl("r")
        read_until(curl, b"tokens off")
        a = g.run("r", rest="/events")
        assert a.status == 503 and "sse-connections" in a.json["error"]
        curl.terminate()
        curl.wait()


def test_a_reader_that_does_not_read_is_disconnected(build, redis_server):
    with Gateway(build, redis_server, ARK_SSE_MAX_BACKLOG="64KiB", ARK_SSE_MAX_STALL="300ms") as g:
        g.set_state("r")
        slow = g.raw("/runs/default/r/events", receive_buffer=4096)
        quick = g.curl("r")
        seen = bytearray(read_until(quick, b"tokens off"))
        reader = threading.Thread(target=lambda: seen.extend(quick.stdout.read()))
        reader.start()
        wait_until(lambda: g.metric("ark_sse_connections") == 2, "both are attached")
        told = 0

        def flood():
            nonlocal told
            for _ in range(20):
                g.tell("r", "token", step="a", token="x" * 8000)
                told += 1
            return g.metric("ark_sse_connections") == 1

        wait_until(flood, "the slow one is gone")
        g.finish_run("r")
        reader.join(20)
        events = events_of(seen)
        assert len(events) == told + 1
        assert g.metric("ark_sse_readers_stalled_total") == 1
        slow.close()


def test_who_pauses_is_waited_for(build, redis_server):
    """Less waits than a reader may leave: it is not dropped, however long it does not read, and misses nothing."""
    with Gateway(build, redis_server, ARK_SSE_MAX_STALL="100ms") as g:
        g.set_state("r")
        slow = g.raw("/runs/default/r/events", receive_buffer=4096)
        wait_until(lambda: g.metric("ark_sse_connections") == 1, "it is attached")
        for _ in range(100):
            g.tell("r", "token", step="a", token="x" * 8000)
        wait_until(lambda: g.metric("ark_sse_readers_behind") == 1, "it is behind")
        assert g.metric("ark_sse_events_total") < 20, "the rest waits in Redis"
        looks = g.metric("process_cpu_seconds_total"), time.monotonic()
        time.sleep(2.5)  # it was looked at more than twice
        assert g.metric("ark_sse_connections") == 1
        assert g.metric("process_cpu_seconds_total") - looks[0] < 0.5 * (time.monotonic() - looks[1]), "nobody spins"
        g.finish_run("r")
        got = b""
        while b"flow.completed" not in got[-1000:]:
            chunk = slow.recv(1 << 20)
            assert chunk
            got += chunk
        assert got.count(b"event: token\n") == 100
        slow.close()


def test_a_history_that_is_trimmed_under_its_reader(build, redis_server):
    """What a slow reader was to read next is gone: it hears of the gap, and goes on with what is kept."""
    with Gateway(build, redis_server) as g:
        g.set_state("r")
        ids = [g.tell("r", "token", step="a", token="x" * 8000) for _ in range(200)]
        s = g.raw("/runs/default/r/events", receive_buffer=4096)
        got = s.recv(1024)
        wait_until(lambda: g.metric("ark_sse_readers_behind") == 1, "it is behind")
        g.redis.xtrim(f"{P}run:default.r", minid=ids[150])
        while f"id: {ids[-1]}\n".encode() not in got:
            chunk = s.recv(1 << 20)
            assert chunk
            got += chunk
        s.close()
        before, after = got.split(b"event: gap\n")
        last = max(i for i, id in enumerate(ids) if f"id: {id}\n".encode() in before)
        assert last < 149 and f'"requested":"{ids[last]}","firstAvailable":"{ids[150]}"'.encode() in after
        assert [f"id: {id}\n".encode() in after for id in ids] == [False] * 150 + [True] * 50


def test_history_is_read_as_fast_as_the_client_takes_it(build, redis_server):
    """6 MiB of history, a limit of 64 KiB: a client that pauses gets all of it, and is not cut off."""
    with Gateway(build, redis_server, ARK_SSE_MAX_BACKLOG="64KiB") as g:
        g.set_state("r")
        for _ in range(800):
            g.tell("r", "token", step="a", token="x" * 8000)
        g.finish_run("r")
        s = g.raw("/runs/default/r/events", receive_buffer=4096)
        got = s.recv(1024)
        wait_until(lambda: g.metric("ark_sse_events_total") > 5, "it reads ahead")
        sent = -1

        def stands():
            nonlocal sent
            last, sent = sent, g.metric("ark_sse_events_total")
            return last == sent

        wait_until(stands, "and stops")
        assert sent < 801
        while b"flow.completed" not in got[-1000:]:
            chunk = s.recv(1 << 20)
            assert chunk
            got += chunk
        assert got.count(b"event: token\n") == 800
        s.close()


def test_many_readers_cost_one_read(gateway):
    gateway.set_state("r")
    readers = [gateway.raw("/runs/default/r/events") for _ in range(50)]
    wait_until(lambda: gateway.metric("ark_sse_connections") == 50, "all are attached")
    gateway.redis.config_resetstat()
    for i in range(20):
        gateway.tell("r", "token", step="a", token=f"word{i}")
    gateway.finish_run("r")
    for s in readers:
        got = b""
        while b"flow.completed" not in got:
            chunk = s.recv(65536)
            assert chunk
            got += chunk
        s.close()
    reads = gateway.redis.info("commandstats")["cmdstat_xrange"]["calls"]
    assert reads < 40, "21 entries, each read at most once and once in vain"


def test_streams_end_at_once_when_the_gateway_stops(gateway):
    gateway.set_state("r")
    curl = gateway.curl("r")
    read_until(curl, b"tokens off")
    gateway.daemon.process.terminate()
    curl.communicate()
    assert gateway.daemon.process.wait(10) == 0


def test_who_loses_a_gateway_goes_on_with_another(gateway, build, redis_server):
    gateway.set_state("r")
    curl = gateway.curl("r")
    ids = [gateway.tell("r", "token", step="a", token=str(i)) for i in range(5)]
    seen = read_until(curl, ids[-1].encode())
    gateway.daemon.kill()
    seen += curl.communicate()[0]
    ids += [gateway.tell("r", "token", step="a", token=str(i)) for i in range(5, 10)]
    ids.append(gateway.finish_run("r"))
    last = [e[0] for e in events_of(seen)][-1]
    with Gateway(build, redis_server) as other:
        rest = other.run("r", rest="/events", Last_Event_ID=last).body
    assert [e[0] for e in events_of(seen) + events_of(rest)] == ids
