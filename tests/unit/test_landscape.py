"""Standing, neighbours and isomorphic twins, on a table small enough to check by hand."""

import math

import numpy as np
import pytest

from nas_core.spaces import representatives
from nas_core.spaces.topology import Topology
from nas_core.studies import landscape
from tests.tiny import Blocks, Formula, Tiny

TABLE = Tiny("numbers")
VAL, FLOPS = TABLE.column("val_acc"), TABLE.column("flops_m")


def test_standings_rank_every_metric_at_full_training():
    row = int(np.argmax(VAL))
    found = {s.name: s for s in landscape.standings(TABLE, row)}
    assert set(found) == set(TABLE.metrics)
    assert (found["val_acc"].rank, found["val_acc"].percentile, found["val_acc"].of) == (1, 100.0, 24)
    assert found["val_acc"].value == VAL[row]
    assert found["val_acc"].source == "modelled: a formula of the tests; after 4 epochs"
    assert found["flops_m"].source == "modelled: a formula of the tests"
    assert found["flops_m"].rank == 1 + int(np.sum(FLOPS[row] > FLOPS))


def test_standings_among_those_that_are_counted():
    mask = np.arange(24) < 6
    (standing,) = [s for s in landscape.standings(TABLE, 20, mask) if s.name == "val_acc"]
    assert standing.of == 6
    assert standing.rank == 1 + sum(VAL[:6] > VAL[20])


@pytest.mark.parametrize("metric", ["val_acc", "flops_m"])
def test_neighbors_are_one_decision_away_and_the_best_comes_first(metric):
    column, row = TABLE.column(metric), 13
    found = landscape.neighbors(TABLE, row, metric)
    assert {n.row for n in found} == {TABLE.space.index(a) for a in Blocks().neighbors(Blocks().arch(row))}
    values = [n.value for n in found]
    assert values == sorted(values, reverse=metric == "val_acc")
    for n in found:
        here, there = Blocks().arch(row), Blocks().arch(n.row)
        assert here[n.decision] != there[n.decision]
        assert (n.old, n.new) == (
            Blocks.options[n.decision][here[n.decision]],
            Blocks.options[n.decision][there[n.decision]],
        )
        assert n.change == pytest.approx(column[n.row] - column[row])


def test_missing_neighbors_come_last(monkeypatch):
    column = VAL.copy()
    column[:] = math.nan
    column[5] = 1.0
    monkeypatch.setattr(Tiny, "column", lambda *a, **k: column)
    found = landscape.neighbors(TABLE, Blocks().index((0, 0, 1)))
    assert found[0].row == 5
    assert all(math.isnan(n.value) for n in found[1:])


def test_twins_share_a_class_and_one_of_each_is_counted_once():
    space = Topology()
    classes = representatives(space)
    assert landscape.distinct(space).sum() == len(set(classes.tolist())) == 5260
    row = space.index(space.parse("|skip_connect~0|+|none~0|none~1|+|none~0|none~1|none~2|"))
    twins = landscape.twins(space, row)
    assert row in twins
    assert len({space.canonical(space.arch(int(t))) for t in twins}) == 1
    assert landscape.distinct(Blocks()).all()


def test_the_best_are_ranked_and_missing_ones_left_out():
    order = np.argsort(-VAL, kind="stable")
    assert landscape.best(TABLE, "val_acc", 5).tolist() == order[:5].tolist()
    assert landscape.best(TABLE, "flops_m", 1).tolist() == [int(np.argmin(FLOPS))]
    even = np.arange(24) % 2 == 0
    assert landscape.best(TABLE, "val_acc", 3, even).tolist() == [i for i in order if even[i]][:3]
    assert landscape.top(np.array([1.0, math.nan, 3.0, 3.0]), "max", 9).tolist() == [2, 3, 0]


def test_what_lies_in_a_box():
    x, y = np.array([0.0, 1.0, 2.0, math.nan]), np.array([0.0, 1.0, 2.0, 1.0])
    assert landscape.inside(x, y, (0.5, 2.0, 0.0, 1.5)).tolist() == [1]


def test_option_shares_of_a_selection():
    space = Formula("numbers").space
    shares = landscape.option_shares(space, np.arange(len(space)))
    np.testing.assert_allclose(shares, np.full((6, 5), 0.2))
    assert np.isnan(landscape.option_shares(space, np.zeros(0, int))).all()
    some = landscape.option_shares(Blocks(), np.array([0, 23]))
    np.testing.assert_allclose(some, [[0.5, 0.5, 0, 0], [0.5, 0, 0.5, 0], [0.5, 0, 0, 0.5]])


def test_what_stands_out_is_what_there_is_more_of_and_else_what_there_is_none_of():
    space = Topology()
    everything, digits = np.arange(len(space)), space.all()
    more = landscape.typical(space, everything[digits[:, 0] == 3], everything)
    assert [(t.option, t.share, round(t.usual, 3)) for t in more] == [(space.options[0][3], 1.0, 0.2)]
    without = landscape.typical(space, everything[(digits != 3).all(1)], everything)
    assert [(t.option, t.share) for t in without] == 3 * [(space.options[0][3], 0.0)]
    assert landscape.typical(space, everything, everything) == []
