"""What a set of architectures is made of, how far apart its members are, and how their ranks change across devices."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import numpy as np
import pandas as pd

from nas_core.charts import palette
from nas_core.spaces import SearchSpace
from nas_core.studies import diversity


def composition(space: SearchSpace, rows: np.ndarray) -> alt.Chart:
    """A bar for each architecture of `rows` (int[k]), in their order, split by how often it uses each option."""
    names = space.option_names
    counts = diversity.counts(space, rows)
    words = [palette.short(name) for name in names]
    frame = pd.DataFrame(counts, columns=words)
    frame["cell"], frame["place"] = [str(row) for row in rows], range(1, len(rows) + 1)
    tidy = frame.melt(["cell", "place"], var_name="option", value_name="count")
    tidy["order"] = tidy["option"].map({word: i for i, word in enumerate(words)})
    colours = alt.Scale(domain=words, range=[palette.option(name) for name in names])
    return (
        alt.Chart(tidy[tidy["count"] > 0])
        .mark_bar()
        .encode(
            x=alt.X("place:O", title="place on the front", axis=alt.Axis(labelAngle=0, labelOverlap=True)),
            y=alt.Y("count:Q", title="decisions", axis=alt.Axis(tickMinStep=1)),
            color=alt.Color("option:N", title=None, scale=colours, legend=alt.Legend(orient="top", columns=3)),
            order="order:Q",
            tooltip=["cell", "option", "count"],
        )
        .properties(height=260)
    )


def apart(space: SearchSpace, rows: np.ndarray, name: str) -> alt.LayerChart:
    """How many decisions each two of `rows` (int[k]) differ in, against two architectures drawn at random."""
    share, chance = diversity.pairs(space, rows), diversity.by_chance(space)
    frame = pd.DataFrame({"decisions": range(len(share)), name: 100 * share, "drawn at random": 100 * chance})
    tidy = frame.melt("decisions", var_name="which", value_name="percent")
    x = alt.X("decisions:O", title="decisions in which two differ", axis=alt.Axis(labelAngle=0))
    y = alt.Y("percent:Q", title="share of the pairs (%)")
    colour = alt.Color(
        "which:N",
        title=None,
        legend=alt.Legend(orient="top"),
        scale=alt.Scale(domain=[name, "drawn at random"], range=["#0072B2", palette.OPTIMUM]),
    )
    tips = ["which", "decisions", alt.Tooltip("percent", format=".1f")]
    base = alt.Chart(tidy).encode(x=x, y=y, color=colour, tooltip=tips)
    bars = base.transform_filter(alt.datum.which == name).mark_bar(size=24, opacity=0.9)
    line = base.transform_filter(alt.datum.which != name).mark_line(point=True, strokeDash=[4, 3])
    return alt.layer(bars, line).properties(height=260)


def bump(rows: np.ndarray, ranks: np.ndarray, devices: Sequence[str], selected: int) -> alt.LayerChart:
    """Places of the architectures `rows` (int[k]) on each device, 1 at the top; ranks float64[k, devices]."""
    tidy = pd.DataFrame(
        {
            "cell": np.repeat(rows, len(devices)),
            "device": list(devices) * len(rows),
            "place": ranks.ravel(),
            "first": np.repeat(ranks[:, 0], len(devices)),
        }
    ).dropna()
    x = alt.X(
        "device:N",
        sort=None,
        title=None,
        axis=alt.Axis(labelAngle=0, orient="top", labelLimit=90),
        scale=alt.Scale(padding=0.3),
    )
    y = alt.Y("place:Q", title="place by latency, 1 is fastest", scale=alt.Scale(reverse=True, nice=False, padding=14))
    base = alt.Chart(tidy).encode(x=x, y=y, detail="cell:N", tooltip=["cell", "device", "place"])
    colour = alt.Color("first:Q", legend=None, scale=alt.Scale(scheme=palette.SEQUENTIAL))
    lines = base.mark_line(strokeWidth=2, opacity=0.75).encode(color=colour)
    points = base.mark_point(filled=True, size=46, opacity=1).encode(color=colour)
    own = alt.Chart(tidy[tidy["cell"] == selected]).encode(x=x, y=y, detail="cell:N")
    return alt.layer(lines, points, own.mark_line(strokeWidth=4, color=palette.SELECTED, point=True)).properties(
        height=360
    )


def agreement(values: np.ndarray, devices: Sequence[str], title: str) -> alt.LayerChart:
    """A whole number for every two devices, as tiles; values float64[devices, devices]."""
    frame = pd.DataFrame(
        [(a, b, values[i, j]) for i, a in enumerate(devices) for j, b in enumerate(devices)],
        columns=["row", "column", "value"],
    )
    base = alt.Chart(frame).encode(
        x=alt.X("column:N", sort=None, title=None, axis=alt.Axis(orient="top", labelAngle=-40, labelOverlap=False)),
        y=alt.Y("row:N", sort=None, title=title),
        tooltip=["row", "column", alt.Tooltip("value", format=".0f")],
    )
    tiles = base.mark_rect().encode(color=alt.Color("value:Q", legend=None, scale=alt.Scale(scheme=palette.SEQUENTIAL)))
    words = base.mark_text(fontSize=12).encode(text=alt.Text("value:Q", format=".0f"), color=palette.ink("value"))
    return alt.layer(tiles, words).properties(height=60 + 38 * len(devices))
