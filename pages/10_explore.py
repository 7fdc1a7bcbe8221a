"""Explore: every architecture of a search space on one map, and any of them in detail."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import streamlit as st

from nas_core import landscape
from nas_core.charts import cell as cell_drawing
from nas_core.charts import learning_curve, palette, region, space_view
from nas_core.charts.quantities import Quantity, quantities
from nas_core.jobs import Job
from nas_core.sources import live
from ui import cell_details, cell_editor, downloads, job_panel, live_training, space_map, table_choice
from ui.frame import frame
from ui.provenance import provenance
from ui.selection import Selection, plain
from ui.space_map import Mark

TITLE = "Explore"
ICON = ":material/scatter_plot:"
GROUP = "Look"
QUESTION = "What is in this search space, and what makes a cell good?"

SHOW_SELECTED = ["head", "cell", "marks", "numbers", "steps", "curve"]  # the parts that a click draws again
LISTED, COMPARED = 1000, 4  # rows shown of a region; cells side by side
MEASURE = "val_acc"  # what neighbours are ranked by, and the best cell is best in
WHAT = {"accuracy": "acc", "loss": "loss"}
CHOICES = (
    "Any metric after any number of epochs, a percentile, or how often an operation occurs. Type to search the list."
)
AXES = {  # label, what it starts with where the table has it, help
    "x": ("Left to right", ("training time", "parameters"), CHOICES),
    "y": ("Bottom to top", ("validation accuracy",), CHOICES),
    "colour": ("Colour", ("number of conv 3×3", "width of cell 3"), "What the colour of a point says. " + CHOICES),
}

frame(TITLE, ICON, QUESTION)
cell_details.style()
boxes = st.container(key="two-a-row-choices").columns(5)
table = table_choice.choose(boxes[0], boxes[1])
space, known = table.space, quantities(table)
noun = cell_drawing.noun(space)
x, y, colour = (table_choice.quantity(box, key, *AXES[key], known) for box, key in zip(boxes[2:], AXES, strict=True))
best = int(landscape.best(table, MEASURE)[0])
pick = Selection(space, best, SHOW_SELECTED, live_training.running)


def part(key: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """A part of the page that is drawn again by itself, and that waits until the map is on the screen."""
    return lambda draw: st.fragment(key=key)(lambda: draw() if space_map.on_screen("map") else None)


def draw_rest() -> None:
    """The map is on the screen: now the other parts; only in a callback."""
    if not live_training.running():
        st.rerun([*SHOW_SELECTED, "compare", "region"])


@part("marks")
def draw_marks() -> None:
    """What is pointed out on the map, and its legend."""
    row = pick.row
    around = [n.row for n in landscape.neighbors(table, row, MEASURE)]
    compared = cell_details.compared(space)
    shown = landscape.representatives(space) if once else np.arange(len(space))
    marks = [
        Mark(f"the {len(around)} {noun}s one edit away", shown[around], "text", size=3.5, width=1.5),
        Mark("side by side below", shown[compared], "primary", size=6.5),
        Mark(f"{noun} {row}, selected", shown[[row]], palette.SELECTED, size=7, width=3, selected=True),
    ]
    space_map.marks("legend", "map", marks)


@part("head")
def draw_head() -> None:
    """Which cell is selected and how good it is: a part of its own, so that a click is answered at once."""
    heading, box = st.columns([1, 1], vertical_alignment="bottom")
    problem = pick.find_box(box)
    row = pick.row
    if problem:
        st.error(f"{plain(problem)} Showing {noun} {row} instead.", icon=":material/search_off:")
    heading.subheader(f"{noun.capitalize()} {row}", anchor=False)
    standing = {s.name: s for s in landscape.standings(table, row, counted)}
    pair = st.container(key="two-a-row-headlines").columns(2)
    for column, name in zip(pair, (MEASURE, "test_acc"), strict=True):
        cell_details.headline(column, standing[name])


@part("cell")
def draw_cell() -> None:
    """The selected cell: drawing and editor, published string, twins."""
    row = pick.row
    arch = space.arch(row)
    steps = {(s.decision, s.new): cell_details.number(s.value) for s in landscape.neighbors(table, row, MEASURE)}
    notes = [[steps.get((i, option), "now") for option in options] for i, options in enumerate(space.options)]
    cell_editor.cell_editor("editor", space, arch, lambda to: pick.go_to(space.index(to)), notes)
    st.caption("Click an operation to change it.", text_alignment="center")
    st.code(space.text(arch), language=None, wrap_lines=True)
    cell_details.twins(row, landscape.twins(space, row))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Add to side by side", icon=":material/add:", on_click=add_to_comparison, args=(row,))
        downloads.picture(cell_drawing.svg(space, arch), f"cell-{row}")


@part("numbers")
def draw_numbers() -> None:
    """Every metric of the selected cell with its rank."""
    cell_details.standings(landscape.standings(table, pick.row, counted))


def curves_of(row: int, job: Job | None) -> list[learning_curve.Curve]:
    """The tabulated curve, and the one that was or is being trained live."""
    out = [learning_curve.tabulated(table, row, "table")]
    return [*out, learning_curve.trained("live", job.items)] if job is not None and job.items else out


def draw_curves(row: int, job: Job | None) -> None:
    """Accuracy or loss over epochs."""
    what = WHAT[st.session_state.get("what") or "accuracy"]
    figure = learning_curve.figure(curves_of(row, job), what, ("train", "val", "test"), table.fidelities[-1])
    alt = f"{what} of cell {row} over {table.fidelities[-1]} epochs"
    st.echarts_chart(figure, height=290, key="curve", renderer="svg", alt=alt)


def redraw_curve() -> None:
    """Accuracy or loss was chosen; only in a callback."""
    if not live_training.running():
        st.rerun("curve")


@part("curve")
def draw_learning() -> None:
    """The learning curve of the selected cell, and the button that trains it again here and now."""
    row = pick.row
    job = live_training.job_of(row, table.name)
    draw_curves(row, job)
    if not table.resumable:
        st.caption("Every point is a training of its own length, not a moment of one training.")
    job_panel.outcome(job)
    if live.recipe(table.name) is not None:
        seconds = float(table.seconds(table.fidelities[-1])[row])
        make = partial(live.train, table.name, space.arch(row))
        live_training.controls(row, table.name, table.fidelities[-1], seconds, make)
    with st.container(horizontal=True, vertical_alignment="center"):
        downloads.chart("curve", f"learning-curve-{row}")
        downloads.csv(lambda: learning_curve.frame_of(curves_of(row, job)), f"learning-curve-{row}")


@part("steps")
def draw_steps() -> None:
    """The one-edit neighbours of the selected cell, best first."""
    cell_editor.ranked_steps(
        "neighbours", space, landscape.neighbors(table, pick.row, MEASURE), table.metrics[MEASURE], pick.go_to
    )


def add_to_comparison(row: int) -> None:
    """Put a cell side by side with the others; only in a callback."""
    st.session_state["next compared"] = str(row)
    st.rerun(["compare", "marks"])


@part("compare")
def draw_comparison() -> None:
    """Up to four cells side by side, differences outlined."""
    st.subheader("Side by side", anchor=False)
    rows = cell_details.choose_compared(space, COMPARED)
    if not rows:
        return
    archs = [space.arch(row) for row in rows]
    for column, row, arch in zip(st.columns(max(len(rows), 2)), rows, archs, strict=False):
        changed = [i for i, (a, b) in enumerate(zip(arch, archs[0], strict=True)) if a != b]
        column.markdown(f"**{noun.capitalize()} {row}**" + (f": {len(changed)} different" if changed else ""))
        column.markdown(cell_drawing.svg(space, arch, changed), unsafe_allow_html=True)
    names = [f"{noun} {row}" for row in rows]
    cell_details.side_by_side(names, [landscape.standings(table, row, counted) for row in rows])
    curves = [learning_curve.tabulated(table, row, name) for row, name in zip(rows, names, strict=True)]
    figure = learning_curve.figure(curves, "acc", ("val",), table.fidelities[-1])
    st.echarts_chart(
        figure, height=260, key="compared", renderer="svg", alt="validation accuracy of the compared cells"
    )


@part("region")
def draw_region() -> None:
    """Summary, pictures and table of the cells in the region, or of the best hundred."""
    drawn, goal = space_map.region_of("map"), y.goal or "max"
    if drawn is not None:
        listed = rows[landscape.inside(x.read()[rows], y.read()[rows], drawn.box)]
        listed = listed[landscape.ranked(y.read()[listed], goal, len(listed))]
        st.subheader(f"{len(listed):,} {noun}s in the region", anchor=False)
    else:
        listed = rows[landscape.ranked(y.read()[rows], goal, 100)]
        st.subheader(f"The {len(listed)} best by {y.title}", anchor=False)
        st.caption("Drag a rectangle on the map to look at a region instead.")
    if not len(listed):
        st.info(f"No {noun} lies in this region. Draw a larger one, or press Escape on the map to clear it.")
        return
    cell_details.typical(landscape.typical(space, listed, rows))
    left, right = st.columns(2, gap="large")
    line = float(y.read()[pick.row])
    inside = np.flatnonzero(np.isin(rows, listed))
    with left:
        figure = region.histogram(y.read()[rows], inside, y, line)
        st.echarts_chart(figure, height=280, key="distribution", renderer="svg", alt=f"distribution of {y.title}")
    with right:
        bars = region.option_bars(space, landscape.option_shares(space, listed))
        st.echarts_chart(bars, height=280, key="shares", renderer="svg", alt="operations of the listed cells, by edge")
    if drawn is not None and drawn != st.session_state.get("last region"):
        st.session_state["last region"], st.session_state["table"] = drawn, True  # a new region opens its table
    as_table = st.expander("As a table", key="table", bind="query-params", icon=":material/table:")
    if as_table.open:
        with as_table:
            draw_table(listed)


def draw_table(listed: np.ndarray) -> None:
    """The listed cells as a table; a row can be selected."""
    metrics = [known[m.title] for m in table.metrics.values() if m.title in known]
    shown: list[Quantity] = list({q.title: q for q in (y, x, colour, *metrics)}.values())
    st.dataframe(
        space_view.frame_of(space, listed[:LISTED], shown), hide_index=True, height=380, key="listed",
        on_select=partial(pick_listed, listed), selection_mode="single-row", column_config=cell_details.digits(shown),
    )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center"):
        downloads.csv(lambda: space_view.frame_of(space, listed, shown), f"{table.name}-{len(listed)}-cells")
        cut = f" The first {LISTED:,} are shown; the file has all {len(listed):,}." if len(listed) > LISTED else ""
        st.caption(f"Click a column to sort, the box at the left of a row to select that cell.{cut}")


def pick_listed(listed: np.ndarray) -> None:
    """Select the cell of the marked row; only in a callback."""
    if chosen := st.session_state["listed"]["selection"]["rows"]:
        pick.go_to(int(listed[chosen[0]]))


def pick_on_chart() -> None:
    """Select the cell of the point that was clicked on the chart; only in a callback."""
    if points := st.session_state["twin"]["selection"]["picked"]:
        pick.go_to(int(points[0]["row"]))


left, right = st.columns([3, 2], gap="large")
once = landscape.has_twins(space) and left.toggle(
    "Count isomorphic cells once", key="isomorphic", bind="query-params",
    help="Many cells are the same network written differently. On: one point and one rank for each network.",
)  # fmt: skip
counted = landscape.distinct(space) if once else None
rows = np.arange(len(space)) if counted is None else np.flatnonzero(counted)
with left:
    space_map.space_map("map", space, rows, x, y, colour, pick.go_to, redraw="region", on_drawn=draw_rest)
    legend = st.container()
    st.caption(
        f"Each of the {len(rows):,} points is a network that was trained. Click one to see it, drag a rectangle to "
        "list a region, walk with the arrow keys."
    )
with right:
    draw_head()
    draw_cell()

first, second, third = st.columns([5, 4, 5], gap="medium")
with first:
    st.subheader("Numbers", anchor=False)
    draw_numbers()
with second:
    st.subheader("Learning curve", anchor=False)
    st.segmented_control(
        "Show", list(WHAT), default="accuracy", key="what", bind="query-params", required=True, on_change=redraw_curve,
        label_visibility="collapsed",
    )  # fmt: skip
    shown_row = pick.row
    training = live_training.job_of(shown_row, table.name)
    if training is not None and not training.over:
        job_panel.follow(training, partial(draw_curves, shown_row))
    else:
        draw_learning()
with third:
    st.subheader("One edit away", anchor=False)
    draw_steps()
draw_comparison()
with legend:
    draw_marks()  # after the boxes it reads, which a step back in the browser's history changes
draw_region()
twin = st.expander("The map for screen readers", key="chart", bind="query-params", icon=":material/accessibility_new:")
if twin.open:
    chart = space_view.scatter(rows, x, y, colour, pick.row)
    twin.altair_chart(chart, key="twin", on_select=pick_on_chart, selection_mode="picked")
provenance(table)
