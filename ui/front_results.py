"""What searches on several objectives found: shares over time, who covers more, attainment, a table."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import streamlit as st

from nas_core import race
from nas_core.charts import curves, fronts
from nas_core.charts.curves import Frame, Line
from nas_core.stats import band
from nas_core.studies import front_search
from nas_core.studies.compare.sentences import failure, fruitless, nothing
from nas_core.studies.fronts import FrontTask
from ui import downloads, evidence_panel, figures, tables
from ui.front_runs import Entrants

HEIGHT = 240  # pixels of the shares: beside a map, below its legend


def progress(entrants: Entrants, shares: Mapping[str, np.ndarray]) -> None:
    """Share of the attainable hypervolume over the budget, median and middle half of the runs; a legend is above it."""
    lines, at = [], entrants.clock.moments
    for label, rows in shares.items():
        low, middle, high = band(rows)
        lines.append(Line(label, *entrants.looks[label], middle, low, high))
    first = min((float(np.nanmin(line.low[len(at) // 12 :])) for line in lines if len(at)), default=0.0)
    frame = Frame(
        at, entrants.clock.title, "share of the attainable hypervolume", "%", low=float(np.floor(first)), high=100.0
    )
    option = curves.incumbents(lines, frame, optimum=100.0)
    bare = {**option, "legend": {"show": False}, "media": [], "grid": {**option["grid"], "top": 24}}
    alt = "share of the attainable hypervolume over the budget"
    figures.echarts(option, key="shares", height=HEIGHT, alt=alt, drawn=bare)
    moments = "seconds" if entrants.clock.by_time else "trainings"
    downloads.csv(lambda: curves.frame_of(lines, at, moments), "hypervolume-share", "Share of the hypervolume")


def verdict(task: FrontTask, entrants: Entrants, ends: Mapping[str, np.ndarray], at: int) -> None:
    """Who covers more of the front at that moment, in words."""
    courses = [course for group in entrants.courses.values() for course in group]
    if fruitless(courses):
        st.info(nothing(courses, front_search.SHARE, task.table), icon=":material/search_off:")
        return
    if not race.results(entrants.courses, front_search.SHARE, ends):
        st.info("No search has found a network within the limits yet.", icon=":material/straighten:")
        return
    evidence_panel.verdict(
        front_search.claims(entrants.courses, ends, entrants.clock.text(at)),
        about="By each run’s share of the attainable hypervolume: the area (or volume) that a front dominates, up to "
        "the reference point. The exact front is known here, and 100 % is its hypervolume.",
    )


def table(task: FrontTask, entrants: Entrants, ends: Mapping[str, np.ndarray], at: int) -> None:
    """The same as a table, how far the others are behind, and every pair."""
    courses = [course for group in entrants.courses.values() for course in group]
    if sentence := failure(courses):
        st.caption(sentence)
    rows = race.results(entrants.courses, front_search.SHARE, ends)
    if not rows or fruitless(courses):
        return
    claims = front_search.claims(entrants.courses, ends, entrants.clock.text(at))
    members = {r.label: entrants.fronts(r.label, at) for r in rows}
    frame = pd.DataFrame(
        [
            {
                "strategy": r.label,
                "runs": r.runs,
                "median": r.quantiles()[1],
                "first quartile": r.quantiles()[0],
                "third quartile": r.quantiles()[2],
                "best": float(r.values.max()),
                "networks on its front": float(np.mean([len(front) for front in members[r.label]])),
                "on the exact front": float(np.mean([np.isin(front, task.front).sum() for front in members[r.label]])),
            }
            for r in rows
        ]
    )
    columns = {
        n: st.column_config.NumberColumn(format="%.2f") for n in ("median", "first quartile", "third quartile", "best")
    }
    for name, about in (
        ("networks on its front", "Mean over the runs: networks that no other network of the run dominates."),
        ("on the exact front", "How many of those lie on the exact front."),
    ):
        columns[name] = st.column_config.NumberColumn(format="%.1f", help=about)
    st.caption("Final fronts of the runs: share of the attainable hypervolume (%).")
    tables.show(frame, column_config=columns)
    downloads.csv(frame, "pareto-results", "Results")
    if len(claims.names) > 1:
        evidence_panel.pairs(claims)


def attained(task: FrontTask, entrants: Entrants, at: int) -> None:
    """Two objectives: what any run, half of the runs and all runs of each strategy attain."""
    whole = st.toggle(
        "Whole front",
        key="whole",
        bind="query-params",
        help="Off: without the cheap, steep end, which all strategies find.",
    )
    surfaces = {name: front_search.attainment(entrants.fronts(name, at), task) for name in entrants.courses}
    surfaces = {name: surface for name, surface in surfaces.items() if surface}
    chart = fronts.attainment(task, surfaces, entrants.looks, bool(whole))
    figures.altair(chart, key="attainment", alt="attainment of each strategy over its runs")
    st.caption(
        "Line: half of the runs have found a network at least this good in both objectives. Band: from what all runs "
        "have found to what only one has. Dots: the exact front.",
        help="The empirical attainment function of Fonseca and Fleming (1996).",
    )
