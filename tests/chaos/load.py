"""Callers that do what SPEC 13.8 asks of them: each fire has its Idempotency-Key, and is repeated until it is answered.

    load = Load(fleet, 2000, seed); load.start(); ...; load.join()
    load.promised     n -> name of the run, of every fire that was answered 202
    load.promised_at  n -> when
    load.refused      how often a fire was answered 503 or 429, or not at all
"""

import collections
import http.client
import json
import queue
import random
import threading
import time


class Load:
    CALLERS = 8

    def __init__(self, fleet, count, seed, per_second=None, deadline_s=300):
        self.fleet, self.count, self.seed = fleet, count, seed
        self.per_second, self.deadline_s = per_second, deadline_s
        self.promised, self.promised_at, self.wrong = {}, {}, []
        self.refused = collections.Counter()
        self.todo = queue.Queue()
        self.stopped = threading.Event()

    def start(self):
        self.token = self.fleet.token()
        self.started = time.monotonic()
        for n in range(self.count):
            self.todo.put(n)
        self.threads = [threading.Thread(target=self.call, args=(i,), daemon=True) for i in range(self.CALLERS)]
        for t in self.threads:
            t.start()
        return self

    def join(self):
        for t in self.threads:
            t.join()
        assert not self.wrong, self.wrong[:5]
        return self

    def stop(self):
        """Nothing new; what was begun is repeated until it is answered."""
        self.stopped.set()
        return self.join()

    # --- one caller

    def call(self, caller):
        rng = random.Random(f"{self.seed}/{caller}")
        while not self.stopped.is_set():
            try:
                n = self.todo.get_nowait()
            except queue.Empty:
                return
            if self.per_second:
                time.sleep(max(0, self.started + n / self.per_second - time.monotonic()))
            try:
                self.fire(n, rng)
            except Exception as e:
                self.wrong.append(f"fire {n}: {e!r}")

    def fire(self, n, rng):
        end = time.monotonic() + self.deadline_s
        while time.monotonic() < end:
            status, headers, body = self.ask(n, rng.choice(list(self.fleet.ports.values())))
            if status == 202:
                (run,) = json.loads(body)["runs"]
                self.promised[n] = run
                self.promised_at[n] = time.monotonic()
                return
            self.refused[status] += 1
            if status in (429, 503):
                assert headers["Retry-After"], "it does not say when to come back"
            elif status not in (None, 401, 404):  # it has not read the objects yet
                raise AssertionError(f"{status} {body[:200]}")
            time.sleep(rng.uniform(0.02, 0.2))
        raise AssertionError("no answer in time")

    def ask(self, n, port):
        """(None, ...) when there was no answer."""
        c = http.client.HTTPConnection("127.0.0.1", port, timeout=15)
        try:
            c.request("POST", "/triggers/default/go/fire", json.dumps({"number": f"{n:06}"}),
                      {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json",
                       "Idempotency-Key": f"{self.seed}-{n}"})
            r = c.getresponse()
            return r.status, r.headers, r.read()
        except (OSError, http.client.HTTPException):
            return None, None, None
        finally:
            c.close()
