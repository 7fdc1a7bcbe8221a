"""What the pages about runs read: tables, traces and histories of saved runs, each read once while unchanged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import streamlit as st

from nas_core import benchmarks, plugins, race, searches
from nas_core.benchmarks import Benchmark, Table
from nas_core.datasets.own.folders import own_datasets
from nas_core.file_cache import FileCache
from nas_core.history import History
from nas_core.race import Signal, Trace
from nas_core.searches import SearchResult
from nas_core.store import StoreError
from nas_core.studies.compare.races import regret_on_the_way
from nas_core.sweep import Compact, Traces
from nas_core.types import Event, RunSpec
from nas_core.values import quote
from ui import own_cache
from ui.server import store

CAPACITY = 6000  # traces in memory; 100 trials take 2 kB, with their fronts 4
T = TypeVar("T")


def benchmark(name: str, dataset: str, **params: Any) -> Table:
    """The table, shared by all visitors if it is not one's own; ValueError in one sentence if there is none such."""
    own = plugins.get(Benchmark, name).personal or dataset in own_datasets()
    return (_own_benchmark if own else _benchmark)(name, dataset, **params)


@st.cache_resource(show_spinner=False, max_entries=16)
def _benchmark(name: str, dataset: str, **params: Any) -> Table:
    return benchmarks.table(name, dataset, **params)


@own_cache.resource(max_entries=16)
def _own_benchmark(name: str, dataset: str, **params: Any) -> Table:
    return benchmarks.table(name, dataset, **params)


def forget_tables() -> None:
    """Read every table again: one has changed."""
    _benchmark.clear()
    _own_benchmark.clear()  # type: ignore[attr-defined]


@own_cache.resource(max_entries=32)
def remake(run_id: str, _spec: RunSpec) -> History:
    """The run of a race, which keeps none: run again in a moment, with the same result."""
    remade: History = searches.trace(_spec, lambda history, space: history)
    return remade


def history(run_id: str) -> History | None:
    """The saved run as columns; None if there is none; StoreError if its file is damaged."""
    stamp = store().stamp(run_id)
    return _history(run_id, stamp) if stamp else None


def readable(specs: Iterable[RunSpec], read: Callable[[RunSpec], T | None]) -> tuple[list[T], dict[str, str]]:
    """(what `read` gives of the runs that have a trial on disk, {run id: why it cannot be read})."""
    out, faults = [], {}
    for spec in specs:
        try:
            store().check_origin(spec.id)
            if run := read(spec):
                out.append(run)
        except (RuntimeError, ValueError) as error:
            faults[spec.id] = str(error)
    return out, faults


def sweep(setting: RunSpec, kind: type[Trace] = Trace) -> Mapping[int, Any]:
    """{seed: trace} of what sweeps have saved of a setting; empty if there is nothing, or no such table here.

    kind: of the traces; another may lack what it has.
    """
    path = sweeps() / f"{setting.id}.jsonl"
    try:
        stat = path.stat()
        return _sweep(path, (stat.st_mtime_ns, stat.st_size), kind.__name__, setting, kind)  # type: ignore[no-any-return]
    except (FileNotFoundError, ValueError):
        return {}


@own_cache.resource(max_entries=64)
def _sweep(path: Path, stamp: tuple[int, int], name: str, _setting: RunSpec, _kind: type[Trace]) -> Any:
    table = benchmark(_setting.benchmark, _setting.dataset, **_setting.benchmark_params).fingerprint()
    return Traces(path.parent, _setting, table, _kind).read()


def keep_traces(traces: Iterable[Trace]) -> None:
    """Save, as a sweep does, those that are not there yet; StoreError if they cannot be written."""
    store().check_writable()
    sink = Compact(sweeps())
    sink.add(*(one for one in traces if sink.find(one.spec) is None))


def sweeps() -> Path:
    """The folder of compact traces."""
    return store().folder.parent / "sweeps"


def course(spec: RunSpec) -> Trace | None:
    """As `trace`, also where a sweep saved nothing else of it."""
    return trace(spec.id) or sweep(replace(spec, seed=0)).get(spec.seed)


def trace(run_id: str) -> Trace | None:
    """The course of a saved run; None if there is none; StoreError if its file is damaged."""
    return cached(run_id, "", lambda: _read_trace(run_id))


def cached(run_id: str, view: str, read: Callable[[], T | None]) -> T | None:
    """What `read` makes of a saved run, kept under that `view` of it while its file is the same; None if there is no
    such run."""
    stamp = store().stamp(run_id)
    return _traces().get((run_id, view), stamp, read) if stamp else None


def _read_trace(run_id: str) -> Trace | None:
    if not (events := store().read(run_id)):
        return None
    columns = _columns(run_id, events)
    return Trace.of(columns, space_of(columns.spec))


def _columns(run_id: str, events: list[Event]) -> History:
    """StoreError if an architecture of the run is not one of its space."""
    columns = History.of(events)
    space = space_of(columns.spec)
    for arch in (*columns.archs, *(s.arch for _, s in columns.derived)):
        if not space.valid(arch):
            raise StoreError(
                f"run {run_id} names {quote(arch)}, which is not a {space.noun} of its space; delete the run"
            )
    return columns


def keep(items: Iterable[SearchResult], view: str = "") -> None:
    """Remember what a finished job brought along, so that nothing is read from disk for it; view: as of `cached`."""
    for item in items:
        if item.trace is not None and item.stamp is not None:
            _traces().put((item.run, view), item.stamp, item.trace)


@own_cache.resource(max_entries=32)
def _traces() -> FileCache[Any]:
    """By run id and view."""
    return FileCache(CAPACITY)


@own_cache.resource(max_entries=32)
def _history(run_id: str, stamp: tuple[int, int]) -> History | None:
    events = store().read(run_id)
    return _columns(run_id, events) if events else None


def space_of(spec: RunSpec) -> Any:
    """The search space a run moved in."""
    return benchmark(spec.benchmark, spec.dataset, **spec.benchmark_params).space


def results_table(groups: Mapping[str, list[Trace]], signal: Signal, axis: str) -> list[dict[str, Any]]:
    """Rows for the results table, best median first."""
    out = []
    on_the_way = regret_on_the_way(groups, signal, axis)
    for row in race.results(groups, signal):
        low, middle, high = row.quantiles()
        spread = float(row.values.std(ddof=1)) if row.runs > 1 else None
        areas = on_the_way[row.label][~np.isnan(on_the_way[row.label])]
        out.append(
            {
                "strategy": row.label,
                "runs": row.runs,
                "mean": float(row.values.mean()),
                "std": spread,
                "first quartile": low,
                "median": middle,
                "third quartile": high,
                "best": float(row.values.max() if signal.goal == "max" else row.values.min()),
                "mean regret": row.regret,
                "regret on the way": float(areas.mean()) if len(areas) else None,
                "trials": row.trials,
                "seconds": row.seconds,
            }
        )
    return out
