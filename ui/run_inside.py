"""One run from inside: which one, and the slider that moves through it; ui/run_moment.py draws the moment."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from nas_core import command, plugins, race
from nas_core.benchmarks import Table
from nas_core.history import History
from nas_core.race import WINDOW, Signal, Trace
from nas_core.store import StoreError
from nas_core.strategies import Strategy
from nas_core.studies import dynamics
from nas_core.studies.dynamics import Dynamics
from ui import choices, links, run_moment, run_views

STEP = 0.45  # seconds between two pictures while it plays
FRAMES = 30  # pictures of a whole run
FRAGMENT = "moment"


def draw(table: Table, traces: Sequence[Trace], signal: Signal) -> None:
    """The chooser of a run, and the run at one moment; one that only a race or a sweep has made is made again."""
    by_label = {
        f"{label}, seed {t.spec.seed}": t for label, group in race.entrants(traces).items() for t in group if len(t)
    }
    order = sorted(by_label, key=lambda name: _regret(by_label[name], signal))
    with st.container():
        box = st.container()
        choices.refused("run", order, "run")
        name = box.selectbox("Run", order, key="run", bind="query-params", help="All runs above, best first.")
    spec = by_label[name].spec
    run_id = spec.id
    try:
        history = run_views.history(run_id)
        if history is None and plugins.get(Strategy, spec.strategy).trains_weights:
            st.info(f"Only the curve of this run is saved. Make it again with: `{command.run(spec)} --fresh`")
            return
        history = history or run_views.remake(run_id, spec)
    except (StoreError, ValueError) as error:
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
    run_moment.draw(table, history, _course(run_id, len(history), history), at, FRAGMENT)


@st.cache_resource(show_spinner=False, max_entries=32)
def _course(run_id: str, trainings: int, _history: History) -> Dynamics:
    return dynamics.observe(_history, run_views.space_of(_history.spec), WINDOW)


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
            "Moment",
            1,
            last,
            last,
            key="at",
            bind=links.binding("at"),
            help="Number of networks trained. Everything below shows the run at that moment.",
        )
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
