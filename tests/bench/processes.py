"""What a process costs, from /proc."""

import os
import pathlib

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_s(pid):
    """User and system time so far, in seconds."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


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
