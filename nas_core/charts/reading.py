"""What a chart shows, in words and numbers: for those who do not see it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

MOST = 12  # series or names that are listed


def echarts(option: Mapping[str, Any]) -> str:
    """The axes of an ECharts option, and where each of its named series begins and ends, or lies."""
    top: dict[str, tuple[float, Mapping[str, Any]]] = {}
    for series in _list(option.get("series")):
        name, front = str(series.get("name", "")), float(series.get("z", 2))
        if _values(series) and front >= top.get(name, (-np.inf, {}))[0]:  # above single runs and bands of that name
            top[name] = front, series
    parts = [_series(name, series) for name, (_, series) in top.items()]
    axes = " over ".join(filter(None, (_axis(option, "yAxis"), _axis(option, "xAxis"))))
    return f"{axes}{'. ' * bool(axes)}{_join(parts)}."


def altair(chart: Any) -> str:
    """The range of what an Altair chart shows on each axis, and the names that its colours tell apart."""
    layers = []
    for layer, data in _layers(chart, None):
        parts = [part for name in ("x", "y", "color") if (part := _channel(layer.encoding[name], data))]
        is_band = layer.encoding.y2 is not alt.Undefined or layer.encoding.x2 is not alt.Undefined
        if len(parts) > 1:
            layers.append((is_band, -len(data), f"{_join(parts)}; {len(data):,} in all."))
    return min(layers, key=lambda each: each[:2])[2] if layers else "No data."  # not a band, and not a line for the eye


def _list(value: Any) -> list[Mapping[str, Any]]:
    return [] if value is None else [value] if isinstance(value, Mapping) else list(value)


def _axis(option: Mapping[str, Any], name: str) -> str:
    return next((str(axis["name"]) for axis in _list(option.get(name)) if axis.get("name")), "")


def _values(series: Mapping[str, Any]) -> list[float]:
    """The last entry of each point that is not a name: what stands on the y axis, or the colour of a heat map."""
    points = [p.get("value") if isinstance(p, Mapping) else p for p in series.get("data") or ()]
    rows = [list(p) if isinstance(p, list | tuple) else [p] for p in points]
    numbers = [[v for v in row if not isinstance(v, str)] for row in rows]
    place = 2 if series.get("type") == "boxplot" else -1  # the median
    ends = [row[place] for row in numbers if row]
    return [float(v) for v in ends if isinstance(v, int | float | np.number) and np.isfinite(v)]


def _series(name: str, series: Mapping[str, Any]) -> str:
    values = _values(series)
    words = f"{name}: " if name else ""
    if series.get("type") == "line":
        return f"{words}{values[0]:.4g} to {values[-1]:.4g}" if len(values) > 1 else f"{words}{values[0]:.4g}"
    return f"{words}{len(values):,} values from {min(values):.4g} to {max(values):.4g}"


def _layers(chart: Any, data: Any) -> Iterator[tuple[Any, pd.DataFrame]]:
    """Every chart with an encoding inside this one, and its data."""
    own = getattr(chart, "data", alt.Undefined)
    data = own if isinstance(own, pd.DataFrame) else data
    for name in ("layer", "hconcat", "vconcat", "concat", "spec"):
        inner = getattr(chart, name, alt.Undefined)
        for part in inner if isinstance(inner, list) else [] if inner is alt.Undefined else [inner]:
            yield from _layers(part, data)
    if getattr(chart, "encoding", alt.Undefined) is not alt.Undefined and isinstance(data, pd.DataFrame) and len(data):
        yield chart, data


def _channel(channel: Any, data: pd.DataFrame) -> str:
    shorthand = getattr(channel, "shorthand", alt.Undefined)
    field = str(shorthand).partition(":")[0]
    if field not in data:
        return ""
    title = channel.title if isinstance(getattr(channel, "title", None), str) else field
    column = data[field].dropna()
    if pd.api.types.is_numeric_dtype(column):
        return f"{title} from {column.min():.4g} to {column.max():.4g}" if len(column) else ""
    return f"{title}: {_join([str(v) for v in column.unique()], ', ')}"


def _join(parts: Sequence[str], mark: str = "; ") -> str:
    rest = [f"{len(parts) - MOST} more"] if len(parts) > MOST else []
    return mark.join([*parts[:MOST], *rest])
