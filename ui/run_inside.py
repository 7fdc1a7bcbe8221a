"""One run from inside: which one, its player, and more about the moment where the cursor rests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

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
from ui import choices, links, own_cache, run_moment, run_player, run_views
from ui.verbatim import verbatim
from ui.words import safe_sentence

FRAGMENT = "moment"
AT = "at"  # in the link
LEFT = "moment of the run"  # in the session: where the cursor was left


def draw(table: Table, traces: Sequence[Trace], signal: Signal) -> None:
    """The chooser of a run, and the run at one moment; one that only a race or a sweep has made is made again."""
    groups = {
        label: sorted((t for t in group if len(t)), key=lambda t: _regret(t, signal))
        for label, group in race.entrants(traces).items()
    }
    medians = {label: group[len(group) // 2] for label, group in groups.items() if group}
    leader = min(medians, key=lambda label: _regret(medians[label], signal))
    by_label = {_label(label, t): t for label, group in groups.items() for t in group}
    order = sorted(by_label, key=lambda name: _regret(by_label[name], signal))
    with st.container():
        box = st.container()
        choices.refused("run", order, "run")
        name = box.selectbox(
            "Run",
            order,
            order.index(_label(leader, medians[leader])),
            key="run",
            bind="query-params",
            label_visibility="collapsed",  # the instrument below it has to fit on the screen
        )
    spec = by_label[name].spec
    run_id = spec.id
    try:
        history = run_views.history(run_id)
        if history is None and plugins.get(Strategy, spec.strategy).trains_weights:
            st.info(f"Only the curve of this run is saved. Make it again with: `{command.run(spec)} --fresh`")
            return
        history = history or run_views.remake(run_id, spec)
    except (StoreError, ValueError) as error:
        st.error(safe_sentence(error))
        return
    if history is None or not len(history):
        st.info("This run has not finished a training yet; continue it first.")
        return
    st.fragment(moment, key=FRAGMENT)(table, run_id, history)
    verbatim(command.run(history.spec))


def _label(label: str, trace: Trace) -> str:
    return f"{label}, seed {trace.spec.seed}"


def _regret(trace: Trace, signal: Signal) -> float:
    value = float(signal.regret(signal.of(trace)[-1:])[0])
    return np.inf if np.isnan(value) else value


def moment(table: Table, run_id: str, history: History) -> None:
    """The whole run with its cursor, and below it more about the moment where the cursor rests."""
    last = len(history)
    at = _start(last)
    course = _course(run_id, last, history)
    run_player.draw("player", _whole(run_id, last, table, history, course), at, _rest)
    run_moment.draw(table, history, course, at - 1)


@own_cache.resource(max_entries=32)
def _course(run_id: str, trainings: int, _history: History) -> Dynamics:
    return dynamics.observe(_history, run_views.space_of(_history.spec), WINDOW)


@own_cache.resource(max_entries=8)
def _whole(run_id: str, trainings: int, _table: Table, _history: History, _course: Dynamics) -> dict[str, Any]:
    return run_player.whole(_table, _history, run_moment.axes(_table), _course.sources)


def _start(last: int) -> int:
    """The moment in the link; or where this visitor left the cursor; or the end."""
    if sentence := links.refused_number("moment", AT, 1, last, last):
        links.complain(sentence)
        del st.query_params[AT]
    text = st.query_params.get(AT) or str(st.session_state.get(LEFT, last))
    return min(int(text), last)


def _rest(moment: int) -> None:
    st.session_state[LEFT] = moment
    st.query_params[AT] = str(moment)
