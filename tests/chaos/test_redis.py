"""Redis on a bad day while runs go through: killed, stopped, full, forgetful, cut off. What each may cost is said in
docs/durability.md; here it is shown."""

import os
import random
import time

import pytest

from audit import audit, settle
from cutter import Cutter
from load import Load
from private_redis import free_port, wait_until
from sentinels import sentinel_url, watched_pair

LONG = int(os.environ.get("ARK_CHAOS_RUNS", "0")) > 300
RUNS = 1000 if LONG else 120
SEED = int(os.environ.get("ARK_SEED", "1"))
PER_SECOND = 40


def go_on_until(load, fleet, share):
    """Waits until that share of the fires is answered."""
    wait_until(lambda: len(load.promised) >= share * load.count, f"{share:.0%} of the fires", 120)


def judge(fleet, load, **allowed):
    settle(fleet, load)
    wrong, figures = audit(fleet, load, **allowed)
    print({**figures, "refused": dict(load.refused)})
    assert not wrong, wrong[:10]
    return figures


def kill_again_and_again(server, load, times, rng):
    for i in range(times):
        go_on_until(load, None, (i + 0.5) / (times + 1))
        server.kill()
        time.sleep(rng.uniform(0, 1))
        server.start()


@pytest.mark.parametrize("fsync", ["always", "everysec"])
def test_killed_and_started_again(make_fleet, make_redis, fsync):
    """`always` loses nothing. `everysec` neither, as long as the machine and its disk go on: what was answered is in the
    kernel's hands. (With a disk so slow that a write had to wait for it, up to two seconds.)"""
    server = make_redis(appendfsync=fsync)
    fleet = make_fleet(server)
    load = Load(fleet, RUNS, SEED, per_second=PER_SECOND).start()
    kill_again_and_again(server, load, 20 if LONG else 4, random.Random(SEED))
    until = time.monotonic()
    load.join()
    figures = judge(fleet, load, lost=(0, until) if fsync == "everysec" else None)
    assert figures["lost"] <= RUNS / 4


@pytest.mark.parametrize("how", ["stopped", "paused"])
def test_silent_for_long(make_fleet, redis_server, how):
    """Longer than the deadline of an answer and than the lease of a worker: nothing is taken from anybody who lives."""
    fleet = make_fleet(redis_server)
    load = Load(fleet, RUNS, SEED, per_second=PER_SECOND).start()
    go_on_until(load, fleet, 0.4)
    seconds = 20 if LONG else 7
    if how == "stopped":
        redis_server.pause()
        time.sleep(seconds)
        redis_server.resume()
    else:
        redis_server.client.client_pause(seconds * 1000)
        time.sleep(seconds)
    load.join()
    figures = judge(fleet, load)
    assert figures["model calls"] == 3 * RUNS, "a call was made twice, though nobody died"


def test_out_of_memory_and_back(make_fleet, redis_server):
    """Nothing new is accepted then, what was accepted goes on, and no memory is needed for it."""
    fleet = make_fleet(redis_server)
    load = Load(fleet, RUNS, SEED, per_second=PER_SECOND).start()
    go_on_until(load, fleet, 0.3)
    client = redis_server.client
    client.config_set("maxmemory", 1000000)
    begun = dict(load.promised)
    wait_until(lambda: load.refused[503] > 20, "fires are refused")
    settle(fleet, load)  # those before went through meanwhile
    assert len(load.promised) - len(begun) <= load.CALLERS, "a fire was accepted while Redis was full"
    client.config_set("maxmemory", 0)
    load.join()
    judge(fleet, load)


def test_without_functions(make_fleet, redis_server):
    fleet = make_fleet(redis_server)
    load = Load(fleet, RUNS, SEED, per_second=PER_SECOND).start()
    for i in range(5):
        go_on_until(load, fleet, (i + 1) / 7)
        redis_server.client.function_flush()
    load.join()
    judge(fleet, load)


