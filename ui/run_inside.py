"""One run from inside: what its population, its options and its incumbent were at any moment."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from nas_core import command, race
from nas_core.benchmarks import Table
from nas_core.charts import dynamics
from nas_core.charts.cell import svg
from nas_core.charts.quantities import quantities
from nas_core.history import History
from nas_core.race import WINDOW, Signal, Trace
from nas_core.store import StoreError
from ui import downloads, links, run_views, space_map, table_choice
from ui.space_map import Mark

STEP = 0.45  # seconds between two pictures while it plays
FRAMES = 30  # pictures of a whole run
FRAGMENT = "moment"
SHOWN = 4  # ancestors of the incumbent that are drawn


def draw(table: Table, traces: Sequence[Trace], signal: Signal) -> None:
    """The chooser of a run, and the run at one moment."""
    st.subheader("Inside one run", anchor=False)
    known = {
        f"{label}, seed {t.spec.seed}": t for label, group in race.entrants(traces).items() for t in group if len(t)
    }
    order = sorted(known, key=lambda name: _regret(known[name], signal))
    with st.container():
        box = st.container()
        table_choice.refused("run", order, "run")
        name = box.selectbox("Run", order, key="run", bind="query-params", help="All runs above, the best first.")
    run_id = known[name].spec.id
    try:
        history = run_views.history(run_id)
    except StoreError as error:
        st.error(str(error))
        return
    if history is None or not len(history):
        st.info("This run has not finished a training yet; continue it first.")
        return
    playing = st.session_state.get("playing") == run_id
    st.fragment(moment, key=FRAGMENT, run_every=STEP if playing else None)(table, run_id, history, playing)
    st.code(command.run(history.spec), language="bash", wrap_lines=True)


def _regret(trace: Trace, signal: Signal) -> float:
    value = float(signal.regret(signal.of(trace)[-1:])[0])
    return np.inf if np.isnan(value) else value


def moment(table: Table, run_id: str, history: History, playing: bool) -> None:
    """The run after so many trainings; while it plays, one step further at every call."""
    at = _player(run_id, history, playing) - 1
    best = int(history.incumbent()[at])
    left, right = st.columns([3, 2], gap="large")
    with left:
        _map(table, history, at, best)
        _open_picked(table)
    with right:
        _members(table, history, at, best)
        if best >= 0:
            st.markdown("**The incumbent**, the best so far by what the search saw")
            st.markdown(svg(table.space, history.archs[best]), unsafe_allow_html=True)
    st.markdown(
        f"**Options per decision among the last {WINDOW} trainings**",
        help="How often each option occurs at each decision. A search that learns lets some of them grow.",
    )
    st.markdown(dynamics.option_legend(table.space), unsafe_allow_html=True)
    shares = history.option_shares(max(table.space.radix), WINDOW)
    st.echarts_chart(
        dynamics.shares_over_time(table.space, shares, at + 1), key="option shares", height=330,
        alt="Share of each option at each decision over time",
    )  # fmt: skip
    _incumbent(table, history, best)


def _player(run_id: str, history: History, playing: bool) -> int:
    """The number of trainings shown, from the slider or, while it plays, from the clock."""
    last = len(history)
    state = st.session_state
    if playing:
        state["frame"] = min(last, state.get("frame", 0) + max(1, round(last / FRAMES)))
        bar, button = st.columns([6, 1], vertical_alignment="center")
        bar.progress(state["frame"] / last, _clock(history, state["frame"]))
        if button.button("Pause", icon=":material/pause:", width="stretch") or state["frame"] == last:
            state["at"], state["playing"] = state["frame"], ""
            st.rerun()
        return state["frame"]
    slider, button = st.columns([6, 1], vertical_alignment="bottom")
    if state.get("at", 1) > last:
        state["at"] = last
    at = last
    if last > 1:
        sentence = links.refused_number("moment", "at", 1, last, last)
        at = slider.slider(
            "Moment", 1, last, last, key="at", bind=links.binding("at"),
            help="How many networks the run had trained. Everything below shows the run at that moment.",
        )  # fmt: skip
        if sentence:
            slider.warning(sentence)
    if button.button("Play", icon=":material/play_arrow:", width="stretch", disabled=last < 2):
        state["frame"] = 0 if at >= last else at
        state["playing"] = run_id
        st.rerun()
    st.caption(_clock(history, at))
    return at


def _clock(history: History, at: int) -> str:
    return f"After {at} of {len(history)} trainings and {history.end[at - 1]:,.0f} simulated seconds"


def _map(table: Table, history: History, at: int, best: int) -> None:
    """Where in the space the last trainings, their incumbent and its ancestors lie."""
    known = quantities(table)
    x = next((known[t] for t in ("training time", "MFLOPs", "parameters") if t in known), next(iter(known.values())))
    y = known.get("validation accuracy", next(iter(known.values())))
    counts = [q for q in known.values() if q.whole]
    colour = next((q for q in counts if "conv 3×3" in q.title), counts[0] if counts else y)
    everything = np.arange(len(table.space))
    space_map.space_map("run map", table.space, everything, x, y, colour, _pick, FRAGMENT, _come_on_screen)
    rows = [table.space.index(arch) for arch in history.archs[: at + 1]]
    members = [rows[i] for i in history.population(at, WINDOW)]
    line = [rows[i] for i in history.lineage(best)] if best >= 0 else []
    space_map.marks(
        "run marks", "run map",
        [
            Mark(f"all {at + 1} trained so far", rows, "text", size=3, width=1),
            Mark(f"the last {len(members)}", members, "#D55E00", size=5, width=2.5),
            Mark("how the incumbent came about", line, "primary", shape="line", width=2),
            Mark("the incumbent", line[-1:], "primary", size=8, width=3.5),
        ],
    )  # fmt: skip


def _pick(row: int) -> None:
    st.session_state["picked on run map"] = row
    st.rerun(FRAGMENT)


def _come_on_screen() -> None:
    """The map is there: nothing waits for it."""


def _open_picked(table: Table) -> None:
    """A link to the architecture that was clicked on the map."""
    row = st.session_state.get("picked on run map")
    if row is not None and row < len(table.space):
        link = {"cell": str(row), "benchmark": table.name, "dataset": table.dataset}
        st.page_link(
            "pages/10_explore.py", label=f"Open cell {row} on Explore", icon=":material/open_in_new:", query_params=link
        )


def _members(table: Table, history: History, at: int, best: int) -> None:
    members = [int(i) for i in history.population(at, WINDOW)]
    objective = history.spec.objectives[0]
    values = [objective.value(v) if np.isfinite(v) else np.nan for v in history.losses[members, 0]]
    unit = table.metrics[objective.metric].unit if objective.metric in table.metrics else ""
    st.markdown(
        f"**The last {len(members)} trainings**, newest first",
        help="One row for each network, one box for each of its decisions. For aging evolution with a population of "
        f"{WINDOW} this is its population. The incumbent is outlined.",
    )
    drawing = dynamics.population(
        table.space, [history.archs[i] for i in members], values, unit, members.index(best) if best in members else -1
    )
    st.markdown(drawing, unsafe_allow_html=True)


def _incumbent(table: Table, history: History, best: int) -> None:
    """The incumbent, and the chain of edits that led to it."""
    if best < 0:
        st.info("Nothing has been trained successfully yet.")
        return
    chain = history.lineage(best)
    shown = chain[-SHOWN:]
    skipped = f", the last {len(shown)} of {len(chain)}" if len(chain) > len(shown) else ""
    st.markdown(
        f"**The incumbent and its ancestors**{skipped}",
        help="Each was made from the one before; what changed is outlined. A single one was drawn at random.",
    )
    objective = history.spec.objectives[0]
    for column, i, before in zip(st.columns(max(3, len(shown))), shown, [None, *shown], strict=False):
        parent = history.archs[i if before is None else before]
        changed = [k for k, (new, old) in enumerate(zip(history.archs[i], parent, strict=True)) if new != old]
        column.markdown(svg(table.space, history.archs[i], changed), unsafe_allow_html=True)
        column.caption(f"training {history.numbers[i] + 1}: {objective.value(history.losses[i, 0]):.2f}")
    downloads.picture(svg(table.space, history.archs[best]), f"incumbent-{table.space.index(history.archs[best])}")
    st.code(table.space.text(history.archs[best]), language=None, wrap_lines=True)
