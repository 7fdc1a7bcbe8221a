"""The view Landscape: what its pictures show, the sentences beside them, and the view on a page without a browser."""

import json
import re

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from nas_core.charts import landscape as charts
from nas_core.charts import palette
from nas_core.charts.quantities import quantities
from nas_core.studies import landscape_reading as reading
from nas_core.studies import ruggedness
from nas_core.studies.effects import Variance, main_effects, variance
from nas_core.studies.optima import Optima, optima
from tests.tiny import Blocks, Formula, Tiny, Widths
from tests.visit import link, markdown

TABLE, SPACE = Formula("numbers"), Formula.space
TABLE_LINK = {"benchmark": "formula", "dataset": "numbers"}
HEIGHT = quantities(TABLE)["validation accuracy"]
FOUND = optima(HEIGHT.read(), SPACE)
RUGGED = optima(np.random.default_rng(0).normal(size=len(SPACE)), SPACE)


def some(values, basin, edges=(), escape=(), missing=0):
    """Optima with these values and basins, best first; `missing`: how many architectures have no value."""
    count = len(values)
    end = np.append(np.arange(count), np.full(missing, -1))
    edges = np.array(edges, int).reshape(-1, 2)
    return Optima(
        np.arange(count), np.array(values), np.ones(count, int), np.array(basin), end, edges, np.array(escape)
    )


def test_the_network_is_that_of_the_optima():
    figure = charts.network(SPACE, RUGGED, HEIGHT)
    json.dumps(figure, allow_nan=False)
    nodes, drawn = figure["series"][0]["data"], charts.visible(RUGGED)
    assert len(RUGGED) > charts.MOST == len(nodes) == len(set(drawn.tolist())) and drawn[0] == 0
    left_out = np.setdiff1d(np.arange(len(RUGGED)), drawn)
    assert RUGGED.basin[left_out].max() <= RUGGED.basin[drawn[1:]].min()
    assert [n["value"] for n in nodes] == RUGGED.values[drawn].tolist()
    sizes = np.array([n["symbolSize"] for n in nodes])
    assert np.array_equal(np.argsort(sizes, kind="stable"), np.argsort(RUGGED.basin[drawn], kind="stable"))
    share = {(str(a), str(b)): s for (a, b), s in zip(RUGGED.edges.tolist(), RUGGED.escape, strict=True)}
    arrows = figure["series"][0]["links"]
    names = {n["id"] for n in nodes}
    assert {(a["source"], a["target"]) for a in arrows} == {e for e in share if set(e) <= names}
    for arrow in arrows:
        up = RUGGED.values[int(arrow["target"])] > RUGGED.values[int(arrow["source"])]
        assert (arrow["lineStyle"]["color"] == charts.UP) == up
    assert len({(n["x"], n["y"]) for n in nodes}) == len(nodes)
    assert figure == charts.network(SPACE, RUGGED, HEIGHT)  # a picture does not change from visit to visit


def test_the_optimum_of_the_selected_architecture_is_marked_and_its_climb_told():
    drawn, end = charts.visible(RUGGED), RUGGED.end[4711]
    for row, marked in ((4711, drawn == end), (int(RUGGED.rows[drawn[3]]), np.arange(len(drawn)) == 3)):
        nodes = charts.network(SPACE, RUGGED, HEIGHT, row)["series"][0]["data"]
        assert [n.get("itemStyle", {}).get("borderColor") == palette.SELECTED for n in nodes] == marked.tolist()
    there = f"at cell {RUGGED.rows[end]}, optimum {end + 1:,} of {len(RUGGED):,}."
    assert reading.climb(4711, 2, RUGGED, "cell") == f"A climb from here ends after 2 steps {there}"
    assert reading.climb(4711, 1, RUGGED, "cell") == f"A climb from here ends after 1 step {there}"
    best, other = (reading.climb(int(RUGGED.rows[k]), 0, RUGGED, "cell") for k in (0, 1))
    assert best.startswith("A local optimum, and nothing in the table is better: ")
    assert other.startswith("A local optimum, but not the best: ")


def test_a_single_optimum_is_drawn_too():
    figure = charts.network(Blocks(), some([3.0], [1.0]), HEIGHT)
    assert len(figure["series"][0]["data"]) == 1 and figure["visualMap"]["min"] < figure["visualMap"]["max"]


