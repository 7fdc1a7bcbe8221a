"""What proxies say of networks, on the page Proxies: score and accuracy, one network, which agree, what one prefers."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import streamlit as st

from nas_core.benchmarks import Table
from nas_core.charts import proxies as charts
from nas_core.studies import proxy_quality, proxy_reading
from nas_core.studies.proxy_quality import ProxyQuality
from nas_core.studies.proxy_study import TRUTH, ProxyScores
from nas_core.types import with_unit
from nas_core.values import capitalised
from ui import cell_details, choices, downloads, figures, tables
from ui.words import inert, unbroken


def scatter(table: Table, scores: ProxyScores, name: str, selected: int | None = None) -> pd.DataFrame:
    """Score and accuracy of every network with a finite score; returns what is drawn."""
    data = charts.scatter_frame(scores, name, selected=selected)
    if not len(data):
        st.info(f"{proxy_reading.title(name)} has not given a finite score yet.", icon=":material/hourglass_empty:")
        return data
    truth = f"{table.metrics[TRUTH].title}{table.after(table.epochs_of(TRUTH))} (%)"
    score = f"score by {proxy_reading.title(name)}, before training" if table.space.kinds else cost(table, name)
    chart = charts.scatter(data, score, truth, selected)
    alt = f"{proxy_reading.title(name)} against accuracy"
    figures.altair(chart, key="scatter", alt=alt, on_select="rerun" if selected is not None else "ignore")
    return data


def cost(table: Table, name: str) -> str:
    """What a number of the table that stands for a proxy is called, with its unit."""
    title = proxy_reading.title(name)
    return next((with_unit(title, m.unit) for m in table.metrics.values() if m.title == title), title)


def reading(words: str, scores: ProxyScores, verdicts: list[ProxyQuality]) -> None:
    """What is behind the answer: the sentences that follow it, what was scored in `words`, the table."""
    st.markdown(unbroken(" ".join(proxy_reading.answer(verdicts)[1:])))
    data = charts.table(verdicts)
    terms = " ".join(f"{name.capitalize()}: {about}." for name, about in charts.TERMS.items() if name in data)
    st.caption(f"{len(scores.rows):,} networks, {words} {terms}")
    columns = {
        name: st.column_config.Column(help=help)
        if form is None
        else st.column_config.NumberColumn(help=help, format=form)
        for name, (help, form) in charts.COLUMNS.items()
    }
    tables.show(data, column_config=columns, placeholder="", most=math.inf)
    if scores.reasons:
        with choices.fold("Why some scores are not finite", "not_finite", ":material/report:"):
            for name, reasons in scores.reasons.items():
                for reason, times in reasons.items():
                    st.markdown(f"- **{proxy_reading.title(name)}**, {times}×: {inert(reason)}")
    downloads.csv(data, "proxies", "Table")


def one(table: Table, scores: ProxyScores, name: str, row: int, clicked: bool) -> None:
    """One network: drawing, its score, its accuracy."""
    at = int((scores.rows == row).nonzero()[0][0])
    cell_details.card(table, row, "" if clicked else f", the highest {'score' if table.space.kinds else 'value'}")
    boxes = st.columns(2)
    label = "Score" if table.space.kinds else cost(table, name).capitalize()
    boxes[0].metric(label, _brief(scores.columns[name][0][at]), help="Before any training.")
    truth = table.metrics[TRUTH].title
    help = "After full training, from the benchmark."
    boxes[1].metric(capitalised(truth), f"{scores.truth[at]:.2f} %", help=help)
    cell_details.open_on_explore(table, row)


def _brief(score: float) -> str:
    """Short enough for its place: scores have no unit, and any size."""
    return cell_details.number(score) if 1e-3 <= abs(score) < 1e7 else f"{score:.2g}"


def closer(table: Table, scores: ProxyScores, name: str, verdict: ProxyQuality) -> None:
    """Score and accuracy of each network, and the one that was clicked."""
    left, right = st.columns([3, 2], gap="large")
    choice = figures.clicked("scatter", "scored_network")
    row = choice if choice is not None and choice in scores.rows else verdict.pick
    with left:
        beyond = _beyond(scatter(table, scores, name, row)["score"].to_numpy())
        st.caption(
            "Each point is a network. Click one to see it. Points below the axis are drawn at its edge"
            + (f", and so are {beyond:,} whose scores lie far off." if beyond else ".")
        )
        downloads.csv(
            lambda: charts.scatter_frame(scores, name, len(scores.rows)), f"proxy-{name}", "Score and accuracy"
        )
    with right:
        one(table, scores, name, row, row == choice)


def _beyond(values: np.ndarray) -> int:
    """How many of the drawn scores, float64[n], have no place on the axis."""
    low, high = charts.bulk(values) or (-np.inf, np.inf)
    return int(((values < low) | (values > high)).sum())


def across(table: Table, scores: ProxyScores, name: str) -> None:
    """Which proxies agree, and what this one prefers."""
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Which proxies agree", anchor=False)
        names, values = proxy_quality.agreement(scores)
        figures.altair(charts.agreement(names, values), key="agreement", alt="Rank agreement of the proxies")
        st.caption("Spearman’s correlation between their scores: near 1, two proxies agree.")
        titles = list(map(proxy_reading.title, names))
        downloads.csv(lambda: pd.DataFrame(values, titles, titles).reset_index(), "proxy-agreement", "Rank agreement")
    with right:
        st.subheader("What it prefers", anchor=False)
        titled = proxy_reading.title(name)
        by = {"true accuracy": proxy_quality.preferences(scores, table)}
        by[titled] = proxy_quality.preferences(scores, table, name)
        with st.container(key="sideways"):  # of fixed size, as all charts of several panels
            chart = charts.preferences(table.space, by)
            figures.altair(chart, key="preferences", alt="Options that each proxy prefers")
        st.caption(
            f"Mean percentile of the networks with each choice, by accuracy and by {titled}: 50 is neither good nor "
            "bad. Where the two differ, the proxy is wrong about that choice."
        )
