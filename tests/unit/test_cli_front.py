"""`front` on the command line: the exact front as text and JSON, limits, and refusals in one sentence."""

import shlex
from dataclasses import replace

import numpy as np
import pytest

from nas_core import benchmarks, command, pareto, searches
from nas_core.cli._options import shelf
from nas_core.studies.front_search import FrontTrace
from nas_core.studies.fronts import FrontTask
from nas_core.types import Constraint, Objective, RunSpec
from tests.command_line import call, last, refused

pytestmark = pytest.mark.usefixtures("tables")
HERE = ("front", "--benchmark", "formula")


def test_it_lists_the_exact_front():
    result = last(*HERE)
    table = benchmarks.table("formula", "numbers")
    losses = np.stack([-table.column("test_acc").astype(float), table.column("flops_m")], 1)
    best = losses[pareto.non_dominated(losses)]
    assert result["objectives"] == ["test_acc", "flops_m"]
    assert {(-a, f) for a, f in (p["values"] for p in result["points"])} == {tuple(row) for row in best}
    assert result["reference"] == [-losses[:, 0].max(), losses[:, 1].max()]
    assert result["hypervolume"] == pytest.approx(pareto.hypervolume(losses, losses.max(0)))
    assert result["knee"] in {p["arch"] for p in result["points"]}


def test_limits_and_reference_point():
    result = last(*HERE, "--objectives", "val_acc,flops_m,test_acc", "--limit", "flops_m=:9", "--reference", "20,9,20")
    assert all(len(p["values"]) == 3 and p["values"][1] <= 9 for p in result["points"])
    assert result["reference"] == [20, 9, 20]


