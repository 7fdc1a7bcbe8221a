"""The training curves of what searches ended with, on the Search page."""

from functools import partial

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from nas_core import race
from nas_core.race import Signal, Trace
from nas_core.types import RunSpec
from tests.tiny import Formula
from ui import incumbent_training

TABLE = Formula("numbers")
SIGNAL = Signal("test accuracy", "%", "max", TABLE.column("test_acc").astype(float))


def ended(strategy, row, seed=0):
    spec = RunSpec("formula", "numbers", strategy, max_trials=1, seed=seed)
    return Trace(spec, np.ones(1), np.array([row], np.int32), np.ones(1), np.zeros((6, 5)), "budget")


def opened(table=TABLE):
    best = int(np.argmax(SIGNAL.column))
    groups = race.entrants([ended("random_search", 7), ended("random_search", best, 1), ended("local_search", 5)])

    def script(table, groups, signal):
        from ui import incumbent_training

        incumbent_training.draw(table, groups, signal)

    return AppTest.from_function(script, args=(table, groups, SIGNAL)).run(), best


def test_a_line_for_each_strategy_s_best_run(tables):
    at, best = opened()
    assert not at.exception
    assert len(at.get("echarts_chart")) == 1
    assert at.selectbox[0].value == "validation accuracy"
    groups = race.entrants([ended("random_search", 7), ended("random_search", best, 1)])
    assert incumbent_training._ends(groups, SIGNAL) == {"random search": best}
    for kind in at.selectbox[0].options:
        assert not at.selectbox[0].set_value(kind).run().exception


def test_two_strategies_that_ended_with_the_same_network_share_a_line_with_both_names(tables):
    groups = race.entrants([ended("random_search", 5), ended("regularized_evolution", 3), ended("local_search", 5)])
    found = incumbent_training._finders(groups, SIGNAL)
    assert sorted(found) == [3, 5] and set(found[5]) == {"random search", "local search"}
    (curve,) = incumbent_training._curves(TABLE, {5: ["a", "b"]}).values()
    assert curve.name == "a and b, cell 5"


def test_networks_with_equal_curves_share_a_line(tables, monkeypatch):
    monkeypatch.setattr(TABLE, "curves", lambda row: Formula("numbers").curves(5), raising=False)
    curves = incumbent_training._curves(TABLE, {5: ["a"], 7: ["b"]})
    assert [*curves] == ["a"] and curves["a"].name == "a, cell 5; b, cell 7"


@pytest.mark.parametrize("fidelities", [(4,)])
def test_a_table_with_one_epoch_has_nothing_to_show(tables, monkeypatch, fidelities):
    monkeypatch.setattr(Formula, "fidelities", fidelities)
    monkeypatch.setattr(Formula, "curves", partial(Formula.curves, Formula("numbers")))
    at, _ = opened()
    assert not at.exception and not at.get("echarts_chart") and not at.selectbox
