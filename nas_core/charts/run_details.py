"""What happened along one run, up to a moment of it: variety, predictions, and parents. ECharts options."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nas_core.charts import (
    STILL,
    axis,
    axis_title,
    fixed_grid,
    line_series,
    moments,
    palette,
    point_tooltip,
    tooltip,
    upright,
)
from nas_core.history import History
from nas_core.studies.dynamics import Dynamics
from nas_core.types import with_unit

POINTS = 200  # moments of a line
PAST, NOW, FOCUS = palette.OPTIMUM, "#0072B2", "#D55E00"
_GRID = fixed_grid(left=52, right=20, top=40, bottom=44)
WORST = 0.15  # share of the trainings that lie below the family tree


def over_time(dynamics: Dynamics, at: int) -> dict[str, Any]:
    """Lines from 0 to 100 %: how varied the last trainings are and, if it has a policy, how undecided that is.

    A vertical line stands at the moment `at`, a position.
    """
    lines = [("variety of the last trainings", NOW, dynamics.variety), ("indecision", FOCUS, dynamics.indecision)]
    series = [_line(name, colour, values) for name, colour, values in lines if not np.isnan(values).all()]
    for s in series[:1]:
        s["markLine"] = upright(at + 1, palette.SELECTED)
    top = np.nanmax(np.concatenate([[100.0], dynamics.variety]))
    return {
        **STILL,
        "series": series,
        "grid": _GRID,
        "legend": {"top": 0, "left": 0, "icon": "roundRect", "itemHeight": 4},
        "tooltip": tooltip("%", "networks trained", valueFormatter="%.0f %%"),
        "xAxis": _trainings(len(dynamics.variety)),
        "yAxis": {"type": "value", "min": 0, "max": float(np.ceil(top / 20) * 20), **axis_title("% of chance", 38)},
    }


def predictions(history: History, dynamics: Dynamics, at: int, measure: str, unit: str) -> dict[str, Any]:
    """A point for each training that a model had predicted, up to position `at`; on the dotted line it was right.

    measure: what the search measured, with its epochs.
    """
    goal, measured = history.spec.objectives[0].goal, history.values()
    both = np.flatnonzero(np.isfinite(dynamics.predicted) & np.isfinite(measured))
    low, high = ends(np.concatenate([measured[both], dynamics.predicted[both]]), goal, 0.02)
    past, last = both[both <= at], both[both == at]
    limits: dict[str, Any] = {"min": low, "max": high, "scale": True}
    diagonal = {"color": PAST, "width": 1.5, "type": "dotted"}
    return {
        **STILL,
        "grid": {**_GRID, "top": 16},
        "tooltip": point_tooltip((f"predicted {measure}", unit), (measure, unit)),
        "xAxis": axis(with_unit(f"predicted {measure}", unit), **limits),
        "yAxis": axis(with_unit(measure, unit), 38, **limits),
        "series": [
            {
                "type": "line",
                "name": "as predicted",
                "data": [[low, low], [high, high]],
                "symbol": "none",
                "silent": True,
                "lineStyle": diagonal,
            },
            _points("predicted and got", NOW, dynamics.predicted[past], measured[past], 7, 0.6),
            _points("this one", FOCUS, dynamics.predicted[last], measured[last], 13, 1.0),
        ],
    }


def family_tree(history: History, at: int, best: int, measure: str, unit: str) -> dict[str, Any]:
    """Every training up to position `at` by its value, with a line to each parent; the ancestors of `best` in colour.

    best: position of the incumbent, -1 if there is none yet. measure: what the search measured, with its epochs.
    """
    value = history.values()
    where = {number: i for i, number in enumerate(history.numbers.tolist())}
    others = [(i, where[n]) for i in range(at + 1) for n in history.infos[i].get("parents", ()) if n in where]
    chain = history.ancestry(best) if best >= 0 else []
    kin = np.array(sorted({best, *(i for edge in chain for i in edge)} - {-1}), int)
    low, high = ends(value, history.spec.objectives[0].goal, WORST)
    trainings = np.arange(1.0, len(history) + 1)
    return {
        **STILL,
        "grid": {**_GRID, "top": 16},
        "tooltip": point_tooltip(("training", ""), (measure, unit)),
        "xAxis": _trainings(len(history)),
        "yAxis": axis(with_unit(measure, unit), 38, min=low, max=high, scale=True),
        "series": [
            _edges("parent and child", others, value, {"color": PAST, "width": 1, "opacity": 0.35}),
            _points("training", PAST, trainings[: at + 1], value[: at + 1], 5, 0.6),
            _edges("how the incumbent came about", chain, value, {"color": NOW, "width": 3}),
            _points("ancestor", NOW, trainings[kin], value[kin], 10, 1.0),
            _points("incumbent", FOCUS, trainings[kin[kin == best]], value[kin[kin == best]], 14, 1.0),
        ],
    }


def _line(name: str, colour: str, values: np.ndarray) -> dict[str, Any]:
    data = [
        [int(i) + 1, None if np.isnan(values[i]) else round(float(values[i]), 2)] for i in moments(len(values), POINTS)
    ]
    return line_series(name, data, {"color": colour, "width": 3})


def _points(name: str, colour: str, x: np.ndarray, y: np.ndarray, size: int, opacity: float) -> dict[str, Any]:
    data = [[round(float(a), 3), round(float(b), 3)] for a, b in zip(x, y, strict=True) if np.isfinite(b)]
    style = {"color": colour, "opacity": opacity}
    return {"type": "scatter", "name": name, "data": data, "symbolSize": size, "itemStyle": style}


def _edges(name: str, edges: Sequence[tuple[int, int]], value: np.ndarray, style: dict[str, Any]) -> dict[str, Any]:
    """One line with gaps: from each child to its parent."""
    data: list[list[float | None]] = []
    for child, parent in edges:
        if np.isfinite(value[child]) and np.isfinite(value[parent]):
            data += [[parent + 1, round(float(value[parent]), 3)], [child + 1, round(float(value[child]), 3)]]
            data.append([child + 1, None])
    return line_series(name, data, style, silent=True, tooltip={"show": False})


def ends(values: np.ndarray, goal: str, worst: float) -> tuple[float, float]:
    """Axis limits that leave out the share `worst` of values float[n] at their bad end: these flatten the others."""
    finite = values[np.isfinite(values)]
    if not len(finite):
        return 0.0, 1.0
    low, high = map(float, np.quantile(finite, (worst, 1) if goal == "max" else (0, 1 - worst)))
    step = 10 ** np.floor(np.log10(max(high - low, 1e-6)))
    return float(np.floor(low / step) * step), float(np.ceil(high / step) * step)


def _trainings(count: int) -> dict[str, Any]:
    return axis("networks trained", min=1, max=max(2, count))
