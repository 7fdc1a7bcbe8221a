"""Search with several objectives: budgets and warm starts, what a link asks for, and what a command repeats."""

from dataclasses import replace

import numpy as np
import pytest

from nas_core import benchmarks, command, searches
from nas_core.studies.front_search import FrontTrace
from nas_core.studies.fronts import FrontTask
from nas_core.types import Constraint, Objective, RunSpec
from tests.searching import TWO, asked, made, opened, results, run_all, verdict
from tests.visit import markdown, shown
from ui import search_form
from ui.server import experiments as shelf
from ui.server import store

pytestmark = pytest.mark.usefixtures("tables")
SPEC = RunSpec("formula", "numbers", "nsga2", objectives=TWO, max_trials=20)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"objectives": (Objective("val_acc"), Objective("flops_m", "max"))},
        {"constraints": (Constraint("flops_m", high=6.0),)},
        {"params": {"population_size": 10}},
        {"max_trials": None, "max_seconds": 90.0},
        {"max_seconds": 90.0, "workers": 2},
    ],
)
def test_a_link_asks_for_just_these_searches(change):
    specs = [replace(SPEC, seed=seed, **change) for seed in (3, 4)]
    link = search_form.link(specs)
    page = opened(**link).run()
    run_all(page)
    assert sorted(store().ids()) == sorted(spec.id for spec in specs)


def test_a_budget_in_seconds_is_compared_in_seconds():
    page = asked(front_budget="time", front_seconds="300", front_runs="6", front_strategies=["random_search", "nsga2"])
    assert not page.exception and "about" in " ".join(c.value for c in page.caption)
    page = run_all(page).run()
    assert not page.exception and not page.error and "at 300 s" in verdict(page)
    (specs,) = shown(page).specs.values()
    assert {(spec.max_trials, spec.max_seconds) for spec in specs} == {(None, 300.0)}
    earlier = page.slider(key="front_after").set_value(100).run()
    assert earlier.slider(key="front_after").label == "Simulated seconds" and "at 100 s" in markdown(earlier)
    task = FrontTask(benchmarks.table("formula", "numbers"), TWO)
    runs = [searches.trace(spec, FrontTrace.of) for spec in specs if spec.strategy == "nsga2"]
    by_then = [task.share(run.front(int((run.end <= 100).sum()))) for run in runs]
    row = results(earlier).set_index("strategy").loc["NSGA-II"]
    assert row["median"] == pytest.approx(np.median(by_then))


def test_a_warm_start_goes_to_those_that_learn_from_it_and_into_the_link():
    earlier = replace(SPEC, strategy="random_search", seed=9)
    made([earlier])
    names = ["random_search", "nsga2", "pareto_local_search"]
    page = asked(warm_start=earlier.id, front_strategies=names, fitness="val_acc - flops_m", fitness_strategies="ppo")
    words = " ".join(c.value for c in page.caption)
    assert not page.exception and "20 results are known" in words and "Random search learns nothing from them" in words
    run_all(page)
    one = next(one for one in shelf().all()[0] if one.runs > 1)
    begun = {spec.strategy: len(spec.warm_start) for _, spec in one.specs}
    assert begun == {"random_search": 0, "nsga2": 20, "pareto_local_search": 20, "ppo": 20}
    link = search_form.link([spec for _, spec in one.specs])
    assert link["warm_start"] == earlier.id
    again = opened(**link).run()
    assert not again.exception and verdict(again)


def test_what_one_form_cannot_ask_for_has_no_link():
    other = replace(SPEC, strategy="random_search", objectives=(Objective("val_acc"), Objective("params_m", "min")))
    turned = replace(SPEC, objectives=TWO[::-1])
    for specs in ([SPEC, other], [turned], [SPEC, replace(SPEC, seed=1, max_trials=None, max_seconds=100.0)]):
        assert search_form.link(specs) == {}


def test_one_command_repeats_searches_on_several_objectives_where_it_can():
    specs = [replace(SPEC, strategy=name, seed=seed) for name in ("nsga2", "random_search") for seed in (2, 3)]
    line = command.whole(specs)
    assert line.endswith(
        "--objectives val_acc:max,flops_m:min --strategies nsga2,random_search --seeds 2:4 --trials 20"
    )
    assert command.whole(specs[:3]) == command.whole([replace(SPEC, params={"population_size": 10})]) == ""
    timed = command.whole([replace(SPEC, max_trials=None, max_seconds=90.0, workers=2)])
    assert timed.endswith("--strategies nsga2 --seeds 0:1 --seconds 90 --workers 2")
    assert " sweep " in command.whole([replace(SPEC, objectives=TWO[:1], strategy="random_search")])
