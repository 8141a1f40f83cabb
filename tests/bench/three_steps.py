"""A suite to measure: Redis and daemons, with a team of three steps in a row and a mock model that answers at once."""

import json
import time

from daemons import Daemon, Suite, agent
from private_redis import RedisServer, wait_until

P = "ark:{0}:"


def steps(*names):
    return {
        "roles": [{"name": n, "arkAgent": "worker"} for n in names],
        "pipeline": [{"role": n, "inputs": {"prompt": f"{n} {{{{ .input.n }}}}"},
                      **({"dependsOn": [names[i - 1]]} if i else {})} for i, n in enumerate(names)],
    }


class ThreeSteps:
    def __init__(self, build):
        self.build = build
        self.daemons = []
        self.number = 0
        self.server = RedisServer().start()
        try:
            self.start()
        except BaseException:
            self.close()
            raise

    def start(self):
        url = self.server.url
        self.daemons.append(Daemon(self.build, "ark-runner", url).start())
        suite = Suite(self.server)
        suite.wait_library()
        self.daemons.append(Daemon(self.build, "ark-agent", url, AGENT_PROVIDER="mock", ARK_MOCK="{}").start())
        self.daemons.append(Daemon(self.build, "ark-budget", url).start())
        suite.publish("ArkAgent", "worker", agent(limits={"maxConcurrentTasks": 1000}))
        suite.publish("ArkTeam", "three", steps("a", "b", "c"))
        self.run_some(20)

    def close(self):
        for d in self.daemons:
            d.kill()
        self.server.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @property
    def redis(self):
        return self.server.client

    def request_some(self, count):
        """Plays the gateway; answers the names of the runs."""
        pipe = self.redis.pipeline(transaction=False)
        names = []
        for _ in range(count):
            self.number += 1
            names.append(f"r{self.number}")
            message = {"type": "run.requested", "namespace": "default", "run": names[-1], "team": "three",
                       "input": json.dumps({"n": self.number})}
            flat = [x for pair in message.items() for x in pair]
            pipe.execute_command("FCALL", "ark_1_admit", 0, "-", "-", "-", "-", "count", "counters", "pending", "1",
                                 "append", "runs", len(flat), *flat)
        pipe.execute()
        return names

    def ended(self):
        return self.redis.zcard(P + "runs:ended")

    def run_some(self, count):
        """Seconds until so many runs have ended."""
        want = self.ended() + count
        start = time.monotonic()
        self.request_some(count)
        wait_until(lambda: self.ended() >= want, f"{count} runs", 120)
        return time.monotonic() - start
