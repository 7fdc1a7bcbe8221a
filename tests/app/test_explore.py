"""The Explore page without a browser: links, refusals in words, and what a visitor finds at first sight."""

import importlib.util

import numpy as np
import pytest
import streamlit as st

from nas_core.benchmarks.nas_bench_graph import NasBenchGraph
from nas_core.benchmarks.pocket_topology import PocketTopology
from nas_core.benchmarks.tables.pocket import PocketTable
from nas_core.spaces import representatives
from nas_core.spaces.topology import Topology
from nas_core.studies import landscape
from tests.tiny import Formula
from tests.visit import link, markdown, origin, shown, verbatim
from ui import parts, space_map

TABLE, SPACE = Formula("numbers"), Topology()
BEST = int(landscape.best(TABLE, "val_acc")[0])


@pytest.fixture
def opened(tables):
    """Opens the page on the made-up table of all 15,625 cells, by a link with these parameters."""

    def open_page(runs=2, **parameters):  # the first run draws the map, and once it is on the screen the rest follows
        app = link("pages/10_explore.py", {"benchmark": "formula", "dataset": "numbers", **parameters})
        for _ in range(runs):
            app.run()
        return app

    return open_page


def headings(app):
    return [h.value for h in app.subheader]


def test_the_first_sight_is_the_best_cell(opened):
    app = opened()
    assert not app.exception
    assert not app.error and not app.warning
    assert headings(app)[0] == f"Cell {BEST}"
    assert "The 100 best by validation accuracy, 4 epochs" in headings(app)
    assert {m.label for m in app.metric} == {"Validation accuracy, 4 epochs", "Test accuracy, 4 epochs"}
    assert app.metric[0].delta == "rank 1 of 15,625"
    assert origin(app)["command"].endswith("--benchmark formula --dataset numbers")


def test_a_cell_replaces_the_one_before_it_in_the_menu_export(opened):
    one, other = (shown(opened(cell=str(row), table="true")) for row in (1, 4711))
    assert one.figures.keys() == other.figures.keys() and one.tables.keys() == other.tables.keys()
    assert other.figures["cell"].name == "cell-4711" and {"curve", "listed"} <= other.tables.keys()


@pytest.mark.parametrize(
    "text",
    ["4711", SPACE.text(SPACE.arch(4711)), f"naslib:{SPACE.naslib(SPACE.arch(4711))}"],
    ids=["number", "string", "NASLib's tuple"],
)
def test_a_link_names_the_cell_in_any_form(opened, text):
    app = opened(cell=text)
    assert not app.exception and not app.error
    assert headings(app)[0] == "Cell 4711"
    assert verbatim(app)[0] == SPACE.text(SPACE.arch(4711))


@pytest.mark.parametrize(
    ("link", "sentence"),
    [
        (
            {"benchmark": "nats", "dataset": "cluttered_digits"},
            "The link asks for the benchmark “nats”, which does not exist here",
        ),
        ({"dataset": "mnist"}, "The link asks for the dataset “mnist”, which does not exist here"),
        ({"x": "beauty"}, "The link asks for the quantity “beauty”, which does not exist here"),
        ({"colour": "<b>" * 40}, "The link asks for the quantity “\\<b\\>\\<b\\>"),
    ],
)
def test_nonsense_in_the_link_is_answered_in_one_sentence(opened, link, sentence):
    app = opened(runs=1, **link)
    assert not app.exception
    assert [w.value.startswith(sentence) for w in app.warning] == [True]
    assert headings(app.run())[0].startswith("Cell ")  # and the page is there all the same
    assert [w.value.startswith(sentence) for w in app.run().warning] == [True]  # until something else is chosen


@pytest.mark.parametrize("region", ["", "1,2", "a,b,c,d", "nan,1,2,3", "9,1,9,1"])
def test_a_region_that_is_none_leaves_the_page_as_it_is(opened, region):
    app = opened(region=region)
    assert not app.exception


def test_a_cell_that_cannot_be_read_leaves_the_last_one_selected(opened):
    app = opened(cell="15625")
    assert "Topology has architectures 0 to 15624; there is no number 15625. Showing" in app.error[0].value
    assert headings(app)[0] == f"Cell {BEST}"
    box = app.text_input(key="cell")
    box.set_value("12").run()
    assert "12 can mean more than one cell; write nats" in app.error[0].value.replace("\\", "")
    assert headings(app)[0] == f"Cell {BEST}"
    app.text_input(key="cell").set_value("own:12").run()
    assert not app.error
    assert headings(app)[0] == "Cell 12"
    box = app.text_input(key="cell")
    box.set_value("|nor_conv_9x9~0|+|none~0|none~1|+|none~0|none~1|none~2|").run()
    assert app.error[0].value.startswith("No operation named")
    assert headings(app)[0] == "Cell 12"


