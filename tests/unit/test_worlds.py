"""Ranks over many tasks: published critical values, an independent test, and the command."""

import math

import numpy as np
import pytest
from scipy.stats import friedmanchisquare

from nas_core.studies.compare.worlds import Worlds
from tests.command_line import last, refused

Q = {2: 1.960, 3: 2.343, 4: 2.569, 5: 2.728, 6: 2.850, 7: 2.949, 8: 3.031, 9: 3.102, 10: 3.164}  # Demšar 2006, table 5


def random_worlds(tasks, strategies, seed=0):
    values = np.random.default_rng(seed).integers(0, 6, (tasks, strategies)) + np.linspace(0, 2, strategies)
    return values.round(), Worlds.of({str(i): dict(zip("abcdefghij", row)) for i, row in enumerate(values.round())})


@pytest.mark.parametrize("strategies", Q)
def test_the_critical_difference_is_the_published_one(strategies):
    _, worlds = random_worlds(14, strategies)
    assert worlds.critical == pytest.approx(
        Q[strategies] * math.sqrt(strategies * (strategies + 1) / (6 * 14)), rel=1e-3
    )


@pytest.mark.parametrize("tasks, strategies", [(14, 4), (5, 7), (21, 10)])
def test_the_chance_of_so_much_agreement_is_friedmans(tasks, strategies):
    values, worlds = random_worlds(tasks, strategies, seed=tasks)
    assert worlds.p == pytest.approx(friedmanchisquare(*values.T).pvalue)


def test_the_same_order_everywhere_and_none():
    same = Worlds.of({task: {"a": 1.0, "b": 2.0, "c": 3.0} for task in "xyz"})
    assert list(same.means) == ["c", "b", "a"] and same.means["c"] == 1 and same.agreement == 1
    tied = Worlds.of({task: {"a": 1.0, "b": 1.0} for task in "xyz"})
    assert list(tied.means.values()) == [1.5, 1.5] and math.isnan(tied.agreement)
    opposed = Worlds.of({"x": {"a": 1.0, "b": 2.0}, "y": {"a": 2.0, "b": 1.0}})
    assert opposed.agreement == 0 and opposed.p == 1


def test_what_has_no_order_is_refused():
    with pytest.raises(ValueError, match="two strategies that ran on every task"):
        Worlds.of({"x": {"a": 1.0, "b": 2.0}, "y": {"a": 1.0}})
    with pytest.raises(ValueError, match="a value of every strategy on every task"):
        Worlds.of({"x": {"a": 1.0, "b": math.nan}})


def test_the_command_ranks_what_searches_report_and_repeats_nothing():
    brief = ("--tasks", "pocket_size/cluttered_digits,pocket_topology/banking77", "--seeds", "0:3", "--trials", 20)
    result = last("worlds", "--strategies", "random_search,REA,local_search", *brief, "--processes", 1)
    assert list(result["tasks"]) == ["pocket_size/cluttered_digits", "pocket_topology/banking77"]
    for task, row in result["tasks"].items():
        benchmark, dataset = task.split("/")
        names, more = ",".join(row), ("--seeds", "0:3", "--trials", 20, "--processes", 1)
        swept = last("sweep", "--benchmark", benchmark, "--dataset", dataset, "--strategies", names, *more)
        assert {r["strategy"]: pytest.approx(r["mean"]) for r in swept["rows"]} == row
    best = [max(row, key=row.get) for row in result["tasks"].values()]
    assert [min(result["ranks"], key=lambda name: result["ranks"][name][i]) for i in range(2)] == best


def test_nonsense_is_refused_before_anything_runs():
    brief = ("worlds", "--trials", 5)
    assert "benchmark/dataset" in refused(2, *brief, "--strategies", "random_search,REA", "--tasks", "pocket_topology")
    assert "names only random_search" in refused(2, *brief, "--strategies", "random_search")
    assert "no strategy" in refused(2, *brief, "--strategies", "random_search,magic")
