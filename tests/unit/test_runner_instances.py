"""Runs of strategies and benchmarks that are given as instances: classes of a notebook that no menu lists."""

import pytest

from nas_core import plugins, strategies
from nas_core.runner import run
from nas_core.strategies import Strategy
from nas_core.types import RunSpec, Suggestion, Told
from tests import tiny


class Countdown(Strategy):
    """Asks for the last `length` architectures; no menu lists it."""

    length: int = plugins.param(3, "how many", low=1)

    def start(self, problem, rng):
        super().start(problem, rng)
        self.left = self.length

    def ask(self):
        self.left -= 1
        return Suggestion(self.space.arch(self.left)) if self.left >= 0 else None


class Unlisted(tiny.Tiny):
    """A table that no menu lists."""

    name = "unlisted"


def test_instances_run_although_no_menu_lists_them():
    spec = RunSpec("unlisted", "numbers", "countdown", {"length": 2}, max_trials=9)
    events = list(run(spec, strategy=Countdown(length=2), benchmark=Unlisted(dataset="numbers")))
    assert [e.trial.arch for e in events if isinstance(e, Told)] == [(0, 0, 1), (0, 0, 0)]
    again = Countdown(length=2)
    rest = list(run(spec, log=events[:3], strategy=again, benchmark=Unlisted(dataset="numbers")))
    assert [*events[:3], *rest] == events
    assert list(run(spec, strategy=again, benchmark=Unlisted(dataset="numbers"))) == events  # one instance, many runs


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"strategy": Countdown(length=2)},
            "the spec describes countdown with {'length': 3}, but countdown with",
        ),
        ({"strategy": strategies.create("random_search")}, ", but random_search with {"),
        ({"strategy": Countdown(), "benchmark": Unlisted(dataset="more numbers")}, "'dataset': 'more numbers'"),
        ({"strategy": Countdown()}, "no benchmark named 'unlisted'"),
        ({}, "no strategy named 'countdown'"),
    ],
)
def test_instances_must_be_what_the_spec_describes(given, said):
    with pytest.raises(ValueError) as error:
        next(run(RunSpec("unlisted", "numbers", "countdown", max_trials=9), **given))
    assert said in str(error.value)