def test_cells_are_put_side_by_side_by_the_link(opened):
    app = opened(compare=["5", "6", "nothing"])
    drawn = [m.value for m in app.markdown if "<svg" in m.value]
    assert len(drawn) == 2
    assert 'stroke-width="2.5"' not in drawn[0]  # the first is what the others are compared with
    assert drawn[1].count('stroke="currentColor" stroke-width="2.5"') == 1
    assert "nothing" in app.error[0].value and "MFLOPs</b>" not in markdown(app)


def test_the_map_marks_what_is_side_by_side_as_soon_as_that_is_typed(opened, monkeypatch):
    app, asked = opened(compare=["5", "6"]), []
    monkeypatch.setattr(parts, "again", lambda *keys: asked.append(keys))
    app.multiselect(key="compare").set_value(["5"]).run()
    assert not app.exception and asked == [("compare", "marks")]


def test_a_number_that_is_typed_beside_others_says_whose_it_is(opened):
    app = opened(compare=["5"])
    box = app.multiselect(key="compare")
    box.set_value(["5", "6"]).run()
    assert "6 can mean more than one cell; write nats:6" in app.error[0].value.replace("\\", "")
    assert len([m for m in app.markdown if "<svg" in m.value]) == 1
    app.multiselect(key="compare").set_value(["5", "nats:6", "own:6"]).run()
    assert not app.error and len([m for m in app.markdown if "<svg" in m.value]) == 3


def test_isomorphic_cells_count_once(opened):
    app = opened(isomorphic="true")
    distinct = len(np.unique(representatives(SPACE)))
    assert app.metric[0].delta.endswith(f"of {distinct:,}")
    assert any(f"{distinct:,} points" in c.value for c in app.caption)
    assert any("such as a cost, is ranked among all 15,625." in c.value for c in app.caption)


def test_every_quantity_can_be_put_on_every_axis(opened):
    app = opened()
    for key in ("x", "y", "colour"):
        for title in (app.selectbox(key=key).options[-1], "number of none", "test accuracy percentile"):
            app.selectbox(key=key).set_value(title).run()
            assert not app.exception


def test_a_space_without_a_drawing_of_its_own_works_too(opened):
    app = opened(benchmark="tiny", dataset="more numbers", cell="a-b-c")
    assert not app.exception and not app.error
    assert headings(app)[0] == f"Network {1 * 4 + 2}"
    assert not [t for t in app.toggle if t.key == "isomorphic"]  # no two of its architectures are the same network


def test_the_chart_for_screen_readers_is_drawn_on_demand(opened):
    assert not opened().get("vega_lite_chart")
    app = opened(chart="true")
    assert not app.exception
    assert len(app.get("vega_lite_chart")) == 1


def test_another_dataset_is_held_against_this_one_on_demand(opened):
    assert not opened().get("vega_lite_chart")
    app = opened(benchmark="tiny", dataset="more numbers", across="true")
    assert not app.exception and not app.error
    assert {"rank correlation, all", "in the best tenth"} <= {m.label for m in app.metric}
    assert "the rankings correlate at" in markdown(app)  # above the map, of which the picture is far below
    assert len(app.get("vega_lite_chart")) == 1


def test_the_table_of_the_listed_cells_is_drawn_on_demand(opened):
    assert not opened().dataframe
    frame = opened(table="true").dataframe[0].value
    assert len(frame) == 100
    assert frame["number"].tolist() == landscape.best(TABLE, "val_acc", 100).tolist()


def test_filters_are_on_anything_an_axis_shows_and_the_best_of_the_matches_is_a_click_away(opened):
    skips = np.sum(SPACE.all() == 1, axis=1)
    assert SPACE.options[0][1] == "skip_connect"
    top = np.quantile(TABLE.column("test_acc"), 0.75)
    match = (skips >= 2) & (TABLE.column("test_acc") <= top) & (TABLE.column("val_acc") >= 10)
    app = opened(filters=["Number of SKIP ≥ 2", f"test_acc<={top:.9g}", "validation accuracy < 90"], table="true")
    assert not app.exception and not app.warning
    assert [e.value.replace("\\", "") for e in app.error] == [
        "The limit 'validation accuracy < 90' cannot be read; it takes <= or >= as in MFLOPs<=100."
    ]
    app.multiselect(key="filters").set_value(
        ["Number of SKIP ≥ 2", f"test_acc<={top:.9g}", "10 <= validation accuracy"]
    ).run()
    assert not app.error
    assert any(
        c.value.startswith(f"{match.sum():,} of 15,625 cells have number of skip ≥ 2 and test") for c in app.caption
    )
    assert f"{match.sum():,} cells that match" in headings(app)
    best = landscape.top(TABLE.column("val_acc"), "max", 1, match)[0]
    assert app.dataframe[0].value["number"][0] == best
    next(b for b in app.button if b.label == "Best of these").click().run()
    assert headings(app)[0] == f"Cell {best}"


