"""Random histories: many small processes on one Redis, and everything that can happen to them.

Runners, workers, budgets, watchers and a gateway are generators that yield one command each; a scheduler, driven by a
seed, runs them in any order, and between any two commands lets one crash, stall, lose an answer, lose a request, or
have a command arrive long after its connection died. Then the faults end, the rest is worked off, and what is left in
Redis is compared with what was promised (DESIGN 2, 3): nothing lost, nothing doubled, money exact, nothing stuck.

    histories.py SOCKET FIRST_SEED HOW_MANY [MUTANT]      against a Redis that may be emptied

A mutant is the library without one of its checks: its histories must go wrong, else this file proves nothing.
"""

import collections
import json
import random
import sys

import redis

from library import P, SOURCE, entry

MUTANTS = {
    "pending": ("if not all_mine(stream, group, me, ids) then return { 'lost' } end", ""),
    "version": ("if v ~= argv[a + 1] then return { 'conflict', short(argv[a]) } end", ""),
    "once": ("if v then return { 'once', v } end", ""),
    "takeover": ("if lives(group, dead, seen) then return { 'alive' } end", ""),
    "requeue": ("if lives(group, dead, argv[4]) then return { 'alive' } end", ""),
    "epoch": ("if not leads(argv[1], argv[2]) then return { 'old' } end", ""),
    "settled": ("if not r[1] or r[1] == 'settled' then return 0 end", "if not r[1] then return 0 end"),
    "places": ("if free_places(argv[a + 1]) <= 0 and not", "if false and not"),
    "ack": ("  local refused = look(argv, 5, c)\n  if refused",
            "  if ids then redis.call('XACK', stream, group, unpack(ids)) end\n"
            "  local refused = look(argv, 5, c)\n  if refused"),
    "own": None,  # a worker does not look what is pending for it
}
GROUPS = {"runs": "runner", "tasks:n.a": "agents", "spend": "budget"}
STEPS = 2          # of a run
ACTIVE = 2         # runs at once
LEASE = 120        # turns of the scheduler without a heartbeat: dead
RESERVED_FOR = 400  # ms
DEAD_AT = {"ark_1_takeover": 6, "ark_1_requeue": 5}  # where these commands name the dead


def library_text(mutant=None):
    text = SOURCE.read_text().replace(
        "local t = redis.call('TIME')\n", "do return tonumber(redis.call('GET', P .. 'now')) end\n  local t = nil\n")
    if mutant and MUTANTS[mutant]:
        old, new = MUTANTS[mutant]
        assert old in text, mutant
        text = text.replace(old, new)
    return text


class Lost(Exception):
    """No answer: the command was done, or not, or will be."""


def call(function, *args):
    return ("FCALL", f"ark_1_{function}", 0, *args)


def flat(*operations):
    return [text for operation in operations for text in operation]


