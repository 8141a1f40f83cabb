"""How long a finished step waits for the next one, at 200 runs a second.

Fires come at fixed times, whatever the suite answers. By MONITOR, whose lines carry the microseconds of Redis' own clock: from the append
of task.finished to `runs` until the append of the next step's step.started, which is part of the commit that claims it. Being watched
makes every command a little slower, for the baseline too.
"""

import contextlib
import re
import socket
import threading

from figure import Figure, measures, median_of
from plain import plain_streams
from suite_up import suite_up

RATE, SECONDS = 200, 5
NEXT = {"a": "b", "b": "c"}
WORD = re.compile(rb'"((?:[^"\\]|\\.)*)"')


class Monitor(threading.Thread):
    """Keeps what MONITOR says; looks into it only afterwards."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.socket, self.said = socket.socket(socket.AF_UNIX), bytearray()
        self.socket.connect(str(path))
        self.socket.sendall(b"MONITOR\r\n")
        self.start()

    def run(self):
        while piece := self.socket.recv(1 << 20):
            self.said += piece

    def stop(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.join()
        self.socket.close()
        return bytes(self.said).split(b"\r\n")


@contextlib.contextmanager
def monitored(path, lines):
    monitor = Monitor(path)
    try:
        yield
    finally:
        lines += monitor.stop()


def waits_ms(lines):
    """Of each finished step until the next step of its run started."""
    finished, waits = {}, []
    for line in lines:
        if b'"XADD"' not in line or not (b'"task.finished"' in line or b'"step.started"' in line):
            continue
        at_ms = float(line[1:].split(b" ", 1)[0]) * 1000
        words = [w.decode() for w in WORD.findall(line)]
        fields = dict(zip(words[words.index("type")::2], words[words.index("type") + 1::2]))
        if fields["type"] == "task.finished":
            finished[fields["run"], NEXT.get(fields["step"])] = at_ms
        elif (words[1].rsplit(".", 1)[1], fields["step"]) in finished:
            waits.append(at_ms - finished[words[1].rsplit(".", 1)[1], fields["step"]])
    assert len(waits) == RATE * SECONDS * len(NEXT), f"{len(waits)} hand-overs seen"
    return sorted(waits)


def percentiles(path, run_some):
    lines = []
    with monitored(path, lines):
        run_some()
    waits = waits_ms(lines)
    return [waits[len(waits) // 2], waits[len(waits) * 99 // 100]]


def once(suite):
    def run_some():
        want = suite.ended() + RATE * SECONDS
        said = suite.fire_many(RATE * SECONDS, rate=RATE)
        assert said["late_ms"] < 100, said
        suite.wait_ended(want)

    return percentiles(suite.state / "redis.sock", run_some)


@measures("handover_p50", "handover_p99")
def handover(build):
    with suite_up(build, "three.yaml") as suite:
        suite.fire_many(RATE, rate=RATE)
        suite.wait_ended(RATE)
        p50, p99 = median_of(3, lambda: once(suite))
    with plain_streams(build) as plain:
        plain_50, plain_99 = median_of(3, lambda: percentiles(plain.server.socket,
                                                              lambda: plain.request(RATE * SECONDS, RATE)))
    baseline = "the same on bare Redis streams"
    yield Figure("handover_p50", p50, "ms", at_most=1, baseline=baseline, baseline_value=plain_50)
    yield Figure("handover_p99", p99, "ms", at_most=5, baseline=baseline, baseline_value=plain_99)
