"""A supernet while it trains, as ECharts options: preferences per decision, what it names, collapse, ranking.

One or two runs; of two, the second is dashed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from nas_core.charts import STILL, axis, axis_title, fixed_grid, palette, small_axes, upright
from nas_core.charts.paper import with_whole_legend
from nas_core.spaces import SearchSpace
from nas_core.studies import stopping
from nas_core.studies.supernets import TOP, SupernetRun, labels

COLUMNS = 3
INKS = palette.SERIES[:2]  # of the first and the second run, where colour does not mean an operation
STYLES = ("solid", "dashed")
FRAME = {**STILL, "tooltip": {"trigger": "axis", "valueFormatter": "%.1f %%", "confine": True}}


def preferences(runs: Sequence[SupernetRun]) -> dict[str, Any]:
    """A small chart a decision: how much each option is preferred over the epochs, in its colour; percent.

    All begin equal, at epoch 0. Operations are lines. Widths and other numbers have the shades of one colour and are a
    stack: the thicker a shade, the more its width is preferred. Of a second run the limits between them are dashed.
    """
    space = runs[0].space
    grids, titles, series = [], [], []
    stacked = bool(space.option_unit)
    for place, decision in enumerate(space.decisions):
        left, top = 7 + place % COLUMNS * 32, 8 + place // COLUMNS * 46
        grids.append(fixed_grid(left=f"{left}%", top=f"{8 + top}%", width="26%", height="31%"))
        titles.append({"text": decision, "left": f"{left}%", "top": f"{1 + top}%", "textStyle": {"fontSize": 13}})
        draw = _stack if stacked else _lines
        series += [{**line, "xAxisIndex": place, "yAxisIndex": place} for line in draw(runs, place)]
    x = {**_epochs(runs), "name": ""}
    y = {"type": "value", "splitNumber": 2, **({"min": 0, "max": 100} if stacked else _limits(runs))}
    return {
        **FRAME,
        "title": titles,
        "grid": grids,
        "series": series,
        "legend": _options(space),
        **small_axes(x, y, len(grids), COLUMNS),
    }


def _options(space: SearchSpace) -> dict[str, Any]:
    """A legend with a square for each option, whatever its line looks like."""
    names = [palette.short(name) for name in space.option_names]
    square = {"icon": "roundRect", "itemWidth": 14, "itemHeight": 14, "itemGap": 12, "itemStyle": {"opacity": 1}}
    return {"data": names, "top": 0, "left": 0, **square}


def _lines(runs: Sequence[SupernetRun], place: int) -> list[dict[str, Any]]:
    """A line a run and option of one decision."""
    return [
        _line(palette.short(name), _shares(run, place)[:, k], palette.option(name), style, at=0)
        for run, style in zip(runs, STYLES, strict=False)
        for k, name in enumerate(run.space.options[place])
    ]


def _stack(runs: Sequence[SupernetRun], place: int) -> list[dict[str, Any]]:
    """An area an option of one decision; of a second run the limits between them."""
    first, *others = (_shares(run, place) for run in runs)
    series = []
    for k, name in enumerate(runs[0].space.options[place]):
        line = _line(palette.short(name), first[:, k], palette.option(name), STYLES[0], at=0)
        filled = {"areaStyle": {"color": palette.option(name), "opacity": 1}, "lineStyle": {"width": 0}}
        series.append({**line, **filled, "stack": f"of {place}"})
    for shares in others:
        limits = np.cumsum(shares, axis=1)[:, :-1]
        lines = [_line("", limit, palette.SELECTED, STYLES[1], at=0) for limit in limits.T]
        series += [{**line, "tooltip": {"show": False}, "silent": True} for line in lines]
    return series


def _shares(run: SupernetRun, place: int) -> np.ndarray:
    """float64[n + 1, options], percent: preferences for the options of one decision, equal before the first epoch."""
    preferred = 100 * run.alpha[:, place]
    return np.concatenate([np.full((1, preferred.shape[1]), 100 / preferred.shape[1]), preferred])


def _limits(runs: Sequence[SupernetRun]) -> dict[str, int]:
    """min and max of a percent axis that holds all preferences, in steps of five and at least ten apart."""
    alphas = [100 * c.alpha for c in runs if len(c)]
    low, high = (min(a.min() for a in alphas), max(a.max() for a in alphas)) if alphas else (20.0, 20.0)
    return {"min": max(0, 5 * int(low // 5) - 5 * int(high - low < 5)), "max": min(100, 5 * int(-(-high // 5)))}


def choice_accuracy(runs: Sequence[SupernetRun], column: np.ndarray, title: str) -> dict[str, Any]:
    """The table's value, of its `column` float[len(space)], of what each run names; best dashed, median dotted."""
    best, middle = float(np.nanmax(column)), float(np.nanmedian(column))
    thing = runs[0].space.noun
    names = labels(runs)
    series = [_own(names[i], i, column[run.rows]) for i, run in enumerate(runs)] + _stops(runs)
    series += [
        _line(name, np.full(_last(runs), value), palette.OPTIMUM, style)
        for name, value, style in ((f"best {thing} there is", best, "dashed"), (f"median {thing}", middle, "dotted"))
    ]
    return _plain(runs, series, f"{title} (%)", "%.2f %%")