class World:
    def __init__(self, client, seed):
        self.redis, self.rng = client, random.Random(seed)
        self.raw = redis.Redis(connection_pool=client.connection_pool)
        self.raw.response_callbacks.clear()  # answers as they come
        self.turn, self.now, self.faults = 0, 10**6, True
        self.late = []           # (turn, command) of dead connections
        self.wrong = []          # what must not be
        self.keys, self.notes = {}, collections.Counter()  # accepted runs by key; notes said to a run
        self.beaten = {}         # worker: turn of its last heartbeat
        self.usage = {}          # call: tokens that it used
        self.objects = {f"o{i}": 1 for i in range(3)}
        self.serial = 0
        client.flushall()
        client.set(P + "now", self.now)
        for stream, group in GROUPS.items():
            client.xgroup_create(P + stream, group, "0", mkstream=True)
        if self.rng.random() < 0.5:
            client.hset(P + "account:b", "limit", 10**6 if self.rng.random() < 0.5 else 1500)

    def name(self, what):
        self.serial += 1
        return f"{what}{self.serial}"

    def run(self, command):
        try:
            if command[0] == "FCALL" and command[1] == "ark_1_beat":
                self.beaten[command[4]] = self.turn
            answer = self.raw.execute_command(*command)
        except redis.ResponseError as e:
            self.wrong.append(f"{command[:5]}: {e}")
            return None
        if command[0] == "FCALL" and command[1] in DEAD_AT and answer[0] == "ok" and answer[1]:
            dead = command[DEAD_AT[command[1]]]
            if self.turn - self.beaten.get(dead, -LEASE) < LEASE // 2:
                self.wrong.append(f"{dead} was robbed while it lived")
        return answer

    def do(self, command):
        """One command of a process, with all that may become of it."""
        x = self.rng.random() if self.faults else 1
        if command[0] == "FCALL" and command[1] in (*DEAD_AT, "ark_1_admit"):
            x /= 4  # rare calls have their share of faults, too
        if x < 0.02:
            self.run(command)
        elif x < 0.05 and command[0] == "FCALL":
            self.late.append((self.turn + self.rng.randrange(1, 300), command))
        if x < 0.06:
            raise Lost
        return self.run(command)

    def tick(self):
        self.turn += 1
        self.now += self.rng.randrange(0, 4)
        self.redis.set(P + "now", self.now)
        due = [c for at, c in self.late if at <= self.turn]
        self.late = [(at, c) for at, c in self.late if at > self.turn]
        for command in due:
            self.run(command)
        if self.rng.random() < 0.05 and self.faults:
            self.objects[self.rng.choice(list(self.objects))] += 1


# ---- the processes ------------------------------------------------------------------------------------

def fields_of(pairs):
    return dict(zip(pairs[::2], pairs[1::2]))


def load(answer):
    version, data = answer
    return version or "0", json.loads(data) if data else None


def read(stream, me, count=3):
    """A turn of a decider's reading: its own news, or what others left idle."""
    got = yield ("XREADGROUP", "GROUP", GROUPS[stream], me, "COUNT", count, "STREAMS", P + stream, ">")
    rows = got[0][1] if got else (yield call("steal", stream, GROUPS[stream], me, 1, count))
    return [(id, fields_of(pairs)) for id, pairs in rows or []]


def start_step(run, step, key):
    return [["append", "tasks:n.a", *entry("task.requested", namespace="n", run=run, step=step, task=f"{run}.{step}")],
            ["after", "runs", f"timeout|{key}|{step}", 50]]


def decide(state, m, full):
    """The state of a run after a message, and the operations that follow; None: nothing changes."""
    if m["type"] == "timer.fired":
        return (None, []) if not state or state["done"] else ({**state, "timers": state["timers"] + 1}, [])
    run = m["run"]
    if m["type"] == "task.waiting":
        return None, []
    if not state and m["type"] != "task.finished":
        state = {"step": -1, "done": False, "notes": 0, "timers": 0}  # messages overtake each other
    if m["type"] in ("run.requested", "run.admitted"):
        if state["step"] >= 0:
            return None, []
        if full:
            return state, [["wait", f"n.{run}", ACTIVE]]
        return {**state, "step": 0}, [
            ["enter", f"n.{run}", ACTIVE], ["count", "counters", "pending", -1],
            ["append", "events", *entry("run.started", run=run)], *start_step(run, 0, f"n.{run}")]
    if not state:
        return None, []
    if m["type"] == "noted":
        return {**state, "notes": state["notes"] + 1}, []
    if int(m["step"]) != state["step"] or state["done"]:
        return {**state, "notes": -1000}, []  # a result that nobody expects
    untimer = ["untimer", "runs", f"timeout|n.{run}|{m['step']}"]
    if state["step"] + 1 < STEPS:
        return {**state, "step": state["step"] + 1}, [untimer, *start_step(run, state["step"] + 1, f"n.{run}")]
    return {**state, "done": True}, [untimer, ["append", "events", *entry("run.succeeded", run=run)],
                                     ["leave", f"n.{run}", ACTIVE]]


def silent(world, seen, beats):
    """Whose sign has not changed for a lease, with that sign; seen is what this process remembers."""
    signs = dict(zip(beats[::2], beats[1::2]))
    for name in set(seen) - set(signs):
        del seen[name]
    for name, sign in signs.items():
        if name not in seen or seen[name][0] != sign:
            seen[name] = (sign, world.turn)
    return [(name, sign) for name, (sign, since) in seen.items() if world.turn - since > LEASE]


