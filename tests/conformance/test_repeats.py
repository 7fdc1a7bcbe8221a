"""Questions that are asked again: what can switch them off, and what has to keep them."""

from dataclasses import replace

import pytest

from nas_core import plugins
from nas_core.benchmarks import create
from nas_core.runner import run
from nas_core.strategies import Strategy
from nas_core.types import Objective, Result, RunSpec, Suggestion, Told
from tests.play import begin
from tests.tiny import Blocks

pytestmark = pytest.mark.usefixtures("tables")

FOUND = {n: s for n, s in plugins.find(Strategy).items() if not s.requires}
MAY_REPEAT = [n for n, s in FOUND.items() if any(f.name == "no_repeats" for f in plugins.params(s))]
TWO = (Objective("val_acc"), Objective("flops_m", "min"))


def spec_of(name, **params):
    objectives = TWO if FOUND[name].many_objectives else TWO[:1]
    given = {**FOUND[name].quick, **params}
    return RunSpec("tiny", "numbers", name, given, objectives=objectives, max_trials=60, workers=3)


def trained(events):
    return [e.trial for e in events if isinstance(e, Told) and e.trial.suggestion.measure == "train"]


REPEATS_BELONG_TO_IT = {  # strategies that ask again as part of what they are, so that nothing switches it off
    "random_search": "its closed form takes draws with replacement",
    "reinforce": "the gradient needs samples of the policy, drawn again or not",
    "ppo": "the gradient needs samples of the policy, drawn again or not",
    "successive_halving": "the architectures of a bracket are independent draws",
    "hyperband": "the architectures of a bracket are independent draws",
    "bohb": "the architectures of a bracket are independent draws",
    "mf_nas": "the architectures of a bracket are independent draws",
}


@pytest.mark.parametrize("name", FOUND)
def test_repeats_can_be_switched_off_unless_they_belong_to_it(name):
    asked = [(t.arch, t.suggestion.epochs) for t in trained(run(spec_of(name)))]
    assert (len(set(asked)) < len(asked)) == (name in {*MAY_REPEAT, *REPEATS_BELONG_TO_IT})


@pytest.mark.parametrize("name", MAY_REPEAT)
def test_without_repeats_every_architecture_is_asked_once_and_then_it_ends(name):
    freely = [t.arch for t in trained(run(spec_of(name)))]
    assert len(set(freely)) < len(freely), "it has nothing to switch off"
    events = list(run(spec_of(name, no_repeats=True)))
    archs = [t.arch for t in trained(events)]
    assert len(set(archs)) == len(archs) == len(Blocks()) and events[-1].reason == "exhausted"


@pytest.mark.parametrize("name", [name for name in MAY_REPEAT if FOUND[name].warm_starts])
def test_without_repeats_nothing_is_asked_that_was_known_before(name):
    table, archs = create("tiny", "numbers"), [(0, 0, 0), (1, 1, 1), (0, 1, 2), (1, 2, 3)]
    known = [Result(arch, dict(table.evaluate(Suggestion(arch), None).metrics)) for arch in archs]
    trials = trained(run(replace(spec_of(name, no_repeats=True), warm_start=tuple(known))))
    assert len(trials) == len(Blocks()) - len(known) and not {t.arch for t in trials} & set(archs)


def test_a_random_architecture_that_takes_the_place_of_a_repeat_has_no_parents():
    strategy = FOUND["regularized_evolution"](no_repeats=True)
    begin(strategy, Blocks())
    strategy.past.add((0, 0, 0))
    again = Suggestion((0, 0, 0), info={"phase": "evolution", "parents": [3], "rung": 1})
    suggestion = strategy.new(lambda: again)
    assert suggestion.arch != (0, 0, 0) and suggestion.info == {"phase": "random", "rung": 1}
