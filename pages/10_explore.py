"""Explore: every architecture of a search space on one map, and any of them in detail."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st

from nas_core.charts import cell as cell_drawing
from nas_core.charts import palette, space_view
from nas_core.charts.quantities import quantities
from nas_core.spaces import representatives
from nas_core.studies import landscape
from ui import (
    cell_details,
    cell_editor,
    choices,
    comparison,
    downloads,
    figures,
    job_panel,
    landscape_view,
    limits_box,
    live_training,
    missing_table,
    region_panel,
    space_map,
    table_choice,
    take_model,
    transfer,
)
from ui.frame import frame
from ui.provenance import provenance
from ui.selection import Selection
from ui.space_map import Mark
from ui.words import plain

TITLE = "Explore"
ICON = ":material/scatter_plot:"
GROUP = "Look"
QUESTION = "What is in this search space, and what makes a cell good?"

VIEWS = ("Map", "Landscape")
SHOW_SELECTED = ["head", "cell", "marks", "numbers", "steps", "curve", "region", "across", "twin"]  # drawn by a click
CHOICES = (
    "Any metric after any number of epochs, a percentile, or how often an operation occurs. Type to search the list."
)
AXES = {  # label, what it starts with where the table has it, help
    "x": ("X axis", ("training time", "parameters"), CHOICES),
    "y": ("Y axis", ("validation accuracy",), CHOICES),
    "colour": (
        "Colour",
        ("number of conv 3×3", "width of cell 3", "latency"),
        "What the colour of a point shows. " + CHOICES,
    ),
}

frame(TITLE, ICON, QUESTION)
missing_table.stop_if_asked()
cell_details.style()
view = choices.segments(st, "View", "view", VIEWS, "view", label_visibility="collapsed")
boxes = st.container(key="two-a-row-choices").columns(5)
table = table_choice.choose(boxes[0], boxes[1])
space, axes = table.space, quantities(table)
if view == VIEWS[1]:
    landscape_view.landscape_view(table, boxes[2], axes)
    provenance(table)
    st.stop()
noun = space.noun
main = table.metrics[table.main]
x, y, colour = (
    table_choice.quantity(box, key, label, (main.title, *usual) if key == "y" else usual, about, axes)
    for box, (key, (label, usual, about)) in zip(boxes[2:], AXES.items(), strict=True)
)
best = int(landscape.best(table, table.main)[0])
pick = Selection(space, best, SHOW_SELECTED, live_training.running)


def part(key: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """A part of the page that is drawn again by itself, and that waits until the map is on the screen."""
    return lambda draw: st.fragment(key=key)(lambda: draw() if space_map.on_screen("map") else None)


def draw_rest() -> None:
    """The map is on the screen: now the other parts. A callback that does nothing: the page then runs as a whole."""


@part("marks")
def draw_marks() -> None:
    """The marks on the map, and its legend."""
    row = pick.row
    around = [n.row for n in landscape.neighbors(table, row, table.main)]
    beside = comparison.rows(space)
    point = representatives(space) if once else np.arange(len(space))
    marks = [
        Mark(f"its {len(around)} neighbours", point[around], "text", size=3.5, width=1.5),
        Mark("side by side below", point[beside], "primary", size=6.5),
        Mark(f"{noun} {row}, selected", point[[row]], palette.SELECTED, size=7, width=3, selected=True),
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
    standing = {s.name: s for s in landscape.standings(table, row, mask)}
    pair = st.container(key="two-a-row-headlines").columns(2)
    for column, name in zip(pair, dict.fromkeys((table.main, table.reported)), strict=False):
        cell_details.headline(column, standing[name])


@part("cell")
def draw_cell() -> None:
    """The selected cell: drawing and editor, published string, twins."""
    row = pick.row
    arch = space.arch(row)
    steps = {(s.decision, s.new): cell_details.number(s.value) for s in landscape.neighbors(table, row, table.main)}
    notes = [[steps.get((i, option), "now") for option in options] for i, options in enumerate(space.options)]
    cell_editor.cell_editor("editor", space, arch, lambda to: pick.go_to(space.index(to)), notes)
    st.caption(f"Click the drawing to change its {space.option_noun}s.", text_alignment="center")
    st.code(space.text(arch), language=None, wrap_lines=True)
    cell_details.notations(space, arch)
    cell_details.twins(space, row, landscape.twins(space, row))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Add to side by side", icon=":material/add:", on_click=add_to_comparison, args=(row,))
        downloads.picture(cell_drawing.svg(space, arch), f"cell-{row}")


@part("numbers")
def draw_numbers() -> None:
    """Every metric of the selected cell with its rank."""
    cell_details.standings(landscape.standings(table, pick.row, mask))


@part("curve")
def draw_learning() -> None:
    """The learning curve of the selected cell, and the button that trains it here and now."""
    live_training.learning(table, pick.row)


def redraw_curve() -> None:
    """Accuracy or loss was chosen; only in a callback."""
    if not live_training.running():
        st.rerun("curve")


@part("steps")
def draw_steps() -> None:
    """The one-edit neighbours of the selected cell, best first."""
    cell_editor.ranked_steps("neighbours", space, landscape.neighbors(table, pick.row, table.main), main, pick.go_to)


def add_to_comparison(row: int) -> None:
    """Put a cell side by side with the others; only in a callback."""
    comparison.add(row)
    st.rerun(["compare", "marks"])


@part("compare")
def draw_comparison() -> None:
    """Up to four cells side by side."""
    st.subheader("Side by side", anchor=False)
    comparison.comparison(table, mask)


@part("region")
def draw_region() -> None:
    """The cells in the region that match the filters, or the best hundred of them."""
    region, goal = space_map.region_of("map"), y.goal or "max"
    listed, of_them = matches, "" if inside is None else " that match"
    if region is not None:
        listed = listed[landscape.inside(x.read()[listed], y.read()[listed], region.box)]
    count = 100 if region is None and inside is None else len(listed)
    listed = listed[landscape.top(y.read()[listed], goal, count)]
    if region is not None:
        st.subheader(f"{len(listed):,} {noun}s in the region{of_them}", anchor=False)
    elif inside is not None:
        st.subheader(f"{len(listed):,} {noun}s{of_them}", anchor=False)
    else:
        st.subheader(f"The {len(listed)} best by {y.title}{y.after}", anchor=False)
        st.caption("Drag a rectangle on the map, or filter, to look at others instead.")
    if not len(listed):
        st.info(
            f"There is no {noun} to list. Draw a larger region, clear it with Escape on the map, or relax a filter."
        )
        return
    region_panel.pictures(table, rows, listed, y, pick.row)
    if region is not None and region != st.session_state.get("last region"):
        st.session_state["last region"], st.session_state["table"] = region, True  # a new region opens its table
    region_panel.as_table(table, listed, (y, x, colour), pick.go_to)


@part("across")
def draw_across() -> None:
    """The selected cell and the others on two datasets."""
    if across.open:
        transfer.panel(table, mask, pick.row)


@part("twin")
def draw_twin() -> None:
    """The map as a chart that screen readers can read."""
    if twin.open:
        chart = space_view.scatter(space, rows, x, y, colour, pick.row)
        figures.altair(
            chart, key="twin", alt=f"{y.title} by {x.title}", on_select=pick_on_chart, selection_mode="picked"
        )


def pick_on_chart() -> None:
    """Select the cell of the point that was clicked on the chart; only in a callback."""
    if points := st.session_state["twin"]["selection"]["picked"]:
        pick.go_to(int(points[0]["row"]))


def show_matches() -> None:
    """How many cells match the filters, and a button to the best of them."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(plain(f"{len(matches):,} of {len(rows):,} {noun}s have {limits}."), width="content")
        best_of_these = matches[landscape.top(y.read()[matches], y.goal or "max", 1)]
        st.button(
            "Best of these",
            icon=":material/trophy:",
            disabled=not len(best_of_these),
            on_click=pick.go_to,
            args=best_of_these.tolist(),
            help=f"Select the one with the best {y.title}{y.after}.",
        )