def test_a_limit_is_dragged_as_well_as_typed(opened):
    app = opened(x="MFLOPs", filters=["flops_m<=9", "number of skip >= 1"])
    flops = app.slider(key="drag.MFLOPs")
    assert flops.value == (flops.min, 9) and flops.max >= TABLE.column("flops_m").max()
    app = flops.set_range(3.0, 7.0).run().run()
    assert not app.exception and app.multiselect(key="filters").value == ["number of skip >= 1", "3 ≤ MFLOPs ≤ 7"]
    assert any(" cells have number of skip ≥ 1 and 3 ≤ MFLOPs ≤ 7" in c.value for c in app.caption)
    assert app.dataframe[0].value["MFLOPs"].between(3, 7).all()
    app = app.slider(key="drag.MFLOPs").set_range(flops.min, 6.0).run().run()
    assert app.multiselect(key="filters").value[1:] == ["MFLOPs ≤ 6"]
    app = app.slider(key="drag.MFLOPs").set_range(4.0, flops.max).run().run()
    assert app.multiselect(key="filters").value[1:] == ["MFLOPs ≥ 4"]
    app = app.slider(key="drag.MFLOPs").set_range(flops.min, flops.max).run().run()
    assert app.multiselect(key="filters").value == ["number of skip >= 1"]


def test_the_selected_cell_is_ticked_in_the_table(opened):
    second = int(landscape.best(TABLE, "val_acc", 2)[1])
    app = opened(table="true", cell=str(second))
    assert app.session_state["listed"]["selection"]["rows"] == [1]
    app.text_input(key="cell").set_value("own:4711").run().run()
    assert not app.exception and app.session_state["listed"]["selection"]["rows"] == []


def test_a_filter_that_leaves_nothing_or_names_nothing_is_answered_in_a_sentence(opened):
    app = opened(filters=["validation accuracy >= 100.5", "beauty >= 1"])
    assert not app.exception
    assert "No limit can be set on 'beauty': there is no such metric" in app.error[0].value.replace("\\", "")
    assert app.error[0].value.endswith("and metrics by name.")
    assert next(b for b in app.button if b.label == "Best of these").disabled
    assert any(c.value.startswith("0 of 15,625 cells have validation accuracy ≥ 100.5") for c in app.caption)
    assert "There is no cell to list." in app.info[0].value


def test_the_map_comes_before_the_details(opened):
    app = opened(runs=1, cell="77")
    assert headings(app)[0] == "Cell 77" and not app.metric  # the box of the cell keeps it in the link from the first
    assert app.run().metric


def test_where_the_numbers_come_from_is_on_the_page(opened):
    text = "\n".join(m.value for m in opened().markdown)
    for metric in Formula.metrics.values():
        assert f"| {metric.title} | {metric.unit} | {metric.help} | {metric.source} |" in text


def test_without_any_table_the_page_says_how_to_get_one(monkeypatch):
    for table in (PocketTable, NasBenchGraph):
        monkeypatch.setattr(table, "missing", classmethod(lambda cls, dataset: "Build it with: some command."))
    app = link("pages/10_explore.py").run().run()
    assert not app.exception
    assert "There is no table of trained architectures here yet." in app.error[0].value
    assert "Build it with: some command." in app.error[0].value


@pytest.mark.skipif(bool(PocketTopology.missing("cluttered_digits")), reason="the embedded table is not built")
def test_without_torch_the_page_says_how_to_train(monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *a: None if name == "torch" else found(name, *a))
    app = link("pages/10_explore.py").run().run()
    assert not app.exception
    assert "python -m pip install torch" in app.info[0].value
    assert not [b for b in app.button if "Train it" in b.label]


def test_a_map_that_has_said_nothing_yet_leaves_its_view_to_the_link(monkeypatch):
    """A run between the map's coming and its first word, as on a busy machine, took the view out of the link."""
    monkeypatch.setattr(st, "query_params", {"zoom": "0,1,2,3"})
    said = {"view": {"box": [4.0, 5.0, 6.0, 7.0], "axes": "a|b"}}
    for state, box in (({}, (0, 1, 2, 3)), ({"map": {"view": None}}, (0, 1, 2, 3)), ({"map": said}, None)):
        monkeypatch.setattr(st, "session_state", state)
        given = space_map._from_link("map", "view", "zoom")
        assert (given and tuple(given.box)) == box


def test_the_link_has_nothing_of_a_view_that_is_hidden(opened):
    hidden = {"space": "true", "zoom": "1,2,3,4", "front_zoom": "1,2,3,4", "limit.flops_m": "2", "x": "parameters"}
    app = opened(runs=1, view="Landscape", **hidden)
    assert not app.exception
    assert not hidden.keys() & app.query_params.keys()
    app.segmented_control(key="view").set_value("Map").run()
    assert "1,2,3,4" in app.query_params["zoom"] and "front_zoom" not in app.query_params


@pytest.mark.parametrize(("height", "sure"), [("test loss", True), ("parameters", False)])
def test_a_landscape_says_how_sure_its_summit_is(height, sure):
    app = link("pages/10_explore.py", {"dataset": "banking77", "view": "Landscape", "height": height}).run().run()
    assert not app.exception and not app.warning
    assert (
        any(f"{height.capitalize()}: the best in the table comes from the mean" in c.value for c in app.caption) == sure
    )
