"""The suite that the scenarios press on: `ark up` with team.yaml, and the load programs."""

import json
import pathlib
import subprocess
import sys
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "system"), str(HERE.parent / "component")]

from measure import Sampler  # noqa: E402
from private_redis import die_with_parent, wait_until  # noqa: E402
from suite import RunningSuite  # noqa: E402

P = "ark:{0}:"
# The door's own limits are those of one client and one event; what is behind it is what is measured here.
OPEN_DOOR = {"ARK_EVENT_MAX_RATE": 1000000, "ARK_TRIGGER_RATE": 1000000, "ARK_TRIGGER_BURST": 1000000}


DAEMONS = ("agent", "watcher", "reconciler", "runner", "budget", "notifier", "gateway")  # in the order of their ports


class LoadedSuite(RunningSuite):
    """with LoadedSuite(build, folder, ARK_X=...) as s: s.fire_many(count=5000)"""

    def __init__(self, build, folder, mock="tests/load/mock.json", **settings):
        super().__init__(build / "bin" / "ark", folder / "state", [HERE / "team.yaml"], mock=mock,
                         env={k: str(v) for k, v in {**OPEN_DOOR, **settings}.items()})
        self.tools, self.folder = build / "tests" / "load", folder

    def __enter__(self):
        self.start()
        self.fire("three", mode="sync")  # all that is made at the first use is made
        return self

    def __exit__(self, *_):
        self.stop()

    def daemons(self):
        """Process ids by name: the daemons, without Redis."""
        return {name: pid for name, pid in self.pids().items() if name.startswith("ark-")}

    def sampler(self, **more):
        return Sampler(self.daemons(), self.redis, **more)

    def token_file(self, event):
        self.token(event)
        return self.state / "secrets" / "default" / f"{event}-webhook-token" / "token"

    # --- the load programs

    def client(self, name, *args, **popen):
        return subprocess.Popen([self.tools / name, "--port", str(self.base + 12), *map(str, args)],
                                stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent, **popen)

    def fire_many(self, event="three", query="", **flags):
        """Runs fire.c; {"accepted": ...}. The names of the accepted runs are in self.accepted."""
        names = self.folder / "accepted"
        args = [x for k, v in flags.items() for x in (f"--{k}", v)]
        program = self.client("fire", "--path", f"/triggers/default/{event}/fire{query}", "--token", self.token_file(event),
                              "--runs", names, *args)
        out, _ = program.communicate(timeout=flags.get("seconds", 600) + 120)
        assert program.returncode == 0, "the load program failed"
        self.accepted = names.read_text().split()
        return json.loads(out)

    def readers(self, streams, token, **flags):
        """Starts sse.c with one reader for each of streams ("GET /runs/...")."""
        args = [x for k, v in flags.items() for x in (f"--{k}", v)]
        listing = self.folder / f"streams{len(list(self.folder.iterdir()))}"
        listing.write_text("".join(f"{s}\n" for s in streams))
        return self.client("sse", "--token", token, *args, stdin=open(listing))

    # --- what became of it

    def metric(self, daemon, name):
        """The sum of a metric over its labels."""
        port = self.base + DAEMONS.index(daemon)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith((name + " ", name + "{")))

    def ended_ever(self):
        """Runs that ended: those kept, and those that were swept since."""
        return self.ended() + int(self.metric("runner", "ark_runs_swept_total"))

    def ended(self):
        return self.redis.zcard(P + "runs:ended")

    def phases(self, names):
        """How many of these runs are in which phase; None: not known."""
        pipe, count = self.redis.pipeline(transaction=False), {}
        for name in names:
            pipe.hget(f"{P}run-state:default.{name}", "d")
        for data in pipe.execute():
            phase = json.loads(data)["phase"] if data else None
            count[phase] = count.get(phase, 0) + 1
        return count

    def wait_idle(self, deadline_s=300):
        """Until nothing is under way or waits."""
        def idle():
            pending = int(self.redis.hget(P + "counters", "pending") or 0)
            return not pending and not any(self.redis.zcard(f"{P}runs:{which}") for which in ("active", "waiting"))

        start = time.monotonic()
        wait_until(idle, "all runs have ended", deadline_s)
        return time.monotonic() - start
