"""Links between the exact front and the searches for it, and what older links ask for."""

from nas_core import fitness
from nas_core.studies.fronts import FrontTask
from nas_core.types import Constraint, Objective
from tests.tiny import Formula
from ui import front_links


def test_searches_are_asked_for_on_the_same_objectives():
    table = Formula("numbers")
    task = FrontTask(table, (Objective("val_acc"), Objective("flops_m", "min")))
    aims = {"objective": "several objectives", "aims": ["validation accuracy", "MFLOPs"]}
    assert front_links.searches(task) == {"benchmark": "formula", "dataset": "numbers", **aims}
    limits = (Constraint("flops_m", high=6), Constraint("test_acc", low=0.5))
    task = FrontTask(table, (Objective("flops_m"), Objective("val_acc")), limits)
    asked = front_links.searches(task, fitness.parse("val_acc - flops_m", table.metrics))
    assert asked["aims"] == aims["aims"][::-1] and asked["limits"] == "flops_m<=6,test_acc>=0.5"
    assert asked["aim.flops_m"] == "more is better" and "aim.val_acc" not in asked
    assert asked["fitness"] == "val_acc - flops_m"


def test_a_link_to_the_page_that_was_opens_the_view():
    older = {"x": ["MFLOPs"], "fitness": ["val_acc"], "limits": ["true"]}
    page, query = front_links.successor(older)
    assert page == front_links.EXPLORE
    assert query == {"view": ["Pareto front"], "front_x": ["MFLOPs"], "front_fitness": ["val_acc"]}
    later = {
        "benchmark": ["Pocket topology"],
        "cell": ["7"],
        "objectives": ["validation accuracy", "MFLOPs"],
        "judged": ["on test images"],
        "limit.flops_m": ["1.5"],
        "front_region": ["0,1,2,3"],
        "reference.flops_m": ["2"],
    }
    kept = {name: value for name, value in later.items() if name in list(later)[:6]}
    assert front_links.successor(later) == (front_links.EXPLORE, kept | {"view": ["Pareto front"]})


def test_one_that_names_searches_opens_search(tables):
    asked = {"objective": ["several objectives"], "edit": ["false"]}
    older = {"strategies": ["NSGA-II", "random search"], "nsga2.size": ["9"], "runs": ["3"], "single": ["local search"]}
    page, query = front_links.successor(older | {"fitness": ["val_acc"], "after": ["40"]})
    assert page == front_links.SEARCHES
    assert query == asked | {
        "front_strategies": ["NSGA-II", "random search"],
        "nsga2.size": ["9"],
        "front_runs": ["3"],
        "fitness_strategies": ["local search"],
        "fitness": ["val_acc"],
        "front_after": ["40"],
    }
    later = {
        "benchmark": ["formula"],
        "dataset": ["numbers"],
        "objectives": ["MFLOPs"],
        "judged": ["on test images"],
        "goal.flops_m": ["more is better"],
        "limit.flops_m": ["6"],
        "limit.val_acc": ["20"],
        "limit.luck": ["1"],
        "reference.flops_m": ["2"],
        "front_trials": ["40"],
        "front.nsga2.size": ["9"],
    }
    assert front_links.successor(later)[1] == asked | {
        "benchmark": ["formula"],
        "dataset": ["numbers"],
        "aims": ["MFLOPs"],
        "measured": ["on test images"],
        "aim.flops_m": ["more is better"],
        "limits": ["flops_m<=6, val_acc>=20"],
        "measured_from.flops_m": ["2"],
        "front_trials": ["40"],
        "nsga2.size": ["9"],
    }
