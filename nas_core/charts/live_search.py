"""A search that trains for real, as ECharts options: what each training reached, and what quality costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nas_core.charts import palette
from nas_core.studies.live_search import Candidate

GRID = {"left": 64, "right": 24, "top": 28, "bottom": 48}


def trainings(values: Sequence[float | None], title: str, total: int, goal: str = "max") -> dict[str, Any]:
    """A point for each training, None for a failed one, and the best so far as steps.

    total: trainings that were asked for, so that the axis does not move.
    """
    number = np.array([np.nan if value is None else value for value in values], float)
    worst = -np.inf if goal == "max" else np.inf
    best = (np.fmax if goal == "max" else np.fmin).accumulate(np.append(worst, number))[1:]
    points = [[i + 1, round(float(value), 4)] for i, value in enumerate(number) if not np.isnan(value)]
    steps = [[i + 1, round(float(value), 4)] for i, value in enumerate(best) if np.isfinite(value)]
    return {
        "grid": GRID,
        "tooltip": {"trigger": "axis"},
        "legend": {"top": 0, "right": 0},
        "xAxis": {
            "type": "value",
            "name": "training",
            "nameLocation": "middle",
            "nameGap": 28,
            "min": 1,
            "max": max(total, len(number), 2),
            "minInterval": 1,
        },
        "yAxis": {
            "type": "value",
            "name": title,
            "nameLocation": "end",
            "nameTextStyle": {"align": "left"},
            "scale": True,
        },
        "series": [
            {
                "name": "each training",
                "type": "scatter",
                "data": points,
                "symbolSize": 8,
                "itemStyle": {"color": palette.OPTIMUM},
            },
            {
                "name": "best so far",
                "type": "line",
                "step": "end",
                "data": steps,
                "showSymbol": False,
                "lineStyle": {"width": 3, "color": palette.STRATEGIES["regularized_evolution"][0]},
                "itemStyle": {"color": palette.STRATEGIES["regularized_evolution"][0]},
            },
        ],
    }


def costs(
    found: Sequence[Candidate], best: Sequence[Candidate], quality: tuple[str, str], cost: tuple[str, str]
) -> dict[str, Any]:
    """Every network by cost and quality, and the front. quality, cost: (metric, its title)."""

    def points(some: Sequence[Candidate]) -> list[list[float]]:
        return [
            [one.metrics[cost[0]], one.metrics[quality[0]], one.training]
            for one in some
            if not one.error and cost[0] in one.metrics and quality[0] in one.metrics
        ]

    colour = palette.STRATEGIES["regularized_evolution"][0]
    return {
        "grid": GRID,
        "tooltip": {"trigger": "item"},
        "legend": {"top": 0, "right": 0},
        "xAxis": {"type": "value", "name": cost[1], "nameLocation": "middle", "nameGap": 28, "scale": True},
        "yAxis": {"type": "value", "name": quality[1], "nameTextStyle": {"align": "left"}, "scale": True},
        "series": [
            {
                "name": "each network",
                "type": "scatter",
                "data": points(found),
                "symbolSize": 8,
                "itemStyle": {"color": palette.OPTIMUM},
            },
            {
                "name": "best for its cost",
                "type": "line",
                "step": "end",
                "data": points(best),
                "symbol": "circle",
                "symbolSize": 10,
                "lineStyle": {"width": 3, "color": colour},
                "itemStyle": {"color": colour},
            },
        ],
    }
