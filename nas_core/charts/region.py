"""Some architectures among all: how they are distributed, and which options they are made of. ECharts options."""

from __future__ import annotations

from typing import Any

import numpy as np

from nas_core.charts import axis, axis_title, palette, tooltip
from nas_core.charts.paper import with_whole_legend
from nas_core.charts.quantities import Quantity
from nas_core.spaces import SearchSpace
from nas_core.values import unit_beside

BINS = 48
SELECTION, OTHERS = "#0072B2", palette.OPTIMUM


def histogram(
    values: np.ndarray, inside: np.ndarray, quantity: Quantity, selected: float, noun: str = "architecture"
) -> dict[str, Any]:
    """How `values` (float[n], nan left out) are distributed, the ones at the positions `inside` in colour.

    A vertical line marks the value `selected`, unless it is nan.
    """
    edges = np.histogram_bin_edges(values[~np.isnan(values)], BINS)
    part = values[inside]
    counts = np.histogram(values[~np.isnan(values)], edges)[0]
    selection = np.histogram(part[~np.isnan(part)], edges)[0]
    middles = (edges[:-1] + edges[1:]) / 2
    series: list[dict[str, Any]] = [
        {
            "type": "bar",
            "stack": "all",
            "name": name,
            "color": colour,
            "barCategoryGap": "12%",
            "data": [[round(float(x), 6), int(n)] for x, n in zip(middles, column, strict=True)],
        }
        for name, colour, column in (("listed", SELECTION, selection), ("all others", OTHERS, counts - selection))
    ]
    if not np.isnan(selected):
        series[0]["markLine"] = {
            "symbol": "none",
            "silent": True,
            "label": {"formatter": "selected"},
            "lineStyle": {"color": palette.SELECTED, "type": "solid", "width": 2},
            "data": [{"xAxis": float(selected)}],
        }
    around = f"{quantity.title}{quantity.after} around {{value}} {unit_beside(quantity.title, quantity.unit)}".strip()
    pointer = {"type": "shadow", "label": {"formatter": around, "precision": 2}}
    return {
        "animation": False,
        "grid": {"left": 8, "right": 16, "top": 44, "bottom": 26, "containLabel": True},
        "legend": {"top": 0, "left": 0},
        "tooltip": tooltip(f"{noun}s", valueFormatter=f"%d {noun}s", axisPointer=pointer),
        "xAxis": axis(quantity.label, scale=True),
        "yAxis": {"type": "value", "minInterval": 1},
        "series": series,
    }


def option_bars(space: SearchSpace, shares: np.ndarray) -> dict[str, Any]:
    """Per decision a bar of 100 %, split by `shares` (float[decisions, options]) in the colours of the options."""
    names = space.option_names
    series = []
    for name in names:
        row = [options.index(name) if name in options else -1 for options in space.options]
        data = [round(100 * float(shares[i, k]), 2) if k >= 0 else 0 for i, k in enumerate(row)]
        series.append(
            {
                "type": "bar",
                "stack": "all",
                "name": palette.short(name),
                "color": palette.option(name),
                "data": data,
                "barWidth": "70%",
            }
        )
    option: dict[str, Any] = {
        "animation": False,
        "grid": {"left": 8, "right": 20, "top": 44, "bottom": 26, "containLabel": True},
        "legend": {"type": "scroll", "top": 0, "left": 0},
        "tooltip": tooltip("%", valueFormatter="%.1f %%", axisPointer={"type": "shadow"}),
        "xAxis": {"type": "value", "max": 100, **axis_title("share of the listed architectures (%)")},
        "yAxis": {"type": "category", "data": list(space.decisions), "inverse": True, "axisTick": {"show": False}},
        "series": series,
    }
    return with_whole_legend(option)