def test_the_table_of_optima_has_them_all():
    frame = charts.frame_of(SPACE, FOUND, HEIGHT)
    assert frame["number"].tolist() == FOUND.rows.tolist()
    assert frame["architecture"][0] == SPACE.text(SPACE.arch(int(FOUND.rows[0])))
    assert frame["basin (%)"].sum() == pytest.approx(100)


def test_walks_begin_at_one():
    line = charts.walk(np.array([0.5, 0.25]))["series"][0]["data"]
    assert line == [[0, 1.0], [1, 0.5], [2, 0.25]]


def test_boxes_are_quantiles_at_each_distance():
    values = HEIGHT.read().astype(float)
    values[7] = np.nan
    apart = ruggedness.distances(SPACE, np.array([int(np.nanargmax(values))]))
    figure = charts.way(apart, values, HEIGHT)
    json.dumps(figure, allow_nan=False)
    boxes = figure["series"][0]["data"]
    assert figure["xAxis"]["data"] == list("0123456") and len(boxes) == 7
    assert boxes[0] == [pytest.approx(np.nanmax(values))] * 5
    assert boxes[3] == pytest.approx(np.nanquantile(values[apart == 3], [0.05, 0.25, 0.5, 0.75, 0.95]).tolist())


@pytest.mark.parametrize("table", [Formula("numbers"), Tiny("numbers"), Widths("numbers")], ids=lambda t: t.name)
def test_effects_and_interactions_are_drawn_in_their_places(table):
    values = table.column("val_acc")
    effects = main_effects(values, table.space)
    figure = charts.effects(table.space, effects, HEIGHT)
    json.dumps(figure, allow_nan=False)
    points = {(place, s["name"]): x for s in figure["series"] for x, place in s["data"]}
    assert len(points) == sum(table.space.radix)
    for i, options in enumerate(table.space.options):
        for k, name in enumerate(options):
            found = points[table.space.decisions[i], palette.short(name)]
            assert found == pytest.approx(effects[i, k], abs=1e-4)
    shares = variance(values, table.space)
    figure = charts.interactions(table.space, shares)
    json.dumps(figure, allow_nan=False)
    squares = {(i, j): v for j, i, v in (square["value"] for square in figure["series"][0]["data"])}
    assert all(re.fullmatch(r"\d+\.\d", square["label"]["formatter"]) for square in figure["series"][0]["data"])
    count = len(table.space.decisions)
    assert set(squares) == {(i, j) for i in range(count) for j in range(i + 1)}
    assert squares[1, 1] == pytest.approx(100 * shares.alone[1], abs=0.051)
    assert squares[2, 0] == pytest.approx(100 * shares.pairs[0, 2], abs=0.051)


@pytest.mark.parametrize(
    ("share", "said"), [(-1e-16, "0 %"), (0.0, "0 %"), (0.005, "0.5 %"), (0.384, "38 %"), (1.0, "100 %")]
)
def test_a_share_in_words(share, said):
    assert reading.percent(share) == said


def test_basins_in_words():
    text = reading.basins(some([3.0, 2.0, 1.0], [0.38, 0.5, 0.12]), "cell")
    assert text == (
        "3 local optima; the best one's basin holds 38 % of all cells: a climb from a random cell ends there 4 times "
        "in 10."
    )
    assert "the basins of the 2 best, which are equal, hold 1.0 %" in reading.basins(
        some([3, 3, 1], [0.006, 0.004, 0.99]), "cell"
    )
    assert "1 time in 100" in reading.basins(some([3.0, 1.0], [0.01, 0.99]), "cell")
    assert "6 times in 1,000" in reading.basins(some([3.0, 1.0], [0.006, 0.994]), "cell")
    assert reading.basins(some([3.0], [1.0]), "cell").startswith("One local optimum")
    assert "38 % of the 2 cells that have a value: a climb from a random one of them ends" in reading.basins(
        some([3.0, 2.0], [0.38, 0.62], missing=5), "cell"
    )
    assert "from any cell that has a value ends" in reading.basins(some([3.0], [1.0], missing=5), "cell")


def test_escapes_in_words():
    traps = some([3.0, 2.0, 1.0], [0.4, 0.3, 0.3], [(1, 2), (0, 1)], [0.1, 0.1])
    assert reading.escapes(traps).startswith("From none of the 2 others")
    assert reading.escapes(some([3.0, 2.0, 1.0], [0.4, 0.3, 0.3], [(2, 1)], [0.1])).startswith("From 1 of the 2 others")
    assert "nothing to escape" in reading.escapes(some([3.0], [1.0]))


