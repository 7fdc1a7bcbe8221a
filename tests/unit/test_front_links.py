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
    older = {"x": ["MFLOPs"], "fitness": ["val_acc"], "strategies": ["NSGA-II"], "nsga2.size": ["9"], "runs": ["3"]}
    assert front_links.of_pareto(older) == {
        "view": ["Pareto front"],
        "front_x": ["MFLOPs"],
        "front_fitness": ["val_acc"],
    }
    later = {
        "benchmark": ["Pocket topology"],
        "cell": ["7"],
        "objectives": ["validation accuracy", "MFLOPs"],
        "judged": ["on test images"],
        "limit.flops_m": ["1.5"],
        "front_region": ["0,1,2,3"],
        "front_strategies": ["NSGA-II"],
        "front.nsga2.size": ["9"],
        "reference.flops_m": ["2"],
    }
    kept = {name: value for name, value in later.items() if name in list(later)[:6]}
    assert front_links.of_pareto(later) == kept | {"view": ["Pareto front"]}
