"""The results of searches: incumbent curves, who won, and a table; for the Search page and the Runs page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from nas_core import race
from nas_core.benchmarks import Table
from nas_core.charts import curves
from nas_core.race import Signal, Trace
from nas_core.types import RunSpec
from nas_core.verdict import verdict
from ui import downloads, run_views, table_choice

AXES = {"trials": "networks trained", "seconds": "simulated seconds"}
SEEN = "seen"


@dataclass(frozen=True)
class View:
    """What the curves show."""

    signal: Signal
    axis: str
    regret: bool
    log: bool
    single: bool  # every run on its own
    expected: bool  # the closed form of random search


def controls(table: Table, spec: RunSpec) -> View:
    """Draw the controls of the curves; all are bound to the link."""
    boxes = st.columns([1.4, 2.3, 4.7], vertical_alignment="bottom")
    axes = list(AXES) if np.nansum(table.seconds(table.search_epochs)) > 0 else ["trials"]
    table_choice.refused("axis", axes, "axis")
    axis = boxes[0].segmented_control(
        "Left to right", axes, default="trials", key="axis", bind="query-params", required=True,
        format_func={"trials": "Trainings", "seconds": "Time"}.__getitem__,
        help="Count trainings, or the simulated time they take: cheap networks train faster.",
    )  # fmt: skip
    objective = spec.objectives[0].metric
    options = [*(name for name in table.metrics if name.startswith("test_")), SEEN]
    options += [name for name in table.metrics if name not in options]
    table_choice.refused("report", options, "metric")
    report = boxes[1].selectbox(
        "Bottom to top", options, key="report", bind="query-params", format_func=lambda n: _title(table, n, objective),
        help="What the curves show of the best network so far. What a strategy saw is one thing, how good the network "
        "it picked really is another: no strategy sees test accuracy.",
    )  # fmt: skip
    with boxes[2].container(horizontal=True, vertical_alignment="bottom"):
        regret = st.toggle(
            "Regret", key="regret", bind="query-params",
            help="Show how far each is from the best network of the whole space, instead of its value.",
        )  # fmt: skip
        log = st.toggle(
            "Log scale", key="log", bind="query-params", disabled=not regret,
            help=f"Regret on a logarithmic scale; everything below {curves.FLOOR:g} is drawn there.",
        )  # fmt: skip
        single = st.toggle("Single runs", key="single", bind="query-params", help="Show every run as a thin line.")
        expected = st.toggle(
            "Expected", True, key="expected", bind="query-params",
            help="Draw what random search gives on average, computed exactly from the table. On the time axis it "
            "takes every network at its mean cost.",
        )  # fmt: skip
    signal = race.seen(table, objective) if report == SEEN else race.reported(table, report)
    return View(signal, axis or "trials", bool(regret), bool(regret and log), bool(single), bool(expected))


def _title(table: Table, option: str, objective: str) -> str:
    if option == SEEN:
        return f"what the search saw: {table.metrics[objective].title or objective}"
    return f"{table.metrics[option].title or option} at full training"


def chart(groups: Mapping[str, list[Trace]], table: Table, view: View, key: str) -> None:
    """The incumbent curves of all entrants, with the best there is and the closed form of random search."""
    traces = [t for group in groups.values() for t in group]
    at = race.grid(traces, view.axis)
    signal = view.signal
    lines = run_views.lines(groups, signal, view.axis, at, regret=view.regret, single=view.single)
    expected = None
    if view.expected and signal.unit:
        expected = race.random_curve(table, traces[0].spec, signal, view.axis, at)
        expected = signal.regret(expected) if view.regret else expected
    name = signal.title.partition(",")[0]
    title = f"regret, {name}" if view.regret else name
    unit = "points" if view.regret and signal.unit == "%" else signal.unit
    low, high = _limits(lines, signal, view)
    frame = curves.Frame(at, AXES[view.axis], f"{title} ({unit})", view.log, low, high)
    option = curves.incumbents(lines, frame, optimum=None if view.regret else signal.best, expected=expected)
    st.echarts_chart(option, key=key, height=440, renderer="svg", alt=f"{title} of the best so far")


def _limits(lines: list[curves.Line], signal: Signal, view: View) -> tuple[float | None, float | None]:
    """y limits that leave out the first moments, which would flatten everything else."""
    if view.log:
        return None, None
    after = [line.middle[len(line.middle) // 30 :] for line in lines]
    known = np.concatenate([*after, [0.0 if view.regret else signal.best]])
    known = known[~np.isnan(known)]
    low, high = float(known.min()), float(known.max())
    step = 10 ** np.floor(np.log10(max(high - low, 1e-6))) / 2
    if view.regret:
        return 0.0, float(np.ceil(high / step) * step)
    if signal.goal == "max":
        return float(np.floor((low - step) / step) * step), float(np.ceil(high / step) * step)
    return float(np.floor(low / step) * step), float(np.ceil((high + step) / step) * step)


def summary(groups: Mapping[str, list[Trace]], signal: Signal, name: str) -> None:
    """Who won, in words, and the table of results with a CSV button."""
    said = verdict(race.results(groups, signal), signal)
    st.markdown(f"<p class='headline'>{said.headline}</p>", unsafe_allow_html=True)
    st.markdown(f"{said.ends} {said.luck}")
    frame = pd.DataFrame(run_views.results_table(dict(groups), signal))
    digits = "%.2f" if signal.unit == "%" else "%.4g"
    numbers = ("mean", "std", "first quartile", "median", "third quartile", "best", "mean regret")
    columns = {n: st.column_config.NumberColumn(format=digits, help=HELP.get(n)) for n in numbers}
    columns["trials"] = st.column_config.NumberColumn("trainings", format="%.0f", help="Mean number of trainings.")
    columns["seconds"] = st.column_config.NumberColumn(format="%.0f", help="Mean time on the run's own clock.")
    st.dataframe(frame, hide_index=True, column_config=columns)
    downloads.csv(frame, name, "Results as CSV")


HELP = {
    "mean": "Mean over the runs, of the incumbent at the end.",
    "std": "Standard deviation over the runs.",
    "mean regret": "Mean distance to the best of the whole space.",
    "best": "The best run.",
}


def curves_table(groups: Mapping[str, list[Trace]], view: View) -> pd.DataFrame:
    """The curves as a table: a row for each entrant and moment."""
    traces = [t for group in groups.values() for t in group]
    at = race.grid(traces, view.axis)
    parts = [
        pd.DataFrame(
            {"strategy": line.name, view.axis: at, "first quartile": line.low, "median": line.middle,
             "third quartile": line.high}
        )
        for line in run_views.lines(dict(groups), view.signal, view.axis, at, regret=view.regret)
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True)
