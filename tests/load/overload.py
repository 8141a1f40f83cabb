"""Ten times more than the suite can do, for minutes: what does not fit is told so at the door (429, Retry-After), what was accepted is
done, and nothing grows: not the daemons, not Redis."""

from loaded_suite import LoadedSuite

# Few, so that the bounds are reached at once and what stays flat can be seen within minutes.
BOUNDS = {"ARK_MAX_PENDING_RUNS": 500, "ARK_MAX_ACTIVE_RUNS": 500, "ARK_MAX_ENDED_RUNS": 1000, "ARK_MAX_SPEND_RECORDS": 10000}
ANON_MB = 64


def capacity(suite, runs=1000):
    """Runs per second, with the door wide open."""
    fired = suite.fire_many(count=runs, connections=16)
    return runs / (fired["seconds"] + suite.wait_idle())


def overload(build, folder, seconds=180, times=10, settings=None):
    with LoadedSuite(build, folder, **{**BOUNDS, **(settings or {})}) as suite:
        per_second = capacity(suite, 400)  # below the bounds
        suite.fire_many(seconds=5, connections=64, rate=int(per_second * times))  # every buffer has its size, then
        suite.wait_idle()
        ended = suite.ended_ever()
        with suite.sampler() as sampler:
            fired = suite.fire_many(seconds=seconds, connections=256, rate=int(per_second * times))
            waited = suite.wait_idle()
        ended = suite.ended_ever() - ended
        memory = {name: sampler.of(name) for name in sampler.pids}
        redis = sampler.redis()
    answers = fired["answers"]
    assert set(answers) == {"202", "429"}, fired
    assert fired["no_retry_after"] == fired["lost"] == 0, fired
    assert answers["429"] > answers["202"], fired
    assert ended == fired["accepted"], (ended, fired)
    assert max(sampler.most_anon_mb().values()) < ANON_MB, memory
    return {"capacity_per_s": round(per_second), "fired": fired, "ended_after_s": round(waited, 1), "ended": ended,
            "memory_mb": memory, "redis": redis}