left, right = st.columns([3, 2], gap="large")
wide, narrow = left.columns(2, vertical_alignment="center")
once = landscape.has_twins(space) and narrow.toggle(
    f"Count isomorphic {noun}s once",
    key="isomorphic",
    bind="query-params",
    help="Many cells are the same network written differently. On: one point and one rank for each network.",
)
mask = landscape.distinct(space) if once else None
rows = np.arange(len(space)) if mask is None else np.flatnonzero(mask)
inside, limits = limits_box.filters(wide, left, table, axes)
matches = rows if inside is None else rows[inside[rows]]
with left:
    if inside is not None:
        show_matches()
    space_map.space_map("map", space, rows, x, y, colour, pick.go_to, "region", draw_rest, inside)
    legend = st.container()
    count = int(np.sum(~np.isnan(x.read()[rows] + y.read()[rows])))
    lacking = f" {len(rows) - count:,} others lack a number." if count < len(rows) else ""
    st.caption(
        f"Each of the {count:,} points is a trained network. Click a point to select it, drag a rectangle to list a "
        f"region, or walk with the arrow keys.{lacking}{space_map.outlying(rows, x, y)}"
    )
with right:
    draw_head()
    draw_cell()

first, second, third = st.columns([5, 4, 5], gap="medium")
with first:
    st.subheader("Metrics", anchor=False)
    draw_numbers()
with second:
    st.subheader("Learning curve", anchor=False)
    live_training.choose_what(redraw_curve)
    training = live_training.job_of(pick.row, table.name)
    packing = take_model.taking(live_training.trained_here(table, pick.row))
    if training is not None and not training.over:
        live_training.follow(table, pick.row, training)
    elif packing is not None:
        job_panel.follow(packing)
    else:
        draw_learning()
with third:
    st.subheader("Neighbours", anchor=False)
    draw_steps()
draw_comparison()
with legend:
    draw_marks()  # after the boxes it reads, which a step back in the browser's history changes
draw_region()
across = st.expander(
    "Compare with another dataset", key="across", bind="query-params", icon=":material/compare_arrows:"
)
with across:
    draw_across()
twin = st.expander("The map for screen readers", key="chart", bind="query-params", icon=":material/accessibility_new:")
with twin:
    draw_twin()
provenance(table)
