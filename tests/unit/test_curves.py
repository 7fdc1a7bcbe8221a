"""Charts of searches: options and drawings hold what they were given, in the right order and colours."""

import json
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from nas_core.charts import curves, dynamics, palette
from nas_core.charts.curves import Frame, Line
from nas_core.spaces.topology import Topology
from nas_core.types import with_unit
from tests.tiny import Blocks

X = np.arange(1.0, 6.0)
SPACE = Topology()


def line(name="a", middle=(1, 2, 2, 2, 3), spread=0.5, runs=0):
    middle = np.array(middle, float)
    return Line(name, "#123456", (1, 0), middle, middle - spread, middle + spread, np.tile(middle, (runs, 1)))


def drawn(option, name):
    return [s for s in option["series"] if s["name"] == name]


@pytest.mark.parametrize(
    ("unit", "words"), [("%", "%.2f %%"), ("points", "%.2f points"), ("ms", "%.4g ms"), ("", "%.4g")]
)
def test_the_tooltip_has_units_and_the_axis_too(unit, words):
    option = curves.incumbents([line()], Frame(X, "networks trained", "accuracy", unit))
    assert option["tooltip"]["valueFormatter"] == words
    assert option["tooltip"]["axisPointer"]["label"]["formatter"] == "{value} networks trained"
    assert option["yAxis"]["name"] == with_unit("accuracy", unit)


def test_the_tooltip_has_all_lines_wherever_the_pointer_is():
    """ECharts shows only those that have a point at the place of the nearest one."""
    expected = "random search", np.linspace(1, 3, 5)
    option = curves.incumbents([line("a"), line("b")], Frame(X, "trials", "accuracy"), optimum=4.0, expected=expected)
    shown = [s for s in option["series"] if "tooltip" not in s]
    assert len(shown) == 4 and all([x for x, _ in s["data"]] == X.tolist() for s in shown)


def test_an_entrant_has_a_band_of_two_stacked_series_and_a_line_in_front():
    option = curves.incumbents([line()], Frame(X, "trials", "accuracy"))
    low, band, middle = drawn(option, "a")
    assert low["stack"] == band["stack"] == "a"
    assert [p[1] for p in low["data"]] == [0.5, 1.5, 1.5, 1.5, 2.5]
    assert [p[1] for p in band["data"]] == [1.0] * 5
    assert middle["z"] == curves.FRONT
    assert middle["data"][0] == [1.0, 1.0]
    json.dumps(option, allow_nan=False)


def test_single_runs_are_drawn_and_one_run_has_no_band():
    option = curves.incumbents([line(spread=0.0, runs=3)], Frame(X, "trials", "accuracy"))
    assert len(drawn(option, "a")) == 4


def test_steps_leave_out_points_that_change_nothing_but_keep_the_ends():
    assert curves.points(X, np.array([1.0, 1, 2, 2, 2])) == [[1, 1], [3, 2], [5, 2]]
    assert curves.points(X[:2], np.array([1.0, 1])) == [[1, 1], [2, 1]]


def test_missing_is_drawn_as_missing():
    option = curves.incumbents([line(middle=(np.nan, 2, 2, 3, np.nan))], Frame(X, "trials", "accuracy"))
    middle = drawn(option, "a")[-1]["data"]
    assert middle[0] == [1.0, None]
    assert middle[-1] == [5.0, None]
    json.dumps(option, allow_nan=False)


def test_the_optimum_and_the_closed_form_are_named_in_the_legend():
    frame = Frame(X, "trials", "accuracy")
    option = curves.incumbents([line()], frame, optimum=9.0, expected=("random search", np.linspace(1, 3, 5)))
    strategy, *dotted = option["legend"]["data"]
    assert strategy == {"name": "a", "icon": "roundRect"}
    assert [each["name"] for each in dotted] == ["random search", curves.OPTIMUM]
    assert not any("icon" in each for each in dotted)  # so that each is shown as its line is dotted
    assert [p[1] for p in drawn(option, curves.OPTIMUM)[0]["data"]] == [9.0] * len(X)
    assert curves.incumbents([line()], frame)["legend"]["data"] == [strategy]
    (dashed,) = curves.incumbents([replace(line(), dash=(4, 2))], frame)["legend"]["data"]
    assert "icon" not in dashed and dashed["lineStyle"]["type"] == [4, 2]


def test_a_logarithmic_regret_stops_at_the_floor():
    option = curves.incumbents([line(middle=(3, 2, 1, 0, 0))], Frame(X, "trials", "regret", log=True))
    values = [p[1] for p in drawn(option, "a")[-1]["data"]]
    assert min(values) == curves.FLOOR
    assert option["yAxis"]["type"] == "log"


