"""Fronts as pictures: steps, attainment over runs, parallel coordinates, pairs of objectives, tables."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from nas_core import fitness
from nas_core.charts import CELL, STILL, palette, point_tooltip
from nas_core.charts.paper import with_whole_legend
from nas_core.charts.space_view import other_numbers
from nas_core.studies import contours
from nas_core.studies.fronts import FrontTask, trade

EXACT = "exact front"
LEGEND_LINE = 24  # pixels that a name takes below a chart
WIDE = 14  # letters in a line over an axis; the first and the last have room for as many
Looks = Mapping[str, tuple[str, tuple[int, ...]]]  # entrant -> (colour, dash)


def steps(task: FrontTask, losses: np.ndarray, x: int, y: int) -> np.ndarray:
    """float64[k, 2]: corners (value of objective x, value of objective y) of the border of what `losses` dominate.

    losses float64[n, 2] of the objectives (x, y), non-dominated; the border runs on to the worst of the table.
    """
    if not len(losses):
        return np.empty((0, 2))
    points = losses[np.argsort(losses[:, 0], kind="stable")]
    across = np.append(np.repeat(points[:, 0], 2)[1:], max(task.reference[x], points[-1, 0]))
    up = np.repeat(points[:, 1], 2)
    return np.column_stack([_values(task, x, across), _values(task, y, up)])


def _values(task: FrontTask, i: int, losses: np.ndarray) -> np.ndarray:
    return losses * task.objectives[i].value(1.0)


def border(task: FrontTask, rows: np.ndarray, x: int, y: int) -> np.ndarray:
    """`steps` of those of the architectures `rows` (int[k]) that nothing among them beats in objectives x and y."""
    from nas_core.pareto import non_dominated

    losses = task.losses[np.asarray(rows, int)][:, [x, y]]
    return steps(task, losses[non_dominated(losses)], x, y)


def attainment(
    task: FrontTask, surfaces: Mapping[str, Mapping[str, np.ndarray]], looks: Looks, whole: bool
) -> alt.LayerChart:
    """Two objectives: for each entrant what half of its runs attain, and a band from what all to what any attains.

    surfaces: float64[k, 2] each, of `front_search.attainment`. whole: show all of the front, or `FrontTask.extent`.
    """
    y, x = 0, 1
    axes = {"x": _axis(task, x, whole), "y": _axis(task, y, whole)}
    exact = border(task, task.front, x, y)
    layers = []
    bands = [_band(task, name, s, x, y) for name, s in surfaces.items() if s]
    colours = {name: looks[name][0] for name in surfaces}
    names = [*colours, EXACT]  # of which random search has nearly the grey of the exact front
    legend = alt.Legend(
        orient="bottom",
        columns=1,
        labelLimit=0,
        symbolType="stroke",
        symbolOpacity=1,
        symbolStrokeWidth=3,
        symbolSize=400,
    )
    inks = alt.Scale(domain=names, range=[*colours.values(), palette.OPTIMUM])
    dashes = alt.Scale(domain=names, range=[*(list(looks[name][1]) for name in colours), [2, 3]])
    colour = alt.Color("entrant:N", title=None, scale=inks, legend=legend)
    dash = alt.StrokeDash("entrant:N", title=None, scale=dashes, legend=legend)
    if bands:
        area = alt.Chart(pd.concat(bands)).mark_area(opacity=0.18, clip=True)
        layers.append(area.encode(axes["x"], axes["y"], alt.Y2("far:Q"), color=colour))
    lines = [_line(steps(task, s["median"][:, [x, y]], x, y), name) for name, s in surfaces.items() if s]
    lines.append(_line(exact, EXACT))
    medians = alt.Chart(pd.concat(lines)).mark_line(strokeWidth=2.5, clip=True)
    layers.append(
        medians.encode(axes["x"], axes["y"], color=colour, strokeDash=dash, order="place:Q", detail="entrant:N")
    )
    dots = alt.Chart(_exact(task, x, y)).mark_point(filled=True, size=42, color=palette.OPTIMUM, opacity=1, clip=True)
    layers.append(dots.encode(axes["x"], axes["y"], tooltip=_tips(task, x, y)))
    return alt.layer(*layers).properties(height=360 + LEGEND_LINE * len(colours))


def _axis(task: FrontTask, i: int, whole: bool) -> Any:
    losses = task.losses[task.front, i]
    low, high = (losses.min(), losses.max()) if whole else task.extent(i)
    pad = 0.08 * (high - low) or 1.0
    ends = sorted(_values(task, i, np.array([low - pad, high + pad])).tolist())
    kind = alt.Y if i == 0 else alt.X
    return kind(
        "xy"[i == 0] + ":Q", title=task.label(i), scale=alt.Scale(domain=ends, nice=False), axis=alt.Axis(tickCount=7)
    )


def _line(corners: np.ndarray, name: str) -> pd.DataFrame:
    return pd.DataFrame({"x": corners[:, 0], "y": corners[:, 1], "entrant": name, "place": range(len(corners))})


def _band(task: FrontTask, name: str, surfaces: Mapping[str, np.ndarray], x: int, y: int) -> pd.DataFrame:
    """Corners of the band between the worst and the best surface, where both are."""
    best, worst = surfaces["best"][:, [x, y]], surfaces["worst"][:, [x, y]]
    at = np.unique(np.concatenate([best[:, 0], worst[:, 0], [max(task.reference[x], worst[:, 0].max())]]))
    at = at[at >= worst[:, 0].min()]
    across = np.repeat(at, 2)[1:]
    far, near = (np.repeat([points[points[:, 0] <= a, 1].min() for a in at], 2)[:-1] for points in (worst, best))
    return pd.DataFrame(
        {"x": _values(task, x, across), "far": _values(task, y, far), "y": _values(task, y, near), "entrant": name}
    )


def parallel(task: FrontTask, fronts: Mapping[str, np.ndarray], looks: Looks, selected: int | None) -> dict[str, Any]:
    """Parallel coordinates as an ECharts option: a line an architecture, an axis an objective, better at the top.

    fronts: rows (int[k]) under a name, drawn in this order; `selected` is drawn last and thick.
    """
    dimensions = range(len(task.objectives))
    axes = [
        {
            "dim": i,
            "name": textwrap.fill(task.label(i), WIDE),
            "inverse": task.objectives[i].goal == "min",
            "scale": True,
            "nameLocation": "start" if task.objectives[i].goal == "min" else "end",
            "nameTextStyle": {"lineHeight": 15},
        }
        for i in dimensions
    ]
    series = [_lines(task, name, rows, looks[name][0], 1.4, 0.55) for name, rows in fronts.items()]
    if selected is not None:
        series.append(_lines(task, "selected", np.array([selected]), palette.SELECTED, 4, 1.0))
    option: dict[str, Any] = {
        **STILL,
        "legend": {"top": 0, "left": 0, "type": "scroll"},
        "tooltip": point_tooltip(*((task.title(i), task.about(i).unit) for i in dimensions), heading="{a}: {b}"),
        "parallel": {"left": 60, "right": 60, "top": 96, "bottom": 24},
        "parallelAxis": axes,
        "series": series,
    }
    return with_whole_legend(option)


def with_lines(task: FrontTask, rows: np.ndarray) -> list[int]:
    """Those of `rows` that have a line, in its order."""
    return [row for row in rows.tolist() if task.allowed[row]]


def _lines(task: FrontTask, name: str, rows: np.ndarray, colour: str, width: float, opacity: float) -> dict[str, Any]:
    data = [
        {"name": f"{task.table.space.noun} {row}", "value": [float(f"{v:.5g}") for v in task.values[row]]}
        for row in with_lines(task, rows)
    ]
    return {
        "type": "parallel",
        "name": name,
        "data": data,
        "color": colour,
        "lineStyle": {"color": colour, "width": width, "opacity": opacity},
        "emphasis": {"lineStyle": {"width": 3}},
        "selectedMode": "single",
    }


def pair(task: FrontTask, i: int, j: int, selected: int | None) -> alt.LayerChart:
    """The front in objectives i (upwards) and j; what is best in these two alone is joined by steps. A click selects a
    point (selection CELL)."""
    frame = _exact(task, j, i)
    axes = (
        alt.X("x:Q", title=task.label(j), scale=alt.Scale(zero=False)),
        alt.Y("y:Q", title=task.label(i), scale=alt.Scale(zero=False)),
    )
    points = alt.Chart(frame).mark_point(filled=True, size=30, opacity=0.65, color="#0072B2")
    corners = _line(border(task, task.front, j, i), EXACT)
    line = alt.Chart(corners).mark_line(color=palette.OPTIMUM, strokeWidth=2).encode(*axes, order="place:Q")
    ring = alt.Chart(frame[frame[CELL] == selected]).mark_point(size=170, strokeWidth=3, color=palette.SELECTED)
    click = alt.selection_point(name=CELL, fields=[CELL], on="click", nearest=False)
    points = points.encode(*axes, tooltip=_tips(task, j, i)).add_params(click)
    return alt.layer(line, points, ring.encode(*axes)).properties(height=260)


def _tips(task: FrontTask, x: int, y: int) -> list[alt.Tooltip]:
    """Of the architectures of `_exact`."""
    values = [alt.Tooltip(f"{name}:Q", title=task.label(i), format=".4~g") for name, i in (("y", y), ("x", x))]
    return [alt.Tooltip("number:N", title=task.table.space.noun), *values]


def _exact(task: FrontTask, x: int, y: int) -> pd.DataFrame:
    """A row an architecture of the exact front: objectives x and y, row and numbers."""
    values, numbers = task.values[task.front], task.table.space.number_labels(task.front)
    return pd.DataFrame({"x": values[:, x], "y": values[:, y], CELL: task.front, "number": numbers})


def front_frame(task: FrontTask, rows: Sequence[int] | np.ndarray) -> pd.DataFrame:
    """One row an architecture of `rows` (int[k]): number, objectives, the trade from the row before, how else it is
    written."""
    rows = np.asarray(rows, int)
    space = task.table.space
    columns: dict[str, Any] = {"number": rows}
    columns |= {task.label(i): task.values[rows, i] for i in range(len(task.objectives))}
    columns["from the one above"] = ["", *(trade(task, a, b) for a, b in zip(rows[:-1].tolist(), rows[1:].tolist()))]
    columns["knee"] = ["knee" if row == task.knee else "" for row in rows]
    columns |= {f"{name} number": numbers[rows] for name, numbers in other_numbers(space).items()}
    columns["architecture"] = [space.text(space.arch(int(row))) for row in rows]
    return pd.DataFrame(columns)


def iso_lines(
    task: FrontTask, expression: fitness.Expression, x: int, y: int, rows: np.ndarray
) -> dict[float, np.ndarray]:
    """{level: float64[k, 2, 2]}: where the expression is the same, over the plane of objectives x and y around the
    architectures `rows` (int[n]).

    Other metrics in it are fixed at their values for the best architecture. Empty if it is constant.
    """
    values = task.evaluate(expression)
    values = np.where(task.allowed, values, np.nan)
    if np.isnan(values).all():
        return {}
    best = int(np.nanargmax(values))
    here = {task.objectives[x].metric: "x", task.objectives[y].metric: "y"}
    fixed = {name: float(task.column(name)[best]) for name in expression.names if name not in here}

    def value(across: np.ndarray, up: np.ndarray) -> np.ndarray:
        inputs = {name: across if here[name] == "x" else up for name in expression.names if name in here}
        inputs |= {name: np.full_like(across, number) for name, number in fixed.items()}
        return np.broadcast_to(expression(inputs), across.shape)

    box = (*_ends(task.values[rows, x]), *_ends(task.values[rows, y]))
    levels = contours.levels(values[task.front]) if len(task.front) > 2 else contours.levels(values)
    lines = {level: contours.lines(value, box, level) for level in levels}
    return {level: pieces for level, pieces in lines.items() if len(pieces)}


def _ends(values: np.ndarray) -> tuple[float, float]:
    return float(values.min()), float(values.max())
