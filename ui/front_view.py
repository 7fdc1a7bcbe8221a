"""Explore's view Pareto front: the space on two to four objectives, its exact front, what a step along it costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from nas_core import command
from nas_core.benchmarks import Table
from nas_core.charts.fronts import EXACT
from nas_core.fitness import Expression
from nas_core.studies import devices
from nas_core.studies.fronts import FrontTask
from nas_core.values import capitalised
from ui import (
    cell_details,
    figures,
    front_form,
    front_links,
    front_map,
    front_shape,
    links,
    parts,
    selected_cell,
    space_map,
)
from ui.selection import Selection
from ui.words import sentence

SHOW_SELECTED = ["head", "values", "cell", "trades", "marks", "objectives", "members"]  # what a click draws again
MAP = "front map"
_part = partial(space_map.part, MAP)


@dataclass(frozen=True)
class FrontShown:
    """What is on the map; the parts of the view follow it."""

    task: FrontTask
    pick: Selection
    x: int  # the objective on that axis
    y: int
    own: Expression | None


def front_view(table: Table, top: Any, boxes: Sequence[Any]) -> None:
    """All of the view; two `boxes` take the choosers of the objectives and of what they show, `top` the limits."""
    limits = top.popover("Goals and limits", icon=":material/tune:")
    note = st.container()
    with links.complaints(note):
        request = front_form.of_table(table, boxes, note, limits)
    problem = request if isinstance(request, str) else sentence(request.empty) if request.empty else ""
    if problem or isinstance(request, str):
        st.warning(problem, icon=":material/warning:")
        return
    figures.about(command=command.exact(request))
    task, several_devices = request, len(devices.latencies(table)) > 1
    pick = Selection(table.space, task.knee, [*SHOW_SELECTED, *["across"] * several_devices])
    left, right = st.columns([3, 2], gap="large")
    with left:
        shown, legend = _draw_map(task, pick)
    with right:
        parts.part("head", pick.heading)  # not after the map: its box holds the cell in the link
        _part("values", _draw_values, task, pick)
        _part("cell", selected_cell.draw, table, pick)
        _part("trades", front_shape.trades, task, pick)
    with legend:
        _part("marks", _draw_marks, shown)
    _part("objectives", _draw_objectives, task, pick)
    st.subheader("The front, step by step", anchor=False)
    _part("members", front_shape.table, task, pick)
    front_shape.different(task, {EXACT: task.front})
    if several_devices:
        _part("across", front_shape.across, task, pick)
    else:
        front_shape.no_devices()


def _draw_map(task: FrontTask, pick: Selection) -> tuple[FrontShown, Any]:
    """(what the map shows, the place of its legend): the map, and below it what chooses its axes."""
    place, legend, below = st.container(), st.container(), st.container()
    choosers = st.container(key="two-a-row-axes").columns(3)
    own = front_form.own_fitness(task)
    x, y, colour = front_map.axes(choosers, task, own)
    axes = front_map.quantities(task, x, y)
    with below:
        with st.container(horizontal=True, vertical_alignment="center"):
            whole = front_map.whole_space(st, "space")
            st.page_link(
                front_links.SEARCHES,
                label="Which search finds this front?",
                icon=":material/travel_explore:",
                query_params=front_links.searches(task, own),
            )
        rows = front_map.rows(task, x, y, whole)
        st.caption(
            f"{front_form.words(task)} Each of the {len(rows):,} points is a network"
            f"{'' if whole else ' around the front'}. Whatever is below a line is dominated by a network on it."
            f"{space_map.outlying(rows, *axes)}"
        )
    with place:
        space_map.space_map(MAP, task.table.space, rows, *axes, colour, pick.go_to, ["marks"], prefix="front_")
    return FrontShown(task, pick, x, y, own), legend


def _draw_values(task: FrontTask, pick: Selection) -> None:
    """How good the selected network is in each objective."""
    boxes = st.container(key="two-a-row-values").columns(2, vertical_alignment="bottom")
    for i in range(len(task.objectives)):
        metric, value = task.about(i), float(task.values[pick.row, i])
        short = len(metric.unit) < 3  # which has room beside the number
        label = task.title(i) + task.table.after(task.epochs(i)) if short else task.label(i)
        number = cell_details.number(value, metric.unit if short else "")
        boxes[i % 2].metric(capitalised(label), number, help=f"{metric.help}. {metric.source}")
    for name in dict.fromkeys(task.resolve(objective.metric) for objective in task.objectives):
        cell_details.certain(task.table, name)


def _draw_marks(shown: FrontShown) -> None:
    """The marks on the map, and its legend."""
    marks = front_map.marks(shown.task, shown.x, shown.y, shown.pick.row, shown.own, {}, {})
    space_map.marks("front legend", MAP, marks)


def _draw_objectives(task: FrontTask, pick: Selection) -> None:
    """Parallel coordinates and pairs of three or four objectives."""
    if len(task.objectives) > 2:
        st.subheader("All objectives at once", anchor=False)
        front_shape.objectives(task, {}, {}, pick.row, pick.go_to)