def test_cut_in_mid_reply(make_fleet, redis_server):
    """Every connection of every daemon ends after a random number of bytes, in the middle of an answer or between two."""
    with Cutter(redis_server.socket, SEED) as cutter:
        fleet = make_fleet(redis_server, url=cutter.url)
        fleet.token()
        load = Load(fleet, RUNS, SEED, per_second=PER_SECOND).start()
        cutter.cut_after(500, 20000)
        cutter.cut_all()
        load.join()
        cutter.cut_after(None, None)
        print("cuts", cutter.cuts)
        assert cutter.cuts > 20
        judge(fleet, load)
        fleet.close()


# --- what is lost with a copy that is a little older (SPEC 2.7) -----------------------------------------------

def replicate(make_redis, through=None):
    """A primary and a replica; `through`: a Cutter between the two."""
    primary = make_redis(port=free_port(), repl_diskless_sync_delay=0)
    port = primary.port
    if through:
        through.lead_to(("127.0.0.1", primary.port))
        port = through.port
    replica = make_redis(port=free_port(), replicaof=f"127.0.0.1 {port}", repl_diskless_sync_delay=0)
    wait_until(lambda: replica.client.info("replication")["master_link_status"] == "up", "the replica is in step")
    return primary, replica


def fail_over_by_hand(primary, replica, link, way_in):
    """The replica misses the last moment of the primary, and takes its place. When it began to miss something."""
    since = time.monotonic()
    link.freeze()
    time.sleep(0.3)
    primary.kill()
    link.lead_to(("127.0.0.1", 1))
    link.release()
    replica.client.replicaof("NO", "ONE")
    way_in.lead_to(replica.socket)
    return since


@pytest.mark.parametrize("wait", [0, 1], ids=["alone", "WAIT"])
def test_failover_to_an_older_copy(make_fleet, make_redis, wait):
    """What was accepted in the last moment is gone, whole: all that is left ends exactly once. With ARK_REDIS_WAIT=1
    nobody was promised it, but people may have been told of it."""
    with Cutter(None, port=free_port()) as link, Cutter(None) as way_in:
        primary, replica = replicate(make_redis, link)
        way_in.lead_to(primary.socket)
        fleet = make_fleet(replica, url=way_in.url, ARK_REDIS_WAIT=wait)
        load = Load(fleet, RUNS, SEED, per_second=PER_SECOND).start()
        go_on_until(load, fleet, 0.5)
        since = fail_over_by_hand(primary, replica, link, way_in)
        until = time.monotonic()
        if wait:
            make_redis(port=free_port(), replicaof=f"127.0.0.1 {replica.port}")
        load.join()
        figures = judge(fleet, load, lost=None if wait else (since - 0.1, until), ghosts=True)
        print("lost", figures["lost"])
        assert bool(figures["lost"]) == (not wait)
        fleet.close()


@pytest.mark.skipif(not LONG, reason="a part of make test-chaos")
def test_failover_by_sentinels(make_fleet, make_redis):
    with watched_pair(make_redis) as (primary, replica, sentinels):
        fleet = make_fleet(replica, url=sentinel_url(sentinels), ARK_REDIS_WAIT=1)
        load = Load(fleet, RUNS, SEED, per_second=PER_SECOND).start()
        go_on_until(load, fleet, 0.5)
        primary.kill()
        wait_until(lambda: replica.client.info("replication")["role"] == "master", "the replica leads", 30)
        primary.start()  # the Sentinels make a replica of it
        load.join()
        judge(fleet, load, ghosts=True)
        fleet.close()


def test_emptied(make_fleet, redis_server):
    """FLUSHALL: what ran is gone, nobody pays for it again, and the suite goes on as on its first day."""
    fleet = make_fleet(redis_server)
    load = Load(fleet, RUNS, SEED, per_second=PER_SECOND).start()
    go_on_until(load, fleet, 0.5)
    redis_server.client.flushall()
    emptied = time.monotonic()
    load.join()
    judge(fleet, load, lost=(0, emptied))
