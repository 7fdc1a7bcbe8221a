"""All saved runs as a list that is fast for thousands, and what can be done with a selection of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from nas_core import archives, strategies
from nas_core.file_cache import FileCache
from nas_core.store import StoreError
from nas_core.summary import Summary, summarise
from nas_core.types import counted
from ui import choices, links, own_cache, search_words, table_choice
from ui.server import store
from ui.words import has_all

STATES = {"finished": "✓ finished", "unfinished": "… unfinished", "damaged": "✗ damaged"}
CAPACITY = 10_000  # summaries in memory; one takes 2 kB
ORIGINS = {None: "made here", "": "imported"}


@own_cache.resource(max_entries=32)
def _cache() -> FileCache[Summary]:
    """By run id."""
    return FileCache(CAPACITY)


def summaries() -> list[Summary]:
    """A summary of every saved run, the most recently written first; only files that changed are read again."""
    cache, out = _cache(), []
    for run_id in store().ids():
        if stamp := store().stamp(run_id):
            out.append(cache.get(run_id, stamp, partial(summarise, store(), run_id)))
    return [summary for summary in out if summary is not None]


def key_of(ids: Sequence[str]) -> str:
    """The list's key: another list forgets which rows were ticked, so that no other run is deleted by its place."""
    return f"runs {hash(tuple(ids))}"


def frame_of(summaries: Sequence[Summary]) -> pd.DataFrame:
    """The list as a table: one row a run."""
    return pd.DataFrame([_row(s) for s in summaries], columns=list(COLUMNS))


def _row(s: Summary) -> dict[str, Any]:
    spec = s.spec
    columns = {
        "state": STATES[s.state],
        "run": s.run,
        "written": datetime.fromtimestamp(s.written_at),
        "origin": origin(s),
    }
    if spec is None:
        return columns
    source = {"warm start": spec.warm_source or f"{len(spec.warm_start):,} results"} if spec.warm_start else {}
    if spec.opening:
        source["opening"] = f"{len(spec.opening) // 2} pairs by {spec.opening_source or 'a proposal'}"
    params = ", ".join(f"{k}={v}" for k, v in {**spec.params, **spec.benchmark_params, **source}.items())
    return columns | {
        "strategy": strategies.title(spec.strategy),
        "seed": float(spec.seed),  # of any length
        **table_choice.link(spec.benchmark, spec.dataset),
        "best value": s.best if len(spec.objectives) == 1 else None,  # several have a front
        "objective": ", ".join(search_words.metric(spec, o.metric) for o in spec.objectives),
        "trainings": s.trials,
        "seconds": s.seconds,
        "budget": budget(spec),
        "parameters": params,
    }


def origin(s: Summary) -> str:
    """Where the run is from, and whether it matches the table here, in words."""
    return ORIGINS.get(s.objection) or f"imported, {str(s.objection).partition(':')[0]}"


def budget(spec: Any) -> str:
    """The budget in words."""
    parts = [counted(spec.max_trials, "training")] if spec.max_trials is not None else []
    parts += [f"{spec.max_seconds:,.0f} s"] if spec.max_seconds is not None else []
    return ", ".join(parts) + (f", {spec.workers} workers" if spec.workers > 1 else "")


COLUMNS = {
    "state": st.column_config.TextColumn(
        help="Finished, unfinished (it can be continued), or damaged (it cannot be read)."
    ),
    "origin": st.column_config.TextColumn(
        width=115,
        help="Made here or imported. An imported run is checked against the table here; one that does not match is not "
        "shown on Search.",
    ),
    "strategy": st.column_config.TextColumn(width=270),  # the longest name of ours
    "seed": st.column_config.NumberColumn(format="%d"),
    "benchmark": st.column_config.TextColumn(width=150),
    "dataset": st.column_config.TextColumn(),
    "best value": st.column_config.NumberColumn(
        format="%.2f", help="The best value that the strategy saw; of several objectives none."
    ),
    "objective": st.column_config.TextColumn(help="What the search optimised."),
    "trainings": st.column_config.NumberColumn(format="localized", help="Finished trainings, including failed ones."),
    "seconds": st.column_config.NumberColumn(format="%.0f", help="On the run's own clock."),
    "budget": st.column_config.TextColumn(),
    "parameters": st.column_config.TextColumn(help="Parameters that differ from their defaults."),
    "written": st.column_config.DatetimeColumn(format="distance"),
    "run": st.column_config.TextColumn(help="The id of the run: 12 hex digits computed from its settings."),
}


def filtered(summaries: Sequence[Summary]) -> list[Summary]:
    """Draw the filters, bound to the link, and return what passes them."""
    boxes = st.columns([2, 2, 1.5, 2.5])
    tables = sorted({s.spec.benchmark for s in summaries if s.spec})
    names = sorted({s.spec.strategy for s in summaries if s.spec})
    benchmarks = {name: table_choice.link(name, "")["benchmark"] for name in tables}
    of_benchmark = choices.titled(boxes[0], "Benchmark", "of_benchmark", benchmarks, [], placeholder="All")
    titles = {name: strategies.title(name) for name in names}
    of_strategy = choices.titled(boxes[1], "Strategy", "of_strategy", titles, [], placeholder="All")
    choices.refused("of_state", ["all", *STATES], "state")
    state = boxes[2].selectbox(
        "State", ["all", *STATES], key="of_state", bind="query-params", on_change=links.as_a_whole
    )
    text = boxes[3].text_input(
        "Containing",
        key="of_text",
        bind="query-params",
        on_change=links.as_a_whole,
        placeholder="any text in the row",
        help="Such as a run id, a parameter, a budget or a dataset. Rows must contain all words.",
    )
    return [
        s
        for s in summaries
        if (not of_benchmark or (s.spec and s.spec.benchmark in of_benchmark))
        and (not of_strategy or (s.spec and s.spec.strategy in of_strategy))
        and state in ("all", s.state)
        and (not text or has_all(text, _row(s)))
    ]


def file_name(ids: Sequence[str]) -> str:
    """Of what `exported` gives."""
    return f"{ids[0]}.jsonl" if len(ids) == 1 else f"{len(ids)}-runs.zip"


def exported(ids: Sequence[str]) -> bytes:
    """One run as it is, several in a zip archive."""
    if len(ids) == 1:
        return store().path(ids[0]).read_bytes()
    return archives.zipped((f"{run_id}.jsonl", store().path(run_id).read_bytes()) for run_id in ids)


def delete(ids: Sequence[str]) -> list[str]:
    """Put the runs aside; returns one sentence for each that could not be."""
    st.session_state["deleted_runs"], refused = _each(ids, store().delete)
    return refused


def restore() -> list[str]:
    """Undo the last `delete`; returns one sentence for each run that could not be brought back."""
    return _each(st.session_state.pop("deleted_runs", []), store().restore)[1]


def _each(ids: Sequence[str], change: Callable[[str], None]) -> tuple[list[str], list[str]]:
    """(the runs with which that was done, one sentence for each other)."""
    done, refused = [], []
    for run_id in ids:
        try:
            change(run_id)
            done.append(run_id)
        except StoreError as error:
            refused.append(str(error))
    return done, refused
