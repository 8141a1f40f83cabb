"""The languages beside their reference implementations, on the same cases: the vectors of tests/vectors/data.

Ours is tests/bench/languages.c, theirs are the programs that made the vectors (Go, tests/vectors). Where Go or its modules are missing
the figures have no baseline.
"""

import functools
import json
import pathlib
import shutil
import subprocess
import sys

from figure import Figure, measures, median_of

TOP = pathlib.Path(__file__).resolve().parents[2]
VECTORS = TOP / "tests" / "vectors"


@functools.cache
def references(build):
    """The folder of the Go programs, or None."""
    folder = build / "vectors"
    if not shutil.which("go"):
        print("languages: no Go here, so no baselines", file=sys.stderr)
        return None
    folder.mkdir(exist_ok=True)
    done = subprocess.run(["go", "build", "-o", f"{folder}/", "./..."], cwd=VECTORS, capture_output=True, text=True, timeout=600)
    if done.returncode:
        print(f"languages: no baselines: {done.stderr.strip()}", file=sys.stderr)
        return None
    return folder


def output_of(command, folder):
    return json.loads(subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True, timeout=120).stdout)


def beside(build, language, data=None):
    """Name -> (ours, theirs) of a language; theirs is None without Go. Medians of three, one after the other."""
    names = sorted(output_of([build / "tests/bench/languages", language, *([TOP / data] if data else [])], TOP))
    folder = references(build)

    def once():
        ours = output_of([build / "tests/bench/languages", language, *([TOP / data] if data else [])], TOP)
        theirs = output_of([folder / language, "-bench", *([TOP / data] if language != "cron" else [])], VECTORS) if folder else {}
        return [ours[n] for n in names] + [theirs.get(n, 0) for n in names]

    values = median_of(3, once)
    return {n: (values[i], values[len(names) + i] or None) for i, n in enumerate(names)}


def figures(found, baseline, **goals):
    for name, (ours, theirs) in found.items():
        yield Figure(name, ours, "1/s", baseline=theirs and baseline, baseline_value=theirs,
                     ratio_at_least=goals.get(name) if theirs else None)


@measures("templates_parsed", "templates_run")
def templates(build):
    found = beside(build, "template", "tests/vectors/data/template.jsonl")
    yield from figures(found, "Go text/template", templates_parsed=3, templates_run=3)


@measures("schemas_compiled", "schemas_validated")
def schemas(build):
    found = beside(build, "schema", "tests/vectors/data/schema.jsonl")
    yield from figures(found, "santhosh-tekuri/jsonschema", schemas_compiled=3, schemas_validated=3)


CRON = ("cron_every_minute", "cron_office_hours", "cron_daily", "cron_daily_utc", "cron_yearly", "cron_leap_day")


@measures(*CRON)
def cron(build):
    """Slots a second, each call starting where the last slot was."""
    yield from figures(beside(build, "cron", "tests/vectors/data/zoneinfo"), "robfig/cron", **dict.fromkeys(CRON, 1))


@measures("yaml_documents", "durations_parsed")
def small(build):
    yield from figures(beside(build, "yaml", "tests/vectors/data/yaml.jsonl"), "sigs.k8s.io/yaml", yaml_documents=1)
    yield from figures(beside(build, "duration", "tests/vectors/data/duration.jsonl"), "Go time.ParseDuration")


@measures("regex_slowest_ms_per_mib", "regex_twice_the_text")
def regexes(build):
    """Patterns that take other matchers time by the square or worse: twice the text takes twice the time here."""
    def once():
        found = output_of([build / "tests/bench/languages", "regex"], TOP)
        return [found["regex_slowest_ms_per_mib"], found["regex_twice_the_text"]]

    slowest, twice = median_of(3, once)
    yield Figure("regex_slowest_ms_per_mib", slowest, "ms", at_most=100)
    yield Figure("regex_twice_the_text", twice, "x", at_most=3)
