"""What must be true when a fleet has come to rest: of each promised run, of what was told, of what was paid.

    settle(fleet, load)      waits until nothing is under way, and says what does not come to an end
    audit(fleet, load)       a list of what is wrong; empty when all is well
"""

import collections
import json
import time

from fleet import P, STEPS, output_of
from leftovers import GROUPS, leftovers
from private_redis import wait_until

IDLE_TIMER = "warmup|"  # set when no worker lived; fires into nothing later (STREAMS 4.4)


def flat(rows):
    return [fields for _, fields in rows]


def states(client):
    """name -> state, of every run that Redis knows."""
    keys = sorted(client.scan_iter(P + "run-state:*", count=1000))
    pipe = client.pipeline(transaction=False)
    for k in keys:
        pipe.hget(k, "d")
    return {k.split(".", 1)[1]: json.loads(d) for k, d in zip(keys, pipe.execute())}


def streams_of(client, names):
    pipe = client.pipeline(transaction=False)
    for name in names:
        pipe.xrange(f"{P}run:default.{name}")
    return {name: flat(rows) for name, rows in zip(names, pipe.execute())}


def under_way(fleet):
    """What is not over yet, in words; empty at rest."""
    r, found = fleet.redis, []
    for key in sorted(r.scan_iter(P + "*", count=1000, _type="stream")):
        stream = key[len(P):]
        kind = stream.split(":")[0]
        for group in GROUPS.get(kind, ()):
            rows = [g for g in r.xinfo_groups(key) if g["name"] == group]
            if not rows:
                found.append(f"{stream}: no group {group}")
            elif rows[0]["pending"] or rows[0]["lag"] != 0:
                found.append(f"{stream}: {rows[0]['pending']} pending, lag {rows[0]['lag']}")
    for key in "runs:active", "runs:waiting", "timers:runs", "timers:tasks", "timers:deliveries", "timers:spend":
        members = [m for m in r.zrange(P + key, 0, -1) if not m.startswith(IDLE_TIMER)]
        if members:
            found.append(f"{key}: {len(members)}, as {members[:3]}")
    for group in "agents", "notifier":
        beating = {n.rsplit("#", 1)[0] for n in r.hkeys(P + "heartbeats:" + group)}
        dead = beating - fleet.live_names()
        if dead or len(beating) != r.hlen(P + "heartbeats:" + group):
            found.append(f"heartbeats of the dead: {r.hkeys(P + 'heartbeats:' + group)}")
    return found


def settle(fleet, load, deadline_s=60):
    """Waits for rest; prints on its way there what is not over yet."""
    begun, last = time.monotonic(), [None]

    def at_rest():
        now = under_way(fleet)
        if now != last[0]:
            print(f"{time.strftime('%H:%M:%S')} +{time.monotonic() - begun:.1f} s:", *now[:6], sep="\n    ")
        last[0] = now
        return not now

    try:
        wait_until(at_rest, "rest", deadline_s)
    except AssertionError:
        raise AssertionError(f"it does not come to rest: {last[0][:8]}") from None


# --- what is wrong ----------------------------------------------------------------------------------------

def audit_runs(fleet, load, lost, wrong):
    found = states(fleet.redis)
    promised = {run: n for n, run in load.promised.items()}
    if len(promised) != len(load.promised):
        wrong.append("two fires were promised the same run")
    gone = set(promised) - set(found)
    for run in sorted(gone):
        at = load.promised_at[promised[run]]
        if not lost or not lost[0] <= at <= lost[1]:
            wrong.append(f"{run} was promised and is lost")
    for run in sorted(set(found) - set(promised))[:5]:
        wrong.append(f"{run} runs, and nobody was promised it")
    usages = collections.Counter()
    told = streams_of(fleet.redis, sorted(found))
    for run, state in found.items():
        text = state.get("output", {}).get("text")
        if state["phase"] != "succeeded" or run in promised and text != output_of(promised[run]):
            wrong.append(f"{run}: {state['phase']} {state.get('reason')} {state.get('message')} {text!r}")
            continue
        if not state["usage"].get("estimated"):  # else a call got lost with its worker, and was charged (SPEC 15.10)
            usages[json.dumps(state["usage"], sort_keys=True)] += 1
        done = collections.Counter(e["step"] for e in told[run] if e["type"] == "step.completed")
        ends = [e for e in told[run] if e["type"].startswith("flow.")]
        if done != dict.fromkeys(STEPS, 1) or len(ends) != 1 or told[run][-1] is not ends[0]:
            wrong.append(f"{run}: readers saw {dict(done)} and {len(ends)} ends")
    if len(usages) > 1:
        wrong.append(f"a step's result was taken twice, or not at all: {usages}")
    return found, gone


