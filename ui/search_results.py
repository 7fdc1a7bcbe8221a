"""The results of searches: incumbent curves, who won, and a table; for the Search page and the Runs page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from nas_core import fitness, race, strategies
from nas_core.benchmarks import Table
from nas_core.charts import curves, race_lines
from nas_core.race import Signal, Trace
from nas_core.studies.compare.claims import Claims
from nas_core.studies.compare.sentences import failure, fruitless, nothing, unsuccessful
from nas_core.types import Objective, RunSpec, is_test, with_unit
from ui import choices, downloads, evidence_panel, figures, limits_box, run_views, tables

AXES = {"trainings": "trials", "time": "seconds"}
LINES = (
    "A line is the median over the seeds, its band their middle half. The verdict compares means, as every difference "
    "on this page does."
)
HEIGHT = 370  # pixels of the curves: with the verdict above them, on the first screen of a laptop
AXIS, REPORT, MOMENT = 190, 330, 250  # pixels, of the controls
TITLES = {"trials": "networks trained", "seconds": "simulated seconds"}
MIXED = "seconds: real ones of supernets, simulated ones of trainings"


@dataclass(frozen=True)
class CurveView:
    """What the curves show."""

    signal: Signal
    axis: str  # "trials" or "seconds"
    regret: bool
    log: bool
    single: bool  # every run on its own
    expected: bool  # the closed form of random search
    place: Any  # of the slider that says when the searches are compared


def controls(table: Table, specs: Sequence[RunSpec]) -> CurveView:
    """Draw the controls of the curves of all these runs; all are bound to the link."""
    row = st.container(horizontal=True, vertical_alignment="bottom", gap="medium")
    boxes = [row.container(width=pixels) for pixels in (AXIS, REPORT, MOMENT)]
    axes = list(AXES) if np.nansum(table.seconds(table.search_epochs)) > 0 else list(AXES)[:1]
    by_time = all(spec.max_seconds and not spec.max_trials for spec in specs)
    axis = choices.segments(
        boxes[0],
        "X axis",
        "time_axis" if by_time else "axis",  # a widget that is set while it is shown may be set back
        axes,
        "axis",
        "Number of trainings, or the simulated time they take: cheap networks train faster. It begins with what the "
        "budget is in.",
        start=axes[-1] if by_time else "",
    )
    signals = _signals(table, _searched(table, specs))
    choices.refused("report", signals, "metric")
    report = boxes[1].selectbox(
        "Y axis",
        list(signals),
        key="report",
        bind="query-params",
        help="What the curves show of the incumbent, after full training or as the search saw it. What a strategy "
        "sees is not how good the network really is: no strategy sees test accuracy.",
    )
    with row.container(horizontal=True, vertical_alignment="bottom", width="content"):
        regret = st.toggle(
            "Regret",
            key="regret",
            bind="query-params",
            help="Show the distance to the best network of the space instead of the value.",
        )
        log = st.toggle(
            "Log scale",
            key="log",
            bind="query-params",
            disabled=not regret,
            help=f"Logarithmic scale for regret; values below {curves.FLOOR:g} are drawn at {curves.FLOOR:g}.",
        )
        single = st.toggle("Single runs", key="single", bind="query-params", help="Show each run as a thin line.")
        expected = st.toggle(
            "Mean of random search",
            True,
            key="expected",
            bind="query-params",
            help="What random search finds on average, exactly, from the table; on the time axis it is the mean of "
            "simulated runs.",
        )
    return CurveView(
        _limited(signals[report](), table, specs),
        AXES[axis],
        bool(regret),
        bool(regret and log),
        bool(single),
        bool(expected),
        boxes[2],
    )


def _limited(signal: Signal, table: Table, specs: Sequence[RunSpec]) -> Signal:
    """The best there is under the limits of all these runs; of the whole table where their limits differ."""
    (first, *others) = {spec.constraints for spec in specs}
    searchable = all(c.metric in table.searchable for c in first)
    return signal.under(table, first) if searchable and not others else signal


def _searched(table: Table, specs: Sequence[RunSpec]) -> Objective | None:
    """What all these runs searched on; None where it differs or the table does not know it."""
    (first, *others) = {spec.objectives[0] for spec in specs}
    return None if others or set(fitness.words(first.metric)) - set(table.metrics) else first


def _signals(table: Table, searched: Objective | None) -> dict[str, Callable[[], Signal]]:
    """{name: how to get it}: what a curve can show, a fitness that was searched on first, then test metrics.

    searched: what all the runs searched on; None where that differs, so that what they saw does not compare.
    """
    signals: dict[str, Callable[[], Signal]] = {
        m.title or name: partial(race.report_signal, table, name) for name, m in table.metrics.items()
    }
    tests = {t: signals[t] for t in signals if is_test(t)}
    rest = {t: s for t, s in signals.items() if t not in tests}
    if searched is None:
        return tests | rest
    how = searched.metric, searched.goal
    if fitness.is_name(searched.metric):
        return tests | {as_searched(table, searched.metric): partial(race.search_signal, table, *how)} | rest
    return (
        {
            "fitness after full training": partial(race.report_signal, table, *how),
            "fitness as the search saw it": partial(race.search_signal, table, *how),
        }
        | tests
        | rest
    )


def as_searched(table: Table, metric: str) -> str:
    """What the curves call the values that the strategies saw."""
    return f"{table.metrics[metric].title or metric} as the search saw it"


def chart(groups: Mapping[str, list[Trace]], table: Table, view: CurveView, key: str) -> None:
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
    title = f"regret, {signal.title}" if view.regret else signal.title
    unit = "points" if view.regret and signal.unit == "%" else signal.unit
    low, high = _limits(lines, signal, view)
    x_title = MIXED if view.axis == "seconds" and any(t.n_derived for t in traces) else TITLES[view.axis]
    frame = curves.Frame(at, x_title, title, unit, view.log, low, high)
    option = curves.incumbents(lines, frame, optimum=None if view.regret else signal.best, expected=expected)
    height = HEIGHT + 24 * max(0, len(groups) - 6)  # for their names
    figures.echarts(option, key=key, height=height, alt=f"Best so far: {title}")


def _limits(lines: list[curves.Line], signal: Signal, view: CurveView) -> tuple[float | None, float | None]:
    """y limits that leave out the first moments, which would flatten everything else."""
    after = [line.middle[len(line.middle) // 30 :] for line in lines]
    values = np.concatenate([*after, [0.0 if view.regret else signal.best]])
    values = values[~np.isnan(values)]
    low, high = float(values.min()), float(values.max())
    if view.log:
        return None, max(2 * high, 10 * curves.FLOOR)
    step = 10 ** np.floor(np.log10(max(high - low, abs(high) / 1000, 1e-6))) / 2
    if view.regret:
        return 0.0, float(np.ceil(high / step) * step)
    if signal.goal == "max":
        return float(np.floor((low - step) / step) * step), float(np.ceil(high / step) * step)
    return float(np.floor(low / step) * step), float(np.ceil((high + step) / step) * step)


def picture(
    groups: Mapping[str, list[Trace]], table: Table, view: CurveView, key: str, idle: str = ""
) -> Claims | None:
    """Who is ahead, the curves, and beside them how far the others are behind; None, and why, if nothing was found.

    key: of the chart, and of the searches in the menu Export. idle: which of the strategies asked for have not run, in
    a sentence.
    """
    if idle:
        st.info(idle, icon=":material/hourglass_empty:")
    if not race.results(groups, view.signal):
        traces = [t for group in groups.values() for t in group]
        constraints = {c for t in traces if t.trials.any() for c in t.spec.constraints}
        limits = {
            limits_box.in_words(c, table.metrics[c.metric].title if c.metric in table.metrics else "")
            for c in constraints
        }
        if limits and not fruitless(traces):
            st.info(f"No network trained so far keeps {' and '.join(sorted(limits))}.", icon=":material/straighten:")
        else:
            st.info(nothing(traces, view.signal, table), icon=":material/search_off:")
        return None
    with view.place:
        moment = evidence_panel.moment(groups, view.axis)
    claims = evidence_panel.claims_of(groups, view.signal, view.axis, moment)
    downloads.searches([t.spec for group in groups.values() for t in group], key)
    if not idle or len(groups) > 1:  # one alone waits for its rivals
        evidence_panel.verdict(claims, about=LINES)
    beside = st.columns([2.4, 1], gap="medium") if evidence_panel.has_gaps(claims) else [st.container()]
    with beside[0]:
        chart(groups, table, view, key)
    with beside[-1]:
        evidence_panel.gaps(claims, evidence_panel.colours(groups))
    if view.axis == "trials":
        evidence_panel.cost(groups, moment)
    return claims


def statistics(groups: Mapping[str, list[Trace]], claims: Claims, view: CurveView, key: str) -> None:
    """The table of results, how sure it is, and the downloads, whose names begin with `key`."""
    _results(groups, view, f"{key}-results")
    downloads.csv(lambda: curves_table(groups, view), f"{key}-curves", "Curves")
    evidence_panel.details(groups, claims, view.signal, view.axis)


def _results(groups: Mapping[str, list[Trace]], view: CurveView, name: str) -> None:
    signal = view.signal
    ended = [t for group in groups.values() for t in group if t.stop_reason]
    for sentence in unsuccessful(sum(not t.has_incumbent for t in ended), len(ended)):
        st.caption(sentence)
    if sentence := failure([t for group in groups.values() for t in group]):
        st.caption(sentence)
    st.caption(f"Final incumbents of the runs: {with_unit(signal.title, signal.unit)}.")
    frame = pd.DataFrame(run_views.results_table(groups, signal, view.axis))
    numbers = ("mean", "std", "first quartile", "median", "third quartile", "best", "mean regret", "regret on the way")
    number = st.column_config.NumberColumn
    columns = {n: number(format=tables.decimals(frame[n], f"({signal.unit})"), help=HELP.get(n)) for n in numbers}
    columns["trials"] = number("trainings", format="%.0f", help="Mean number of trainings.")
    columns["seconds"] = number(format="%.0f", help="Mean time on the run's own clock.")
    tables.show(frame, column_config=columns)
    downloads.csv(frame, name, "Results")


HELP = {
    "mean": "Mean of the final incumbents over the runs.",
    "std": "Standard deviation over the runs.",
    "mean regret": "Mean distance to the best of the space.",
    "regret on the way": "Mean regret over the budget: the area under the anytime regret curve, divided by its width. "
    "Lower means good networks sooner.",
    "best": "The best run.",
}


def curves_table(groups: Mapping[str, list[Trace]], view: CurveView) -> pd.DataFrame:
    """The curves as a table: a row for each entrant and moment."""
    traces = [t for group in groups.values() for t in group]
    at = race.grid(traces, view.axis)
    lines = race_lines.lines(groups, view.signal, view.axis, at, strategies.names(), regret=view.regret)
    return curves.frame_of(lines, at, view.axis)