def rescuer(world, me):
    """Of a runner, too: queues again what dead workers hold, whether live ones take it over or not."""
    stream, seen = "tasks:n.a", {}
    while True:
        for name, sign in silent(world, seen, (yield ("HGETALL", P + "heartbeats:agents")) or []):
            answer = yield call("requeue", stream, "agents", name, sign, 10)
            if answer[0] == "ok" and answer[2] != "more":
                yield call("bury", "agents", name, sign)
        yield call("waiting", stream, "agents", "0-0", 10)


def runner(world, me):
    while True:
        yield call("fire", "runs", 10)
        for id, m in (yield from read("runs", me)):
            run, full = m.get("run") or m["timer"].split("|")[1][2:], False
            for _ in range(50):
                key = f"run-state:n.{run}"
                version, state = load((yield ("HMGET", P + key, "v", "d")))
                new, ops = decide(state, m, full)
                keep = ["check", key, version] if new is None else ["state", key, version, json.dumps(new)]
                answer = yield call("commit", "runs", "runner", me, id, *flat(keep, *ops))
                full = answer[0] == "full"
                if answer[0] in ("ok", "lost"):
                    break
        yield call("trim", "runs")


def worker(world, me):
    """Its claim, the call that costs, and the result; what is pending for it comes first."""
    stream, seen = "tasks:n.a", {}
    while True:
        beats = yield call("beat", "agents", me)
        rows = (yield ("XPENDING", P + stream, "agents", "-", "+", 10, me)) or []
        if world.mutant == "own":
            rows = []
        mine = [row[0] for row in rows]
        for name, sign in silent(world, seen, beats):
            if name == me:
                continue
            answer = yield call("takeover", stream, "agents", me, name, sign, 10)
            if answer[0] == "ok":
                mine += [id for id, _ in answer[1]]
                yield call("bury", "agents", name, sign)
        if not mine:
            got = yield ("XREADGROUP", "GROUP", "agents", me, "COUNT", 2, "STREAMS", P + stream, ">")
            mine = [id for id, _ in got[0][1]] if got else []
        for id in mine:
            yield call("beat", "agents", me)
            rows = yield ("XRANGE", P + stream, id, id)
            if rows:  # else somebody else had it, and it is trimmed already
                yield from work(world, me, stream, id, fields_of(rows[0][1]))
        yield call("trim", stream)


def work(world, me, stream, id, m):
    key = f"task:{m['task']}"
    version, state = load((yield ("HMGET", P + key, "v", "d")))
    claims = (state["claims"] if state else 0) + 1
    model = f"{m['task']}/{claims}"
    answer = yield call("commit", stream, "agents", me, id, "keep", "state", key, version,
                        json.dumps({"claims": claims}), "reserve", model, "b", 20, 100, RESERVED_FOR)
    if answer[0] != "ok":
        return
    used = 0
    if answer[2][0] == "granted":
        used = world.usage[model] = 20 + claims * 7 % 90
        if world.rng.random() < 0.5:
            yield call("renew", model, RESERVED_FOR)
    elif answer[2][0] != "refused":
        world.wrong.append(f"{model}: {answer[2]}")
    version = str(int(version) + 1)
    answer = yield call("commit", stream, "agents", me, id, "state", key, version, json.dumps({"claims": claims}),
                        "settle", model, used, "append", "spend", *entry("settled", call=model, used=used),
                        "append", "runs", *entry("task.finished", run=m["run"], step=m["step"], task=m["task"]))
    # Somebody else may have the task; what was used is paid all the same. Saying it twice does no harm.
    while answer[0] != "ok" or world.rng.random() < 0.2:
        try:
            yield call("settle", model, used)
            return
        except Lost:
            pass


