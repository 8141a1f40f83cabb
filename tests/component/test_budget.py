"""ark-budget against a real Redis: sums of settled calls, and reservations that expire."""

import datetime
import signal

import pytest

from daemons import P, Daemon, Suite
from private_redis import wait_until


def settled(n, run="r", model="gpt-4o", **more):
    return {"type": "call.settled", "namespace": "default", "call": f"default.{run}/a/1/{n}.1",
            "model": model, "run": run, "team": "blog", "agent": "writer",
            "input_tokens": 1000, "output_tokens": 100, **more}


def spend(suite, *messages):
    args = []
    for m in messages:
        flat = [str(x) for pair in m.items() for x in pair]
        args += ["append", "spend", len(flat), *flat]
    suite.call("commit", "-", "-", "-", "-", *args)


def usage_of_run(suite, run="r"):
    return suite.redis.hgetall(f"{P}usage:run:default.{run}")


def wait_calls(suite, n, run="r"):
    wait_until(lambda: usage_of_run(suite, run).get("all/calls") == str(n), f"{n} calls of {run}")
    return usage_of_run(suite, run)


@pytest.fixture
def suite(build, redis_server):
    with Daemon(build, "ark-budget", redis_server.url):
        s = Suite(redis_server)
        s.wait_library()
        yield s


def test_sums_of_run_and_day(suite):
    spend(suite, settled(1), settled(2, model="gpt-4o-mini", estimated="true"))
    spend(suite, settled(3, agent="critic"))
    run = wait_calls(suite, 3)
    # 2 * (1000 * 2.50 + 100 * 10) + 1000 * 0.15 + 100 * 0.60 micro-units
    assert run["all/micros"] == "7210"
    assert run["all/estimated"] == "1"
    assert (run["model/gpt-4o/calls"], run["model/gpt-4o-mini/micros"]) == ("2", "210")
    today = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d")
    day = suite.redis.hgetall(f"{P}usage:day:default.{today}")
    assert (day["team/blog/calls"], day["agent/critic/inputTokens"]) == ("3", "1000")
    assert suite.redis.pttl(f"{P}usage:day:default.{today}") > 399 * 86400_000
    assert 0 < suite.redis.pttl(f"{P}usage:run:default.r") <= 90 * 86400_000


def test_each_call_is_recorded_and_the_oldest_go(build, redis_server):
    with Daemon(build, "ark-budget", redis_server.url, ARK_MAX_SPEND_RECORDS=3):
        suite = Suite(redis_server)
        suite.wait_library()
        spend(suite, settled(1, step="draft"))
        wait_calls(suite, 1)
        record = suite.entries("ledger")[0]
        assert {k: record[k] for k in ("type", "run", "step", "call", "model", "cost_micros")} == {
            "type": "call.priced", "run": "r", "step": "draft", "call": "default.r/a/1/1.1", "model": "gpt-4o",
            "cost_micros": "3500"}
        n = 1

        def trimmed():
            nonlocal n
            n += 1
            spend(suite, settled(n))
            wait_calls(suite, n)
            calls = [e["call"] for e in suite.entries("ledger")]
            return n > 4 and len(calls) <= 4 and record["call"] not in calls

        wait_until(trimmed, "three records, and perhaps one more that is not trimmed yet")


def test_unknown_price_is_told_once_per_run_and_model(suite):
    spend(suite, settled(1, model="acme"), settled(2, model="acme"), settled(3, model="acme/2"))
    wait_calls(suite, 3)
    spend(suite, settled(4, model="acme"), settled(1, run="other", model="acme"))
    wait_calls(suite, 4)
    wait_calls(suite, 1, "other")
    noted = [(e["run"], e["reason"], e["message"].split()[1]) for e in suite.entries("events")]
    assert noted == [("r", "UnknownModelPrice", "acme"), ("r", "UnknownModelPrice", "acme/2"),
                     ("other", "UnknownModelPrice", "acme")]


def test_an_expired_reservation_is_charged_whole_and_once(suite):
    suite.call("commit", "-", "-", "-", "-", "account", "run:default.r", "5000")
    assert suite.call("reserve", "call-1", "run:default.r", 100, 400, 200)[0] == "granted"
    account = f"{P}account:run:default.r"
    wait_until(lambda: suite.redis.hget(account, "spent") == "500", "the charge")
    assert suite.redis.hget(account, "reserved") == "0"
    suite.call("settle", "call-1", 120)  # SPEC 15.10: corrected once
    suite.call("settle", "call-1", 300)
    assert suite.redis.hget(account, "spent") == "120"


def test_what_is_no_spend_is_parked_alone(suite):
    odd = {"type": "run.cancelled", "namespace": "default", "run": "r"}
    spend(suite, settled(1), odd, settled(2))
    wait_calls(suite, 2)
    wait_until(lambda: suite.entries("dead"), "the dead letter")
    assert [e["from"] for e in suite.entries("dead")] == ["spend"]


def test_killed_in_mid_batch_counts_nothing_twice(build, redis_server):
    s = Suite(redis_server)
    total = 2000
    daemons = [Daemon(build, "ark-budget", redis_server.url, ARK_PROCESS_NAME=f"b{i}").start()
               for i in range(2)]
    try:
        s.wait_library()
        for i in range(0, total, 20):
            spend(s, *[settled(n) for n in range(i, i + 20)])
            if i % 400 == 0:
                daemons[i // 400 % 2].kill(signal.SIGKILL)
                daemons[i // 400 % 2].start()
        wait_calls(s, total)
        wait_until(lambda: s.redis.xpending(P + "spend", "budget")["pending"] == 0, "no pending entry")
        assert usage_of_run(s)["all/calls"] == str(total)
    finally:
        for d in daemons:
            d.kill(signal.SIGKILL)
