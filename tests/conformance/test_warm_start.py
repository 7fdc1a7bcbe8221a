"""Every strategy either learns from results that it did not ask for, or refuses them in one sentence."""

from dataclasses import replace

import numpy as np
import pytest

from nas_core import plugins
from nas_core.runner import run
from nas_core.store import Store
from nas_core.strategies import Strategy
from nas_core.types import Asked, Constraint, Objective, Result, RunSpec, Told
from tests.tiny import Formula

pytestmark = pytest.mark.usefixtures("tables")

FOUND = plugins.find(Strategy)
TWO = (Objective("val_acc"), Objective("flops_m", "min"))
REFUSING = {n for n, s in FOUND.items() if s.trains_weights} | {
    "random_search",
    "successive_halving",
    "hyperband",
    "mf_nas",
}
NEVER_AGAIN = {"Bayesian", "predictor"}  # families whose strategies ask for nothing they were told
every_strategy = pytest.mark.parametrize("name", sorted(set(FOUND) - REFUSING))


def prior(count=30):
    """Results of cells from the better half of the table, worst first."""
    table = Formula("numbers")
    order = np.argsort(table.column("val_acc"), kind="stable")
    rows = order[np.linspace(len(order) // 2, len(order) - 1, count).astype(int)]
    metrics = {name: table.column(name) for name in ("val_acc", "flops_m")}
    return tuple(
        Result(table.space.arch(int(row)), {name: float(column[row]) for name, column in metrics.items()})
        for row in rows
    )


def spec_of(name, **change):
    objectives = TWO if FOUND[name].many_objectives else TWO[:1]
    spec = RunSpec("formula", "numbers", name, dict(FOUND[name].quick), objectives=objectives, max_trials=18, workers=3)
    return replace(spec, **change)


def archs(events):
    return [e.suggestion.arch for e in events if isinstance(e, Asked)]


@every_strategy
def test_it_is_used_and_costs_nothing(name, tmp_path):
    spec = spec_of(name, warm_start=prior())
    cold, warm = list(run(spec_of(name))), list(run(spec))
    assert archs(warm) != archs(cold)
    trials = [e.trial for e in warm if isinstance(e, Told)]
    assert min(t.number for t in trials) == 0 and min(t.start for t in trials) == 0.0
    assert sum(t.suggestion.measure == "train" for t in trials) == 18
    told = {result.arch for result in spec.warm_start}
    if FOUND[name].family in NEVER_AGAIN:
        assert not told & set(archs(warm))
    store = Store(tmp_path)
    assert list(store.record(spec.id, iter(warm))) == store.read(spec.id) == warm
    for at in (1, len(warm) // 2, len(warm) - 2):
        assert warm[:at] + list(run(spec, log=warm[:at])) == warm


@every_strategy
@pytest.mark.parametrize("count", [1, 100])
def test_one_result_or_many(name, count):
    assert sum(isinstance(e, Told) for e in run(spec_of(name, warm_start=prior(count)))) >= 18


@every_strategy
def test_results_that_all_break_the_limit_or_cannot_be_told_apart(name):
    tight = (Constraint("flops_m", high=0.0),)
    assert archs(run(spec_of(name, warm_start=prior(), constraints=tight)))
    flat = tuple(Result(r.arch, {"val_acc": 50.0, "flops_m": 1.0}) for r in prior())
    assert archs(run(spec_of(name, warm_start=flat)))


@pytest.mark.parametrize("name", sorted(REFUSING))
def test_what_cannot_learn_from_it_refuses(name):
    with pytest.raises(ValueError, match=f"{name} learns nothing from results that it did not ask for; remove"):
        next(run(spec_of(name, warm_start=prior())))
