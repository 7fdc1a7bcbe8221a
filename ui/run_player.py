"""One run as an instrument: a time cursor that moves the map, the trainings, the shares of options and the narration
together, in the browser; see assets/run_player.js."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st

from nas_core.benchmarks import Table
from nas_core.charts import palette, run_details
from nas_core.charts.cell import svg
from nas_core.charts.quantities import Quantity
from nas_core.history import History
from nas_core.race import FITNESS, WINDOW
from nas_core.studies import story
from nas_core.studies.dynamics import Grid
from nas_core.types import with_unit
from ui import space_map
from ui.assets import read

FINE = 4000  # steps of a coordinate on the map

_player = st.components.v2.component(
    "nas_run_player",
    html=(
        '<div class="player"><div class="bar" role="toolbar" aria-label="Time">'
        '<button class="back" title="One training back" aria-label="One training back">◀</button>'
        '<button class="play">Play</button>'
        '<button class="on" title="One training on" aria-label="One training on">▶</button>'
        '<label>Speed <select class="speed"><option value="0.5">½×</option><option value="1" selected>1×</option>'
        '<option value="2">2×</option><option value="4">4×</option></select></label>'
        '<select class="source" aria-label="Shares of the options in" hidden></select>'
        '<input class="at" type="range" min="1" aria-label="Moment"><output></output></div>'
        '<p class="told" aria-live="polite"></p><div class="grid">'
        '<canvas class="course" role="img"></canvas><canvas class="map" role="img"></canvas>'
        '<canvas class="shares" role="img"></canvas><div class="pair"><canvas class="members" role="img"></canvas>'
        '<figure><figcaption></figcaption><div class="cell"></div></figure></div></div></div>'
    ),
    css=read("run_player.css"),
    js=read("plot.js", "run_player.js"),
)


def draw(key: str, run: Mapping[str, Any], at: int, on_moment: Callable[[int], None]) -> None:
    """The whole `run`, its cursor after training `at` (from 1); `on_moment(at)` is called where the visitor stops."""

    def stopped() -> None:
        if (moment := st.session_state[key].moment) is not None:
            on_moment(int(moment))

    _player(key=key, data={**run, "at": at}, on_moment_change=stopped)


def whole(table: Table, history: History, axes: tuple[Quantity, Quantity], sources: Sequence[Grid]) -> dict[str, Any]:
    """All that is drawn of a run, for `draw`: some hundred kilobytes, the same wherever its cursor is.

    axes: of the map. sources: shares of the options, see `nas_core.studies.dynamics`; the first is shown at first.
    """
    shares = [{"title": source.title, "shares": _percent(source.values)} for source in sources]
    return {"name": history.spec.id, "sources": shares, **_course(table, history), **_map(table, history, axes)}


def search_metric(table: Table, history: History) -> tuple[str, str]:
    """(what the search measured, with its epochs; the unit)"""
    metric = history.spec.objectives[0].metric
    if (entry := table.metrics.get(metric)) is None:
        return FITNESS, ""
    return (entry.title or metric) + table.after(table.search_epochs_of(metric)), entry.unit


def _course(table: Table, history: History) -> dict[str, Any]:
    space, values, best = table.space, history.values(), history.incumbent()
    title, unit = search_metric(table, history)
    where = {number: i for i, number in enumerate(history.numbers.tolist())}
    leaders = [int(i) for i in np.unique(best) if i >= 0]
    low, high = run_details.ends(values, history.spec.objectives[0].goal, run_details.WORST)
    return {
        "seconds": np.round(history.end, 1).tolist(),
        "values": [None if np.isnan(v) else float(f"{v:.6g}") for v in values],
        "title": with_unit(title, unit),
        "ends": [low, high],
        "best": best.tolist(),
        "parents": [[where[n] for n in info.get("parents", ()) if n in where] for info in history.infos],
        "lines": {i: history.lineage(i) for i in leaders},
        "cells": {i: svg(space, history.archs[i]) for i in leaders},
        "archs": history.archs,
        "window": WINDOW,
        "decisions": space.decisions,
        "options": [[(palette.short(o), palette.option(o)) for o in options] for options in space.options],
        "told": story.sentences(history, space, unit),
    }


def _map(table: Table, history: History, axes: tuple[Quantity, Quantity]) -> dict[str, Any]:
    """Every architecture and every training, each coordinate in FINE steps of what the map shows; -1 is not on it."""
    rows = [table.space.index(arch) for arch in history.archs]
    points, names = [], []
    for quantity in axes:
        values = np.asarray(quantity.read(), float)
        low, high = max(space_map.view_start(quantity, values), float(np.nanmin(values))), float(np.nanmax(values))
        steps = FINE * (values - low) / ((high - low) or 1.0)
        points.append(np.where(np.isfinite(steps) & (steps >= 0), steps, -1).round().astype(int))
        names.append({"title": quantity.label, "low": low, "high": high})
    return {"fine": FINE, "points": [p.tolist() for p in points], "rows": rows, "axes": names}


def _percent(shares: np.ndarray) -> list[list[list[int]]]:
    """Whole percent of shares float64[n, decisions, options]; 0 where there is no such option."""
    return np.nan_to_num(shares).round().astype(int).tolist()  # type: ignore[no-any-return]
