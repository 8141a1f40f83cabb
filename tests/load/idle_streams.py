"""Very many readers of runs in which nothing happens: what each costs, and that the gateway still answers others."""

import json
import time

from loaded_suite import LoadedSuite
from measure import cpu_seconds, memory_kb
from streams import script

RSS_MB = 200


def idle_streams(build, folder, readers=10000, runs=1000, watch_s=40):
    with LoadedSuite(build, folder, mock=script(folder, 100, 60000)) as suite:
        suite.wait_idle()
        gateway = suite.daemons()["ark-gateway"]
        fired = suite.fire_many("speak", count=runs, connections=32)
        assert fired["accepted"] == runs, fired
        before = memory_kb(gateway)
        attach = [f"GET /runs/default/{suite.accepted[i % runs]}/events" for i in range(readers)]
        program = suite.readers(attach, suite.state / "secrets" / "admin-token", seconds=watch_s + 60)
        attached = json.loads(program.stdout.readline())
        after = memory_kb(gateway)
        cpu, start = cpu_seconds(gateway), time.monotonic()
        slowest = 0
        while time.monotonic() - start < watch_s:
            asked = time.monotonic()
            assert suite.call(f"/runs/default/{suite.accepted[0]}", suite.admin_token).status == 200
            slowest = max(slowest, time.monotonic() - asked)
            time.sleep(0.2)
        cpu = (cpu_seconds(gateway) - cpu) / (time.monotonic() - start)
        later = memory_kb(gateway)
        program.terminate()
    assert attached == {"attached": readers}, attached
    assert max(after[0], later[0]) < RSS_MB * 1024, (before, after, later)
    return {"attached": readers, "runs": runs, "rss_mb": [round(m[0] / 1024, 1) for m in (before, after, later)],
            "anon_mb": [round(m[1] / 1024, 1) for m in (before, after, later)],
            "anon_kb_each": round((after[1] - before[1]) / readers, 1), "gateway_cpu_percent": round(cpu * 100, 1),
            "slowest_answer_ms": round(slowest * 1000)}
