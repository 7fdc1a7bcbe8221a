"""More about one moment of one run than its player shows: what the strategy believes, and how its incumbent came about.

The same views for every family: a population, a policy or a model is read by `nas_core.studies.dynamics` from what the
strategy wrote beside its suggestions.
"""

from __future__ import annotations

import numpy as np
import streamlit as st

from nas_core.benchmarks import Table
from nas_core.charts import dynamics
from nas_core.charts import run_details as charts
from nas_core.charts.cell import svg
from nas_core.charts.quantities import Quantity, quantities
from nas_core.history import History
from nas_core.race import WINDOW
from nas_core.studies.dynamics import Dynamics
from nas_core.values import capitalised
from ui import cell_details, downloads, figures
from ui.run_player import search_metric
from ui.verbatim import verbatim

ANCESTORS = 4  # ancestors of the incumbent that are drawn


def draw(table: Table, history: History, course: Dynamics, at: int) -> None:
    """What the player does not show of the run after the training at position `at`, and its pictures for files."""
    best = int(history.incumbent()[at])
    left, right = st.columns(2, gap="large")
    with left:
        _belief(table, course, at)
    with right:
        _variety(course, at)
    _predicted(table, history, course, at)
    if best >= 0:
        _ancestors(table, history, history.lineage(best))
        _incumbent(table, history, best)
    _figures(table, history, course, at, best)


def axes(table: Table) -> tuple[Quantity, Quantity]:
    """Of the map of a run: what a training costs, and how good it is."""
    by_title = quantities(table)
    first = next(iter(by_title.values()))
    x = next((by_title[t] for t in ("training time", "MFLOPs", "parameters") if t in by_title), first)
    return x, by_title.get("validation accuracy", first)


def _value(table: Table, history: History, position: int) -> str:
    return cell_details.number(float(history.values()[position]), search_metric(table, history)[1])


def _incumbent(table: Table, history: History, best: int) -> None:
    row = table.space.index(history.archs[best])
    verbatim(table.space.text(history.archs[best]))
    cell_details.notations(table.space, history.archs[best])
    with st.container(horizontal=True):
        cell_details.open_on_explore(table, row, f"Open {table.space.noun} {row} on Explore")
        downloads.picture(svg(table.space, history.archs[best]), "incumbent", f"incumbent {row}")


def _belief(table: Table, course: Dynamics, at: int) -> None:
    title = course.belief.title
    st.markdown(f"**{capitalised(title)}**", help=f"{course.belief.help} Darker is more preferred.")
    drawing = dynamics.heat_map(table.space, course.belief, at)
    st.markdown(drawing, unsafe_allow_html=True)
    downloads.picture(drawing, "belief", title)


def _variety(course: Dynamics, at: int) -> None:
    policy = not np.isnan(course.indecision).all()
    st.markdown(
        "**Diversity and entropy**" if policy else "**Diversity**",
        help=f"Diversity: how often two of the last {WINDOW} trainings differ in a decision; 100 is the value of "
        "random architectures, 0 means that all are the same."
        + (
            " Entropy: that of the policy; 100 is no preference at all, 0 means that it always draws the same."
            if policy
            else ""
        ),
    )
    figures.echarts(charts.over_time(course, at), key="variety", height=270, alt="Diversity over the run")


def _predicted(table: Table, history: History, course: Dynamics, at: int) -> None:
    if np.isnan(course.predicted).all():
        return
    st.markdown(
        "**Predicted and observed**",
        help="The model's prediction for each training and its result. On the dotted line they agree; the latest "
        "training is larger.",
    )
    figure = charts.predictions(history, course, at, *search_metric(table, history))
    figures.echarts(figure, key="predicted", height=300, alt="Predicted and observed values")


def _figures(table: Table, history: History, course: Dynamics, at: int, best: int) -> None:
    """The family tree and the shares of the player, as charts that can be saved."""
    if any(info.get("parents") for info in history.infos):
        tree = charts.family_tree(history, at, best, *search_metric(table, history))
        figures.add(figures.Figure("family tree", "Trainings by value, joined to their parents", 300, option=tree))
    for source in course.sources:
        option = dynamics.shares_over_time(table.space, np.nan_to_num(source.values / 100), at + 1)
        title = f"Share of each option at each decision over time, in {source.title}"
        figures.add(figures.Figure(f"options in {source.title}", title, 330, option=option))


def _ancestors(table: Table, history: History, chain: list[int]) -> None:
    if len(chain) < 2:
        return
    tail = chain[-ANCESTORS:]
    skipped = f", the last {len(tail)} of {len(chain)}" if len(chain) > len(tail) else ""
    st.markdown(
        f"**The incumbent and its ancestors**{skipped}",
        help="Each is the child of the one before; changes are outlined.",
    )
    for column, i, before in zip(st.columns(ANCESTORS), tail, [None, *tail], strict=False):
        parent = history.archs[i if before is None else before]
        changed = [k for k, (new, old) in enumerate(zip(history.archs[i], parent, strict=True)) if new != old]
        column.markdown(svg(table.space, history.archs[i], changed), unsafe_allow_html=True)
        column.caption(f"training {history.numbers[i] + 1}: {_value(table, history, i)}")
