"""How sure is that? Searches compared seed by seed: in words, in pairs, by rank, and by how many get to the top."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd
import streamlit as st

from nas_core import race, strategies
from nas_core.charts import comparison as rank_chart
from nas_core.charts import curves, race_lines
from nas_core.charts.curves import Line
from nas_core.race import Signal
from nas_core.studies.compare import races, sentences
from nas_core.studies.compare.claims import Claims
from nas_core.studies.compare.pairs import LEVEL
from nas_core.studies.compare.races import Groups
from ui import choices, downloads, figures, links, own_cache, tables
from ui.words import standout, unbroken

GOALS = {"the best there is": 0.0, "in the top 0.1 %": 0.1, "in the top 1 %": 1.0, "in the top 5 %": 5.0}


def moment(groups: Groups, axis: str) -> float:
    """Draw the slider that says when the searches are compared; so many trainings, or seconds."""
    last = float(race.grid([t for g in groups.values() for t in g], axis)[-1])
    share = links.slider(
        st,
        "Compared after",
        "after",
        5,
        100,
        100,
        step=5,
        format="%d %% of the budget",
        help="Everything below compares the incumbents at this moment.",
    )
    at = last * share / 100
    return max(1.0, float(round(at))) if axis == "trials" else at


def claims_of(groups: Groups, signal: Signal, axis: str, at: float) -> Claims:
    """The comparison, made once for all visitors."""
    runs = tuple((label, t.spec.id, len(t), t.stop_reason) for label, group in groups.items() for t in group)
    return _claims_of(runs, signal.title, axis, at, groups, signal)


@own_cache.resource(max_entries=64)
def _claims_of(runs: tuple, title: str, axis: str, at: float, _groups: Groups, _signal: Signal) -> Claims:
    return races.claims(_groups, _signal, axis, at)


def verdict(claims: Claims, kind: str = "verdict", about: str = "") -> None:
    """Who leads and whom they beat, and how sure that is.

    kind: class of the headline in the style sheet. about: by what they are compared, where that needs a
    word; it is shown on demand.
    """
    headline = figures.here().verdict = sentences.headline(claims)
    st.markdown(standout(headline, kind), unsafe_allow_html=True)
    st.caption(unbroken(sentences.caveat(claims)), help=about or None)


def has_gaps(claims: Claims) -> bool:
    """Whether `gaps` draws anything: not for one alone, nor with too few runs for intervals."""
    return any(not math.isnan(pair.low) for pair in claims.against(claims.names[0]).values())


def gaps(claims: Claims, colours: Mapping[str, str]) -> None:
    """How far the others are behind the best mean."""
    if has_gaps(claims):
        chart, height = rank_chart.gaps(claims, colours), 110 + 34 * len(claims.names)
        figures.altair(chart, key="gaps", height=height, alt=f"Difference of each strategy from {claims.names[0]}")


def colours(groups: Groups) -> dict[str, str]:
    """Of each entrant, the same in every chart."""
    return {label: colour for label, colour, _ in race_lines.looks(groups, strategies.names())}


def cost(groups: Groups, at: float) -> None:
    """Where equal numbers of trainings took unequal times by then, a sentence says so."""
    if sentence := sentences.cost(races.times(groups, at), len(groups)):
        st.markdown(unbroken(f":material/schedule: {sentence}"))


def details(groups: Groups, claims: Claims, signal: Signal, axis: str) -> None:
    """Average ranks, the chance to reach the top, and every pair; nothing for an entrant alone."""
    if len(groups) < 2:
        return
    st.subheader("How sure is that?", anchor=False)
    left, right = st.columns(2, gap="large")
    with left:
        _ranks(claims, groups)
    with right:
        _draw_shares(groups, signal, axis)
    pairs(claims)


def _ranks(claims: Claims, groups: Groups) -> None:
    st.markdown(
        "**Average ranks**",
        help="All strategies are ranked at each seed, 1 is best, and the ranks are averaged (Demšar 2006). A grey bar "
        "joins strategies between which no difference is shown, by the same test as everywhere in this app.",
    )
    if len(claims.ranks) < 3:
        st.info("Ranks need at least three strategies at the same seeds.", icon=":material/info:")
        return
    chart = rank_chart.average_ranks(claims, colours(groups))
    figures.altair(chart, key="ranks", alt="Average rank of each strategy")


def _draw_shares(groups: Groups, signal: Signal, axis: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            "**Runs whose incumbent is**",
            width="content",
            help="The share of runs whose incumbent is among the best of all architectures that the limits allow, with "
            "its 95 % interval. It can fall, because what looks better to the search may be worse.",
        )
        choices.refused("goal", GOALS, "goal")
        goal = st.selectbox(
            "Goal", list(GOALS), 2, key="goal", bind="query-params", label_visibility="collapsed", width=185
        )
    at = race.grid([t for g in groups.values() for t in g], axis)
    shares = races.success_rates(groups, signal, axis, at, GOALS[goal])
    lines = [
        Line(label, colour, dash, 100 * middle, 100 * low, 100 * high)
        for (label, colour, dash), (low, middle, high) in zip(
            race_lines.looks(groups, strategies.names()), shares.values(), strict=True
        )
    ]
    x_title = {"trials": "networks trained", "seconds": "simulated seconds"}[axis]
    frame = curves.Frame(at, x_title, "runs", "%", low=0.0, high=100.0)
    figures.echarts(curves.incumbents(lines, frame), key="reached", height=300, alt=f"Runs whose incumbent is {goal}")


def pairs(claims: Claims) -> None:
    """A row a pair, as a table and as a file."""
    st.markdown(f"**Every pair**, differences in {claims.unit}" if claims.unit else "**Every pair**")
    frame = table(claims)
    number, text = st.column_config.NumberColumn, st.column_config.TextColumn
    wide = 30 + 7 * max(map(len, claims.names))  # pixels
    few = "empty if there are too few runs"
    tables.show(
        frame,
        most=390,
        column_config={
            "first": text(width=wide),
            "second": text(width=wide),
            "difference": number(
                format="%.3f", help=f"Difference of the means, in {claims.unit}; positive if the first is better."
            ),
            "from": number(format="%.3f", help=f"Lower end of the 95 % interval, corrected for all pairs; {few}."),
            "to": number(format="%.3f", help=f"Upper end of that interval; {few}."),
            "p": number(
                format="%.4f",
                help="Chance of such a difference between equal strategies, times the number of pairs. A difference is "
                f"claimed at {LEVEL:g} or below if the interval excludes zero.",
            ),
            "pairs": number(help="Seeds that both have; if they share too few, all pairings of their runs."),
            "ahead on": number(help="Pairs in which the first is better."),
            "behind on": number(help="Pairs in which the second is better."),
        },
    )
    downloads.csv(frame, "pairs", "Pairs")


def table(claims: Claims) -> pd.DataFrame:
    """A row a pair."""
    rows = [
        (
            p.first,
            p.second,
            f"{p.winner} is better" if p.winner else "no difference shown",
            p.size,
            p.ahead,
            p.behind,
            p.difference,
            p.low,
            p.high,
            p.p,
        )
        for p in claims.pairs
    ]
    columns = ["first", "second", "verdict", "pairs", "ahead on", "behind on", "difference", "from", "to", "p"]
    return pd.DataFrame(rows, columns=columns)
