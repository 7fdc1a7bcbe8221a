"""What the Explore page draws: quantities of a whole space, learning curves, distributions."""

import json
import math

import numpy as np
import pytest

from nas_core import stats
from nas_core.charts import region, space_view, training_curve
from nas_core.charts.quantities import quantities
from nas_core.spaces.size import Size
from nas_core.spaces.topology import Topology
from nas_core.studies import landscape
from tests.tiny import Formula, Tiny

TABLE = Formula("numbers")
KNOWN = quantities(TABLE)


class Holes(Tiny):
    """The made-up table with missing numbers, and nothing at all after one epoch."""

    def column(self, metric, epochs=None, seed=None):
        out = super().column(metric, epochs, seed).copy()
        out[:: 2 if epochs != 1 else 1] = np.nan
        return out


class Sizes(Tiny):
    space = Size(widths="8:16:24")


def test_a_metric_can_be_asked_at_every_fidelity():
    assert np.array_equal(KNOWN["validation accuracy"].read(), TABLE.column("val_acc"))
    assert np.array_equal(KNOWN["validation accuracy after 1 epoch"].read(), TABLE.column("val_acc", 1))
    assert np.array_equal(KNOWN["test accuracy after 2 epochs"].read(), TABLE.column("test_acc", 2))
    assert KNOWN["MFLOPs"].label == "MFLOPs"


def test_operations_are_counted():
    counts = [KNOWN[f"number of {name}"].read() for name in Topology.abbreviations.values()]
    assert np.array_equal(np.sum(counts, axis=0), np.full(15625, 6))
    row = TABLE.space.index((3, 3, 0, 1, 4, 3))
    assert [int(c[row]) for c in counts] == [1, 1, 0, 3, 1]


def test_widths_take_the_place_of_counts_where_there_are_no_operations():
    by_name = quantities(Sizes("numbers"))
    space = Sizes.space
    assert by_name["width of cell 2"].read()[space.index(space.parse("8:8:24:16:8"))] == 24
    assert not [title for title in by_name if title.startswith("number of")]


def test_scores_that_come_with_a_table_can_be_put_on_an_axis(monkeypatch):
    values = np.arange(len(TABLE.space), dtype=float)
    values[3] = -np.inf
    monkeypatch.setattr(Formula, "proxy_looks", lambda self: {"synflow": (values, values)})
    shown = quantities(Formula("numbers"))["SynFlow before training"]
    assert shown.goal == "max" and np.isnan(shown.read()[3]) and shown.read()[4] == 4
    scored_here = {**TABLE.metrics, "synflow_pocket_noise": TABLE.metrics["val_acc"]}
    monkeypatch.setattr(Formula, "metrics", scored_here)
    assert "SynFlow before training" not in quantities(Formula("numbers"))


def test_percentiles_are_the_share_that_is_no_better():
    assert stats.percentiles(np.array([1, 3, 3, 9], np.float32)).tolist() == [25, 75, 75, 100]
    assert np.isnan(stats.percentiles(np.array([np.nan, 2], np.float32))).tolist() == [True, False]
    best = int(landscape.best(TABLE, "val_acc")[0])
    assert KNOWN["validation accuracy percentile"].read()[best] == 100


def test_a_fidelity_without_any_number_is_not_offered():
    by_name = quantities(Holes("numbers"))
    assert "validation accuracy after 2 epochs" in by_name
    assert "validation accuracy after 1 epoch" not in by_name


def test_a_learning_curve_is_what_the_table_says():
    curve = training_curve.table_curve(TABLE, 77, "table")
    assert list(curve.epochs) == [1, 2, 4]
    assert curve.metrics["val_acc"] == [float(TABLE.column("val_acc", e)[77]) for e in (1, 2, 4)]
    figure = training_curve.figure([curve], "acc", ("train", "val", "test"), 4)
    assert [s["name"] for s in figure["series"]] == ["validation", "test"]  # the made-up table has no training metric
    assert figure["series"][0]["data"][1] == [2, round(curve.metrics["val_acc"][1], 4)]


def test_missing_points_are_gaps_and_never_nan_in_the_options():
    curve = training_curve.table_curve(Holes("numbers"), 0, "table")
    figure = training_curve.figure([curve], "acc", ("val",), 4)
    assert [y for _, y in figure["series"][0]["data"]] == [None, None, None]
    assert not figure["legend"]["show"] and figure["yAxis"]["name"] == "validation accuracy (%)"  # of one line alone
    json.dumps(figure, allow_nan=False)


