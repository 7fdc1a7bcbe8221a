"""Two datasets against each other for the same architectures, as ranks."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from nas_core.charts import palette
from nas_core.spaces import SearchSpace
from nas_core.studies.transfer import TOP, Transfer

CELLS = 50  # squares along each axis
MARKS = 1500  # single architectures drawn over them


def scatter(
    space: SearchSpace, result: Transfer, first: str, second: str, selected: int | None = None
) -> alt.LayerChart:
    """Rank on the second dataset over rank on the first: how many architectures lie where, and the best tenth singly.

    All of them are counted in squares, so that 32,768 are drawn as fast as 15,625; the best tenth on the first dataset
    are points (at most MARKS of them, evenly spread) with their numbers. `selected` is ringed.
    """
    size = 100 / CELLS
    axes = [np.clip(rank // size, 0, CELLS - 1) for rank in (result.x_rank, result.y_rank)]
    squares, count = np.unique(np.stack(axes, 1), axis=0, return_counts=True)
    frame = pd.DataFrame({"x": squares[:, 0] * size, "y": squares[:, 1] * size, "count": count})
    frame["x2"], frame["y2"] = frame["x"] + size, frame["y"] + size
    ranks = pd.DataFrame(
        {"row": result.rows, "x": result.x_rank, "y": result.y_rank, "first": result.x, "second": result.y}
    )
    best = ranks[ranks["x"] > 100 * (1 - TOP)]
    best = best.iloc[:: max(1, -(-len(best) // MARKS))]
    best = best.assign(label=space.number_labels(best["row"]))
    scale = alt.Scale(domain=[0, 100], nice=False)
    x = alt.X("x:Q", title=f"rank on {first}", scale=scale, axis=alt.Axis(tickCount=5))
    y = alt.Y("y:Q", title=f"rank on {second}", scale=scale, axis=alt.Axis(tickCount=5))
    dense = alt.Opacity("count:Q", legend=None, scale=alt.Scale(type="sqrt", range=[0.3, 1]))
    tips = [
        alt.Tooltip("label:N", title="number"),
        *(
            alt.Tooltip(f"{field}:Q", title=name, format=".2f")
            for field, name in (("first", first), ("second", second))
        ),
    ]
    layers = [
        alt.Chart(frame)
        .mark_rect(color="#3D8AC1")
        .encode(x=x, y=y, x2="x2:Q", y2="y2:Q", opacity=dense, tooltip=[alt.Tooltip("count:Q", title="architectures")]),
        alt.Chart(pd.DataFrame({"x": [0, 100], "y": [0, 100]}))
        .mark_line(strokeDash=[4, 3], color=palette.OPTIMUM)
        .encode(x=x, y=y),
        alt.Chart(best).mark_circle(size=12, opacity=0.6, color="#D55E00").encode(x=x, y=y, tooltip=tips),
    ]
    if selected is not None and (result.rows == selected).any():
        ringed = ranks[ranks["row"] == selected]
        ring = alt.Chart(ringed.assign(label=space.number_labels(ringed["row"])))
        layers.append(ring.mark_point(size=160, strokeWidth=3, color=palette.SELECTED).encode(x=x, y=y, tooltip=tips))
    return alt.layer(*layers).properties(height=430)


def frame_of(result: Transfer, first: str, second: str) -> pd.DataFrame:
    """One line an architecture: its number and its value on both datasets."""
    return pd.DataFrame({"number": result.rows, first: result.x, second: result.y})
