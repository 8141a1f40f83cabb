"""What a process costs, from /proc."""

import pathlib


def cpu_s(pid):
    """Time on a CPU so far of all its threads, in seconds; exact to the nanosecond, unlike the ticks of /proc/<pid>/stat."""
    return sum(int(t.read_text().split()[0]) for t in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


def kilobytes(path, name):
    for line in pathlib.Path(path).read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1])
    raise KeyError(name)


def rss_anon_mb(pid):
    """Memory that is its own: heap and stack, without what it maps from files."""
    return kilobytes(f"/proc/{pid}/status", "RssAnon") / 1024


def pss_mb(pid):
    """Its own and its share of what several processes have mapped."""
    return kilobytes(f"/proc/{pid}/smaps_rollup", "Pss") / 1024
