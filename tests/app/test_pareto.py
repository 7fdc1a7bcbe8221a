"""The Pareto page without a browser: form, front, trades, limits, fitness."""

import pytest

from nas_core import benchmarks
from nas_core.studies.fronts import FrontTask
from nas_core.types import Objective
from tests.visit import link, markdown

PAGE = "pages/40_pareto.py"
QUICK = {"benchmark": "formula", "dataset": "numbers"}
TWO = (Objective("val_acc"), Objective("flops_m", "min"))


@pytest.fixture
def opened(tables):
    """Opens the page on a made-up table; the second run draws what waits for the map."""
    return lambda **parameters: link(PAGE, {**QUICK, **parameters}).run().run()


@pytest.fixture
def task(tables):
    return FrontTask(benchmarks.table("formula", "numbers"), TWO)


def test_it_opens_at_the_knee_of_the_exact_front(opened, task):
    app = opened()
    assert not app.exception and not app.warning and not app.error
    assert app.subheader[0].value == f"Cell {task.knee}"
    assert "On the front, and its knee" in markdown(app)
    (way,) = [link for link in app.get("page_link") if link.proto.label == "Which search finds this front?"]
    assert "objective=several+objectives" in way.proto.query_string
    members = app.dataframe[0].value
    assert members["number"].tolist() == task.front.tolist()
    assert any("fewer MFLOPs" in b.label for b in app.button)
    assert "differ in" in markdown(app)


@pytest.mark.parametrize(
    "parameters",
    [
        {"objectives": "luck"},
        {"limit.flops_m": "much"},
        {"goal.val_acc": "up"},
        {"whose": "mine"},
    ],
)
def test_nonsense_in_the_link_is_answered(opened, parameters):
    app = opened(**parameters)
    assert not app.exception and app.title
