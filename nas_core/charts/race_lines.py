"""Race lines: for each entrant the median of its runs with the middle half, as data and as an Altair chart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import altair as alt
import numpy as np
import pandas as pd

from nas_core import race, stats
from nas_core.charts import palette
from nas_core.charts.curves import Frame, Line
from nas_core.race import Signal, Trace


def looks(groups: Mapping[str, Sequence[Trace]], names: Sequence[str]) -> list[tuple[str, str, tuple[int, ...]]]:
    """(label, colour, dash) of each entrant, the same in every chart; names: of all strategies, in their order."""
    out, used = [], Counter[str]()
    for label, traces in groups.items():
        colour, dash = palette.strategy(traces[0].spec.strategy, names)
        if used[colour]:  # the same strategy with other parameters: another dash
            dash = palette.DASHES[used[colour] % len(palette.DASHES)]
        used[colour] += 1
        out.append((label, colour, dash))
    return out


def lines(
    groups: Mapping[str, Sequence[Trace]],
    signal: Signal,
    axis: str,
    at: np.ndarray,
    names: Sequence[str],
    *,
    regret: bool = False,
    single: bool = False,
) -> list[Line]:
    """A line for each entrant: median and middle half over its runs, and with `single` the runs themselves.

    axis: "trials" or "seconds". at: float64[g], the moments. names: as for `looks`.
    """
    out = []
    for (label, colour, dash), traces in zip(looks(groups, names), groups.values(), strict=True):
        rows = race.curves(traces, signal, axis, at)
        rows = signal.regret(rows) if regret else rows
        low, middle, high = stats.band(rows)
        out.append(Line(label, colour, dash, middle, low, high, rows if single else rows[:0]))
    return out


def chart(series: Sequence[Line], frame: Frame, title: str = "") -> alt.LayerChart:
    """The lines with their bands as a static picture for notebooks and papers."""
    data = pd.concat(
        pd.DataFrame({"x": frame.x, "low": line.low, "middle": line.middle, "high": line.high, "strategy": line.name})
        for line in series
    ).dropna()
    names, dashes = [line.name for line in series], [list(line.dash) for line in series]
    legend = alt.Legend(title=None, labelLimit=0, symbolType="stroke", symbolOpacity=1, symbolStrokeWidth=2.5)
    scale = alt.Scale(domain=names, range=[line.colour for line in series])
    colour = alt.Color("strategy:N", legend=legend, scale=scale)
    dash = alt.StrokeDash("strategy:N", legend=legend, scale=alt.Scale(domain=names, range=dashes))
    ends = [frame.low, frame.high] if frame.low is not None and frame.high is not None else alt.Undefined
    y = alt.Scale(zero=False, nice=True, domain=ends, type="log" if frame.log else "linear")
    base = alt.Chart(data, width=480, height=300, title=title or alt.Undefined).encode(
        alt.X("x:Q", title=frame.x_title, axis=alt.Axis(grid=False)), colour
    )
    band = base.mark_area(opacity=0.2, interpolate="step-after", clip=True)
    line = base.mark_line(strokeWidth=2.5, interpolate="step-after", clip=True)
    return alt.layer(
        band.encode(alt.Y("low:Q", title=frame.y_label, scale=y), alt.Y2("high:Q")),
        line.encode(alt.Y("middle:Q"), dash),
    )
