"""Daemons that are stopped in the middle of what they do, for longer than their lease, and then go on: what they still
believe to hold was taken over, and nothing of it may count (SPEC 7.3, STREAMS 3.3, 5.3)."""

import os
import random
import signal
import time

from audit import audit, settle
from fleet import DAEMONS, LEASE_S
from load import Load

LONG = int(os.environ.get("ARK_CHAOS_RUNS", "0")) > 300
RUNS = 1200 if LONG else 200
SEED = int(os.environ.get("ARK_SEED", "1"))


def test_stopped_for_longer_than_a_lease(make_fleet, redis_server):
    """Of each daemon one copy is stopped at a random moment; the other has to do everything, and then hears both."""
    rng = random.Random(SEED)
    fleet = make_fleet(redis_server)
    load = Load(fleet, RUNS, SEED, per_second=RUNS / (60 if LONG else 11)).start()
    for turn in range(8 if LONG else 2):
        time.sleep(rng.uniform(0, 1))
        stopped = [fleet.copies[f"{d}/{(turn + rng.randrange(2)) % 2}"] for d in DAEMONS if d != "ark-gateway"]
        for copy in stopped:
            copy.signal(signal.SIGSTOP)
            time.sleep(rng.uniform(0, 0.05))
        time.sleep(LEASE_S + 1.5)
        for copy in stopped:
            copy.signal(signal.SIGCONT)
    load.join()
    settle(fleet, load)
    wrong, figures = audit(fleet, load)
    print({**figures, "refused": dict(load.refused)})
    assert not wrong, wrong[:10]
    taken = sum(line["msg"].startswith("took over") for c in fleet.copies.values() for line in c.log())
    assert taken, "nothing was taken over: the test shows nothing"