def budget(world, me):
    while True:
        yield call("fire", "spend", 10)
        rows = yield from read("spend", me)
        for _ in range(50):
            if not rows:
                break
            version, total = load((yield ("HMGET", P + "usage", "v", "d")))
            lapsed = [["lapse", m["timer"].split("|")[1]] for _, m in rows if m["type"] == "timer.fired"]
            total = (total or 0) + sum(int(m.get("used", 0)) for _, m in rows)
            rows.sort(key=lambda row: [int(n) for n in row[0].split("-")])
            answer = yield call("commit", "spend", "budget", me, ",".join(id for id, _ in rows),
                                *flat(["state", "usage", version, json.dumps(total)], *lapsed))
            if answer[0] in ("ok", "lost"):
                break
        yield call("trim", "spend")


def watcher(world, me):
    """Each connection is a new candidate; who leads lists the world, and then says what it saw."""
    me = world.name(me)
    while True:
        word, epoch = yield call("lead", "watcher", me, 30)
        if word != "leader":
            continue
        said = dict(world.objects)
        yield ("PING",)
        for name, version in said.items():
            answer = yield call("publish", "watcher", epoch, "K", "n", name, version, "u", 1, f"v{version}")
            if answer[0] == "old":
                return


def gateway(world, me):
    """Callers repeat themselves until they hear something."""
    for i in range(4):
        key = f"{me}.{i}"
        while key not in world.keys:
            run = world.name("r")
            try:
                answer = yield call("admit", "-", "-", "-", "-", "once", f"once:{key}", 10**9, run, "free",
                                    f"run-state:n.{run}", "count", "counters", "pending", 1,
                                    "append", "runs", *entry("run.requested", run=run))
                world.keys[key] = run if answer[0] == "ok" else answer[1]
            except Lost:
                pass
        for _ in range(2):
            run = world.keys[key]
            try:
                yield call("commit", "-", "-", "-", "-", "append", "runs", *entry("noted", run=run))
            except Lost:
                pass
    while True:
        yield ("PING",)


CAST = {"runner": (runner, 2), "rescuer": (rescuer, 2), "worker": (worker, 3), "budget": (budget, 2), "watcher": (watcher, 2), "gateway": (gateway, 1)}


class Process:
    def __init__(self, world, kind, number):
        self.world, self.kind, self.name = world, kind, f"{kind}{number}"
        self.asleep_until = 0
        self.life()

    def life(self):
        """A start, or a reconnect: a worker has its name as long as it lives."""
        self.steps, self.command = None, None
        if self.kind == "gateway" and getattr(self, "gateway", None):
            self.steps = self.gateway
        else:
            self.steps = CAST[self.kind][0](self.world, self.name)
            self.gateway = self.steps if self.kind == "gateway" else None
        self.answer, self.fault = None, None

    def crash(self):
        if self.kind == "worker":
            self.name = self.world.name("worker#")
        self.life()

    def turn(self):
        rng = self.world.rng
        if self.asleep_until > self.world.turn:
            return
        if self.world.faults and self.kind != "gateway":
            x = rng.random()
            if x < 0.004:
                self.crash()
                return
            if x < 0.012:
                self.asleep_until = self.world.turn + rng.randrange(5, 3 * LEASE)
                return
        try:
            if self.fault:
                self.fault = None
                command = self.steps.throw(Lost())
            else:
                command = self.steps.send(self.answer)
            self.answer = None
            self.answer = self.world.do(command)
        except Lost:
            if self.kind == "gateway":
                self.fault = True
            else:
                self.life()
        except StopIteration:
            self.life()


# ---- what must hold ------------------------------------------------------------------------------------

def always(world):
    r = world.redis
    if r.zcard(P + "runs:active") > ACTIVE:
        world.wrong.append("more active runs than places")
    for stream, group in GROUPS.items():
        for g in r.xinfo_groups(P + stream):
            left = len(r.xrange(P + stream, "(" + g["last-delivered-id"], "+"))
            if g["lag"] != left:
                world.wrong.append(f"{stream}: lag {g['lag']} where {left} wait")


def at_rest(world):
    r = world.redis
    if world.late or any(g["pending"] or g["lag"] for s in GROUPS for g in r.xinfo_groups(P + s)):
        return False
    return len(world.keys) == 4 and not r.zcard(P + "timers:runs") and not r.zcard(P + "timers:spend") and \
        r.hgetall(P + "snapshot") == {f"K/n/{k}": f"v{v}" for k, v in world.objects.items()}


