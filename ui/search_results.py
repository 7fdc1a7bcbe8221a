"""The results of searches: incumbent curves, who won, and a table; for the Search page and the Runs page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from nas_core import fitness, race, strategies
from nas_core.benchmarks import Table
from nas_core.charts import curves, race_lines
from nas_core.race import Signal, Trace
from nas_core.studies.compare.sentences import failure, fruitless, nothing, unsuccessful
from nas_core.types import Objective, RunSpec, is_test
from ui import downloads, evidence_panel, run_views, table_choice

AXES = {"trainings": "trials", "time": "seconds"}
AXIS, REPORT = 190, 330  # pixels, of the first two controls
TITLES = {"trials": "networks trained", "seconds": "simulated seconds"}
MIXED = "seconds: real ones of supernets, simulated ones of trainings"


@dataclass(frozen=True)
class View:
    """What the curves show."""

    signal: Signal
    axis: str  # "trials" or "seconds"
    regret: bool
    log: bool
    single: bool  # every run on its own
    expected: bool  # the closed form of random search


def controls(table: Table, specs: Sequence[RunSpec]) -> View:
    """Draw the controls of the curves of all these runs; all are bound to the link."""
    row = st.container(horizontal=True, vertical_alignment="bottom", gap="medium")
    boxes = [row.container(width=pixels) for pixels in (AXIS, REPORT)]
    axes = list(AXES) if np.nansum(table.seconds(table.search_epochs)) > 0 else list(AXES)[:1]
    table_choice.refused("axis", axes, "axis")
    axis = boxes[0].segmented_control(
        "Left to right",
        axes,
        default=axes[0],
        key="axis",
        bind="query-params",
        required=True,
        help="Count trainings, or the simulated time they take: cheap networks train faster.",
    )
    signals = _signals(table, _searched(table, specs))
    table_choice.refused("report", signals, "metric")
    report = boxes[1].selectbox(
        "Bottom to top",
        list(signals),
        key="report",
        bind="query-params",
        help="What the curves show of the best network so far, at full training or as the search saw it. What a "
        "strategy saw is one thing, how good the network it picked really is another: no strategy sees test accuracy.",
    )
    with row.container(horizontal=True, vertical_alignment="bottom", width="content"):
        regret = st.toggle(
            "Regret",
            key="regret",
            bind="query-params",
            help="Show how far each is from the best network of the whole space, instead of its value.",
        )
        log = st.toggle(
            "Log scale",
            key="log",
            bind="query-params",
            disabled=not regret,
            help=f"Regret on a logarithmic scale; everything below {curves.FLOOR:g} is drawn there.",
        )
        single = st.toggle("Single runs", key="single", bind="query-params", help="Show every run as a thin line.")
        expected = st.toggle(
            "Expected",
            True,
            key="expected",
            bind="query-params",
            help="Draw what random search gives on average, computed exactly from the table. On the time axis it "
            "is the mean of simulated runs.",
        )
    return View(
        _limited(signals[report](), table, specs),
        AXES[axis or axes[0]],
        bool(regret),
        bool(regret and log),
        bool(single),
        bool(expected),
    )


def _limited(signal: Signal, table: Table, specs: Sequence[RunSpec]) -> Signal:
    """The best there is under the limits of all these runs; of the whole table where their limits differ."""
    (first, *others) = {spec.constraints for spec in specs}
    known = all(c.metric in table.searchable for c in first)
    return signal.under(table, first) if known and not others else signal


def _searched(table: Table, specs: Sequence[RunSpec]) -> Objective | None:
    """What all these runs searched on; None where it differs or the table does not know it."""
    (first, *others) = {spec.objectives[0] for spec in specs}
    return None if others or set(fitness.words(first.metric)) - set(table.metrics) else first


def _signals(table: Table, searched: Objective | None) -> dict[str, Callable[[], Signal]]:
    """{name: how to get it}: what a curve can show, a fitness that was searched on first, then test metrics.

    searched: what all the runs searched on; None where that differs, so that what they saw does not compare.
    """
    shown: dict[str, Callable[[], Signal]] = {
        m.title or name: partial(race.report_signal, table, name) for name, m in table.metrics.items()
    }
    tests = {t: shown[t] for t in shown if is_test(t)}
    rest = {t: s for t, s in shown.items() if t not in tests}
    if searched is None:
        return tests | rest
    how = searched.metric, searched.goal
    if fitness.is_name(searched.metric):
        title = table.metrics[searched.metric].title or searched.metric
        return tests | {f"{title} as the search saw it": partial(race.search_signal, table, *how)} | rest
    return (
        {
            "fitness after full training": partial(race.report_signal, table, *how),
            "fitness as the search saw it": partial(race.search_signal, table, *how),
        }
        | tests
        | rest
    )


def chart(groups: Mapping[str, list[Trace]], table: Table, view: View, key: str) -> None:
    """The incumbent curves of all entrants, with the best there is and the mean of random search."""
    traces = [t for group in groups.values() for t in group]
    at = race.grid(traces, view.axis)
    signal = view.signal
    lines = race_lines.lines(groups, signal, view.axis, at, strategies.names(), regret=view.regret, single=view.single)
    expected = None
    alike = len({t.spec.constraints for t in traces}) == 1
    if view.expected and alike and _searched(table, [t.spec for t in traces]):
        mean = race.random_curve(table, traces[0].spec, signal, view.axis, at)
        expected = curves.EXPECTED[view.axis], signal.regret(mean) if view.regret else mean
    name = signal.title.partition(",")[0]
    title = f"regret, {name}" if view.regret else name
    unit = "points" if view.regret and signal.unit == "%" else signal.unit
    low, high = _limits(lines, signal, view)
    x_title = MIXED if view.axis == "seconds" and any(t.n_derived for t in traces) else TITLES[view.axis]
    frame = curves.Frame(at, x_title, f"{title} ({unit})" if unit else title, view.log, low, high)
    option = curves.incumbents(lines, frame, optimum=None if view.regret else signal.best, expected=expected)
    st.echarts_chart(option, key=key, height=440, renderer="svg", alt=f"{title} of the best so far")


def _limits(lines: list[curves.Line], signal: Signal, view: View) -> tuple[float | None, float | None]:
    """y limits that leave out the first moments, which would flatten everything else."""
    after = [line.middle[len(line.middle) // 30 :] for line in lines]
    known = np.concatenate([*after, [0.0 if view.regret else signal.best]])
    known = known[~np.isnan(known)]
    low, high = float(known.min()), float(known.max())
    if view.log:
        return None, max(2 * high, 10 * curves.FLOOR)
    step = 10 ** np.floor(np.log10(max(high - low, abs(high) / 1000, 1e-6))) / 2
    if view.regret:
        return 0.0, float(np.ceil(high / step) * step)
    if signal.goal == "max":
        return float(np.floor((low - step) / step) * step), float(np.ceil(high / step) * step)
    return float(np.floor(low / step) * step), float(np.ceil((high + step) / step) * step)


def draw(groups: Mapping[str, list[Trace]], table: Table, view: View, key: str, idle: str = "") -> None:
    """The curves with their downloads, who is ahead, the table of results and how sure it is, or why there is nothing.

    key: of the chart, and the names of the files begin with it. idle: which of the strategies asked for have not run,
    in a sentence.
    """
    if idle:
        st.info(idle, icon=":material/hourglass_empty:")
    if not race.results(groups, view.signal):
        traces = [t for group in groups.values() for t in group]
        limits = {str(c) for t in traces if t.trials.any() for c in t.spec.constraints}
        if limits and not fruitless(traces):
            st.info(f"No network trained so far keeps {' and '.join(sorted(limits))}.", icon=":material/straighten:")
            return
        st.info(nothing(traces, view.signal, table), icon=":material/search_off:")
        return
    chart(groups, table, view, key)
    with st.container(horizontal=True):
        downloads.chart(key, f"{key}-curves")
        downloads.csv(lambda: curves_table(groups, view), f"{key}-curves", "Curves as CSV")
    if idle and len(groups) == 1:  # its rivals are still to come
        _results(groups, view, f"{key}-results")
        return
    signal = view.signal
    moment = evidence_panel.moment(groups, view.axis)
    found = evidence_panel.compared(groups, signal, view.axis, moment)
    evidence_panel.verdict(found)
    if view.axis == "trials":
        evidence_panel.cost(groups, moment)
    _results(groups, view, f"{key}-results")
    evidence_panel.details(groups, found, signal, view.axis)


def _results(groups: Mapping[str, list[Trace]], view: View, name: str) -> None:
    signal = view.signal
    ended = [t for group in groups.values() for t in group if t.stop_reason]
    for sentence in unsuccessful(sum(not t.has_incumbent for t in ended), len(ended)):
        st.caption(sentence)
    if sentence := failure([t for group in groups.values() for t in group]):
        st.caption(sentence)
    frame = pd.DataFrame(run_views.results_table(groups, signal, view.axis))
    digits = "%.2f" if signal.unit == "%" else "%.4g"
    numbers = ("mean", "std", "first quartile", "median", "third quartile", "best", "mean regret", "regret on the way")
    columns = {n: st.column_config.NumberColumn(format=digits, help=HELP.get(n)) for n in numbers}
    columns["trials"] = st.column_config.NumberColumn("trainings", format="%.0f", help="Mean number of trainings.")
    columns["seconds"] = st.column_config.NumberColumn(format="%.0f", help="Mean time on the run's own clock.")
    st.dataframe(frame, hide_index=True, column_config=columns)
    downloads.csv(frame, name, "Results as CSV")


HELP = {
    "mean": "Mean over the runs, of the incumbent at the end.",
    "std": "Standard deviation over the runs.",
    "mean regret": "Mean distance to the best of the whole space.",
    "regret on the way": "Mean regret over the whole budget: the area under the anytime regret curve, divided by its "
    "width. Lower means good networks sooner.",
    "best": "The best run.",
}


def curves_table(groups: Mapping[str, list[Trace]], view: View) -> pd.DataFrame:
    """The curves as a table: a row for each entrant and moment."""
    traces = [t for group in groups.values() for t in group]
    at = race.grid(traces, view.axis)
    parts = [
        pd.DataFrame(
            {
                "strategy": line.name,
                view.axis: at,
                "first quartile": line.low,
                "median": line.middle,
                "third quartile": line.high,
            }
        )
        for line in race_lines.lines(groups, view.signal, view.axis, at, strategies.names(), regret=view.regret)
    ]
    return pd.concat(parts, ignore_index=True)
