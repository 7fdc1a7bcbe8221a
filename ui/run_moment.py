"""One moment of one run: where it is in the space, what it draws from and believes, and how its incumbent came about.

The same views for every family: a population, a policy or a model is read by `nas_core.studies.dynamics` from what the
strategy wrote beside its suggestions.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st

from nas_core.benchmarks import Table
from nas_core.charts import dynamics
from nas_core.charts import run_details as charts
from nas_core.charts.cell import svg
from nas_core.charts.quantities import quantities
from nas_core.history import History
from nas_core.race import WINDOW
from nas_core.studies.dynamics import Dynamics
from ui import cell_details, choices, downloads, figures, space_map
from ui.space_map import Mark

ANCESTORS = 4  # ancestors of the incumbent that are drawn
SOURCES = ("what it draws from", "the last trainings")


def draw(table: Table, history: History, course: Dynamics, at: int, redraw: str) -> None:
    """The run after the training at position `at`; a click on the map runs the fragment `redraw` again."""
    best = int(history.incumbent()[at])
    left, right = st.columns([3, 2], gap="large")
    with left:
        _map(table, history, at, best, redraw)
        _open_picked(table)
    with right:
        _incumbent(table, history, best)
        _belief(table, course, at)
    left, right = st.columns(2, gap="large")
    with left:
        _members(table, history, at, best)
    with right:
        _variety(course, at)
    _shares(table, course, at)
    _descent(table, history, course, at, best)


def _unit(table: Table, history: History) -> str:
    metric = history.spec.objectives[0].metric
    return table.metrics[metric].unit if metric in table.metrics else ""


def _value(table: Table, history: History, position: int) -> str:
    return cell_details.number(float(history.values()[position]), _unit(table, history))


def _map(table: Table, history: History, at: int, best: int, redraw: str) -> None:
    """Where in the space the last trainings, their incumbent and its ancestors lie."""
    by_title = quantities(table)
    x = next(
        (by_title[t] for t in ("training time", "MFLOPs", "parameters") if t in by_title), next(iter(by_title.values()))
    )
    y = by_title.get("validation accuracy", next(iter(by_title.values())))
    counts = [q for q in by_title.values() if q.whole]
    colour = next((q for q in counts if "conv 3×3" in q.title), counts[0] if counts else y)
    everything = np.arange(len(table.space))
    space_map.space_map("run map", table.space, everything, x, y, colour, _picker(redraw), redraw)
    rows = [table.space.index(arch) for arch in history.archs[: at + 1]]
    members = [rows[i] for i in history.population(at, WINDOW)]
    line = [rows[i] for i in history.lineage(best)] if best >= 0 else []
    space_map.marks(
        "run marks",
        "run map",
        [
            Mark(f"all {at + 1} trained so far", rows, "text", size=3, width=1),
            Mark(f"the last {len(members)}", members, "#D55E00", size=5, width=2.5),
            Mark("ancestors of the incumbent", line, "primary", shape="line", width=2),
            Mark("the incumbent", line[-1:], "primary", size=8, width=3.5),
        ],
    )


def _picker(redraw: str) -> Callable[[int], None]:
    def pick(row: int) -> None:
        st.session_state["picked on run map"] = row
        st.rerun(redraw)

    return pick


def _open_picked(table: Table) -> None:
    """A link to the architecture that was clicked on the map."""
    row = st.session_state.get("picked on run map")
    if row is not None and row < len(table.space):
        cell_details.open_on_explore(table, row, f"Open cell {row} on Explore")


def _incumbent(table: Table, history: History, best: int) -> None:
    st.markdown(
        "**The incumbent**", help="The best network so far by what the search saw, after its longest trainings."
    )
    if best < 0:
        st.info("Nothing has been trained successfully yet.")
        return
    st.markdown(svg(table.space, history.archs[best]), unsafe_allow_html=True)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"Training {history.numbers[best] + 1}: {_value(table, history, best)}")
        name = f"incumbent-{table.space.index(history.archs[best])}"
        downloads.picture(svg(table.space, history.archs[best]), name)
    st.code(table.space.text(history.archs[best]), language=None, wrap_lines=True)
    cell_details.notations(table.space, history.archs[best])


def _belief(table: Table, course: Dynamics, at: int) -> None:
    title = course.belief.title
    st.markdown(f"**{title[:1].upper()}{title[1:]}**", help=f"{course.belief.help} Darker is more preferred.")
    st.markdown(dynamics.heat_map(table.space, course.belief, at), unsafe_allow_html=True)


def _members(table: Table, history: History, at: int, best: int) -> None:
    members = [int(i) for i in history.population(at, WINDOW)]
    st.markdown(
        f"**The last {len(members)} trainings**, newest first",
        help="A row per network, a box per decision. For regularized evolution with a population of "
        f"{WINDOW} this is its population. The incumbent is outlined.",
    )
    drawing = dynamics.population(
        table.space,
        [history.archs[i] for i in members],
        history.values()[members],
        _unit(table, history),
        members.index(best) if best in members else -1,
    )
    st.markdown(drawing, unsafe_allow_html=True)


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


def _shares(table: Table, course: Dynamics, at: int) -> None:
    source = course.trained
    title, chooser = st.columns([3, 2], vertical_alignment="center")
    if course.drawn is not None:
        with chooser:
            what = "source of shares"
            chosen = choices.segments(st, "Shares of", "shares", SOURCES, what, label_visibility="collapsed")
        source = course.trained if chosen == SOURCES[1] else course.drawn
    title.markdown(
        f"**Options per decision in {source.title}**",
        help=f"{source.help} A search that learns lets some of them grow.",
    )
    st.markdown(dynamics.option_legend(table.space), unsafe_allow_html=True)
    shares = np.nan_to_num(source.values / 100)
    figures.echarts(
        dynamics.shares_over_time(table.space, shares, at + 1),
        key="option shares",
        height=330,
        alt=f"Share of each option at each decision over time, in {source.title}",
    )


def _descent(table: Table, history: History, course: Dynamics, at: int, best: int) -> None:
    """Who came from whom, what a model had predicted, and the incumbent with its ancestors."""
    unit = _unit(table, history)
    related = any(info.get("parents") for info in history.infos)
    modelled = not np.isnan(course.predicted).all()
    boxes = iter(st.columns(related + modelled, gap="large")) if related or modelled else iter(())
    if related:
        with next(boxes):
            st.markdown(
                "**Family tree**",
                help="A point per training, with a line to its parent; the ancestors of the incumbent are coloured. "
                "The worst trainings lie below the chart.",
            )
            figure = charts.family_tree(history, at, best, unit)
            figures.echarts(figure, key="family tree", height=300, alt="Trainings by value, joined to their parents")
    if modelled:
        with next(boxes):
            st.markdown(
                "**Predicted and observed**",
                help="The model's prediction for each training and its result. On the dotted line they agree; the "
                "latest training is larger.",
            )
            figure = charts.predictions(history, course, at, unit)
            figures.echarts(figure, key="predicted", height=300, alt="Predicted and observed values")
    if best >= 0 and len(chain := history.lineage(best)) > 1:
        _ancestors(table, history, chain)


def _ancestors(table: Table, history: History, chain: list[int]) -> None:
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
