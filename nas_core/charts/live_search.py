"""A search that trains for real, as ECharts options: what each training reached, and what quality costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nas_core.charts import axis_title, ceiling, palette, point_tooltip, tooltip
from nas_core.studies.live_search import Candidate
from nas_core.types import with_unit

Axis = tuple[str, str, str]  # (metric, its title, its unit)
GRID = {"left": 8, "right": 24, "top": 48, "bottom": 24, "containLabel": True}


def trainings(values: Sequence[float | None], title: str, unit: str, total: int) -> dict[str, Any]:
    """A point for each training, None for a failed one, and the best so far as steps; more is better.

    title, unit: of the values. total: trainings that were asked for, so that the axis does not move.
    """
    number = np.array([np.nan if value is None else value for value in values], float)
    best = np.fmax.accumulate(number)
    low = floor(number)
    return {
        "grid": GRID,
        "tooltip": tooltip(unit, "trainings"),
        "legend": {"top": 0, "right": 0},
        "xAxis": {
            "type": "value",
            **axis_title("training", 28),
            "min": 0,
            "max": max(total, len(number)),
            "minInterval": 1,
        },
        "yAxis": _upright(title, unit, low, number),
        "series": [
            _points("each training", [[i + 1, value] for i, value in enumerate(number.tolist())], low),
            _steps("best so far", [[i + 1, value] for i, value in enumerate(best.tolist()) if value == value]),
        ],
    }


def costs(
    candidates: Sequence[Candidate], best: Sequence[Candidate], quality: Axis, other: Axis, goal: str = "min"
) -> dict[str, Any]:
    """Every network by both metrics, `quality` upwards, and the `best`: none is better in both. goal: of `other`."""

    def places(some: Sequence[Candidate]) -> list[list[float]]:
        both = [one.metrics for one in some if not one.error and other[0] in one.metrics and quality[0] in one.metrics]
        return [[round(metrics[axis[0]], 4) for axis in (other, quality)] for metrics in both]

    values = np.array([y for _, y in places(candidates)])
    low = floor(values)
    name, step = ("best for its cost", "end") if goal == "min" else ("none is better in both", "start")
    return {
        "grid": GRID,
        "tooltip": point_tooltip(other[1:], quality[1:]),
        "legend": {"top": 0, "right": 0},
        "xAxis": {"type": "value", **axis_title(with_unit(*other[1:]), 28), "scale": True},
        "yAxis": _upright(*quality[1:], low, values),
        "series": [
            _points("each network", places(candidates), low),
            {**_steps(name, places(best)), "step": step, "showSymbol": True, "symbolSize": 10},
        ],
    }


def floor(values: np.ndarray) -> float:
    """Where the axis begins: not at a few collapsed networks, which would flatten all others; those lie on it.

    values: float64[n] of which more is better; nan where there is none.
    """
    present = values[~np.isnan(values)]
    if not len(present):
        return 0.0
    best, middle = float(present.max()), float(np.median(present))
    least = min(float(present.min()) - 0.1 * (best - float(present.min())), best - 1.0)
    return float(np.floor(max(best - 3 * max(best - middle, 1.0), least, 0.0)))


def _upright(title: str, unit: str, low: float, values: np.ndarray) -> dict[str, Any]:
    ends = {"min": low, **ceiling(unit, values)}
    return {"type": "value", "name": with_unit(title, unit), "nameTextStyle": {"align": "left"}, **ends}


def _points(name: str, places: list[list[float]], low: float) -> dict[str, Any]:
    """Dots; a place below `low` is a triangle on the axis."""
    data: list[Any] = [
        [x, y] if y >= low else {"value": [x, low], "symbol": "triangle", "symbolRotate": 180}
        for x, y in places
        if y == y
    ]
    return {"name": name, "type": "scatter", "data": data, "symbolSize": 8, "itemStyle": {"color": palette.OPTIMUM}}


def _steps(name: str, places: list[list[float]]) -> dict[str, Any]:
    colour = palette.STRATEGIES["regularized_evolution"][0]
    return {
        "name": name,
        "type": "line",
        "step": "end",
        "data": places,
        "showSymbol": False,
        "symbol": "circle",
        "lineStyle": {"width": 3, "color": colour},
        "itemStyle": {"color": colour},
    }
