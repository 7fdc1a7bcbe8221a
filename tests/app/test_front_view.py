"""Explore's view Pareto front without a browser: objectives, front, trades, limits, fitness, the other views."""

import pytest
import streamlit as st

from nas_core import benchmarks
from nas_core.studies.fronts import FrontTask
from nas_core.types import Objective
from tests.visit import link, markdown, origin, shown
from ui import front_shape

PAGE = "pages/10_explore.py"
TABLE = {"benchmark": "formula", "dataset": "numbers"}
TWO = (Objective("val_acc"), Objective("flops_m", "min"))


@pytest.fixture
def opened(tables):
    """Opens the view on a made-up table; the second run draws what waits for the map."""

    def open_view(runs=2, **parameters):
        app = link(PAGE, {**TABLE, "view": "Pareto front", **parameters})
        for _ in range(runs):
            app.run()
        return app

    return open_view


@pytest.fixture
def task(tables):
    return FrontTask(benchmarks.table("formula", "numbers"), TWO)


def test_it_opens_at_the_knee_of_the_exact_front(opened, task):
    app = opened()
    assert not app.exception and not app.warning and not app.error
    assert app.subheader[0].value == f"Cell {task.knee}"
    assert "On the front, and its knee" in markdown(app)
    assert any(c.value.startswith("Goal: more validation accuracy, fewer MFLOPs. Each of the ") for c in app.caption)
    (way,) = [link for link in app.get("page_link") if link.proto.label == "Which search finds this front?"]
    assert "objective=several+objectives" in way.proto.query_string
    members = app.dataframe[0].value
    assert members["number"].tolist() == task.front.tolist()
    assert any("fewer MFLOPs" in b.label for b in app.button)
    assert "differ in" in markdown(app)


def test_a_click_on_a_point_of_two_objectives_selects_it(monkeypatch):
    picked = []
    for points in ([{"cell": 4711}], []):  # a second click takes the point back
        monkeypatch.setattr(st, "session_state", {"pair 0 1": {"selection": {"cell": points}}})
        front_shape._clicked("pair 0 1", picked.append)
    assert picked == [4711]


def test_a_line_that_is_clicked_selects_its_network(monkeypatch):
    rows, picked = {"the exact front": [7, 9, 11], "NSGA-II": [3]}, []
    for lines in (
        [{"series_name": "NSGA-II", "data_indices": []}, {"series_name": "the exact front", "data_indices": [2]}],
        [{"series_name": "NSGA-II", "data_indices": [0]}],
        [{"series_name": "selected", "data_indices": [0]}],  # the thick line stands over those of its network
        [],
    ):
        monkeypatch.setattr(st, "session_state", {"parallel": {"selection": {"selected": lines}}})
        front_shape._line_clicked(rows, picked.append)
    assert picked == [11, 3]


def test_what_repeats_it_is_the_command_front(opened):
    line = origin(opened(**{"limit.flops_m": "6"}))["command"]
    assert line.endswith(
        "front --benchmark formula --dataset numbers --objectives val_acc:max,flops_m:min --limit 'flops_m<=6'"
    )


def test_a_cell_replaces_the_one_before_it_in_the_menu_export(opened):
    one, other = (shown(opened(cell=str(row))) for row in (1, 4711))
    assert one.figures.keys() == other.figures.keys() and other.figures["cell"].name == "cell-4711"


def test_a_step_goes_to_the_neighbour_on_the_front(opened, task):
    position = task.front.tolist().index(task.knee)
    app = opened()
    app.button(key=f"step {task.front[position - 1]}").click().run()
    app = app.run()
    assert not app.exception and app.subheader[0].value == f"Cell {task.front[position - 1]}"
    assert app.text_input(key="cell").value == str(task.front[position - 1])


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


@pytest.mark.parametrize("text", ["val_akk", "__import__('os').system('x')", "9**9**9**val_acc*", "log(0-val_acc)"])
def test_a_wrong_fitness_is_one_sentence(opened, text):
    app = opened(front_fitness=text)
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
    assert "command" not in origin(app), "searches do not see test accuracy, nor does the command front"


def test_one_objective_is_not_enough(opened):
    app = opened().multiselect(key="objectives").set_value(["MFLOPs"]).run()
    assert not app.exception and "Choose two to 4 objectives" in app.warning[0].value


def test_devices_where_the_table_has_them(opened, nats_tables):
    app = opened(benchmark="nats_topology", dataset="cifar10", judged="on test images")
    assert not app.exception and not app.error
    assert "Kendall" in markdown(app)
    app = app.selectbox(key="front_device").set_value("raspi4").run()
    assert not app.exception and any("latency on raspi4" in c.value for c in app.caption)


@pytest.mark.parametrize(
    "parameters", [{"objectives": "luck"}, {"limit.flops_m": "much"}, {"goal.val_acc": "up"}, {"front_x": "luck"}]
)
def test_nonsense_in_the_link_is_answered(opened, parameters):
    app = opened(runs=1, **parameters)
    assert not app.exception and len(app.warning) == 1
    assert app.run().subheader and not app.exception


def test_what_is_selected_and_how_a_view_was_left_outlast_the_other_views(opened, task):
    app = opened(front_fitness="val_acc - flops_m", space="true")
    app.selectbox(key="front_colour").set_value("MFLOPs").run()
    other = int(task.front[0])
    app.text_input(key="cell").set_value(f"own:{other}").run().run()
    for view in ("Landscape", "Map", "Pareto front"):
        app = app.segmented_control(key="view").set_value(view).run().run()
        assert not app.exception and not app.warning
        assert f"Cell {other}" in [s.value for s in app.subheader]
    assert app.selectbox(key="front_colour").value == "MFLOPs" and app.toggle(key="space").value
    assert app.text_input(key="front_fitness").value == "val_acc - flops_m"
    app = app.segmented_control(key="judged").set_value("on test images").run().run()
    assert app.selectbox(key="front_y").value == "test accuracy"
    assert "front_y" not in app.query_params, "what is not there any more would be asked for by the link"


def test_a_view_that_is_left_without_a_choice_hands_on_what_it_showed(opened, task):
    app = opened().segmented_control(key="view").set_value("Map").run().run()
    assert not app.exception and app.subheader[0].value == f"Cell {task.knee}"
