"""kill -9 of any daemon, or of all of them, while runs go through: SPEC 2.2."""

import os
import time

from audit import audit, settle
from load import Load
from trouble import Killer

RUNS = int(os.environ.get("ARK_CHAOS_RUNS", "300"))
SEED = int(os.environ.get("ARK_SEED", "1"))


def test_every_run_ends_exactly_once(make_fleet, redis_server):
    fleet = make_fleet(redis_server)
    load = Load(fleet, RUNS, SEED, per_second=60).start()
    begun = time.monotonic()
    with Killer(fleet, SEED) as killer:
        load.join()
    settle(fleet, load)
    wrong, figures = audit(fleet, load)
    print({**figures, "kills": killer.kills, "refused": dict(load.refused), "seconds": round(time.monotonic() - begun, 1)})
    assert not wrong, wrong[:10]