def test_the_other_sentences():
    assert "no table of this space more than 0.79. The correlation falls to 1/e within 2.0 edits" in reading.walk(
        np.array([np.exp(-0.5)]), SPACE, True
    )
    assert "more than" not in reading.walk(np.array([0.6]), SPACE, False)
    many = np.arange(100.0)
    said = "Validation loss after 1 epoch and after 4: the rankings correlate at 1.00, among the best tenth, "
    assert reading.shorter("validation loss", (1, 4), many, many).startswith(said)
    assert not reading.shorter("validation loss", (1, 4), many * np.nan, many)
    assert not reading.shorter("validation loss", (1, 4), many, np.ones(100))
    assert "tend to be better the nearer" in reading.way(-0.4, "cell")
    assert "misleads" in reading.way(0.3, "cell") and "hardly" in reading.way(0.1, "cell")
    effects = np.array([[1.0, -1.0, np.nan], [0.5, 2.25, -2.75]])
    space = Blocks()
    assert reading.strongest_effect(effects, space, "%") == (
        "On average the most is gained by b at second (+2.25 points) and lost by c at second (-2.75 points)."
    )
    found = Variance(np.array([0.3, 0.2, 0.1]), np.array([[0, 0.2, 0], [0.2, 0, 0.05], [0, 0.05, 0]]))
    assert reading.interactions(found, space) == (
        "Single decisions explain 60 % of the variance, pairs another 25 %, and three or more together 15 %; the "
        "strongest pair is first and second (20 %)."
    )


@pytest.mark.parametrize("value", [np.nan, 0.1])
def test_a_table_without_differences_is_said_in_words(value):
    space = Blocks()
    values = np.full(len(space), value)
    assert "equal" in reading.walk(ruggedness.autocorrelation(values, space, 3), space, True)
    assert "equal" in reading.way(ruggedness.distance_correlation(values, space), "network")
    assert "No option" in reading.strongest_effect(main_effects(values, space), space, "%")
    assert "equal" in reading.interactions(variance(values, space), space)


def test_the_page_has_the_view(tables):
    app = link("pages/10_explore.py", {**TABLE_LINK, "view": "Landscape"}).run()
    assert not app.exception and not app.warning and not app.error
    assert [h.value for h in app.subheader] == [
        "Local optima",
        f"Cell {FOUND.rows[0]}",
        "Ruggedness",
        "The way to the best",
        "What each option is worth",
        "Which decisions matter together",
    ]
    assert reading.basins(FOUND, "cell") in markdown(app)
    assert f"Validation accuracy, 4 epochs: {HEIGHT.read().max():.2f} %. A local optimum" in markdown(app)
    steps = int(ruggedness.climbs(HEIGHT.read(), SPACE).steps[4711])
    assert steps and "nothing in the table is better" in markdown(app)
    app.text_input(key="cell").set_value("own:4711").run().run()
    assert reading.climb(4711, steps, FOUND, "cell") in markdown(app)
    next(b for b in app.button if b.label.startswith("Climb to ")).click().run().run()
    assert not app.exception and app.text_input(key="cell").value == str(FOUND.rows[FOUND.end[4711]])
    app = link("pages/10_explore.py", {**TABLE_LINK, "view": "Landscape", "optima_table": "true"}).run()
    assert len(app.dataframe[0].value) == len(FOUND) and app.session_state["optima listed"]["selection"]["rows"] == [0]
    assert {s.label for s in app.selectbox} == {"Benchmark", "Dataset", "Height"}
    heights = app.selectbox(key="height").options
    assert "MFLOPs" in heights and "number of conv 3×3" not in heights
    app.selectbox(key="height").set_value("MFLOPs").run()
    assert not app.exception and reading.basins(optima(TABLE.column("flops_m"), SPACE, "min"), "cell") in markdown(app)


@pytest.mark.parametrize("hole", [2, 24])
def test_the_view_of_a_table_with_holes(hole):
    """Half of the values, and one alone."""

    class Holes(Tiny):
        def column(self, metric, epochs=None, seed=None):
            out = super().column(metric, epochs, seed).copy()
            out[np.arange(len(out)) % hole > 0] = np.nan
            return out

    def page(table):
        import streamlit as st

        from nas_core.charts.quantities import quantities
        from ui.landscape_view import landscape_view

        landscape_view(table, st, quantities(table))

    app = AppTest.from_function(page, args=(Holes("numbers"),)).run()
    assert not app.exception and len(app.subheader) == 6
    assert any("nobody's neighbours" in c.value for c in app.caption)
