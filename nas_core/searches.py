"""Many searches as one background job: saved runs that continue and repeat, or a race that leaves no files behind."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from nas_core import benchmarks, child, plugins, strategies
from nas_core.history import History
from nas_core.jobs import Job, Jobs, search
from nas_core.race import Trace
from nas_core.runner import run
from nas_core.spaces import SearchSpace
from nas_core.store import Store
from nas_core.types import Event, RunSpec

BREATH = 200  # events between two looks at the stop button
Read = Callable[[History, SearchSpace], Trace]


@dataclass(frozen=True)
class Searched:
    """One search of a job that is over: its trace, or the sentence that says why there is none."""

    run: str
    trace: Trace | None
    stamp: tuple[int, int] | None = None  # of the file that holds it (`Store.stamp`)
    problem: str = ""


def key(specs: Sequence[RunSpec]) -> str:
    """The job's name: the same specs are the same job, whoever asks."""
    return "search " + hashlib.sha256(" ".join(s.id for s in specs).encode()).hexdigest()[:12]


def start(
    jobs: Jobs, store: Store, specs: Sequence[RunSpec], fresh: bool = False, read: Read = Trace.of, name: str = ""
) -> Job:
    """Run or continue `specs` in the background; the job's items are `Searched`, in the order of `specs`.

    In a child process if a strategy needs torch, which the server never loads. read: what is kept of each history, a
    Trace or a kind of it. name: the job's, if not that of `key`.
    """
    title = f"{len(specs)} searches" if len(specs) > 1 else f"search by {specs[0].strategy.replace('_', ' ')}"
    process = any("torch" in _requires(name) for name in {s.strategy for s in specs})
    make = partial(saved, store, specs, fresh, read)
    return jobs.start(name or key(specs), title, make, process=process, total=len(specs))


def _requires(name: str) -> tuple[str, ...]:
    """The packages the strategy needs; none for one that does not exist, which the search itself says."""
    strategy = plugins.find(strategies.Strategy).get(name)
    return strategy.requires if strategy else ()


def start_race(jobs: Jobs, specs: Sequence[RunSpec]) -> Job:
    """Run `specs` in the background without saving anything; the job's items are their traces."""
    return jobs.start("race " + key(specs), "race", partial(unsaved, specs), total=len(specs))


def saved(store: Store, specs: Sequence[RunSpec], fresh: bool, read: Read = Trace.of) -> Generator[Any]:
    """`Searched` for each spec in turn; one that fails is told and the others go on. Closing it keeps what is saved."""
    for spec in specs:
        try:
            events = yield from _breathing(search(store, spec, fresh))
            yield Searched(spec.id, _trace(events, read), store.stamp(spec.id))
        except (ValueError, RuntimeError, FileNotFoundError) as error:  # said in words: a wrong spec, a damaged file
            yield Searched(spec.id, None, problem=str(error))


def unsaved(specs: Sequence[RunSpec]) -> Generator[Any]:
    """The `Trace` of each spec in turn."""
    for spec in specs:
        events = yield from _breathing(run(spec))
        yield _trace(events)


def _breathing(events: Iterator[Event]) -> Generator[Any, None, list[Event]]:
    """Collects `events`, yielding a TICK now and then so that a long search can be stopped."""
    collected = []
    for event in events:
        collected.append(event)
        if len(collected) % BREATH == 0:
            yield child.TICK
    return collected


def _trace(events: list[Event], read: Read = Trace.of) -> Trace:
    history = History.of(events)
    spec = history.spec
    return read(history, benchmarks.create(spec.benchmark, spec.dataset, **spec.benchmark_params).space)
