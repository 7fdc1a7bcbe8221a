"""Explore's view Map: every architecture of a search space on two axes, and any of them in detail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.elements.lib.mutable_expander_container import ExpanderContainer

from nas_core import command
from nas_core.benchmarks import Table
from nas_core.charts import palette, space_view
from nas_core.charts.quantities import Quantity
from nas_core.spaces import representatives
from nas_core.studies import landscape, landscape_reading
from nas_core.types import counted
from ui import (
    cell_details,
    cell_editor,
    choices,
    comparison,
    figures,
    job_panel,
    limits_box,
    links,
    live_training,
    parts,
    region_panel,
    selected_cell,
    space_map,
    table_choice,
    take_model,
    transfer,
)
from ui.selection import Selection
from ui.space_map import Mark
from ui.words import plain, standout

SHOW_SELECTED = [  # what a click draws again, first what is seen first
    *("head", "headlines", "cell", "distribution", "numbers", "marks", "matches", "best"),
    *("steps", "curve", "across", "twin"),
]
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
_part = partial(space_map.part, "map")  # of the page, drawn again by itself once the map is on the screen


@dataclass(frozen=True)
class MapView:
    """What the map shows; the parts of the page follow it."""

    table: Table
    pick: Selection
    x: Quantity
    y: Quantity
    colour: Quantity
    mask: np.ndarray | None  # bool[len(space)], one cell of each network; None: every cell counts
    inside: np.ndarray | None  # bool[len(space)], the cells that the filters let through; None: there are none

    @cached_property
    def rows(self) -> np.ndarray:
        """int64[n]: what is on the map."""
        return np.arange(len(self.table.space)) if self.mask is None else np.flatnonzero(self.mask)

    @property
    def matches(self) -> np.ndarray:
        """int64[k]: those of `rows` that the filters let through."""
        return self.rows if self.inside is None else self.rows[self.inside[self.rows]]


def _draw_marks(view: MapView) -> None:
    """The marks on the map, and its legend."""
    table, row = view.table, view.pick.row
    around = [n.row for n in landscape.neighbors(table, row, table.main)]
    beside = comparison.rows(table.space)
    point = np.arange(len(table.space)) if view.mask is None else representatives(table.space)
    selected = f"{table.space.noun} {row}, selected"
    marks = [
        Mark(f"its {len(around)} neighbours", point[around], "text", size=3.5, width=1.5),
        Mark("side by side below", point[beside], "primary", size=6.5),
        Mark(selected, point[[row]], palette.SELECTED, size=7, width=3, selected=True),
    ]
    space_map.marks("legend", "map", marks)


def _draw_headlines(view: MapView) -> None:
    """How good the selected cell is."""
    row, table = view.pick.row, view.table
    figures.about(command=command.arch(table.space.text(table.space.arch(row)), table.name, table.dataset))
    standing = {s.name: s for s in landscape.standings(table, row, view.mask)}
    pair = st.container(key="two-a-row-headlines").columns(2, vertical_alignment="bottom")
    for column, name in zip(pair, dict.fromkeys((table.main, table.reported)), strict=False):
        cell_details.headline(column, standing[name])
    cell_details.certain(table, table.main)


def _comparing(row: int) -> None:
    st.button("Add to side by side", icon=":material/add:", on_click=_add_to_comparison, args=(row,))


def _draw_numbers(view: MapView) -> None:
    """Every metric of the selected cell with its rank."""
    cell_details.standings(landscape.standings(view.table, view.pick.row, view.mask))
    if view.mask is not None and not all(metric.shared for metric in view.table.metrics.values()):
        noun, count = view.table.space.noun, len(view.table.space)
        st.caption(f"What isomorphic {noun}s do not share, such as a cost, is ranked among all {count:,}.")


def _redraw_curve() -> None:
    """Accuracy or loss was chosen; only in a callback."""
    if not live_training.running():
        parts.again("curve")


def _draw_steps(table: Table, pick: Selection) -> None:
    """The one-edit neighbours of the selected cell, best first."""
    steps = landscape.neighbors(table, pick.row, table.main)
    cell_editor.ranked_steps("neighbours", table.space, steps, table.metrics[table.main], pick.go_to)


def _add_to_comparison(row: int) -> None:
    """Put a cell side by side with the others; only in a callback."""
    comparison.add(row)
    parts.again("compare", "marks")


def _draw_across(view: MapView, box: ExpanderContainer) -> None:
    """The selected cell and the others on two datasets."""
    if box.open:
        transfer.panel(view.table, view.mask, view.pick.row, partial(parts.again, "answer", "across"))


def _draw_answer(view: MapView, box: ExpanderContainer) -> None:
    """What the view says in one sentence: against the other dataset, or where x is y after fewer epochs."""
    if not box.open:
        words = _shorter(view)
    else:
        words = transfer.answer(view.table, view.mask) if st.session_state.get("map drawn") else "Comparing …"
    if words:
        st.markdown(standout(words), unsafe_allow_html=True)
    if words and box.open:
        st.caption("The picture of it is below the map, under “Compare with another dataset”.")


def _shorter(view: MapView) -> str:
    fewer = {f"{view.y.title} after {counted(e, 'epoch')}": e for e in view.table.fidelities[:-1]}
    if view.x.title not in fewer:
        return ""
    sign = -1.0 if view.y.goal == "min" else 1.0
    early, late = (sign * quantity.read()[view.rows] for quantity in (view.x, view.y))
    return landscape_reading.shorter(view.y.title, (fewer[view.x.title], view.table.fidelities[-1]), early, late)


def _draw_twin(view: MapView, box: ExpanderContainer) -> None:
    """The map as a chart that screen readers can read."""
    if box.open:
        chart = space_view.scatter(view.table.space, view.rows, view.x, view.y, view.colour, view.pick.row)
        alt, on_select = f"{view.y.title} by {view.x.title}", partial(_pick_on_chart, view.pick)
        figures.altair(chart, key="twin", alt=alt, on_select=on_select, selection_mode="picked")


def _pick_on_chart(pick: Selection) -> None:
    """Select the cell of the point that was clicked on the chart; only in a callback."""
    if points := st.session_state["twin"]["selection"]["picked"]:
        pick.go_to(int(points[0]["row"]))


def _show_matches(view: MapView, limits: str) -> None:
    """How many cells match the filters, and a button to the best of them."""
    y, matches = view.y, view.matches
    with st.container(horizontal=True, vertical_alignment="center"):
        count = f"{len(matches):,} of {len(view.rows):,} {view.table.space.noun}s"
        st.caption(plain(f"{count} {'has' if len(matches) == 1 else 'have'} {limits}."), width="content")
        best_of_these = matches[landscape.top(y.read()[matches], y.goal or "max", 1)]
        st.button(
            "Best of these",
            icon=":material/trophy:",
            disabled=not len(best_of_these),
            on_click=view.pick.go_to,
            args=best_of_these.tolist(),
            help=f"Select the one with the best {y.title}{y.after}.",
        )


def _draw_map(
    table: Table, top: Any, left: DeltaGenerator, boxes: Sequence[DeltaGenerator], axes: Mapping[str, Quantity]
) -> tuple[MapView, DeltaGenerator]:
    """(what the map shows, the place of its legend): the choosers, the filters and the map."""
    space, usual = table.space, {key: start for key, (_, start, _) in AXES.items()}
    usual["y"] = (table.metrics[table.main].title, *usual["y"])
    x, y, colour = (
        table_choice.quantity(box, key, label, usual[key], about, axes)
        for box, (key, (label, _, about)) in zip(boxes, AXES.items(), strict=True)
    )
    pick = Selection(space, int(landscape.best(table, table.main)[0]), SHOW_SELECTED, live_training.running)
    dragged = top.popover("Limits", icon=":material/tune:")
    wide, narrow = left.columns(2, vertical_alignment="center")
    once = landscape.has_twins(space) and narrow.toggle(
        f"Count isomorphic {space.noun}s once",
        key="isomorphic",
        on_change=links.as_a_whole,
        bind="query-params",
        help=f"Many {space.noun}s are the same as another, written differently. On: one point and one rank for each.",
    )
    inside, limits = limits_box.filters(wide, left, dragged, table, axes, (x, y, colour))
    view = MapView(table, pick, x, y, colour, landscape.distinct(space) if once else None, inside)
    with left:
        if inside is not None:
            _show_matches(view, limits)
        space_map.space_map("map", space, view.rows, x, y, colour, pick.go_to, region_panel.PARTS, inside)
        legend = st.container()
        count = int(np.sum(~np.isnan(x.read()[view.rows] + y.read()[view.rows])))
        lack = len(view.rows) - count
        lacking = f" {lack:,} other{'s lack' if lack > 1 else ' lacks'} a number." if lack else ""
        st.caption(
            f"Each of the {count:,} points is a trained network. Click a point to select it, drag a rectangle to list "
            f"a region, or walk with the arrow keys.{lacking}{space_map.outlying(view.rows, x, y)}"
        )
    return view, legend


def _draw_below(view: MapView) -> None:
    """More about the selected cell: its metrics, its learning curve, its neighbours."""
    table, pick = view.table, view.pick
    first, second, third = st.columns([5, 4, 5], gap="medium")
    with first:
        st.subheader("Metrics", anchor=False)
        _part("numbers", _draw_numbers, view)
    with second:
        st.subheader("Learning curve", anchor=False)
        live_training.choose_what(_redraw_curve)
        training = live_training.job_of(pick.row, table.name)
        packing = take_model.taking(live_training.trained_here(table, pick.row))
        if training is not None and not training.over:
            live_training.follow(table, pick.row, training)
        elif packing is not None:
            job_panel.follow(packing)
        else:
            _part("curve", lambda: live_training.learning(table, pick.row))
    with third:
        st.subheader("Neighbours", anchor=False)
        _part("steps", _draw_steps, table, pick)


def map_view(table: Table, top: Any, boxes: Sequence[DeltaGenerator], axes: Mapping[str, Quantity]) -> None:
    """All of the view: the map, the selected cell beside it, and below both what follows from them; `boxes` take the
    choosers of the axes, each one of the `axes`, and `top` the limits."""
    answer = st.container(key="answer")
    left, right = st.columns([3, 2], gap="large")
    view, legend = _draw_map(table, top, left, boxes, axes)
    shown = view.y, view.x, view.colour
    listed = region_panel.Listed(table, view.rows, view.matches, view.inside is not None, shown, view.pick)
    with left:
        _part("matches", region_panel.docked, listed)
    with right:
        parts.part("head", view.pick.heading)  # not after the map: its box holds the cell in the link
        _part("headlines", _draw_headlines, view)
        _part("cell", selected_cell.draw, table, view.pick, _comparing)
    _draw_below(view)
    _part("compare", comparison.comparison, table, view.mask)
    with legend:
        _part("marks", _draw_marks, view)  # after the boxes it reads, which a step back in the history changes
    region_panel.panel(listed)
    across = choices.fold("Compare with another dataset", "across", ":material/compare_arrows:")
    with across:
        _part("across", _draw_across, view, across)
    with answer:
        parts.part("answer", _draw_answer, view, across)  # after the box that it reads
    twin = choices.fold("The map for screen readers", "chart", ":material/accessibility_new:")
    with twin:
        _part("twin", _draw_twin, view, twin)
