"""Ports for `ark up` that no other test has, in this process or another, and that nobody listens on now."""

import random
import socket

COUNT = 20  # of one suite, which needs 14 of them (SPEC 2.12)
# Below what Linux gives to outgoing connections, of which other tests have thousands.
FIRST, END = 20000, 32000
held = []  # who listens on the last port of a block has the block, as long as its process lives


def take(port):
    """The port as a socket that listens; None when somebody has it."""
    s = socket.socket()
    try:
        s.bind(("127.0.0.1", port))
        s.listen()
        return s
    except OSError:
        s.close()
        return None


def is_free(port):
    s = take(port)
    if s:
        s.close()
    return s is not None


def port_base():
    for _ in range(1000):
        base = random.randrange(FIRST, END, COUNT)
        block = take(base + COUNT - 1)
        if block and all(is_free(port) for port in range(base, base + COUNT - 1)):
            held.append(block)
            return base
        if block:
            block.close()
    raise AssertionError("no free ports")
