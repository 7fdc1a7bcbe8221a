"""The Pareto page without a browser: form, front, trades, limits, fitness, searches from start to answer."""

import pytest

from nas_core import benchmarks
from nas_core.experiment_file import Experiment
from nas_core.studies.fronts import FrontTask
from nas_core.types import Objective
from tests.tiny import Tiny
from tests.visit import finish, link, markdown, origin, press, shown
from ui import exported_data

PAGE = "pages/40_pareto.py"
QUICK = {"benchmark": "formula", "dataset": "numbers", "front_runs": "6", "front_trials": "40"}
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
    assert "No search has been run" in app.info[0].value
    members = app.dataframe[0].value
    assert members["number"].tolist() == task.front.tolist()
    assert any("fewer MFLOPs" in b.label for b in app.button)
    assert "differ in" in markdown(app)


def test_a_cell_replaces_the_one_before_it_in_the_menu_export(opened):
    one, other = (shown(opened(cell=str(row))) for row in (1, 4711))
    assert one.figures.keys() == other.figures.keys() and other.figures["cell"].name == "cell-4711"


def test_a_step_goes_to_the_neighbour_on_the_front(opened, task):
    position = task.front.tolist().index(task.knee)
    app = opened()
    app.button(key=f"step {task.front[position - 1]}").click().run()
    app = app.run()
    assert not app.exception and app.subheader[0].value == f"Cell {task.front[position - 1]}"
    assert app.query_params["cell"] in (str(task.front[position - 1]), [str(task.front[position - 1])])


def test_a_cell_off_the_front_is_told_what_beats_it(opened, task):
    app = opened(cell=str(int(task.losses[:, 1].argmax())))
    assert not app.exception and "Not on the front" in markdown(app)
    assert any(b.label.endswith("at no cost") for b in app.button)


def test_a_limit_takes_the_front_back_and_too_narrow_ones_are_said(opened, task):
    app = opened()
    app = app.slider(key="limit.flops_m").set_value(6.0).run()
    assert not app.exception
    members = app.dataframe[0].value
    assert members["MFLOPs"].max() <= 6 and len(members) < len(task.front)
    app = app.slider(key="limit.val_acc").set_value(float(app.slider(key="limit.val_acc").max)).run()
    assert not app.exception and "No architecture lies within these limits" in app.warning[0].value


def test_a_reference_point_that_nothing_attains_is_said(opened):
    app = finish(press(opened(), "Run the searches"))
    app = app.number_input(key="reference.val_acc").set_value(1000.0).run()
    assert not app.exception and not app.error
    assert "(1000 %, 25 MFLOPs) lies outside" in app.warning[0].value
    assert "headline" not in markdown(app) and "nan" not in markdown(app)


def test_searches_from_start_to_answer(opened):
    app = finish(press(opened(), "Run the searches"))
    assert not app.exception and not app.error
    (specs,) = shown(app).specs.values()
    trials = exported_data.trials(specs)
    assert trials.groupby(["label", "seed"]).size().tolist() == [40] * 24 and trials["flops_m"].gt(0).all()
    assert exported_data.archive(Experiment.of(specs, "pareto")).startswith(b"PK")
    assert " front " in origin(app)["command"]
    headline = next(m.value for m in app.markdown if "headline" in m.value)
    assert any(word in headline for word in (" beats ", " beat ", "No strategy is shown", "No difference is shown"))
    pairs = next(d.value for d in app.dataframe if "verdict" in d.value)
    assert {"NSGA-II", "random search"} <= {*pairs["first"], *pairs["second"]}
    results = next(d.value for d in app.dataframe if "on the exact front" in d.value)
    assert len(results) == 4 and results["median"].between(0, 100).all()
    earlier = app.slider(key="front_after").set_value(10).run()
    assert not earlier.exception and "After 10 trainings" in markdown(earlier)
    again = opened()  # the saved runs are read from disk
    assert not again.exception and "Run all again" in [b.label for b in again.button]


@pytest.mark.parametrize("every", [1, 2])
def test_trials_that_failed_are_said_and_not_called_zero_percent(opened, monkeypatch, every):
    evaluate = Tiny.evaluate

    def fail(self, suggestion, rng):
        if suggestion.arch[0] % every == 0:
            raise ValueError("this cell is not in the table")
        return evaluate(self, suggestion, rng)

    monkeypatch.setattr(Tiny, "evaluate", fail)
    app = finish(press(opened(strategies="random search"), "Run the searches"))
    assert not app.exception and not app.error
    text = " ".join(box.value for box in (*app.info, *app.caption))
    assert "trainings failed: ValueError: this cell is not in the table" in text
    assert ("These searches found nothing in 240 trainings: 240 of 240 trainings failed" in text) == (every == 1)
    assert any("on the exact front" in d.value for d in app.dataframe) == (every == 2)


def test_a_fitness_of_ones_own_is_read_and_searched_on(opened):
    both = ["NSGA-II", "random search"]
    app = opened(fitness="val_acc - 2*log(flops_m)", single="local search", strategies=both)
    assert not app.exception and not app.error
    assert any(c.value.startswith("val_acc is validation accuracy (%)") for c in app.caption)
    app = finish(press(app, "Run the searches"))
    assert not app.exception and not app.error
    names = next(d.value for d in app.dataframe if "on the exact front" in d.value)["strategy"]
    assert any("searching on val_acc - 2 * log(flops_m)" in name for name in names)
    baseline = "random search (searching on val_acc, least flops_m)"
    pairs = next(d.value for d in app.dataframe if "verdict" in d.value)
    assert ((pairs["first"] == baseline) | (pairs["second"] == baseline)).sum() == 2


@pytest.mark.parametrize("text", ["val_akk", "__import__('os').system('x')", "9**9**9**val_acc*", "log(0-val_acc)"])
def test_a_wrong_fitness_is_one_sentence(opened, text):
    app = opened(fitness=text)
    assert not app.exception and len(app.error) == 1
    assert app.dataframe[0].value.shape[0] > 3  # the page goes on without it


def test_three_objectives_on_test_images(opened, tables):
    app = opened(benchmark="pocket_topology", dataset="cluttered_digits", objectives="validation accuracy,CPU latency")
    assert not app.exception
    app = app.multiselect(key="objectives").set_value(["validation accuracy", "MFLOPs", "CPU latency"]).run()
    app = app.segmented_control(key="judged").set_value("on test images").run().run()
    assert not app.exception and not app.error
    assert "All objectives at once" in [s.value for s in app.subheader]
    assert "test accuracy, 4 epochs (%)" in app.dataframe[0].value
    assert "one device at most" in app.info[-1].value


def test_one_objective_is_not_enough(opened):
    app = opened().multiselect(key="objectives").set_value(["MFLOPs"]).run()
    assert not app.exception and "Choose two to 4 objectives" in app.warning[0].value


@pytest.mark.parametrize(
    "parameters",
    [
        {"objectives": "luck"},
        {"limit.flops_m": "much"},
        {"goal.val_acc": "up"},
        {"whose": "mine"},
        {"front_after": "x"},
    ],
)
def test_nonsense_in_the_link_is_answered(opened, parameters):
    app = opened(**parameters)
    assert not app.exception and app.title


def test_devices_where_the_table_has_them(opened, nats_tables):
    app = opened(benchmark="nats_topology", dataset="cifar10", judged="on test images")
    assert not app.exception and not app.error
    assert "Kendall" in markdown(app)
    app = app.selectbox(key="front_device").set_value("raspi4").run()
    assert not app.exception and any("latency on raspi4" in c.value for c in app.caption)
