"""Things that happen to processes and to Redis, at moments that a seed decides."""

import random
import threading
import time


class Killer(threading.Thread):
    """kill -9 of a copy, or of all of them, again and again; each is started again a moment later, under its old name or
    under one that nobody had before. At the end of `with` all of them run."""

    def __init__(self, fleet, seed, pause_s=(0.1, 0.8), down_s=(0, 0.6), all_at_once=0.08, reborn=0.3, victims=None):
        super().__init__(daemon=True)
        self.fleet, self.rng = fleet, random.Random(seed)
        self.pause_s, self.down_s, self.all_at_once, self.reborn = pause_s, down_s, all_at_once, reborn
        self.victims = victims or sorted(fleet.copies)
        self.over = threading.Event()
        self.kills = 0
        self.due = []  # (when to start it again, name)

    def run(self):
        while not self.over.is_set():
            self.over.wait(self.rng.uniform(*self.pause_s))
            self.restart(time.monotonic())
            if self.rng.random() < self.all_at_once:
                for name in self.victims:
                    self.kill(name)
            else:
                self.kill(self.rng.choice(self.victims))
        self.restart(float("inf"))

    def kill(self, name):
        if any(n == name for _, n in self.due):
            return
        self.fleet.kill(name)
        self.kills += 1
        self.due.append((time.monotonic() + self.rng.uniform(*self.down_s), name))

    def restart(self, now):
        for row in [row for row in self.due if row[0] <= now]:
            self.due.remove(row)
            self.fleet.restart(row[1], reborn=self.rng.random() < self.reborn)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.join()
