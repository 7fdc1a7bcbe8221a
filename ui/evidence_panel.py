"""How sure is that? Searches compared seed by seed: in words, in pairs, by rank, and by how many get to the top."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from nas_core import race
from nas_core.charts import comparison as rank_chart
from nas_core.charts import curves
from nas_core.charts.curves import Line
from nas_core.race import Signal
from nas_core.studies import evidence
from nas_core.studies.comparison import LEVEL, Paired
from nas_core.studies.evidence import Evidence, Groups
from ui import downloads, links, run_views, table_choice

GOALS = {"the best there is": 0.0, "in the top 0.1 %": 0.1, "in the top 1 %": 1.0, "in the top 5 %": 5.0}
SAID = 5  # sentences before the table must do


def moment(groups: Groups, axis: str) -> float:
    """Draw the slider that says when the searches are compared; so many trainings, or seconds."""
    last = float(race.grid([t for g in groups.values() for t in g], axis)[-1])
    sentence = links.refused_number("the moment of comparison", "after", 5, 100, 100)
    share = st.slider(
        "Compared after",
        5,
        100,
        100,
        5,
        "%d %% of the budget",
        key="after",
        bind=links.binding("after"),
        width=420,
        help="Everything below compares what each search had found at this moment.",
    )
    if sentence:
        st.warning(sentence, icon=":material/link_off:")
    at = last * share / 100
    return max(1.0, float(round(at))) if axis == "trials" else at


def compared(groups: Groups, signal: Signal, axis: str, at: float) -> Evidence:
    """The comparison, made once for all visitors."""
    runs = tuple((label, t.spec.id, len(t), t.stopped) for label, group in groups.items() for t in group)
    return _compared(runs, signal.title, axis, at, groups, signal)


@st.cache_resource(show_spinner=False, max_entries=64)
def _compared(runs: tuple, title: str, axis: str, at: float, _groups: Groups, _signal: Signal) -> Evidence:
    return evidence.evidence(_groups, _signal, axis, at)


def words(found: Evidence) -> None:
    """Who leads and whom they beat, whether that was at like cost, then the numbers of each comparison."""
    st.markdown(f"<p class='verdict'>{found.headline()}</p>", unsafe_allow_html=True)
    if cost := found.cost():
        st.markdown(f":material/schedule: {cost}")
    said = found.sentences()
    st.markdown(said[0] if len(said) == 1 else "\n".join(f"- {sentence}" for sentence in said[:SAID]))
    if len(said) > SAID:
        st.caption(f"{len(said) - SAID} more comparisons are in the table of pairs.")


def details(groups: Groups, found: Evidence, signal: Signal, axis: str) -> None:
    """Average ranks, the chance to reach the top, and every pair; nothing for an entrant alone."""
    if len(groups) < 2:
        return
    st.subheader("How sure is that?", anchor=False)
    left, right = st.columns(2, gap="large")
    with left:
        _ranks(found)
    with right:
        _reached(groups, signal, axis)
    _pairs(found)


def _ranks(found: Evidence) -> None:
    ranking = found.ranking
    st.markdown(
        "**Average ranks**",
        help="All strategies are ranked at each seed, 1 is best, and the ranks are averaged. A grey bar joins those "
        "that lie closer than the critical difference (Friedman and Nemenyi, as in Demšar 2006): these seeds cannot "
        "tell them apart.",
    )
    if len(ranking.names) < 3 or ranking.seeds < 2:
        st.info("Ranks need at least three strategies and two seeds of each.", icon=":material/info:")
        return
    st.altair_chart(rank_chart.critical_difference(ranking), key="ranks", alt="Average rank of each strategy")
    chance = "cannot be told" if np.isnan(ranking.p) else "p < 0.001" if ranking.p < 0.001 else f"p = {ranking.p:.3f}"
    st.caption(
        f"{ranking.seeds} seeds, critical difference {ranking.critical_difference:.2f}; that all are alike: {chance}."
    )
    if otherwise := found.disagreement():
        st.markdown(otherwise)


def _reached(groups: Groups, signal: Signal, axis: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            "**Runs whose best is**",
            width="content",
            help="The share of runs whose incumbent is among the best of all architectures, with its 95 % interval. It "
            "can fall: a search goes by what it sees, and what looks better need not be.",
        )
        table_choice.refused("goal", GOALS, "goal")
        goal = st.selectbox(
            "Goal", list(GOALS), 2, key="goal", bind="query-params", label_visibility="collapsed", width=185
        )
    at = race.grid([t for g in groups.values() for t in g], axis)
    shares = evidence.reached(groups, signal, axis, at, GOALS[goal])
    lines = [
        Line(label, colour, dash, 100 * middle, 100 * low, 100 * high)
        for (label, colour, dash), (low, middle, high) in zip(run_views.looks(groups), shares.values(), strict=True)
    ]
    x_title = {"trials": "networks trained", "seconds": "simulated seconds"}[axis]
    frame = curves.Frame(at, x_title, "runs (%)", low=0.0, high=100.0)
    st.echarts_chart(curves.incumbents(lines, frame), key="reached", height=300, alt=f"Runs whose best is {goal}")


def _pairs(found: Evidence) -> None:
    st.markdown(
        "**Every pair**",
        help="Differences at equal seeds: their mean, its 95 % interval (bootstrap), and the p value of Wilcoxon's "
        "signed-rank test after Holm's correction for the number of pairs. A difference is claimed where all three "
        "agree.",
    )
    frame = table(found.pairs)
    number = st.column_config.NumberColumn
    st.dataframe(
        frame,
        hide_index=True,
        height=min(390, 38 + 35 * len(frame)),
        column_config={
            "difference": number(format="%.3f", help=f"By how much the first is better on average, in {found.unit}."),
            "from": number(format="%.3f", help="Lower end of the 95 % interval."),
            "to": number(format="%.3f", help="Upper end of the 95 % interval."),
            "p": number(format="%.4f", help="Chance of such a difference if there were none, after Holm's correction."),
            "ahead on": number(help="Seeds on which the first is better."),
            "behind on": number(help="Seeds on which the second is better."),
        },
    )
    downloads.csv(frame, "pairs", "Pairs as CSV")


def table(pairs: Sequence[Paired]) -> pd.DataFrame:
    """A row a pair."""
    return pd.DataFrame(
        [(p.first, p.second, _claim(p), p.pairs, p.wins, p.losses, p.difference, p.low, p.high, p.p) for p in pairs],
        columns=["first", "second", "verdict", "seeds", "ahead on", "behind on", "difference", "from", "to", "p"],
    )


def _claim(pair: Paired) -> str:
    if not pair.shown:
        return f"no difference shown (p ≥ {LEVEL:g})" if pair.p >= LEVEL else "no difference shown"
    return f"{pair.first if pair.difference > 0 else pair.second} is better"
