"""A burst: runs as fast as the gateway takes them. All that were accepted end, and no daemon grows beyond its bound."""

from loaded_suite import LoadedSuite

ANON_MB = 64


def burst(build, folder, runs=5000, deadline_s=600):
    with LoadedSuite(build, folder) as suite:
        with suite.sampler() as sampler:
            fired = suite.fire_many(count=runs, connections=64)
            waited = suite.wait_idle(deadline_s)
        phases = suite.phases(suite.accepted)
        memory = {name: sampler.of(name) for name in sampler.pids}
    assert fired["answers"] == {"202": runs}, fired
    assert phases == {"succeeded": runs}, phases
    assert max(sampler.most_anon_mb().values()) < ANON_MB, memory
    return {"fired": fired, "ended_after_s": round(waited, 1), "memory_mb": memory, "redis": sampler.redis()}
