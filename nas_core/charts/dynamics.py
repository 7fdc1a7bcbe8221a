"""How a search moves through the space: option shares per decision, now and over time, and its population."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape

import numpy as np

from nas_core.charts import STILL, fixed_grid, line_series, moments, palette, small_axes, upright
from nas_core.charts.shapes import INK, document, write
from nas_core.spaces import SearchSpace
from nas_core.studies.dynamics import Grid
from nas_core.values import capitalised

COLUMNS = 3


def share_bars(space: SearchSpace, shares: np.ndarray, title: str) -> str:
    """SVG: a bar for each decision, divided by float64[decisions, options]. title: what a screen reader says first."""
    row, left, width = 30, _before(space), 340
    shapes = []
    for i, (decision, options) in enumerate(zip(space.decisions, space.options, strict=True)):
        y, x = 4 + i * row, float(left)
        shapes.append(write(decision, left - 8, y + 16, anchor="end"))
        for option, share in zip(options, shares[i], strict=False):
            part = width * float(share)
            tip = f"{decision}: {palette.short(option)} {100 * share:.0f} %"
            shapes.append(_box(x, y, part, 23, palette.option(option), tip))
            if part > 62:
                shapes.append(write(palette.short(option), x + part / 2, y + 16, fill=INK))
            x += part
    words = "; ".join(_most(d, o, s) for d, o, s in zip(space.decisions, space.options, shares, strict=True))
    return document(left + width + 4, 8 + row * len(space.decisions), f"{title}. {words}", shapes)


def _before(space: SearchSpace) -> int:
    """Room for the names of the decisions at the left of a picture."""
    return max(46, 14 + 7 * max(map(len, space.decisions)))


def _most(decision: str, options: Sequence[str], shares: np.ndarray) -> str:
    top = int(np.argmax(shares))
    return f"{decision} mostly {palette.short(options[top])}, {100 * shares[top]:.0f} %"


def heat_map(space: SearchSpace, grid: Grid, at: int) -> str:
    """SVG: a box for each option of each decision with its value at moment `at`; the deeper, the better it is liked.

    An empty box is an option without a value.
    """
    row, box, left, top = 30, 76, _before(space), 22
    values = grid.values[at]
    some = values[~np.isnan(values)]
    low, high = (float(some.min()), float(some.max())) if len(some) else (0.0, 0.0)
    digits = 0 if grid.unit == "%" else 2
    shapes, words = [], []
    names = [palette.short(o) for o in max(space.options, key=len)]
    shapes += [write(name, left + box * (k + 0.5), 14, 12) for k, name in enumerate(names)]
    for i, (decision, options) in enumerate(zip(space.decisions, space.options, strict=True)):
        y = top + i * row
        shapes.append(write(decision, left - 8, y + 19, anchor="end"))
        for k, option in enumerate(options):
            value, x = float(values[i, k]), left + box * k
            shapes.append(_frame(x, y, box - 3, row - 3))
            if np.isnan(value):
                continue
            share = (value - low) / (high - low) if high > low else 0.5
            depth = 0.12 + 0.88 * (share if grid.goal == "max" else 1 - share)
            text = f"{value:.{digits}f}{' ' + grid.unit if grid.unit else ''}"
            tip = f"{decision} {palette.short(option)}: {text}"
            shapes.append(_box(x, y, box - 3, row - 3, palette.option(option), tip, depth))
            shapes.append(write(text, x + (box - 3) / 2, y + 18.5, fill=INK if depth > 0.7 else "currentColor"))
        if not np.isnan(values[i]).all():
            best = int(np.nanargmax(values[i]) if grid.goal == "max" else np.nanargmin(values[i]))
            words.append(f"{decision} likes {palette.short(options[best])}")
    label = f"{capitalised(grid.title)}: " + "; ".join(words)
    return document(left + box * len(names), top + row * len(space.decisions), label, shapes)


def shares_over_time(space: SearchSpace, shares: np.ndarray, at: float) -> dict[str, Any]:
    """An ECharts option: for each decision a stack of its options' shares against trials, and a line at trial `at`.

    shares: float64[n, decisions, options], as `History.option_shares` gives them.
    """
    picks = moments(len(shares))
    height = 88 / -(-len(space.decisions) // COLUMNS)  # percent of the picture for one row of charts
    grids, titles, series = [], [], []
    for i, (decision, options) in enumerate(zip(space.decisions, space.options, strict=True)):
        left, top = f"{4 + i % COLUMNS * 33}%", i // COLUMNS * height
        grids.append(fixed_grid(left=left, top=f"{12 + top:.1f}%", width="29%", height=f"{height - 16:.1f}%"))
        titles.append({"text": decision, "left": left, "top": f"{5 + top:.1f}%", "textStyle": {"fontSize": 12}})
        tops = np.cumsum(shares[picks, i], axis=1)
        for k, option in reversed(list(enumerate(options))):  # each area begins at 0 and is covered by the next
            series.append(_layer(i, option, picks, tops[:, k], shares[picks, i, k]))
        series[-1]["markLine"] = upright(at, INK)
    x = {"type": "value", "min": 1, "max": max(2, len(shares)), "splitLine": {"show": False}}
    y = {"type": "value", "min": 0, "max": 100, "interval": 50}
    return {
        **STILL,
        "title": titles,
        "grid": grids,
        "series": series,
        **small_axes(x, y, len(grids), COLUMNS),
        "tooltip": {"trigger": "axis", "valueFormatter": "%.0f %%", "confine": True},
    }


def _layer(decision: int, option: str, picks: np.ndarray, tops: np.ndarray, shares: np.ndarray) -> dict[str, Any]:
    data = [[int(t) + 1, 100 * float(top), 100 * float(s)] for t, top, s in zip(picks, tops, shares, strict=True)]
    colour = palette.option(option)
    return {
        **line_series(palette.short(option), data, {"width": 0, "color": colour}),
        "xAxisIndex": decision,
        "yAxisIndex": decision,
        "step": "end",
        "encode": {"x": 0, "y": 1, "tooltip": [2]},
        "areaStyle": {"color": colour, "opacity": 1},
        "silent": True,
    }


def _box(x: float, y: float, width: float, height: float, colour: str, tip: str, opacity: float = 1.0) -> str:
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" height="{height}" rx="3" fill="{colour}" '
        f'fill-opacity="{opacity:.2f}"><title>{escape(tip)}</title></rect>'
    )


def _frame(x: float, y: float, width: float, height: float) -> str:
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height}" rx="3" fill="none" '
        'stroke="currentColor" stroke-opacity="0.2"/>'
    )