def collapse(runs: Sequence[SupernetRun]) -> dict[str, Any]:
    """How often what a run names has the easy option, mean preference for it, mean lead of the preferred; percent."""
    series, space = [], runs[0].space
    name_of, option = (space.easy.name, space.options[0][space.easy.option]) if space.easy else ("", "")
    colour = space.colours.get(option, palette.SERIES[5])
    for run, style, name in zip(runs, STYLES, labels(runs), strict=False):
        about = f", {name}" if len(runs) > 1 else ""
        count = 100 * run.easy_count / len(run.space.options)
        steps = {**_line(f"{name_of} named{about}", count, colour, style), "step": "middle"}
        series.append({**steps, "lineStyle": {"type": style, "width": 1.5, "opacity": 0.6}})
        series.append(_line(f"{name_of} preferred{about}", run.easy_weight, colour, style))
        series.append(_line(f"lead{about}", run.margin, palette.OPTIMUM, style))
    return _plain(runs, series, f"mean over the {space.decision_noun}s (%)", "%.1f %%")


def curvature(runs: Sequence[SupernetRun]) -> dict[str, Any]:
    """The largest eigenvalue of the validation loss's second derivatives over the epochs, of the runs that noted it.

    Points are epochs, lines their means over five; a vertical line is at the epoch whose choice early stopping keeps.
    """
    series = []
    for i, (run, name) in enumerate(zip(runs, labels(runs), strict=True)):
        if np.isnan(run.eigenvalue).all():
            continue
        line = _line(name, stopping.smoothed(run.eigenvalue), INKS[i], STYLES[i])
        points = [[epoch, _number(v)] for epoch, v in enumerate(run.eigenvalue.tolist(), 1)]
        dots = {
            "type": "scatter",
            "name": name,
            "data": points,
            "color": INKS[i],
            "symbolSize": 4,
            "silent": True,
            "itemStyle": {"opacity": 0.45},
            "tooltip": {"show": False},
        }
        series += [line, dots]
    return _plain(runs, series + _stops(runs), "largest eigenvalue", "%.2f")


def _stops(runs: Sequence[SupernetRun]) -> list[dict[str, Any]]:
    """A vertical line for each run that early stopping would stop, at the epoch whose choice it keeps."""
    stops = [(stopping.stop(run.eigenvalue), colour) for run, colour in zip(runs, INKS, strict=False)]
    return [
        {
            **_line("early stopping", np.zeros(0), colour, "dotted"),
            "markLine": upright(stop.choice, colour, "dotted"),
        }
        for stop, colour in stops
        if stop is not None
    ]


def ranking(runs: Sequence[SupernetRun], column: np.ndarray, mode: str) -> dict[str, Any]:
    """Kendall's tau between shared weights and table over the epochs: of all scored cells, and of the best TOP."""
    series = []
    for i, (run, label) in enumerate(zip(runs, labels(runs), strict=True)):
        about = f", {label}" if len(runs) > 1 else ""
        taus = [(s.epoch, *s.kendall(column, mode)) for s in run.scores]
        looked_at = len(run.scores[0].rows) if run.scores else 0
        names = (f"all {looked_at} {run.space.noun}s", f"the best {max(1, round(TOP * looked_at))} of them")
        for k, (name, style) in enumerate(zip(names, ("solid", "dotted"), strict=True), 1):
            points = [[t[0], _number(t[k])] for t in taus]
            line = _line(f"{name}{about}", np.zeros(0), INKS[i], style)
            series.append({**line, "data": points, "symbol": "circle", "showSymbol": True, "symbolSize": 8})
    return _plain(runs, series, "Kendall's tau", "%.2f")