def test_a_live_curve_stands_beside_the_tabulated_one_on_axes_that_do_not_move():
    live = training_curve.live_curve("live", [{"epoch": 1, "seconds": 2.0, "val_acc": 31.5, "val_loss": 1.9}])
    assert live.metrics == {"val_acc": [31.5], "val_loss": [1.9]}
    figure = training_curve.figure([training_curve.table_curve(TABLE, 5, "table"), live], "acc", ("val",), 4)
    assert [s["name"] for s in figure["series"]] == ["table", "live"] and figure["legend"]["show"]
    assert figure["xAxis"]["max"] == 4
    assert figure["series"][0]["color"] != figure["series"][1]["color"]


def test_trainings_of_different_length_are_not_joined_by_a_line():
    class Separate(Tiny):
        resumable = False

    curve = training_curve.table_curve(Separate("numbers"), 3, "table")
    (series,) = training_curve.figure([curve], "acc", ("val",), 4)["series"]
    assert series["lineStyle"]["width"] == 0


def test_curves_as_a_table_keep_every_number():
    frame = training_curve.frame_of([training_curve.table_curve(TABLE, r, f"cell {r}") for r in (1, 2)])
    assert frame["curve"].tolist() == ["cell 1"] * 3 + ["cell 2"] * 3
    assert frame["val_acc"].tolist() == [float(TABLE.column("val_acc", e)[r]) for r in (1, 2) for e in (1, 2, 4)]


@pytest.mark.parametrize("line", [60.0, math.nan])
def test_a_histogram_counts_each_known_value_once(line):
    values = KNOWN["validation accuracy"].read().copy()
    values[:25] = np.nan
    figure = region.histogram(values, np.arange(100), KNOWN["validation accuracy"], line)
    listed, others = (sum(n for _, n in series["data"]) for series in figure["series"])
    assert (listed, others) == (75, 15625 - 100)
    assert figure["tooltip"]["valueFormatter"] == "%d architectures"
    assert ("markLine" in figure["series"][0]) == (not math.isnan(line))
    json.dumps(figure, allow_nan=False)


def test_the_bars_of_a_region_add_up_to_a_hundred_percent_in_the_colours_of_the_operations():
    best = landscape.best(TABLE, "val_acc", 100)
    figure = region.option_bars(TABLE.space, landscape.option_shares(TABLE.space, best))
    assert {s["name"]: s["color"] for s in figure["series"]} == {
        Topology.short(name): colour for name, colour in Topology.colours.items()
    }
    assert np.allclose(np.sum([s["data"] for s in figure["series"]], axis=0), 100, atol=0.05)


def test_the_twin_of_the_map_draws_every_known_point_and_rings_the_selected_one():
    x, y, colour = KNOWN["MFLOPs"], KNOWN["validation accuracy"], KNOWN["number of skip"]
    chart = space_view.scatter(TABLE.space, np.arange(300), x, y, colour, 7)
    points, ring = chart.layer
    assert len(points.data) == 300
    assert ring.data["row"].tolist() == [7]
    assert points.data["label"][9] == TABLE.space.number_label(TABLE.space.arch(9))
    assert chart.to_dict()["layer"][0]["encoding"]["x"]["title"] == "MFLOPs"


def test_a_table_of_cells_names_their_operations():
    frame = space_view.frame_of(TABLE.space, np.array([0, 15624]), [KNOWN["validation accuracy"]])
    assert frame["number"].tolist() == [0, 15624]
    assert frame["1←0"].tolist() == ["none", "pool 3×3"]
    assert frame["architecture"][0] == TABLE.space.text((0,) * 6)
    assert frame["validation accuracy, 4 epochs (%)"].tolist() == TABLE.column("val_acc")[[0, 15624]].tolist()


@pytest.mark.parametrize(
    ("values", "start"),
    [
        ([10] * 3 + list(range(60, 157)), 60),
        ([1, 30, 30, np.nan, *range(60, 157)], 60),  # above the last of several gaps
        (list(range(100)), -math.inf),
        ([10] * 6 + list(range(60, 154)), -math.inf),  # these are too many to be left out
        ([5, 5, 5], -math.inf),
        ([np.nan], -math.inf),
        ([50, *range(60, 160)], -math.inf),  # a tenth of the height is no large gap
    ],
)
def test_the_first_view_begins_above_a_gap_that_only_few_lie_below(values, start):
    assert space_view.bulk_start(np.array(values, np.float32)) == start
