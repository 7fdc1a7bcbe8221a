"""The front a run holds over time, its share of what is attainable, and attainment over seeds."""

from __future__ import annotations

import numpy as np
import pytest

from nas_core import pareto, race, runner
from nas_core.history import History
from nas_core.studies import front_search
from nas_core.studies.front_clock import Clock
from nas_core.studies.front_search import FrontTrace
from nas_core.studies.fronts import FrontTask
from nas_core.types import Constraint, Objective, RunSpec
from tests.tiny import Formula

pytestmark = pytest.mark.usefixtures("tables")
TWO = (Objective("val_acc"), Objective("flops_m", "min"))
SPEC = RunSpec("formula", "numbers", "random_search", objectives=TWO, max_trials=80)


def trace(seed=0, strategy="random_search", **more):
    spec = RunSpec("formula", "numbers", strategy, **{"objectives": TWO, "max_trials": 80, "seed": seed} | more)
    return FrontTrace.of(History.of(runner.run(spec)), Formula.space)


@pytest.fixture(scope="module")
def task():
    return FrontTask(Formula("numbers"), TWO)


@pytest.mark.parametrize("trials", [1, 7, 40, 80, None])
def test_the_front_at_any_moment_is_that_of_the_trials_so_far(task, trials):
    run = trace()
    losses = task.losses[run.rows[:trials]]
    expected = run.rows[:trials][pareto.non_dominated(losses)]
    assert {tuple(x) for x in task.losses[expected]} == {tuple(x) for x in task.losses[run.front(trials)]}


def test_the_share_grows_to_that_of_the_last_front(task):
    run = trace()
    values = front_search.shares(run, task)
    losses = task.losses[run.rows]
    expected = [pareto.hypervolume(losses[:n], task.reference) for n in range(1, len(losses) + 1)]
    np.testing.assert_allclose(values, 100 * np.array(expected) / task.attainable)
    assert values[-1] == pytest.approx(task.share(run.front())) and values[-1] <= 100


def test_reported_shares_are_those_of_what_the_search_would_hand_over():
    run, reported = trace(), FrontTask(Formula("numbers"), TWO, reported=True)
    values = front_search.shares(run, reported)
    assert values[-1] == pytest.approx(reported.share(run.front()))
    assert values[-1] <= reported.share(run.rows) + 1e-9 <= 100 + 1e-9


def test_limits_of_a_run_keep_the_rest_off_its_front(task):
    limit = (Constraint("flops_m", high=8.0),)
    run = trace(strategy="nsga2", constraints=limit)
    assert task.values[run.front(), 1].max() <= 8.0
    narrow = FrontTask(task.table, TWO, limit)
    assert 0 < front_search.shares(run, narrow)[-1] <= 100


def test_a_search_on_one_expression_has_a_front_too(task):
    spec = RunSpec("formula", "numbers", "local_search", objectives=(Objective("val_acc - flops_m"),), max_trials=60)
    run = FrontTrace.of(History.of(runner.run(spec)), Formula.space, TWO)
    assert len(run.front()) > 1 and 0 < front_search.shares(run, task)[-1] <= 100


def test_failed_trials_never_come_to_the_front(monkeypatch):
    real = Formula.evaluate

    def flaky(self, suggestion, rng):
        if sum(suggestion.arch) % 2:
            raise RuntimeError("out of memory")
        return real(self, suggestion, rng)

    monkeypatch.setattr(Formula, "evaluate", flaky)
    run = trace()
    archs = Formula.space.all()[run.front()]
    assert len(archs) and not (archs.sum(1) % 2).any()


def test_curves_of_finished_and_unfinished_runs(task):
    whole = trace()
    events = list(runner.run(SPEC))[:60]
    part = FrontTrace.of(History.of(events), Formula.space)
    at = np.array([1.0, 10.0, 80.0, 100.0])
    rows = front_search.curves([whole, part], task, at)
    np.testing.assert_allclose(rows[0], front_search.shares(whole, task)[[0, 9, 79, 79]])
    assert np.isnan(rows[1, 2:]).all() and rows[1, 1] == rows[0, 1]


def test_curves_over_time_know_what_a_run_had_by_then(task):
    run = trace(max_seconds=1e9)
    values, moments = front_search.shares(run, task), np.array([run.end[0] - 0.5, run.end[0], run.end[9], 1e9])
    rows = front_search.curves([run], task, moments, Clock(by_time=True))
    np.testing.assert_allclose(rows[0], [np.nan, values[0], values[9], values[-1]])
    part = FrontTrace.of(History.of(list(runner.run(SPEC))[:60]), Formula.space)
    late = front_search.curves([part], task, np.array([part.end[-1], part.end[-1] + 1]), Clock(by_time=True))
    assert not np.isnan(late[0, 0]) and np.isnan(late[0, 1])


def test_the_clock_counts_what_every_budget_is_in():
    timed = trace(max_trials=None, max_seconds=120.5)
    clock = Clock.of([timed])
    assert clock.by_time and clock.last == 121 and clock.moments[-1] == 121 and clock.text(1200.0) == "1,200 s"
    assert clock.trials(timed, 60.0) == (timed.end <= 60).sum()
    for traces in ([timed, trace()], [trace(max_seconds=1e9)]):
        mixed = Clock.of(traces)
        assert not mixed.by_time and mixed.last == max(map(len, traces)) and mixed.text(1) == "1 training"
    assert Clock.of([]).moments.tolist() == [1.0] and not Clock.of([]).last


def test_results_and_the_comparison_with_a_baseline(task):
    groups = {name: [trace(seed, name) for seed in range(8)] for name in ("random_search", "pareto_local_search")}
    ends = {name: front_search.curves(c, task, np.array([80.0]))[:, -1] for name, c in groups.items()}
    rows = race.results(groups, front_search.SHARE, ends)
    assert {r.label for r in rows} == set(groups)
    assert rows[0].quantiles()[1] >= rows[1].quantiles()[1] and rows[0].runs == 8
    pair = front_search.claims(groups, ends, "80 trainings").against("random_search")["pareto_local_search"]
    gap = ends["pareto_local_search"] - ends["random_search"]
    assert pair.difference == pytest.approx(gap.mean()) and pair.ahead == (gap > 0).sum()
    middle = front_search.median_run(ends["random_search"])
    apart = np.abs(ends["random_search"] - np.median(ends["random_search"]))
    assert apart[middle] == apart.min()


def test_attainment_is_what_so_many_runs_dominate(task):
    runs = [trace(seed) for seed in range(4)]
    found = front_search.attainment([run.front() for run in runs], task)
    fronts = [task.losses[run.front()] for run in runs]

    def reached(point, times):
        return sum((front <= point).all(1).any() for front in fronts) >= times

    for name, times in (("best", 1), ("median", 2), ("worst", 4)):
        surface = found[name]
        assert len(surface) and pareto.non_dominated(surface).all()
        for corner in surface:
            assert reached(corner, times)
            assert not reached(corner - 1e-9, times)
    assert front_search.attainment([], task) == {}
