"""What charts show, in words and numbers."""

import altair as alt
import numpy as np
import pandas as pd
import pytest

from nas_core.charts import palette, reading
from nas_core.charts.curves import Frame, Line, incumbents


def test_the_lines_of_a_race_are_told_by_their_medians_not_by_single_runs():
    at = np.array([1.0, 2.0, 3.0])
    middle = np.array([60.0, 65.0, 71.5])
    line = Line("random search", "#0072B2", (1, 0), middle, middle - 1, middle + 1, np.array([[10.0, 20.0, 30.0]]))
    option = incumbents([line], Frame(at, "networks trained", "accuracy (%)"), optimum=75.83)
    words = reading.echarts(option)
    assert words.startswith("accuracy (%) over networks trained. ")
    assert "random search: 60 to 71.5" in words and "best there is: 75.83" in words and "30" not in words


def test_points_and_heat_maps_are_told_by_their_range():
    option = {"xAxis": {"name": "size"}, "series": {"type": "scatter", "data": [[1, 2.5], [3, None], [4, 7.25]]}}
    assert reading.echarts(option) == "size. 2 values from 2.5 to 7.25."
    named = {"series": [{"type": "scatter", "name": "skip", "data": [[-1.5, "edge 1"], {"value": [2.0, "edge 2"]}]}]}
    assert reading.echarts(named) == "skip: 2 values from -1.5 to 2."


def test_an_altair_chart_is_told_by_its_axes_and_names():
    frame = pd.DataFrame({"score": [1.0, 4.0], "accuracy": [60.0, 71.25], "by": ["NASWOT", "SynFlow"]})
    points = alt.Chart(frame).mark_point().encode(alt.X("score:Q", title="score"), y="accuracy:Q", color="by:N")
    rule = alt.Chart(pd.DataFrame({"x": [0], "y": [70]})).mark_line().encode(x="x:Q", y="y:Q")
    words = "score from 1 to 4; accuracy from 60 to 71.25; by: NASWOT, SynFlow; 2 in all."
    assert reading.altair(rule + points) == words
    assert reading.altair(points | rule) == words
    assert reading.altair(alt.Chart(frame[:0]).mark_point().encode(x="score:Q")) == "No data."


@pytest.mark.parametrize("ground", ["#F3F5F8", "#1A212B", "#FFFFFF"])
def test_letters_in_the_colours_of_lines_are_read_on_light_and_dark_pages(ground):
    assert palette.contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert palette.contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)  # the usual example of WCAG
    for colour in (*palette.SERIES, palette.OPTIMUM):
        assert palette.contrast(palette.legible(colour, ground), ground) >= 4.5
    assert palette.legible("#0072B2", "#FFFFFF") == "#0072B2"