def at_the_end(world):
    r, wrong = world.redis, world.wrong
    events = collections.Counter((e["type"], e["run"]) for _, e in r.xrange(P + "events"))
    requested = {k[len(P + "run-state:n."):] for k in r.keys(P + "run-state:*")}
    if requested != set(world.keys.values()):
        wrong.append(f"runs {sorted(requested)} where {sorted(world.keys.values())} were promised")
    for run in requested:
        state = json.loads(r.hget(f"{P}run-state:n.{run}", "d"))
        said = world.noted[run]
        for type in "run.started", "run.succeeded":
            if events[type, run] != 1:
                wrong.append(f"{run}: {events[type, run]} times {type}")
        if not state["done"] or state["notes"] != said:
            wrong.append(f"{run}: {state}, and {said} notes")
    if r.exists(P + "dead"):
        wrong.append(f"parked: {r.xrange(P + 'dead')[:2]}")
    if r.hget(P + "counters", "pending") != "0" or r.exists(P + "runs:active", P + "runs:waiting"):
        wrong.append("places or counters are left over")
    if r.zcard(P + "runs:ended") != len(requested):
        wrong.append("ended runs are missing")
    charged = 0
    for key in r.keys(P + "reservation:*"):
        v = r.hgetall(key)
        if v["state"] == "open":
            wrong.append(f"{key} is open")
        charged += world.usage.get(key[len(P + "reservation:"):], 0) if v["state"] == "settled" else int(v["amount"])
    account = r.hgetall(P + "account:b")
    if account and (int(account.get("reserved", 0)) or int(account.get("spent", 0)) != charged):
        wrong.append(f"account {account}, charged {charged}")
    if account and int(account.get("spent", 0)) > int(account["limit"]):
        wrong.append("more was spent than the limit")
    if json.loads(r.hget(P + "usage", "d") or "0") != world.settled:
        wrong.append(f"usage {r.hget(P + 'usage', 'd')} where {world.settled} was settled")
    last = collections.defaultdict(int)
    for _, e in r.xrange(P + "objects"):
        if int(e["version"]) <= last[e["name"]]:
            wrong.append(f"{e['name']} went back to {e['version']} from {last[e['name']]}")
        last[e["name"]] = int(e["version"])


def watch_streams(world, cursor):
    """Counts what was appended, before it is trimmed."""
    for stream in "runs", "spend":
        for id, e in world.redis.xrange(P + stream, "(" + cursor.get(stream, "0-0"), "+"):
            cursor[stream] = id
            if e["type"] == "noted":
                world.noted[e["run"]] += 1
            world.settled += int(e.get("used", 0))


def history(client, seed, turns=1500, mutant=None):
    """Runs one history; returns what was wrong."""
    world = World(client, seed)
    world.mutant = mutant
    world.noted, world.settled, cursor = collections.Counter(), 0, {}
    processes = [Process(world, kind, i) for kind, (_, n) in CAST.items() for i in range(n)]
    for turn in range(turns + 8000):
        world.faults = turn < turns
        world.tick()
        watch_streams(world, cursor)
        world.rng.choice(processes).turn()
        watch_streams(world, cursor)
        if turn % 50 == 0:
            always(world)
            if not world.faults and at_rest(world):
                break
            if len(world.wrong) > 5:
                return world.wrong
    else:
        world.wrong.append("it did not come to rest")
        return world.wrong
    always(world)
    at_the_end(world)
    return world.wrong


def main():
    client = redis.Redis(unix_socket_path=sys.argv[1], decode_responses=True)
    first, count, mutant = int(sys.argv[2]), int(sys.argv[3]), (sys.argv[4:] or [None])[0]
    client.function_load(library_text(mutant), replace=True)
    bad = 0
    for seed in range(first, first + count):
        wrong = history(client, seed, mutant=mutant)
        bad += bool(wrong)
        if wrong:
            print(f"seed {seed}:", *wrong[:4], sep="\n  ")
    print(json.dumps({"histories": count, "bad": bad, "mutant": mutant}))
    return bad > 0


if __name__ == "__main__":
    sys.exit(main())
