"""The map of a front: the whole space on two objectives, with fronts, a knee and lines of equal fitness."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from nas_core.charts import fronts, palette
from nas_core.charts.fronts import Looks
from nas_core.charts.quantities import Quantity
from nas_core.fitness import Expression
from nas_core.studies.fronts import FrontTask
from nas_core.types import counted
from ui import links, table_choice
from ui.space_map import Mark

DEPTH = "layers to the front"
OWN = "your fitness"
OUTSIDE = "outside the map, see Whole space"
ROOM = 0.35  # of the front's extent, left around it
KNEE, EQUAL = "#0B8A6A", "#9467BD"


def whole_space(box: Any, key: str) -> bool:
    """A switch in `box`, bound to `key` in the link: every network, or those around the front."""
    whole = box.toggle(
        "Whole space",
        key=key,
        on_change=links.as_a_whole,
        bind="query-params",
        help="Show every network, not only those around the front.",
    )
    return bool(whole)


def rows(task: FrontTask, x: int, y: int, whole: bool) -> np.ndarray:
    """int64[n]: the networks that the map shows; x, y: the objectives on its axes."""
    return np.flatnonzero(task.allowed) if whole else near(task, x, y)


def axes(boxes: Sequence[Any], task: FrontTask, own: Expression | None) -> tuple[int, int, Quantity]:
    """Draw the choosers: (objective on the x axis, objective on the y axis, colour)."""
    about = "The objective on this axis."
    objectives = {q.title: q for q in (_objective(task, i) for i in range(len(task.objectives)))}
    titles = list(objectives)
    x = table_choice.quantity(boxes[0], "front_x", "X axis", titles[1:2], about, objectives)
    rest = {title: q for title, q in objectives.items() if title != x.title}
    y = table_choice.quantity(boxes[1], "front_y", "Y axis", titles[:1], about, rest)
    colours = {DEPTH: _depth(task)} | ({OWN: _own(task, own)} if own is not None else {}) | objectives
    colour = table_choice.quantity(
        boxes[2],
        "front_colour",
        "Colour",
        (OWN, DEPTH),
        "What the colour of a point shows. Layers to the front: how many "
        "fronts must be removed before the network lies on one; 0 is the front itself.",
        colours,
    )
    return titles.index(x.title), titles.index(y.title), colour


def near(task: FrontTask, x: int, y: int) -> np.ndarray:
    """int64[k]: rows that lie around the front on both axes; the rest of the space would squeeze it into a corner."""
    inside = task.allowed.copy()
    for i in (x, y):
        low, high = task.extent(i)
        room = ROOM * (high - low) or np.inf
        inside &= (task.losses[:, i] >= low - room) & (task.losses[:, i] <= high + room)
    return np.flatnonzero(inside)


def quantities(task: FrontTask, x: int, y: int) -> tuple[Quantity, Quantity]:
    """The two axes of the map."""
    return _objective(task, x), _objective(task, y)


def _objective(task: FrontTask, i: int) -> Quantity:
    metric = task.about(i)
    values = partial(_values, task, i)
    after = task.table.after(task.epochs(i))
    return Quantity(
        task.title(i), metric.unit, task.objectives[i].goal, metric.help, metric.source, values, after=after
    )


def _values(task: FrontTask, i: int) -> np.ndarray:
    return task.values[:, i].astype(np.float32)


def _depth(task: FrontTask) -> Quantity:
    return Quantity(
        DEPTH, "", "min", "number of fronts before it", "counted here", lambda: task.depth.astype(np.float32)
    )


def colour(task: FrontTask, own: Expression | None) -> Quantity:
    """What colours the points where nobody chooses: a fitness, or the layers to the front."""
    return _depth(task) if own is None else _own(task, own)


def _own(task: FrontTask, own: Expression) -> Quantity:
    return Quantity(OWN, "", "max", own.text, "computed here", lambda: task.evaluate(own).astype(np.float32))


def marks(
    task: FrontTask,
    x: int,
    y: int,
    selected: int | None,
    own: Expression | None,
    looks: Looks,
    medians: Mapping[str, np.ndarray],
) -> list[Mark]:
    """All marks on the map; middle: rows on the front of each entrant's median run."""
    out = []
    if own is not None:
        rows = near(task, x, y)
        lines = fronts.iso_lines(task, own, x, y, rows)
        paths = [piece for pieces in lines.values() for piece in pieces]
        high = float(np.quantile(task.values[rows, y], 0.97))  # where their numbers stand
        ends_of = {level: pieces[np.argmin(np.abs(pieces[:, 0, 1] - high)), 0] for level, pieces in lines.items()}
        notes = [(*place.tolist(), f"{level:g}") for level, place in ends_of.items()]
        out.append(Mark("equal fitness", colour=EQUAL, paths=paths, width=1.2, dash=(4, 3), notes=notes))
    for label, rows in medians.items():
        colour, dash = looks[label]
        path, shape = fronts.border(task, rows, x, y), () if dash == (1, 0) else dash
        out.append(Mark(f"{label}, median run", rows, colour, size=4, width=2, paths=[path], dash=shape))
    exact = fronts.border(task, task.front, x, y)
    name = f"the exact front, {counted(len(task.front), 'network')}"
    out.append(Mark(name, task.front, "text", size=3, paths=[exact], width=1.6))
    noun = task.table.space.noun
    if task.knee >= 0:
        out.append(Mark(f"its knee, {noun} {task.knee}", [task.knee], KNEE, size=9, width=3, absent=OUTSIDE))
    if own is not None and task.allowed.any():
        best = int(np.nanargmax(np.where(task.allowed, task.evaluate(own), np.nan)))
        out.append(Mark(f"highest fitness, {noun} {best}", [best], EQUAL, size=11, width=3, absent=OUTSIDE))
    if selected is not None:
        out.append(
            Mark(
                f"{noun} {selected}, selected",
                [selected],
                palette.SELECTED,
                size=7,
                width=3,
                selected=True,
                absent=OUTSIDE,
            )
        )
    return out
