"""The form of the Train page: which networks of which table, from where, with which seed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from nas_core import datasets, plugins, strategies
from nas_core.benchmarks import Benchmark, Table
from nas_core.store import StoreError
from nas_core.studies import trainings
from nas_core.studies.trainings import MOST
from ui import choices, links, run_views, saved_runs
from ui.selection import row_of
from ui.words import sentence

START = 3  # networks in the box at first
MOST_RUNS = 8  # saved searches that are offered
TASKS = {  # what is said of them
    "cluttered_digits": "The task is to recognise a digit among fragments of others.",
    "banking77": "The task is to tell what a customer of a bank wants from the first words of a question.",
}
SHORT = 4  # networks that a preset of examples takes


@dataclass(frozen=True)
class TrainRequest:
    """The networks to train, in the order given, and the seed; `problem` says what is wrong with the box."""

    rows: tuple[int, ...]
    seed: int
    problem: str = ""


def choose_table(boxes: Sequence[DeltaGenerator], names: Mapping[str, Sequence[str]]) -> tuple[str, str]:
    """(one of the tables, one of its datasets), bound to the link; another one begins with networks of its own."""
    titles = {name: plugins.get(Benchmark, name).heading() for name in names}
    again: dict[str, Any] = dict(on_change=_take, args=(list,))  # no networks: `form` puts those that it begins with
    about = "Networks are trained by the recipe of this table."
    table = choices.select(boxes[0], "Benchmark", "trained_as", titles, "benchmark", about, **again)
    of = plugins.get(Benchmark, table).dataset_titles
    data = {name: datasets.title(name, of) for name in names[table]}
    return table, choices.select(boxes[1], "Dataset", "trained_on", data, "dataset", "What they learn.", **again)


def form(table: Table, boxes: Sequence[DeltaGenerator]) -> TrainRequest:
    """Draw the form, bound to the link, in two `boxes` and below them."""
    note, state = st.container(), st.session_state
    start = _names(trainings.best_of_table(table, START))
    if (cells := state.pop("next cells", None)) is not None:
        state["cells"] = cells or start  # during a run and not in the callback, or the link would not follow
    text = boxes[0].text_input(
        f"{table.space.noun.capitalize()}s",
        start,
        key="cells",
        bind="query-params",
        on_change=_typed,
        help="Architecture strings, or numbers or tuples with their notation: nats:1 is NATS-Bench's number, own:1 "
        f"this project's. Separate by commas; up to {MOST}.",
    )
    seed = links.number(
        boxes[1],
        "Seed",
        "seed",
        0,
        999,
        0,
        note,
        help="Decides the initial weights and the order of the data. Seed 0 is the table's own, but does not "
        "reproduce its numbers exactly.",
    )
    _presets(table)
    try:
        return TrainRequest(_rows(table, text, text == state.get("typed cells")), seed)
    except ValueError as error:
        return TrainRequest((), seed, sentence(error))


def _typed() -> None:
    st.session_state["typed cells"] = st.session_state["cells"]


def _names(rows: Sequence[int]) -> str:
    return ", ".join(f"own:{row}" for row in rows)


def _rows(table: Table, text: str, typed: bool) -> tuple[int, ...]:
    """ValueError in one sentence for what is not an architecture, for none and for too many."""
    words = [word.strip() for word in re.split(r"[,;\n](?![^(\[]*[)\]])", text) if word.strip()]
    rows = tuple(dict.fromkeys(row_of(table.space, word, typed) for word in words))
    if not rows:
        raise ValueError(f"Enter at least one {table.space.noun} by its string or number, or choose some below.")
    if len(rows) > MOST:
        raise ValueError(f"{len(rows)} {table.space.noun}s are too many to train side by side; the limit is {MOST}.")
    return rows


def _presets(table: Table) -> None:
    """Buttons that fill the box: the table's best, its front, the best of a saved search."""
    choices: dict[str, Callable[[], Sequence[int]]] = {
        "the ten best": partial(trainings.best_of_table, table),
        "the front of accuracy and MFLOPs": partial(trainings.front_of_table, table),
        "good, average and bad": partial(trainings.spread, table, SHORT),
    }
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("Use:")
        for name, rows in choices.items():
            st.button(name, key=f"take {name}", on_click=_take, args=(rows,), type="tertiary")
        if runs := _searches(table):
            with st.popover("the best of a saved search", type="tertiary"):
                for label, run in runs.items():
                    st.button(label, key=f"take {run}", on_click=_take, args=(partial(_best_of, run, table),))


def _take(rows: Callable[[], Sequence[int]]) -> None:
    st.session_state["next cells"] = _names(rows())


def _searches(table: Table) -> dict[str, str]:
    """{label: run id} of the latest saved searches on this table."""
    summaries = [
        s
        for s in saved_runs.summaries()
        if s.spec is not None
        and (s.spec.benchmark, s.spec.dataset) == (table.name, table.dataset)
        and s.trials > 1
        and not s.problem
    ]
    return {
        f"{strategies.title(s.spec.strategy)}, seed {s.spec.seed}, {s.trials} trainings": s.run
        for s in summaries[:MOST_RUNS]
        if s.spec is not None
    }


def _best_of(run: str, table: Table) -> list[int]:
    try:
        history = run_views.history(run)
    except StoreError:
        return []
    return trainings.best_of_run(history, table) if history is not None else []
