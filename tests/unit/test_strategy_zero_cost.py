"""Strategies that look before they train, and what looks cost on a table with scores."""

import numpy as np
import pytest

from nas_core import benchmarks, scoring
from nas_core.benchmarks.tables import proxy_scores
from nas_core.runner import run
from nas_core.sources import scores
from nas_core.sources.scores import ScoreRow, Scoring
from nas_core.strategies.area import Area
from nas_core.strategies.mf_nas import MfNas
from nas_core.strategies.zero_cost_evolution import ZeroCostEvolution
from nas_core.types import RunSpec, Suggestion, Told, Trial
from tests.play import TOPOLOGY, begin


def drive(strategy, steps, proxy="flops"):
    """The first trials of a started strategy with one worker; a look tells the sum of the options, so does a reward."""
    told = []
    while len(told) < steps and (suggestion := strategy.ask()) is not None:
        value, looked = float(sum(suggestion.arch)), suggestion.measure == proxy
        trial = Trial(len(told), suggestion, 0.0, 1.0, {proxy: value} if looked else {}, () if looked else (-value,))
        strategy.tell(trial)
        told.append(trial)
    return told


def measures(told):
    return [t.suggestion.measure for t in told]


def test_the_first_population_is_the_best_of_what_was_looked_at():
    job = begin(ZeroCostEvolution(proxy="flops", warm_up=50, population_size=5, moves=0.0), proxies=("flops",))
    trials = drive(job, 60)
    looks, trained = trials[:50], trials[50:]
    assert set(measures(looks)) == {"flops"} and len({t.arch for t in looks}) == 50
    assert set(measures(trained)) == {"train"}
    best = sorted((sum(t.arch) for t in looks), reverse=True)[:5]
    assert [sum(t.arch) for t in trained[:5]] == best
    assert {t.suggestion.info["phase"] for t in trained[5:]} == {"evolve"}


def test_a_move_goes_to_the_best_scored_neighbour_that_was_not_trained():
    job = begin(ZeroCostEvolution(proxy="flops", warm_up=10, population_size=2, moves=1.0), proxies=("flops",))
    trials = drive(job, 200)
    moves = [t for t in trials if t.suggestion.info["phase"] == "move"]
    assert len(moves) > 3
    for move in moves:
        parent = trials[move.suggestion.info["parents"][0]]
        trained = {t.arch for t in trials[: move.number] if t.suggestion.measure == "train"}
        open_ones = [a for a in TOPOLOGY.neighbors(parent.arch) if a not in trained]
        assert sum(move.arch) == max(map(sum, open_ones))
    archs = [t.arch for t in trials if t.suggestion.measure == "flops"]
    assert len(archs) == len(set(archs)), "nothing is looked at twice"


def test_area_looks_once_and_then_evolves():
    trials = drive(begin(Area(warm_up=30, population_size=4), proxies=("naswot",)), 60, "naswot")
    assert measures(trials) == ["naswot"] * 30 + ["train"] * 30


def test_mf_nas_climbs_the_proxy_and_halves_the_best():
    job = begin(MfNas(proxy="flops", looks=80, keep=9), proxies=("flops",), fidelities=(1, 3, 9), resumable=True)
    trials = drive(job, 80 + 9 + 3 + 1)
    looks, rungs = trials[:80], trials[80:]
    assert set(measures(looks)) == {"flops"} and set(measures(rungs)) == {"train"}
    best = sorted((sum(t.arch) for t in looks), reverse=True)[:9]
    assert [sum(t.arch) for t in rungs[:9]] == best
    assert [t.suggestion.epochs for t in rungs] == [1] * 9 + [3] * 3 + [9]


@pytest.mark.parametrize("strategy", [ZeroCostEvolution, Area, MfNas])
def test_without_scores_of_the_space_it_says_how_to_get_them(strategy):
    made = strategy()
    with pytest.raises(ValueError, match=f"no scores by '{made.proxy}'; it has: params. Score every architecture"):
        begin(made, proxies=("params",))


@pytest.fixture
def scored(data_folder, monkeypatch):
    """The pocket table with scores of every cell, and none of those that come with it: the row, for 0.01 s each."""
    monkeypatch.setattr(proxy_scores, "SHIPPED", {})
    plan = Scoring(net="pocket", data="cluttered_digits")
    space = plan.make_space()
    rows = sorted({space.index(space.canonical(space.arch(row))) for row in range(len(space))})
    for row in rows[:1] + rows[-1:]:
        scores.append(plan, ScoreRow(row, {"swap": float(row)}, {"swap": 0.01}))
    known = [ScoreRow(row, {"swap": float(row)}, {"swap": 0.01}) for row in rows]
    from nas_core.sources import tables

    tables.write(plan.file, scores.columns(plan, known, scoring.individual_proxies()), {"source": "a test"})
    return plan


def test_a_table_answers_looks_with_their_real_seconds(scored):
    table = benchmarks.table("pocket_topology", "cluttered_digits")
    assert {"params", "flops", "swap"} <= set(table.proxies)
    arch = table.space.arch(15624)
    outcome = table.evaluate(Suggestion(arch, measure="swap"), np.random.default_rng(0))
    assert outcome.metrics == {"swap": float(table.space.index(table.space.canonical(arch)))}
    assert outcome.seconds == pytest.approx(0.01)
    assert table.evaluate(Suggestion(arch, measure="params"), np.random.default_rng(0)).seconds == 0.0


def test_a_search_pays_for_its_looks_but_not_in_trials(scored):
    params = {"proxy": "swap", "warm_up": 40, "moves": 0.0}
    spec = RunSpec("pocket_topology", "cluttered_digits", "zero_cost_evolution", params, max_trials=5)
    trials = [e.trial for e in run(spec) if isinstance(e, Told)]
    assert len(trials) == 45
    assert trials[39].end == pytest.approx(0.4) and trials[39].losses == ()


def test_a_scored_column_is_a_metric_and_an_objective(scored):
    table = benchmarks.table("pocket_topology", "cluttered_digits")
    metric = table.metrics["swap_pocket_cluttered_digits"]
    assert metric.goal == "max" and metric.title == "SWAP (pocket network, cluttered digits)"
    values = table.column("swap_pocket_cluttered_digits")
    assert values.dtype == np.float32 and not np.isnan(values).any() and not values.flags.writeable
    from nas_core.types import Objective

    goal = (Objective("swap_pocket_cluttered_digits"),)
    spec = RunSpec("pocket_topology", "cluttered_digits", "local_search", objectives=goal, max_trials=30)
    trials = [e.trial for e in run(spec) if isinstance(e, Told)]
    assert trials[-1].losses[0] <= 0 and len(trials) == 30
