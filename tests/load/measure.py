"""What processes and Redis use, sampled while a scenario runs."""

import os
import pathlib
import threading
import time

MB = 1 << 20
PAGE_KB = os.sysconf("SC_PAGE_SIZE") // 1024
TICKS = os.sysconf("SC_CLK_TCK")


def memory_kb(pid):
    """(resident, resident and private: RssAnon) of a process."""
    fields = {}
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, value = line.partition(":")
        fields[name] = value
    return int(fields["VmRSS"].split()[0]), int(fields["RssAnon"].split()[0])


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def slope(points):
    """Least squares: change of y per unit of x."""
    n = len(points)
    if n < 2:
        return 0.0
    mean_x, mean_y = sum(x for x, _ in points) / n, sum(y for _, y in points) / n
    below = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / below if below else 0.0


class Sampler:
    """Looks every period: with Sampler(pids, redis) as s: ...; then s.table()."""

    def __init__(self, pids, client, period_s=0.5):
        self.pids, self.client, self.period_s = dict(pids), client, period_s
        self.samples = []  # (seconds since the start, {daemon: (rss, anon, fds)}, redis bytes, keys)
        self.stop = threading.Event()
        self.start = time.monotonic()
        self.thread = threading.Thread(target=self.work, daemon=True)

    def look(self):
        daemons = {name: (*memory_kb(pid), descriptors(pid)) for name, pid in self.pids.items()}
        memory = self.client.info("memory")
        self.samples.append((time.monotonic() - self.start, daemons, memory["used_memory"] // 1024, self.client.dbsize()))

    def work(self):
        while not self.stop.wait(self.period_s):
            try:
                self.look()
            except (OSError, KeyError):  # a process has gone: the scenario will say so
                return

    def __enter__(self):
        self.look()
        self.cpu = {name: cpu_seconds(pid) for name, pid in self.pids.items()}
        self.thread.start()
        return self

    def __exit__(self, *failed):
        self.stop.set()
        self.thread.join()
        if not failed[0]:
            self.look()
            self.cpu = {name: cpu_seconds(pid) - self.cpu[name] for name, pid in self.pids.items()}

    def column(self, name, which):
        return [(at, daemons[name][which]) for at, daemons, _, _ in self.samples]

    def of(self, name):
        """Figures of one daemon, in MB; slopes in KB per minute over the second half."""
        rss, anon, fds = (self.column(name, i) for i in range(3))
        late = len(anon) // 2
        return {
            "rss_before": round(rss[0][1] / 1024, 1), "rss_most": round(max(y for _, y in rss) / 1024, 1),
            "anon_before": round(anon[0][1] / 1024, 1), "anon_most": round(max(y for _, y in anon) / 1024, 1),
            "anon_after": round(anon[-1][1] / 1024, 1), "anon_slope_kb_min": round(slope(anon[late:]) * 60, 1),
            "fds_before": fds[0][1], "fds_most": max(y for _, y in fds), "fds_after": fds[-1][1],
            "cpu_s": round(self.cpu[name], 2),
        }

    def redis(self):
        memory, keys = [(s[0], s[2]) for s in self.samples], [(s[0], s[3]) for s in self.samples]
        late = len(memory) // 2
        return {
            "before": round(memory[0][1] / 1024, 1), "most": round(max(y for _, y in memory) / 1024, 1),
            "after": round(memory[-1][1] / 1024, 1), "slope_kb_min": round(slope(memory[late:]) * 60, 1),
            "keys_before": keys[0][1], "keys_most": max(y for _, y in keys), "keys_after": keys[-1][1],
            "keys_slope_min": round(slope(keys[late:]) * 60, 1),
        }

    def most_anon_mb(self):
        return {name: max(y for _, y in self.column(name, 1)) / 1024 for name in self.pids}

    def most_rss_mb(self):
        return {name: max(y for _, y in self.column(name, 0)) / 1024 for name in self.pids}
