"""What a run shows of its strategy: worked out by hand, and something for every family."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from nas_core import benchmarks, plugins
from nas_core.charts import run_details as charts
from nas_core.charts.dynamics import heat_map
from nas_core.history import History
from nas_core.runner import run
from nas_core.strategies import Strategy
from nas_core.studies import dynamics
from nas_core.types import Objective, RunSpec, Started, Suggestion, Told, Trial
from tests.tiny import Blocks
from ui.run_player import search_metric

SPACE = Blocks()  # options 2, 3, 4
EVEN = [[1 / 2, 1 / 2, 0, 0], [1 / 3, 1 / 3, 1 / 3, 0], [1 / 4] * 4]
SURE = [[1.0, 0, 0, 0], [0, 1.0, 0, 0], [0, 0, 0, 1.0]]
FOUND = plugins.find(Strategy)
SINGLE = [name for name, s in FOUND.items() if s.family != "multi-objective" and not s.requires]


def history(rows, goal="max"):
    """From (architecture, value, info) of each trial; nan fails."""
    spec = RunSpec("tiny", "numbers", "ppo", max_trials=9, objectives=(Objective("val_acc", goal),))
    told = []
    for i, (arch, value, info) in enumerate(rows):
        loss = math.inf if math.isnan(value) else spec.objectives[0].loss(value)
        told.append(Told(Trial(i, Suggestion(arch, info=info), i, i + 1.0, {"val_acc": value}, (loss,))))
    return History.of([Started(spec, "1"), *told])


def test_a_policy_is_what_it_draws_from_and_believes_and_its_entropy_falls_from_100_to_0():
    past = history([((0, 0, 0), 50.0, {"policy": EVEN}), ((0, 1, 3), 60.0, {}), ((0, 1, 3), 60.0, {"policy": SURE})])
    course = dynamics.observe(past, SPACE, 10)
    assert course.policy is course.belief and course.policy.title == "the policy"
    np.testing.assert_allclose(course.policy.values[1, 1], [100 / 3, 100 / 3, 100 / 3, np.nan])  # until told anew
    np.testing.assert_allclose(course.indecision, [100, 100, 0], atol=1e-9)


def test_a_model_says_what_it_predicts_of_each_option_and_of_each_training():
    belief = [[70.0, None, None, None], [60.0, 80.0, None, None], [None, 71.5, 72.0, 73.0]]
    info = {"pool": EVEN, "belief": belief, "predicted": 71.0}
    course = dynamics.observe(history([((0, 0, 0), 50.0, {}), ((0, 1, 3), 60.0, info)]), SPACE, 10)
    assert course.policy.title == "the candidates" and "predicts" in course.belief.title
    assert np.isnan(course.policy.values[0]).all() and np.isnan(course.belief.values[0]).all()
    np.testing.assert_array_equal(course.belief.values[1], np.array(belief, float))
    np.testing.assert_array_equal(course.predicted, [np.nan, 71.0])


def test_without_a_model_the_means_of_what_was_seen_stand_in():
    past = history([((0, 0, 0), 50.0, {}), ((0, 1, 3), np.nan, {}), ((1, 0, 3), 70.0, {})])
    course = dynamics.observe(past, SPACE, 10)
    assert course.policy is None and np.isnan(course.indecision).all() and np.isnan(course.predicted).all()
    nan = np.nan
    expected = [[50, 70, nan, nan], [60, nan, nan, nan], [50, nan, nan, 70]]
    np.testing.assert_array_equal(course.belief.values[-1], expected)


def test_variety_is_0_among_equals_and_100_by_chance():
    rng = np.random.default_rng(0)
    equal = dynamics.observe(history([((1, 2, 3), 1.0, {})] * 5), SPACE, 3)
    np.testing.assert_allclose(equal.variety, [np.nan, 0, 0, 0, 0], atol=1e-9)
    mixed = dynamics.observe(history([(SPACE.sample(rng), 1.0, {}) for _ in range(4000)]), SPACE, 8)
    assert np.nanmean(mixed.variety) == pytest.approx(100, abs=1.5)
    two = dynamics.observe(history([((0, 0, 0), 1.0, {}), ((1, 0, 0), 1.0, {})]), SPACE, 8)
    assert two.variety[1] == pytest.approx(100 * (1 / (1 - 1 / 2)) / 3)


def test_what_has_another_shape_is_not_read():
    course = dynamics.observe(history([((0, 0, 0), 50.0, {"policy": [[1.0]], "pool": "all"})]), SPACE, 10)
    assert course.policy is None


@pytest.mark.parametrize("name", SINGLE)
def test_every_family_has_something_to_show(tables, name):
    plugin = FOUND[name]
    spec = RunSpec("tiny", "numbers", name, plugin.quick, max_trials=14)
    told = History.of(run(spec))
    course = dynamics.observe(told, SPACE, 10)
    at, best = len(told) - 1, int(told.incumbent()[-1])
    for figure in (
        charts.over_time(course, at),
        charts.family_tree(told, at, best, "accuracy", "%"),
        charts.predictions(told, course, at, "accuracy", "%"),
    ):
        assert json.dumps(figure, allow_nan=False)
    assert "likes" in heat_map(SPACE, course.belief, at)
    if plugin.family in ("reinforcement learning", "Bayesian"):
        assert course.policy is not None or plugin.quick.get("surrogate") == "random"


def test_axes_say_which_accuracy_it_is():
    table = benchmarks.table("pocket_topology", "cluttered_digits", search_epochs=1)
    told = History.of(run(RunSpec("pocket_topology", "cluttered_digits", "bananas", max_trials=12)))
    course = dynamics.observe(told, table.space, 10)
    what = search_metric(table, told)
    assert what == ("validation accuracy, 1 epoch", "%")
    figure = charts.predictions(told, course, 11, *what)
    assert figure["yAxis"]["name"] == "validation accuracy, 1 epoch (%)"
    assert figure["xAxis"]["name"] == "predicted validation accuracy, 1 epoch (%)"
    assert charts.family_tree(told, 11, 3, *what)["yAxis"]["name"] == "validation accuracy, 1 epoch (%)"
    assert (
        search_metric(table, replace(told, spec=replace(told.spec, objectives=(Objective("val_acc - flops_m"),))))[0]
        == "fitness"
    )


def test_the_family_tree_marks_the_ancestors_of_the_incumbent():
    past = history(
        [
            ((0, 0, 0), 50.0, {}),
            ((1, 0, 0), 60.0, {}),
            ((1, 0, 1), 70.0, {"parents": [0, 1]}),
            ((0, 2, 2), 55.0, {"parents": [0]}),
        ]
    )
    assert past.ancestry(2) == [(2, 0), (2, 1)]
    series = {s["name"]: s["data"] for s in charts.family_tree(past, 3, 2, "accuracy", "%")["series"]}
    assert series["ancestor"] == [[1.0, 50.0], [2.0, 60.0], [3.0, 70.0]] and series["incumbent"] == [[3.0, 70.0]]
    assert series["parent and child"][-3:] == [[1, 50.0], [4, 55.0], [4, None]]
    before = {s["name"]: s["data"] for s in charts.family_tree(past, 0, -1, "accuracy", "%")["series"]}
    assert before["ancestor"] == before["incumbent"] == before["parent and child"] == []