def scatter(run: SupernetRun, column: np.ndarray, mode: str, title: str) -> dict[str, Any]:
    """A point for each architecture of the last look: percent right with the shared weights, and its value in
    the table's `column` (float[len(space)])."""
    last = run.scores[-1]
    points = [
        [_number(a), _number(b), int(row)]
        for a, b, row in zip(getattr(last, mode), column[last.rows], last.rows, strict=True)
    ]
    return {
        **STILL,
        "grid": fixed_grid(left=58, right=20, top=16, bottom=46),
        "tooltip": {"trigger": "item", "confine": True, "formatter": "shared weights {@[0]} %, table {@[1]} %"},
        "xAxis": axis("with the shared weights (%)", scale=True),
        "yAxis": axis(f"{title} (%)", 40, scale=True),
        "series": [
            {"type": "scatter", "data": points, "symbolSize": 8, "itemStyle": {"color": INKS[0], "opacity": 0.65}}
        ],
    }


def frame_of(runs: Sequence[SupernetRun], column: np.ndarray) -> pd.DataFrame:
    """A row a run and epoch: what it names with its value in the table's `column` (float[len(space)]), losses,
    indicators, and all preferences."""
    parts = []
    for c in runs:
        weights = {
            f"{decision} {option}": c.alpha[:, i, k]
            for i, decision in enumerate(c.space.decisions)
            for k, option in enumerate(c.space.options[i])
        }
        column_of = c.space.easy.column if c.space.easy else ""
        easy = {f"{column_of}_weight": c.easy_weight, f"{column_of}_count": c.easy_count} if column_of else {}
        parts.append(
            pd.DataFrame(
                {
                    "run": c.spec.id,
                    "method": c.label,
                    "epoch": np.arange(1, len(c) + 1),
                    "seconds": c.seconds,
                    c.space.noun: c.rows,
                    "test_acc": column[c.rows],
                    "loss": c.loss,
                    "accuracy": c.accuracy,
                    **easy,
                    "margin": c.margin,
                    "eigenvalue": c.eigenvalue,
                    **weights,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _own(name: str, number: int, values: np.ndarray) -> dict[str, Any]:
    """The line of one run in its own colour, with a point an epoch."""
    return {**_line(name, values, INKS[number], STYLES[number]), "showSymbol": True, "symbol": "circle"}


def _line(name: str, values: np.ndarray, colour: str, style: str, at: int = 1) -> dict[str, Any]:
    return {
        "type": "line",
        "name": name,
        "data": [[i, _number(v)] for i, v in enumerate(values.tolist(), at)],
        "color": colour,
        "lineStyle": {"type": style, "width": 2.5},
        "symbol": "none",
        "symbolSize": 5,
        "emphasis": {"disabled": True},
    }


def _number(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 4)


def _last(runs: Sequence[SupernetRun]) -> int:
    """How many epochs the axis shows: all that the runs are to have."""
    return max(max(len(c), c.planned_epochs) for c in runs)


def _epochs(runs: Sequence[SupernetRun]) -> dict[str, Any]:
    return axis("epoch", 24, min=0, max=_last(runs), minInterval=1)


def _plain(runs: Sequence[SupernetRun], series: list[dict[str, Any]], title: str, form: str) -> dict[str, Any]:
    option: dict[str, Any] = {
        **FRAME,
        "grid": fixed_grid(left=56, right=20, top=34, bottom=42),
        "legend": {"top": 0, "left": 0, "type": "scroll", "itemHeight": 8, "itemWidth": 32},
        "tooltip": {"trigger": "axis", "valueFormatter": form, "confine": True},
        "xAxis": _epochs(runs),
        "yAxis": {"type": "value", "scale": True, **axis_title(title, 40)},
        "series": series,
    }
    return with_whole_legend(option)
