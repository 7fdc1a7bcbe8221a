"""Arrays and histories in, pictures out: Altair charts, ECharts options, SVG text. Pure functions, no Streamlit."""

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

from nas_core.values import unit_beside

CELL = "cell"  # the column with the numbers of architectures, and the selection of one, where each is a point

# Of an Altair chart of many points: not a canvas, whose letters the style sheet does not reach
SHARP: dict[str, Any] = {"embedOptions": {"renderer": "svg"}}

STILL: dict[str, Any] = {"animation": False, "aria": {"enabled": True}}  # of an ECharts option: for screen readers too


def axis(title: str, gap: int = 26, **more: Any) -> dict[str, Any]:
    """An ECharts axis of numbers without grid lines; `more`: its range and such. title, gap: see `axis_title`."""
    return {"type": "value", **axis_title(title, gap), "splitLine": {"show": False}, **more}


def fixed_grid(**sides: Any) -> dict[str, Any]:
    """Where an ECharts picture has its axes: `sides` are theirs, and labels and titles lie outside."""
    return {"outerBoundsMode": "none", "containLabel": False, **sides}


def small_axes(x: dict[str, Any], y: dict[str, Any], count: int, columns: int) -> dict[str, Any]:
    """Of an ECharts option of `count` small charts, `columns` in a row: their axes, with numbers at the left only."""
    return {
        "xAxis": [{**x, "gridIndex": i} for i in range(count)],
        "yAxis": [{**y, "gridIndex": i, "axisLabel": {"show": i % columns == 0}} for i in range(count)],
    }


def line_series(name: str, data: Sequence[Sequence[Any]], style: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An ECharts series: a line without points that pointing at does not change. style: `lineStyle`, with a colour."""
    return {
        "type": "line",
        "name": name,
        "data": data,
        "showSymbol": False,
        "symbol": "none",
        "lineStyle": style,
        "itemStyle": {"color": style["color"]},
        "emphasis": {"disabled": True},
        **more,
    }


def ceiling(unit: str, values: Sequence[float] | np.ndarray) -> dict[str, Any]:
    """Of an ECharts axis: its end where a value is 100 %, above which there is nothing."""
    return {"max": 100} if unit == "%" and len(values) and np.nanmax(values, initial=-np.inf) == 100 else {}


def upright(at: float, colour: str, style: str = "solid") -> dict[str, Any]:
    """A vertical line through an ECharts series at `at` on the x axis."""
    line = {"color": colour, "width": 2, "type": style}
    return {"symbol": "none", "silent": True, "label": {"show": False}, "lineStyle": line, "data": [{"xAxis": at}]}


def tooltip(unit: str, x_title: str = "", **more: Any) -> dict[str, Any]:
    """Of an ECharts option: all series at a place of the x axis, numbers with their unit."""
    form = "%.2f" if unit in ("%", "points") else "%.4g"
    pointer = {"label": {"formatter": f"{{value}} {x_title}", "precision": 0}} if x_title else {}
    words = f"{form} {unit.replace('%', '%%')}".strip()
    return {"trigger": "axis", "valueFormatter": words, "confine": True, "axisPointer": pointer, **more}


def point_tooltip(*axes: tuple[str, str], heading: str = "{a}") -> dict[str, Any]:
    """Of an ECharts option of points: the numbers of the one that is pointed at. axes: (title, unit) of each."""
    parts = [(escape(title), escape(unit_beside(title, unit))) for title, unit in axes]
    lines = [f"{title}: {{@[{i}]}} {unit}".strip() for i, (title, unit) in enumerate(parts)]
    return {"trigger": "item", "confine": True, "formatter": "<br>".join([heading, *lines])}


def moments(count: int, most: int = 150) -> np.ndarray:
    """int64[k]: positions among `count`, at most `most` of them and evenly spread."""
    return np.unique(np.linspace(0, count - 1, min(most, count)).round().astype(int))


def axis_title(name: str, gap: int = 26) -> dict[str, Any]:
    """Of an ECharts axis: the title along its middle, `gap` pixels away."""
    return {"name": name, "nameLocation": "middle", "nameGap": gap}
