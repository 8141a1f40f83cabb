"""The function library under random histories; and each of its checks taken away, to show that histories notice."""

import os
import time

import pytest

import histories
from private_redis import RedisServer

SECONDS = float(os.environ.get("ARK_HISTORIES_SECONDS", "15"))
MUTANT_HISTORIES = 90  # by then each mutant was caught, with room to spare


@pytest.fixture(scope="module")
def client():
    with RedisServer(appendonly="no") as server:
        yield server.client


def test_random_histories(client):
    """The same ones every time; ARK_SEED=n begins elsewhere, or runs one again."""
    client.function_load(histories.library_text(), replace=True)
    again = os.environ.get("ARK_SEED")
    seed, end, count = int(again or 1000), time.monotonic() + SECONDS, 0
    while time.monotonic() < end:
        wrong = histories.history(client, seed + count)
        assert not wrong, f"ARK_SEED={seed + count} runs this history again"
        count += 1
    print(f"{count} histories from seed {seed}")


@pytest.mark.parametrize("mutant", histories.MUTANTS)
def test_each_check_is_needed(client, mutant):
    client.function_load(histories.library_text(mutant), replace=True)
    for seed in range(1, MUTANT_HISTORIES):
        if histories.history(client, seed, mutant=mutant):
            return
    raise AssertionError(f"{MUTANT_HISTORIES} histories do not notice that the check is gone")
