"""A whole search space as an Altair chart, the accessible twin of the map, and as a table."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import altair as alt
import numpy as np
import pandas as pd

from nas_core.charts import palette
from nas_core.charts.quantities import Quantity
from nas_core.spaces import SearchSpace

TAIL, GAP = 0.05, 0.15  # what share of the values may lie outside the bulk; of the extent, from where on a gap is large


def bulk_start(values: np.ndarray) -> float:
    """The least of `values` (float[n], nan left out) above a gap of nothing that only collapsed ones lie below.

    That is a gap of over GAP of the extent with at most TAIL of the values below; -inf if there is none.
    """
    ordered = np.sort(values[~np.isnan(values)])
    most, start = int(TAIL * len(ordered)), 0
    while start < most:
        gaps = np.diff(ordered[start : most + 1])
        if gaps.max() <= GAP * (ordered[-1] - ordered[start]):
            break
        start += int(gaps.argmax()) + 1
    return float(ordered[start]) if start else -np.inf


def scatter(
    space: SearchSpace, rows: np.ndarray, x: Quantity, y: Quantity, colour: Quantity, selected: int
) -> alt.LayerChart:
    """The architectures `rows` (int[n]) as points with a tooltip; the selected one is ringed.

    A click selects a point: parameter "picked" with field "row". The ring is a second layer over one row of data,
    because a condition on every mark would cost a redraw of the whole space.
    """
    frame = pd.DataFrame({"row": rows, "x": x.read()[rows], "y": y.read()[rows], "c": colour.read()[rows]})
    frame = frame.dropna(subset=["x", "y"])
    frame["label"] = space.number_labels(frame["row"])
    axis = {"x": alt.X("x:Q", title=x.label).scale(zero=False), "y": alt.Y("y:Q", title=y.label).scale(zero=False)}
    tooltip = [
        alt.Tooltip("label:N", title="number"),
        *(alt.Tooltip(f"{f}:Q", title=q.label, format=".4~g") for f, q in zip("xyc", (x, y, colour), strict=True)),
    ]
    points = (
        alt.Chart(frame)
        .mark_circle(size=14, opacity=0.7)
        .encode(
            **axis,
            color=alt.Color("c:Q", title=colour.label, scale=alt.Scale(range=list(palette.STOPS))),
            tooltip=tooltip,
        )
        .add_params(alt.selection_point("picked", fields=["row"]))
    )
    ring = alt.Chart(frame[frame["row"] == selected]).mark_point(size=160, strokeWidth=2.5, color=palette.SELECTED)
    return (points + ring.encode(**axis)).properties(height=460)


def frame_of(space: SearchSpace, rows: np.ndarray, quantities: Sequence[Quantity]) -> pd.DataFrame:
    """One row an architecture of `rows` (int[n]): its number, quantities, operations and published string."""
    archs = space.all()[rows]
    columns: dict[str, object] = {"number": rows}
    columns |= {f"{name} number": numbers[rows] for name, numbers in other_numbers(space).items()}
    columns |= {q.label: q.read()[rows] for q in quantities}
    for i, decision in enumerate(space.decisions):
        options = [palette.short(o) for o in space.options[i]]
        columns[decision] = [options[k] for k in archs[:, i]]
    columns["architecture"] = [space.text(tuple(arch)) for arch in archs.tolist()]
    return pd.DataFrame(columns)


@lru_cache(maxsize=8)
def other_numbers(space: SearchSpace) -> dict[str, np.ndarray]:
    """{notation: int32[len(space)]}: by row, the numbers that others know the architectures by."""
    numbers = [space.numbers(tuple(arch)) for arch in space.all().tolist()]
    return {name: np.array([n[name] for n in numbers], np.int32) for name in numbers[0] if name != "own"}
