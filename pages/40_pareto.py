"""Pareto: several objectives at once, the exact front, and which search finds it."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st

from nas_core.charts import cell as cell_drawing
from nas_core.charts.fronts import EXACT
from nas_core.fitness import Expression
from nas_core.studies import devices
from nas_core.studies.fronts import FrontTask
from ui import (
    cell_details,
    downloads,
    front_form,
    front_map,
    front_shape,
    missing_table,
    several_form,
    space_map,
    table_choice,
)
from ui.frame import frame
from ui.front_runs import Entrants
from ui.provenance import provenance
from ui.selection import Selection
from ui.verbatim import verbatim
from ui.words import sentence

TITLE = "Pareto"
ICON = ":material/balance:"
GROUP = "Look"
QUESTION = "What does a smaller or faster network cost in accuracy?"

SHOW_SELECTED = ["head", "trades", "objectives"]  # what a click draws again


def draw_head(task: FrontTask, pick: Selection) -> None:
    """Which network is selected: number, drawing, string."""
    row, space = pick.heading(), task.table.space
    boxes = st.container(key="two-a-row-values").columns(2)
    for i in range(len(task.objectives)):
        metric = task.about(i)
        label = task.label(i)
        unit = "" if metric.unit in label.split() else metric.unit  # as in "MFLOPs"
        value = cell_details.number(float(task.values[row, i]), unit)
        boxes[i % 2].metric(label[:1].upper() + label[1:], value, help=f"{metric.help}. {metric.source}")
    arch = space.arch(row)
    st.markdown(cell_drawing.svg(space, arch), unsafe_allow_html=True)
    verbatim(space.text(arch))
    cell_details.notations(space, arch)
    downloads.picture(cell_drawing.svg(space, arch), "cell", f"{space.noun} {row}")


def draw_marks(task: FrontTask, pick: Selection, x: int, y: int, own: Expression | None) -> None:
    """The legend of the map."""
    space_map.marks("front legend", "front map", front_map.marks(task, x, y, pick.row, own, {}, {}))


def draw_objectives(task: FrontTask, pick: Selection) -> None:
    """Parallel coordinates and pairs of three or four objectives."""
    if len(task.objectives) > 2:
        st.subheader("All objectives at once", anchor=False)
        front_shape.objectives(task, Entrants.of([]), {}, pick.row)


def choose() -> FrontTask | str:
    """What is looked at, or why nothing can be."""
    cell_details.style()
    boxes, note = st.container(key="two-a-row-then-wide-choices").columns([2, 2, 3, 3]), st.container()
    return front_form.task(boxes, note)


frame(TITLE, ICON, QUESTION)
answer = "" if missing_table.offered() else choose()
if isinstance(answer, str):
    if answer:
        st.warning(answer, icon=":material/warning:")
elif answer.empty:
    st.warning(sentence(answer.empty), icon=":material/warning:")
else:
    task = answer
    space = task.table.space
    picture, details = st.columns([3, 2], gap="large")
    with picture:
        map_place, legend_place, space_place = st.container(), st.container(), st.container()
        choosers = st.container(key="two-a-row-axes").columns(3)
        own = front_form.own_fitness(task)
    x, y, colour = front_map.axes(choosers, task, own)
    several_devices = len(devices.latencies(task.table)) > 1
    pick = Selection(space, task.knee, [*SHOW_SELECTED, "marks", *["across"] * several_devices])
    with space_place:
        whole = st.toggle(
            "Whole space", key="space", bind="query-params", help="Show every network, not only those around the front."
        )
        rows = np.flatnonzero(task.allowed) if whole else front_map.near(task, x, y)
        st.caption(
            f"Each of the {len(rows):,} points is a network{'' if whole else ' around the front'}. Whatever is "
            f"below a line is dominated by a network on it. Click a point to see its {space.noun} and its trade-offs."
            f"{space_map.outlying(rows, *front_map.quantities(task, x, y))}"
        )
    with map_place:
        axes = (*front_map.quantities(task, x, y), colour)
        space_map.space_map("front map", space, rows, *axes, pick.go_to, "marks", prefix="front_")
    part = partial(space_map.part, "front map")
    with legend_place:
        part("marks", draw_marks, task, pick, x, y, own)
    with details:
        part("head", draw_head, task, pick)
        part("trades", front_shape.trades, task, pick)
    part("objectives", draw_objectives, task, pick)
    st.subheader("The front, step by step", anchor=False)
    front_shape.table(task, task.front, EXACT, pick.go_to)
    front_shape.different(task, {EXACT: task.front})
    if several_devices:
        part("across", front_shape.across, task, pick)
    else:
        front_shape.no_devices()
    search = table_choice.link(task.table.name, task.table.dataset) | {"objective": several_form.SEVERAL}
    label = "Which search finds this front?"
    st.page_link("pages/20_search.py", label=label, icon=":material/travel_explore:", query_params=search)
    provenance(task.table)
