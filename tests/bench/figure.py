"""A figure: what was measured, what it was compared with, and whether it is good enough."""

import dataclasses
import statistics
import typing

GROUPS = []


@dataclasses.dataclass
class Figure:
    name: str
    value: float
    unit: str
    at_least: float = None  # goals: of the value, or of its ratio to the baseline
    at_most: float = None
    baseline: str = None  # in a few words, what was measured beside it
    baseline_value: float = None
    ratio_at_least: float = None
    ratio_at_most: float = None

    @property
    def ratio(self):
        return self.value / self.baseline_value if self.baseline_value else None

    @property
    def goal(self):
        for bound, what in ((self.at_least, ">= {:g}"), (self.at_most, "<= {:g}"), (self.ratio_at_least, "ratio >= {:g}"),
                            (self.ratio_at_most, "ratio <= {:g}")):
            if bound is not None:
                return what.format(bound)
        return None

    @property
    def ok(self):
        """None when there is no goal."""
        checks = [self.value >= self.at_least if self.at_least is not None else None,
                  self.value <= self.at_most if self.at_most is not None else None,
                  self.ratio >= self.ratio_at_least if self.ratio_at_least is not None else None,
                  self.ratio <= self.ratio_at_most if self.ratio_at_most is not None else None]
        checks = [c for c in checks if c is not None]
        return all(checks) if checks else None

    @property
    def line(self):
        return {"figure": self.name, "value": significant(self.value), "unit": self.unit, "baseline": self.baseline,
                "baseline_value": significant(self.baseline_value), "ratio": significant(self.ratio), "goal": self.goal,
                "ok": self.ok}


def significant(number):
    """Four digits say all that a measurement knows."""
    if number is None or number == 0:
        return number
    rounded = float(f"{number:.4g}")
    return int(rounded) if rounded == int(rounded) else rounded


@dataclasses.dataclass
class Group:
    function: typing.Callable
    names: tuple

    def run(self, build):
        seen = []
        for found in self.function(build):
            seen.append(found.name)
            yield found
        assert sorted(seen) == sorted(self.names), f"{self.function.__name__} yielded {seen}"


def measures(*names):
    """Marks a function of the build folder that yields figures of these names."""
    def register(function):
        GROUPS.append(Group(function, names))
        return function
    return register


def median_of(runs, once):
    """Calls once() so many times; it answers a list of numbers. The median of each."""
    return [statistics.median(values) for values in zip(*(once() for _ in range(runs)))]