def test_as_text_it_says_each_step():
    shown = call(*HERE).stdout
    assert "fewer MFLOPs" in shown and "knee" in shown and "hypervolume" in shown
    assert shown.splitlines()[0].split("  ")[0].count("epoch") == 1


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--objectives", "val_acc"), "needs 2 to 4 different objectives"),
        (("--objectives", "val_acc,speed"), "has no metric 'speed'; there are: val_acc"),
        (("--limit", "flops_m"), "as in flops_m<=100"),
        (("--limit", "flops_m=9:1"), "must be low <= high"),
        (("--limit", "flops_m=a:1"), "cannot be read"),
        (("--limit", "speed=1:2"), "there is no such metric; there are: val_acc"),
        (("--reference", "1,nan"), "must be 2 numbers"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(options, sentence):
    assert sentence in refused(2, *HERE, *options)


def test_limits_that_leave_nothing():
    assert "widen one of them" in refused(1, *HERE, "--limit", "val_acc=1000:")


@pytest.mark.parametrize("reference", ["1000,1", "20,0.5"])
def test_a_reference_point_that_nothing_attains_lies_outside(reference):
    asked = (*HERE, "--objectives", "val_acc,flops_m", "--reference", reference)
    assert "lies outside: nothing on the front is better" in call(*asked).stdout
    assert last(*asked)["hypervolume"] == 0.0
    assert "lies outside: nothing on the front is better" in refused(2, *asked, "--strategies", "random_search")


def test_a_front_at_the_worst_of_the_table_has_no_hypervolume():
    asked = (*HERE, "--objectives", "val_acc,flops_m", "--limit", "flops_m=25:")
    shown = call(*asked).stdout
    assert "1 architectures" not in shown and "lies outside" in shown and "nan" not in shown
    assert "lies outside" in refused(1, *asked, "--strategies", "random_search")


def test_searches_are_measured_against_the_front_and_against_random():
    options = ("--strategies", "random_search, nsga2", "--seeds", "0:6", "--trials", 40, "--processes", 1)
    rows = {row["strategy"]: row for row in last(*HERE, "--objectives", "val_acc,flops_m", *options)["rows"]}
    assert set(rows) == {"random_search", "nsga2"} and "p" not in rows["random_search"]
    assert 0 < rows["nsga2"]["median"] <= 100 and rows["nsga2"]["n"] == 6
    gap = rows["nsga2"]["mean"] - rows["random_search"]["mean"]
    assert rows["nsga2"]["difference"] == pytest.approx(gap)
    shown = call(*HERE, "--objectives", "val_acc,flops_m", *options).stdout
    assert "beats random" in shown and "after 40 trials" in shown


def test_a_budget_in_seconds_and_a_warm_start():
    options = ("--objectives", "val_acc,flops_m", "--strategies", "nsga2,random_search", "--seeds", 3, "--processes", 1)
    first = last(
        "run", "--benchmark", "formula", "--strategy", "random_search", *options[:2], "--trials", 10, "--seed", 5
    )
    result = call(*HERE, *options, "--seconds", 90, "--workers", 2, "--warm-start", first["run"])
    assert "after 90 seconds" in result.stdout and "random_search learns nothing" in result.stderr
    row = last(*HERE, *options, "--seconds", 90, "--workers", 2, "--warm-start", first["run"])["rows"][0]
    two = (Objective("val_acc"), Objective("flops_m", "min"))
    table = benchmarks.table("formula", "numbers")
    spec = RunSpec("formula", "numbers", "nsga2", objectives=two, max_seconds=90.0, workers=2, seed=3)
    warm = shelf().warm(spec, first["run"], table)
    assert len(warm.warm_start) == 10
    share = FrontTask(table, two).share(searches.trace(warm, FrontTrace.of).front())
    assert row["strategy"] == "nsga2" and row["mean"] == pytest.approx(share)


def test_a_search_that_cannot_run_is_refused_before_any_runs():
    more = ("--objectives", "val_acc,flops_m", "--strategies")
    assert "searches on one objective" in refused(2, *HERE, *more, "local_search")
    assert "no strategy named 'luck'" in refused(2, *HERE, *more, "luck")
    assert "may not see test_acc" in refused(2, *HERE, "--strategies", "nsga2")


def test_a_parameter_of_the_benchmark_reaches_the_front_and_the_searches():
    options = ("--benchmark-set", "search_epochs=1", "--strategies", "random_search", "--seeds", 3, "--trials", 40)
    result = last(*HERE, "--objectives", "val_acc,flops_m", *options, "--processes", 1)
    two = (Objective("val_acc"), Objective("flops_m", "min"))
    task = FrontTask(benchmarks.table("formula", "numbers", search_epochs=1), two)
    spec = RunSpec("formula", "numbers", "random_search", {}, {"search_epochs": 1}, two, max_trials=40, seed=3)
    assert [point["values"] for point in result["points"]] == task.values[task.front].tolist()
    assert result["rows"][0]["mean"] == pytest.approx(task.share(searches.trace(spec, FrontTrace.of).front()))


def test_a_goal_can_be_turned_round():
    points = last(*HERE, "--objectives", "test_acc,flops_m:max")["points"]
    table = benchmarks.table("formula", "numbers")
    assert max(point["values"][1] for point in points) == table.column("flops_m").max()


def test_the_command_of_the_page_repeats_it():
    two = (Objective("val_acc"), Objective("flops_m", "max"))
    limits = (Constraint("flops_m", high=15.0),)
    task = FrontTask(benchmarks.table("formula", "numbers"), two, limits, worst=(12.5, 2.0))
    spec = RunSpec("formula", "numbers", "random_search", objectives=two, constraints=limits, max_trials=40)
    words = shlex.split(command.front(task, [spec, replace(spec, seed=1)]))
    result = last(*words[3:], "--processes", 1)
    assert result["hypervolume"] == pytest.approx(task.attainable) and result["reference"] == [12.5, 2.0]
    shares = [task.share(searches.trace(replace(spec, seed=k), FrontTrace.of).front()) for k in (0, 1)]
    assert result["rows"][0]["mean"] == pytest.approx(np.mean(shares))
    assert command.front(task, [replace(spec, params={"x": 1})]) == ""