def test_only_an_animated_chart_moves_and_its_bands_come_last():
    still = curves.incumbents([line()], Frame(X, "trials", "accuracy"))
    assert still["animation"] is False
    moving = curves.incumbents([line()], Frame(X, "trials", "accuracy"), animate=True)
    low, _, middle = drawn(moving, "a")
    assert middle["animationDuration"] == low["animationDelay"] == curves.SWEEP


def test_on_a_wide_chart_every_line_carries_its_name():
    option = curves.incumbents([line("a"), line("b")], Frame(X, "trials", "accuracy"), optimum=4.0)
    changes = option["media"][0]["option"]["series"]
    assert len(changes) == len(option["series"])
    named = [s["name"] for s, change in zip(option["series"], changes, strict=True) if change]
    assert named == ["a", "b", curves.OPTIMUM]


def test_a_chart_made_narrow_takes_back_what_it_added_when_wide():
    """ECharts applies the entry without a query where no other fits; without one it would leave the chart as it is."""
    option = curves.incumbents([line("a"), line("b")], Frame(X, "trials", "accuracy"), optimum=4.0, animate=True)
    wide, _, narrow = option["media"]
    assert "query" not in narrow and narrow["option"].keys() == wide["option"].keys()
    assert len(narrow["option"]["series"]) == len(option["series"])
    assert all(s == {"endLabel": {"show": False}} for s in narrow["option"]["series"])
    assert narrow["option"]["grid"]["right"] == option["grid"]["right"] and narrow["option"]["legend"]["show"]


def test_a_narrow_chart_shows_all_of_its_legend_above_the_curves():
    option = curves.incumbents(
        [line("regularized evolution"), line("assisted regularized evolution")], Frame(X, "trials", ""), optimum=4.0
    )
    tops = [entry["option"]["grid"]["top"] for entry in option["media"]]
    assert tops == [36, 53, 70] and option["grid"]["top"] == 36  # one line, two, three
    assert "type" not in option["legend"]  # a legend that is paged hides who won
    assert option["media"][1]["query"] == {"minWidth": 450, "maxWidth": 639}


def test_shares_over_time_add_up_to_a_hundred_and_keep_the_colours():
    shares = np.full((40, 6, 5), 0.2)
    option = dynamics.shares_over_time(SPACE, shares, 12)
    assert len(option["grid"]) == 6
    first = [s for s in option["series"] if s["xAxisIndex"] == 0]
    assert first[0]["data"][0] == pytest.approx([1, 100, 20])  # drawn first, covered by the next
    assert {s["name"]: s["itemStyle"]["color"] for s in first} == {
        Topology.short(o): c for o, c in Topology.colours.items()
    }
    assert first[-1]["markLine"]["data"] == [{"xAxis": 12}]


def test_decisions_with_few_options_have_few_layers():
    shares = np.zeros((1, 3, 4))
    option = dynamics.shares_over_time(Blocks(), shares, 1)
    assert [len([s for s in option["series"] if s["xAxisIndex"] == i]) for i in range(3)] == [2, 3, 4]


def svg(text):
    return ElementTree.fromstring(text)


def boxes(drawing):
    return [e for e in drawing.iter("{http://www.w3.org/2000/svg}rect")]


def test_share_bars_are_as_wide_as_the_shares():
    shares = np.tile([0.5, 0.5, 0.0, 0.0, 0.0], (6, 1))
    drawing = svg(dynamics.share_bars(SPACE, shares, "Options"))
    widths = [float(b.get("width")) for b in boxes(drawing)[:5]]
    assert widths == pytest.approx([widths[0], widths[0], 0, 0, 0])
    assert widths[0] > 0
    assert drawing.get("aria-label").startswith("Options. 1←0 mostly none, 50 %")


def test_every_strategy_has_a_colour_that_is_no_operations():
    names = ["local_search", "other", "random_search", "regularized_evolution"]
    colours = [palette.strategy(name, names)[0] for name in names]
    assert len(set(colours)) == 4
    assert not {palette.STRATEGIES[n][0] for n in palette.STRATEGIES} & set(Topology.colours.values())


@pytest.mark.parametrize(
    ("first", "last", "low", "shown"),
    [(1, 100, 1, True), (1, 150, 1, True), (1, 3, 1, True), (130, 20_000, 0, True), (31.2, 31_813.5, 0, False)],
)
def test_the_x_axis_begins_at_1_or_0_and_its_end_has_a_label_only_if_it_is_round(first, last, low, shown):
    axis = curves.incumbents([], curves.Frame(np.array([first, last], float), "x", "y"))["xAxis"]
    assert (axis["min"], axis["max"], axis["axisLabel"]["showMaxLabel"]) == (low, last, shown)
