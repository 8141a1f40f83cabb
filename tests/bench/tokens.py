"""How long a token takes from the socket of the model to the socket of the reader: agent, Redis and gateway are between them."""

import json
import subprocess

from figure import Figure, measures, median_of
from private_redis import free_port
from suite_up import suite_up

SECONDS = 5


def once(build, model_port, port, path, token, streams, rate):
    """[p50, p99] in ms of so many streams with so many tokens a second each."""
    args = [build / "tests/bench/token_path", model_port, port, path, token, streams, rate * SECONDS, rate]
    done = subprocess.run(list(map(str, args)), capture_output=True, text=True, timeout=90)
    assert done.returncode == 0, done.stdout + done.stderr
    said = json.loads(done.stdout)
    return [said["p50_ms"], said["p99_ms"]]


@measures("token_p50", "token_p99", "token_p99_of_20_streams")
def tokens(build):
    model = free_port()
    with suite_up(build, "speak.yaml", mock=False, OPENAI_BASE_URL=f"http://127.0.0.1:{model}/v1",
                  OPENAI_API_KEY="none") as suite:
        def through(streams, rate):
            return once(build, model, suite.base + 12, "/triggers/default/speak/fire?mode=sse", suite.token("speak"), streams,
                        rate)

        p50, p99 = median_of(3, lambda: through(1, 1000))
        _, many_99 = median_of(3, lambda: through(20, 50))
    _, direct_99 = median_of(3, lambda: once(build, model, model, "/", "-", 1, 1000))
    baseline = "the model's socket read directly"
    yield Figure("token_p50", p50, "ms")
    yield Figure("token_p99", p99, "ms", at_most=5, baseline=baseline, baseline_value=direct_99)
    yield Figure("token_p99_of_20_streams", many_99, "ms", at_most=5)