def audit_events(fleet, found, wrong):
    """In the stream of facts: each started, ended and fired once."""
    events = flat(fleet.redis.xrange(P + "events"))
    count = collections.Counter((e["type"], e["run"]) for e in events if e["type"].startswith("run."))
    for run in found:
        for kind in "run.started", "run.succeeded":
            if count.pop((kind, run), 0) != 1:
                wrong.append(f"{run}: {kind} was not said once")
    if count:
        wrong.append(f"facts about nothing: {list(count)[:3]}")
    fired = collections.Counter(run for e in events if e["type"] == "trigger.fired" for run in json.loads(e["runs"]))
    if fired != dict.fromkeys(found, 1):
        wrong.append(f"fires that were told twice or not: {(fired - collections.Counter(found.keys())).most_common(3)}")
    ended = collections.Counter(e["identity"] for e in events if e["type"] == "delivery.ended"
                                and e["outcome"] == "delivered")
    if len(ended) != len(found) or set(ended.values()) - {1}:
        wrong.append(f"{len(ended)} notifications recorded, {ended.most_common(1)} times, for {len(found)} runs")


def audit_told(fleet, found, ghosts, wrong):
    """What the receiver heard: one message id for each run. A repeated id is what SPEC 16.6 allows after a crash."""
    ids, repeats = collections.defaultdict(set), 0
    for r in fleet.receiver.seen("/told"):
        run = r["json"]["runName"]
        repeats += r["headers"]["webhook-id"] in ids[run]
        ids[run].add(r["headers"]["webhook-id"])
    for run in found:
        if len(ids.pop(run, ())) != 1:
            wrong.append(f"{run}: people were not told once")
    if ids and not ghosts:
        wrong.append(f"people were told of runs that are not there: {sorted(ids)[:3]}")
    return repeats


def audit_money(fleet, found, wrong):
    """Each model call in the ledger once; the sums of a run are its calls. A call that is lost
    with its worker is charged, too, so that both always agree."""
    calls, paid = collections.Counter(), collections.Counter()
    for e in flat(fleet.redis.xrange(P + "ledger")):
        calls[e["call"]] += 1
        paid[e["run"]] += int(e.get("input_tokens", 0)) + int(e.get("output_tokens", 0))
    if calls and max(calls.values()) > 1:
        wrong.append(f"a call is in the ledger twice: {calls.most_common(3)}")
    for run in found:
        sums = fleet.redis.hgetall(f"{P}usage:run:default.{run}")
        total = int(sums.get("all/inputTokens", 0)) + int(sums.get("all/outputTokens", 0))
        if total != paid[run]:
            wrong.append(f"{run}: the sums say {total}, its calls {paid[run]}")
        account = fleet.redis.hgetall(f"{P}account:run:default.{run}")
        if int(account.get("reserved", 0)):
            wrong.append(f"{run}: {account} is still reserved")
        used = sum(found[run]["usage"].get(k, 0) for k in ("input_tokens", "output_tokens"))
        if paid[run] != used:
            wrong.append(f"{run}: {used} tokens used, {paid[run]} paid")
    return sum(calls.values())


def audit(fleet, load, lost=None, ghosts=False):
    """(what is wrong, figures). lost: from when to when a fire was answered that may be lost with the Redis that had it;
    ghosts: people may have been told of such a run, also when nobody was promised it."""
    wrong = []
    found, gone = audit_runs(fleet, load, lost, wrong)
    audit_events(fleet, found, wrong)
    repeats = audit_told(fleet, found, ghosts or lost, wrong)
    calls = audit_money(fleet, found, wrong)
    if fleet.redis.hget(P + "counters", "pending") != "0":
        wrong.append(f"{fleet.redis.hget(P + 'counters', 'pending')} runs are counted as waiting")
    wrong += [f"given up: {e}" for e in flat(fleet.redis.xrange(P + "dead"))[:3]]
    wrong += [f"left over: {words}" for words in leftovers(fleet.redis)]
    wrong += [f"{name}: {line}" for name, line in fleet.broken_promises()[:3]]
    return wrong, {"runs": len(found), "lost": len(gone), "webhooks repeated": repeats, "model calls": calls}
