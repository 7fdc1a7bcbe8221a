"""What several searches had found at each moment, as ECharts options: median lines, quantile bands, single runs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from nas_core.charts import axis, axis_title, fixed_grid, line_series, palette, tooltip
from nas_core.charts.paper import legend_rows
from nas_core.types import with_unit

SWEEP = 2000  # milliseconds in which animated lines grow from left to right
FLOOR = 0.01  # smallest regret a logarithmic axis shows
WIDE = 640  # pixels of chart width from which lines carry their name at their end
NARROW, NARROWEST = 450, 320  # pixels of chart widths for which the legend has more lines, each up to the next one
ROOM, LETTER = 300, 0.56  # most pixels of such a name, and the width of a letter by its size
MARGIN = 24  # pixels to the right of a chart without names there
TOP, LEGEND_LINE = 36, 17  # pixels above the curves where the legend has one line, and for every further one
OPTIMUM = "best there is"
EXPECTED = {"trials": "random search, exact mean", "seconds": "random search, mean of simulated runs"}  # by axis
SOLID = (1, 0)  # a dash
FRONT = 4  # drawing order of the median lines
Points = list[list[float | None]]


@dataclass(frozen=True)
class Line:
    """One entrant of a race: a value per moment with its spread, and its single runs."""

    name: str
    colour: str
    dash: tuple[int, ...]
    middle: np.ndarray  # float64[g]; nan where unknown, as below
    low: np.ndarray  # float64[g]
    high: np.ndarray  # float64[g]
    runs: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))  # float64[runs, g]; may be empty


@dataclass(frozen=True)
class Frame:
    """What the axes show."""

    x: np.ndarray  # float64[g], trials or seconds
    x_title: str
    y_title: str
    unit: str = ""  # of y
    log: bool = False  # y logarithmic: for regrets; values below FLOOR are drawn at FLOOR
    low: float | None = None  # y limits; None: from the data
    high: float | None = None

    @property
    def y_label(self) -> str:
        """Of the y axis."""
        return with_unit(self.y_title, self.unit)


def incumbents(
    lines: Sequence[Line],
    frame: Frame,
    *,
    optimum: float | None = None,
    expected: tuple[str, np.ndarray] | None = None,
    animate: bool = False,
) -> dict[str, Any]:
    """An ECharts option. optimum: a dotted reference line; expected: of random search, its name and float64[g].

    animate: the lines grow from left to right for SWEEP milliseconds, then the bands follow.
    """
    series: list[dict[str, Any]] = []
    names = ([expected[0]] if expected else []) + ([OPTIMUM] if optimum is not None else [])
    for line in lines:
        series += _runs(line, frame, animate)
    for line in lines:
        series += _band(line, frame, animate)
    if expected is not None:
        style = {"color": palette.OPTIMUM, "width": 2, "type": [2, 4]}
        series.append(_line(expected[0], frame, _above_floor(expected[1], frame), style, animate))
    for line in lines:
        series.append(_middle(line, frame, animate))
    if optimum is not None:
        series.append(_reference(OPTIMUM, optimum, frame))
    legend = _legend(lines, names)
    return {
        "animation": animate,
        "aria": {"enabled": True},
        "grid": fixed_grid(left=58, right=MARGIN, top=TOP, bottom=44),
        "legend": legend,
        "tooltip": tooltip(frame.unit, frame.x_title),
        "xAxis": _x_axis(frame),
        "yAxis": _y_axis(frame),
        "series": series,
        "media": [
            {"query": {"minWidth": WIDE}, "option": _names_at_the_end(series, legend, animate)},
            {"query": {"minWidth": NARROW, "maxWidth": WIDE - 1}, "option": _names_above(series, legend, NARROW)},
            {"option": _names_above(series, legend, NARROWEST)},
        ],
    }


def frame_of(lines: Sequence[Line], at: np.ndarray, moments: str) -> pd.DataFrame:
    """The lines as a table: a row for each of them and each moment of `at`, which stands in the column `moments`."""
    parts = []
    for line in lines:
        spread = {"first quartile": line.low, "median": line.middle, "third quartile": line.high}
        parts.append(pd.DataFrame({"strategy": line.name, moments: at, **spread}))
    return pd.concat(parts, ignore_index=True)


def _runs(line: Line, frame: Frame, animate: bool) -> list[dict[str, Any]]:
    style = {"color": line.colour, "width": 1, "opacity": 0.22}
    return [
        {**_line(line.name, frame, run, style, animate, thin=True), "silent": True, "tooltip": {"show": False}}
        for run in (_above_floor(run, frame) for run in line.runs)
    ]


def _band(line: Line, frame: Frame, animate: bool) -> list[dict[str, Any]]:
    """Two stacked series: an invisible one up to the low side, and the band from there to the high side."""
    if np.allclose(line.low, line.high, equal_nan=True):
        return []
    low, high = _above_floor(line.low, frame), _above_floor(line.high, frame)
    out = []
    for values, area in ((low, None), (high - low, {"color": line.colour, "opacity": 0.2})):
        shape: dict[str, Any] = {
            **_line(line.name, frame, values, {"width": 0, "color": line.colour}, animate),
            "stack": line.name,
            "stackStrategy": "all",
            "silent": True,
            "tooltip": {"show": False},
        }
        if area:
            shape["areaStyle"] = area
        if animate:
            shape |= {"animationDelay": SWEEP, "animationDuration": 400}
        out.append(shape)
    return out


def _middle(line: Line, frame: Frame, animate: bool) -> dict[str, Any]:
    return {**_line(line.name, frame, _above_floor(line.middle, frame), _look(line), animate), "z": FRONT}


def _look(line: Line) -> dict[str, Any]:
    return {"color": line.colour, "width": 3.5, "type": "solid" if line.dash == SOLID else list(line.dash)}


def _line(
    name: str, frame: Frame, values: np.ndarray, style: dict[str, Any], animate: bool, thin: bool = False
) -> dict[str, Any]:
    out = line_series(name, points(frame.x, values, thin), style, step="end")
    return {**out, "animationDuration": SWEEP, "animationEasing": "linear"} if animate else out


def _above_floor(values: np.ndarray, frame: Frame) -> np.ndarray:
    return np.maximum(values, FLOOR) if frame.log else values


def points(x: np.ndarray, y: np.ndarray, thin: bool = True) -> Points:
    """[[x, y], …] of float[n] each, with null for nan; `thin` leaves out what a line of steps does not need."""
    keep = np.ones(len(x), bool)
    if thin and len(x) > 2:
        same = (y[1:-1] == y[:-2]) | (np.isnan(y[1:-1]) & np.isnan(y[:-2]))
        keep[1:-1] = ~same
    return [[float(a), None if np.isnan(b) else round(float(b), 4)] for a, b in zip(x[keep], y[keep], strict=True)]


def _reference(name: str, value: float, frame: Frame) -> dict[str, Any]:
    style = {"color": palette.OPTIMUM, "width": 2, "type": "dotted"}
    return {**_line(name, frame, np.full(len(frame.x), value), style, False), "animation": False}


def _legend(lines: Sequence[Line], dotted: Sequence[str]) -> dict[str, Any]:
    line_alone = {"itemStyle": {"opacity": 0}}  # without a point on it
    bars = [
        {"name": line.name, "icon": "roundRect"}
        if line.dash == SOLID
        else {"name": line.name, **line_alone, "lineStyle": {**_look(line), "opacity": 1}}
        for line in lines
    ]
    dots = [{"name": name, **line_alone} for name in dotted]
    return {"top": 4, "left": 48, "right": 8, "data": [*bars, *dots], "itemHeight": 4}


def _x_axis(frame: Frame) -> dict[str, Any]:
    return axis(frame.x_title, **(_ends(float(frame.x[0]), float(frame.x[-1])) if len(frame.x) else {}))


def _ends(first: float, last: float) -> dict[str, Any]:
    """An axis from 1 or 0 to `last`, which has a label only if that is as round as the others."""
    first = float(first == 1)
    span = (last - first) / 5 or 1.0  # as ECharts divides an axis
    power = 10 ** math.floor(math.log10(span))
    step = power * next(nice for nice, below in ((1, 1.5), (2, 2.5), (3, 4), (5, 7), (10, 11)) if span < below * power)
    rest = last % step
    among = min(rest, step - rest) < 1e-9 * last
    return {
        "min": first,
        "max": last,
        "axisLabel": {"showMaxLabel": among or (rest >= step / 2 and last == float(f"{last:.2g}"))},
    }


def _y_axis(frame: Frame) -> dict[str, Any]:
    ends = {k: v for k, v in (("min", frame.low), ("max", frame.high)) if v is not None}
    if frame.log:
        ends.setdefault("min", FLOOR)
    return {"type": "log" if frame.log else "value", "scale": True, **axis_title(frame.y_label, 42), **ends}


def _names_at_the_end(series: Sequence[dict[str, Any]], legend: Mapping[str, Any], animate: bool) -> dict[str, Any]:
    """What a wide chart adds: the name of each line at its moving end; that spares an animated one its legend."""
    changes, longest = [], 0
    for s in series:
        size = 17 if s.get("z") == FRONT else 13
        fits = animate or MARGIN + LETTER * len(s["name"]) * size <= ROOM  # else the legend says it alone
        named = fits and (s.get("z") == FRONT or s["name"] == OPTIMUM)
        end = {"show": True, "formatter": "{a}", "fontSize": size, "fontWeight": 600, "lineHeight": 24}
        end["color"] = s["itemStyle"]["color"]
        changes.append({"endLabel": end, "labelLayout": {"moveOverlap": "shiftY"}} if named else {})
        longest = max(longest, len(s["name"]) * size * named)
    grid = {"right": min(ROOM, MARGIN + LETTER * longest), "top": TOP if animate else _top(series, legend, WIDE)}
    return {"series": changes, "grid": grid, "legend": {"show": not animate}}


def _names_above(series: Sequence[dict[str, Any]], legend: Mapping[str, Any], width: int) -> dict[str, Any]:
    """Room for the legend in a chart of that width; takes back what `_names_at_the_end` adds, for a window that is made
    narrow while the chart is on the screen."""
    changes = [{"endLabel": {"show": False}} for _ in series]
    return {"series": changes, "grid": {"right": MARGIN, "top": _top(series, legend, width)}, "legend": {"show": True}}


def _top(series: Sequence[dict[str, Any]], legend: Mapping[str, Any], width: int) -> float:
    """Pixels above the curves, where the legend takes several lines."""
    return TOP + LEGEND_LINE * (legend_rows(legend, series, width - legend["left"] - legend["right"]) - 1)
