"""Readers of the event streams of running teams, some of which never read. All others see every token of their run, in order, and all
readers of one run the same bytes; the gateway stays small; who does not read is dropped by rule (SPEC 13.17)."""

import json

from loaded_suite import P, LoadedSuite
from private_redis import wait_until

ANON_MB = 64


def script(folder, words, delay_ms):
    path = folder / "speak.json"
    path.write_text(json.dumps({"rules": [{"match": "speak", "reply": " ".join(f"word{i:05}" for i in range(words))}],
                                "default": "done", "tokenDelayMs": delay_ms}))
    return path


def running(suite, count):
    names = suite.redis.zrange(P + "runs:active", 0, -1)
    return [n.split(".", 1)[1] for n in names] if len(names) == count else None


def seen_by_runs(seen):
    """What the readers of each run saw: {run: {(events, tokens, digest)}}."""
    runs = {}
    for reader in seen:
        if not reader["silent"]:
            runs.setdefault(reader["run"], set()).add((reader["events"], reader["tokens"], reader["digest"]))
    return runs


def streams(build, folder, runs=100, readers=1000, silent=100, words=1000, delay_ms=60, backlog=4096, stall_s=5):
    """`runs` of the readers fire a run each with mode=sse, the others attach; the silent ones attach to the same runs."""
    settings = {"ARK_SSE_MAX_BACKLOG": backlog, "ARK_SSE_MAX_STALL": f"{stall_s}s"}
    reports = [folder / "fired", folder / "attached"]
    with LoadedSuite(build, folder, mock=script(folder, words, delay_ms), **settings) as suite:
        suite.wait_idle()
        token, admin = suite.token_file("speak"), suite.state / "secrets" / "admin-token"
        with suite.sampler() as sampler:
            fire = ["POST /triggers/default/speak/fire?mode=sse"] * runs
            programs = [suite.readers(fire, token, report=reports[0])]
            names = wait_until(lambda: running(suite, runs), "the runs are under way", 60)
            attach = [f"GET /runs/default/{names[i % runs]}/events" for i in range(silent + readers - runs)]
            programs.append(suite.readers(attach, admin, silent=silent, report=reports[1]))
            told = [json.loads(p.communicate(timeout=600)[0].splitlines()[-1]) for p in programs]
            suite.wait_idle()
            stalled = int(suite.metric("gateway", "ark_sse_readers_stalled_total"))
    seen = [json.loads(line) for path in reports for line in path.read_text().splitlines()]
    by_run = seen_by_runs(seen)
    result = {"readers": told, "stalled": stalled, "gateway": sampler.of("ark-gateway"), "agent": sampler.of("ark-agent"),
              "different": sum(len(v) > 1 for v in by_run.values())}
    assert sum(t["ended"] for t in told) == readers and not sum(t["faults"] for t in told), result
    assert told[1]["silent_dropped"] == stalled == silent, result
    assert len(by_run) == runs and result["different"] == 0, result
    assert all(tokens > 0 for v in by_run.values() for _, tokens, _ in v), by_run  # sse.c compares their texts with the outputs
    assert max(sampler.most_anon_mb().values()) < ANON_MB, sampler.most_anon_mb()
    return result
