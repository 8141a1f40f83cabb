"""kube_driver (tests/tools/kube_driver.c): the client of the API server at the end of a pipe."""

import queue
import subprocess
import threading

from private_redis import DEADLINE_S, die_with_parent


class Driver:
    """Watches the collection at `path`; its lines come by next()."""

    def __init__(self, build, config, path):
        self.process = subprocess.Popen([build / "tests/tools/kube_driver", config, path], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, bufsize=1, preexec_fn=die_with_parent)
        self.lines = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.lines.put(line.strip())

    def next(self, count=1, deadline_s=DEADLINE_S):
        got = [self.lines.get(timeout=deadline_s) for _ in range(count)]
        return got[0] if count == 1 else got

    def until(self, line, deadline_s=DEADLINE_S):
        """All lines up to the first one that begins so; the deadline is for each."""
        got = []
        while not got or not got[-1].startswith(line):
            got.append(self.next(deadline_s=deadline_s))
        return got

    def send(self, line):
        self.process.stdin.write(line + "\n")

    def close(self):
        self.process.stdin.close()
        assert self.process.wait(DEADLINE_S) == 0
