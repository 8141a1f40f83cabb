"""Who cleans what: every key of a suite at rest, by the rule of proto/streams.md that says how it goes.

A key is fine when it expires, or when its rule's check says that something which is there owns it. What no rule knows is
left over for ever.
"""

import json
import re

P = "ark:{0}:"
GROUPS = {"runs": ["runner"], "tasks": ["agents"], "spend": ["budget"], "events": ["notifier", "reconciler"],
          "deliveries": ["notifier"]}
INBOX_KEPT = 2000      # STREAMS 6.1
DAY_MS = 86400 * 1000
LONGEST_MS = 3650 * DAY_MS


class Census:
    """All keys with type and time to live, and what the checks look at."""

    def __init__(self, client):
        self.redis = client
        names = sorted(client.scan_iter(count=1000))
        pipe = client.pipeline(transaction=False)
        for name in names:
            pipe.type(name)
            pipe.pttl(name)
        answers = pipe.execute()
        self.types = dict(zip(names, answers[0::2]))
        self.ttls = dict(zip(names, answers[1::2]))
        self.keys = {n[len(P):] for n in names if n.startswith(P)}
        self.foreign = [n for n in names if not n.startswith(P)]
        self.ended = set(client.zrange(P + "runs:ended", 0, -1))
        self.active = set(client.zrange(P + "runs:active", 0, -1)) | set(client.zrange(P + "runs:waiting", 0, -1))
        self.now_ms = client.time()[0] * 1000
        self.objects = set(client.hkeys(P + "snapshot"))

    def members(self, key):
        return self.redis.zrange(P + key, 0, -1)


# --- checks: None, or what is wrong -----------------------------------------------------------------------------

def inbox(c, key):
    """6.1: its group trims it."""
    for name in GROUPS[key.split(":")[0]]:
        groups = [g for g in c.redis.xinfo_groups(P + key) if g["name"] == name]
        if not groups:
            return f"no group {name} reads it"
        if groups[0]["pending"] or groups[0]["lag"] != 0:
            return f"group {name}: {groups[0]['pending']} pending, lag {groups[0]['lag']}"
    if c.redis.xlen(P + key) > INBOX_KEPT + 200:
        return f"{c.redis.xlen(P + key)} handled entries are kept"
    return None


def log(c, key):
    """6.2, 6.5: by age and number, once its groups have it."""
    return inbox(c, key) if key == "events" and c.redis.xlen(P + key) <= INBOX_KEPT else None


def of_ended_run(c, key):
    """6.3: the sweep finds it through runs:ended."""
    run = key.split(":", 1)[1]
    run = run[4:] if run.startswith("run:") else run
    return None if run in c.ended or run in c.active else "no list of runs names it"


def ended_runs(c, key):
    lost = [r for r in c.members(key) if f"run-state:{r}" not in c.keys]
    return f"no such run: {lost[:3]}" if lost else None


def timers(c, key):
    """4.1: each is due within the longest patience there is, and goes when it fires."""
    late = [m for m, at in c.redis.zrange(P + key, 0, -1, withscores=True) if at > c.now_ms + DAY_MS]
    return f"due in more than a day: {late[:3]}" if late else None


def empty(c, key):
    """Members come and go with runs; at rest there are none, and a key without members is not there."""
    return f"{c.members(key)[:3]}"


def delayed(c, key):
    """4.5: each entry has its timer."""
    lost = set(c.redis.hkeys(P + key)) - set(c.members("timers:tasks"))
    return f"no timer for {sorted(lost)[:3]}" if lost else None


def reservation(c, key):
    """6.4: expires once settled; an open one has a timer."""
    open_ones = set(c.members("timers:spend"))
    return None if f"expire|{key.split(':', 1)[1]}" in open_ones else "no timer will ever close it"


def of_objects(c, key):
    """2.1: one field for each object that there is."""
    lost = set(c.redis.hkeys(P + key)) - c.objects
    return f"no such object: {sorted(lost)[:3]}" if lost else None


def of_object(c, key):
    return None if key.split(":", 1)[1] in c.objects else "no such object"


def fixed(c, key):
    return None


# What is known, in the order of proto/streams.md. Keys that match nothing are left over.
RULES = [
    ("6.1", r"runs|spend|deliveries|tasks:[^:]+", "stream", inbox),
    ("6.2", r"events|objects|dead", "stream", log),
    ("6.5", r"ledger", "stream", log),
    ("6.3", r"run:.+", "stream", of_ended_run),
    ("4.1", r"timers:(runs|spend|tasks|deliveries)", "zset", timers),
    ("4.5", r"timers:tasks:entries", "hash", delayed),
    ("6.3", r"run-state:.+", "hash", of_ended_run),
    ("6.3", r"account:run:.+", "hash", of_ended_run),
    ("6.3", r"runs:ended", "zset", ended_runs),
    ("8", r"runs:(active|waiting)", "zset", empty),
    ("8", r"event-runs:.+", "zset", empty),
    ("8", r"counters", "hash", fixed),
    ("6.4", r"reservation:.+", "hash", reservation),
    ("5.2", r"heartbeats:(agents|notifier)", "hash", fixed),
    ("5.2", r"beats|boots", "string", fixed),
    ("7.1", r"leader:watcher", "hash", fixed),
    ("7.2", r"snapshot|snapshot:versions", "hash", of_objects),
    ("8", r"status", "hash", of_objects),
    ("8", r"object:.+", "hash", of_object),
    ("8", r"seen:.+|first-seen.*", "hash", fixed),
]
# What must expire: a key of these without time to live is left over.
EXPIRE = (r"run:.+|plan:.+|text:.+|task:.+|once:.+|fire-key:.+|fire-keys:.+|admitted:.+|asked:.+|usage:(run|day):.+|"
          r"unpriced:.+|notify-rate:.+|receiver:.+|gone:.+|mail:.+|reservation:.+|object:ArkRun/.+")


def judge(c, key):
    if c.ttls[P + key] >= 0:
        if not re.fullmatch(EXPIRE, key):
            return "expires, and no rule says so"
        return None if c.ttls[P + key] <= LONGEST_MS else "expires too late"
    for rule, pattern, kind, check in RULES:
        if re.fullmatch(pattern, key):
            if c.types[P + key] != kind:
                return f"STREAMS {rule}: {c.types[P + key]}, not {kind}"
            words = check(c, key)
            return f"STREAMS {rule}: {words}" if words else None
    return "nothing will ever clean it"


def leftovers(client):
    """What is left over, in words."""
    c = Census(client)
    found = [f"{name}: not below {P}" for name in c.foreign]
    for key in sorted(c.keys):
        words = judge(c, key)
        if words:
            found.append(f"{key}: {words}")
    return found
