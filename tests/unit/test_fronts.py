"""Exact fronts on small tables: the definition, limits, reported numbers, neighbours, trades in words."""

from __future__ import annotations

import numpy as np
import pytest

from nas_core import fitness, pareto
from nas_core.studies.fronts import FrontTask, dominating, neighbors, trade
from nas_core.types import Constraint, Objective
from tests.tiny import Formula, Tiny

TWO = (Objective("val_acc"), Objective("flops_m", "min"))


@pytest.fixture
def task():
    return FrontTask(Formula("numbers", search_epochs=2), TWO)


def test_the_front_is_what_nothing_beats(task):
    front = set(task.front.tolist())
    best = task.losses[task.front]
    for row in range(0, len(task.table.space), 31):
        own = task.losses[row]
        beaten = ((best <= own).all(1) & (best < own).any(1)).any()
        assert beaten == (not any((own == other).all() for other in best))
    assert (np.diff(best[:, 0]) > 0).all() and (np.diff(best[:, 1]) < 0).all()
    assert task.knee in front


def test_searches_see_one_column_and_reports_another(task):
    table = task.table
    reported = FrontTask(table, TWO, reported=True)
    np.testing.assert_array_equal(task.values[:, 0], table.search_column("val_acc"))
    np.testing.assert_array_equal(reported.values[:, 0], table.column("test_acc"))
    np.testing.assert_array_equal(task.values[:, 1], reported.values[:, 1])
    assert (task.title(0), reported.title(0)) == ("validation accuracy", "test accuracy")
    assert reported.label(1) == "MFLOPs"


def test_limits_take_architectures_away(task):
    narrow = FrontTask(task.table, TWO, (Constraint("flops_m", high=6.0),))
    assert narrow.values[narrow.front, 1].max() <= 6.0
    assert narrow.allowed.sum() == (task.values[:, 1] <= 6).sum()
    assert narrow.attainable < task.attainable
    assert np.isnan(narrow.depth[~narrow.allowed]).all() and (narrow.depth[narrow.front] == 0).all()
    nothing = FrontTask(task.table, TWO, (Constraint("val_acc", low=1e6),))
    assert not len(nothing.front) and nothing.knee == -1 and nothing.attainable == 0.0
    assert np.isnan(nothing.share([0, 1]))
    assert "widen one of them" in nothing.empty and not narrow.empty


def test_numbers_that_no_architecture_has_are_said():
    class Lacking(Formula):
        def column(self, metric, epochs=None, seed=None):
            return np.full(len(self.space), np.nan, np.float32) if metric == "flops_m" else super().column(metric)

    assert "no architecture has all of these numbers" in FrontTask(Lacking("numbers"), TWO).empty


def test_the_reference_point_is_the_worst_there_is_or_the_one_given(task):
    worst = task.values[:, 0].min(), task.values[:, 1].max()
    assert [o.value(x) for o, x in zip(TWO, task.reference)] == list(worst)
    given = FrontTask(task.table, TWO, worst=(30.0, 12.0))
    assert given.reference.tolist() == [-30.0, 12.0]
    assert given.attainable == pareto.hypervolume(task.losses, given.reference)
    assert not given.outside and not task.outside
    far = FrontTask(task.table, TWO, worst=(1000.0, 12.0))
    assert "(1000 %, 12 MFLOPs) lies outside" in far.outside and far.attainable == 0
    with pytest.raises(ValueError, match="one number an objective: 2 are needed"):
        FrontTask(task.table, TWO, worst=(1.0,))
    with pytest.raises(ValueError, match="has no metric 'speed'; there are: val_acc"):
        FrontTask(task.table, (Objective("speed"), TWO[1]))


def test_no_share_is_above_that_of_the_front(task):
    assert task.share(task.front) == pytest.approx(100.0)
    assert task.share(range(len(task.table.space))) == pytest.approx(100.0)
    assert 0 < task.share(task.front[:1]) < task.share(task.front[:3]) < 100


def test_what_dominates_a_cell_is_no_worse_anywhere(task):
    row = int(np.argmax(task.losses[:, 1]))
    found = dominating(task, row)
    assert len(found) and (task.losses[found] <= task.losses[row]).all()
    assert not len(dominating(task, int(task.front[2])))


def test_neighbours_on_the_front_are_the_next_better_ones(task):
    front = task.front.tolist()
    assert neighbors(task, front[3]) == [front[2], front[4]]
    assert neighbors(task, front[0]) == [front[1]]


def test_a_trade_says_what_is_given_up_and_what_is_gained():
    task = FrontTask(Tiny("numbers"), TWO)
    a, b = int(task.front[0]), int(task.front[-1])
    (acc_a, flops_a), (acc_b, flops_b) = task.values[a], task.values[b]
    fewer = f"{100 * (flops_a - flops_b) / flops_a:.0f} % fewer MFLOPs"
    assert trade(task, a, b) == f"{acc_a - acc_b:.2f} points less validation accuracy for {fewer}"
    assert trade(task, b, a).endswith("points more validation accuracy")
    assert trade(task, a, a) == "no difference in these objectives"
    worse = int(np.argmax(task.losses[:, 1]))
    better = int(dominating(task, worse)[0])
    assert trade(task, worse, better).endswith("at no cost") and trade(task, better, worse).endswith("for nothing")


def test_an_expression_is_read_from_the_same_numbers(task):
    text = fitness.parse("val_acc - 2*log(flops_m)", task.table.metrics)
    expected = task.values[:, 0] - 2 * np.log(task.values[:, 1])
    np.testing.assert_allclose(task.evaluate(text), expected)


def test_three_objectives_and_a_missing_number(monkeypatch):
    column = Tiny.column

    def holes(self, metric, epochs=None, seed=None):
        out = column(self, metric, epochs, seed).copy()
        out[:: 5 if metric == "flops_m" else 10**9] = np.nan
        return out

    monkeypatch.setattr(Tiny, "column", holes)
    task = FrontTask(Tiny("numbers"), (*TWO, Objective("test_acc")))
    assert not np.isin(task.front, np.arange(0, 24, 5)).any() and len(task.front)
    assert task.share(task.front) == pytest.approx(100.0)
