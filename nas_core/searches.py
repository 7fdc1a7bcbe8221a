"""Many searches: one loop, in this process or in several, with a sink for their traces.

Saved runs keep every event (`nas_core.store`), sweeps the compact trace (`nas_core.sweep`), a race nothing. The first
seed of every setting comes first, then the second, so that a live chart compares like with like.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol

from nas_core import benchmarks, child
from nas_core.benchmarks import Benchmark
from nas_core.executors import spread
from nas_core.history import History
from nas_core.jobs import Job, Jobs, search
from nas_core.pools import InfrastructureError
from nas_core.race import Trace
from nas_core.runner import run
from nas_core.spaces import SearchSpace
from nas_core.store import Store
from nas_core.types import Event, RunSpec

BREATH = 20  # events between two checks of the stop button, and of whether others go first
Read = Callable[[History, SearchSpace], Any]  # a Trace or a kind of it
Make = Callable[[RunSpec], Iterator[Event]]


@dataclass(frozen=True)
class SearchResult:
    """A search that has ended: its trace, or one sentence that says why there is none."""

    run: str
    trace: Any | None
    stamp: tuple[int, int] | None = None  # of the file that holds it (`Store.stamp`)
    problem: str = ""


class Sink(Protocol):
    """Where traces are saved."""

    def find(self, spec: RunSpec) -> Trace | None:
        """The trace that is there already."""

    def add(self, trace: Trace) -> None:
        """Keep one; StoreError if it cannot be written."""


def each(
    specs: Sequence[RunSpec],
    make: Make | None = None,
    read: Read = Trace.of,
    sink: Sink | None = None,
    processes: int = 1,
) -> Generator[Any]:
    """`SearchResult` of every spec, as they finish, and a TICK now and then where this process does the work.

    What the sink has comes first and is not repeated; new traces go to it at once. A failed search is reported and the
    others go on; an `InfrastructureError`, or a process that dies twice at one search, stops everything. make: a spec's
    events, by default of `run`; with more than one process, `make` and `read` must pickle. Closing the generator ends
    the processes.
    """
    todo = []
    for spec in interleave(specs):
        trace = sink.find(spec) if sink else None
        if trace is None:
            todo.append(spec)
        else:
            yield SearchResult(spec.id, trace)
    apart = processes > 1 and len(todo) > 1
    stream = spread(_whole, [(s, make, read) for s in todo], processes) if apart else _here(todo, make, read)
    with closing(stream):
        for item in stream:
            if sink and isinstance(item, SearchResult) and item.trace is not None:
                sink.add(item.trace)
            yield item


def interleave(specs: Sequence[RunSpec]) -> list[RunSpec]:
    """The first of all that differ by more than their seed, then the second of each, and so on."""
    turns: Counter[str] = Counter()

    def turn(spec: RunSpec) -> int:
        setting = replace(spec, seed=0).id
        turns[setting] += 1
        return turns[setting]

    return sorted(specs, key=turn)


def traces(stream: Generator[Any]) -> Generator[Any]:
    """The traces alone of what `each` yields, TICKs included; RuntimeError at the end if a search failed."""
    problems, count = [], 0
    with closing(stream):
        for item in stream:
            count += item is not child.TICK
            if item is child.TICK:
                yield item
            elif item.trace is None:
                problems.append(item.problem)
            else:
                yield item.trace
    if problems:
        raise RuntimeError(f"{len(problems):,} of {count:,} searches failed: {problems[0]}")


def trace(spec: RunSpec, read: Read = Trace.of) -> Any:
    """Run `spec` in this process; ValueError for a spec that cannot run."""
    benchmark = _Benchmark()
    return read(History.of(benchmark.run(spec)), benchmark.of(spec).space)


def digest(runs: Iterable[str]) -> str:
    """12 hex digits: the same for the same run ids in any order."""
    return hashlib.sha256(" ".join(sorted(runs)).encode()).hexdigest()[:12]


def key(specs: Sequence[RunSpec]) -> str:
    """The job's name: the same specs are the same job, whoever asks."""
    return f"search {digest(spec.id for spec in specs)}"


def race_key(specs: Sequence[RunSpec]) -> str:
    """The same for a race, which saves nothing."""
    return "race " + key(specs)


def start(
    jobs: Jobs,
    store: Store,
    specs: Sequence[RunSpec],
    fresh: bool = False,
    read: Read = Trace.of,
    name: str = "",
) -> Job:
    """Run or continue `specs` in the background, also when the last watcher has gone; its items are `SearchResult`s,
    the first seed of each setting first.

    read: what is kept of each history, a Trace or a kind of it. name: the job's, if not that of `key`.
    """
    title = f"{len(specs)} searches" if len(specs) > 1 else f"search by {specs[0].strategy.replace('_', ' ')}"
    make = partial(save_each, store, specs, fresh, read)

    def rest(items: list[SearchResult]) -> Callable[[], Generator[Any]]:
        ended_ids = {item.run for item in items}
        return partial(save_each, store, [spec for spec in specs if spec.id not in ended_ids], fresh, read)

    return jobs.start(name or key(specs), title, make, process=True, total=len(specs), detached=True, rest=rest)


def start_race(jobs: Jobs, specs: Sequence[RunSpec]) -> Job:
    """Run `specs` in the background without saving anything; the job's items are their traces."""

    def rest(traces: list[Trace]) -> Callable[[], Generator[Any]]:
        ended_ids = {trace.spec.id for trace in traces}
        return partial(_race, [spec for spec in specs if spec.id not in ended_ids])

    make = partial(_race, specs)
    return jobs.start(race_key(specs), "Race", make, process=True, total=len(specs), rest=rest, shared=True)


def prepare(jobs: Jobs, spec: RunSpec) -> None:
    """Let the processes of the jobs read what a search such as `spec` needs, before it is asked for."""
    jobs.prepare(partial(each, [replace(spec, max_trials=1)]))


def _race(specs: Sequence[RunSpec]) -> Generator[Any]:
    return traces(each(specs))


def save_each(store: Store, specs: Sequence[RunSpec], fresh: bool, read: Read = Trace.of) -> Generator[Any]:
    """`each` with every event saved in `store` as it happens, so that closing it keeps what is saved."""
    with closing(each(specs, partial(search, store, fresh=fresh), read)) as stream:
        for item in stream:
            yield item if item is child.TICK or item.problem else replace(item, stamp=store.stamp(item.run))


def _here(specs: Sequence[RunSpec], make: Make | None, read: Read) -> Generator[Any]:
    benchmark = _Benchmark()
    for spec in specs:
        yield (yield from _one(spec, make or benchmark.run, read, benchmark))


def _whole(spec: RunSpec, make: Make | None, read: Read) -> SearchResult:
    """`_here` for one spec, without its TICKs."""
    *_, last = _here([spec], make, read)
    return last


class _Benchmark:
    """The benchmark of the spec at hand, made once for all in a row that share it: its columns are as large as it."""

    def __init__(self) -> None:
        self._key: tuple[Any, ...] = ()

    def of(self, spec: RunSpec) -> Benchmark:
        """ValueError or FileNotFoundError where there is none."""
        key = (spec.benchmark, spec.dataset, dict(spec.benchmark_params))
        if key != self._key:
            self._benchmark, self._key = benchmarks.create(spec.benchmark, spec.dataset, **spec.benchmark_params), key
        return self._benchmark

    def run(self, spec: RunSpec) -> Iterator[Event]:
        return run(spec, benchmark=self.of(spec))


def _one(spec: RunSpec, make: Make, read: Read, benchmark: _Benchmark) -> Generator[Any, None, SearchResult]:
    try:
        events = yield from _breathing(make(spec))
        return SearchResult(spec.id, read(History.of(events), benchmark.of(spec).space))
    except InfrastructureError:
        raise
    except (
        ValueError,
        RuntimeError,
        FileNotFoundError,
    ) as error:  # a wrong spec, a damaged file: the message is one sentence
        return SearchResult(spec.id, None, problem=str(error))


def _breathing(events: Iterator[Event]) -> Generator[Any, None, list[Event]]:
    """Collects `events`, yielding a TICK now and then so that a long search can be stopped."""
    collected = []
    for event in events:
        collected.append(event)
        if len(collected) % BREATH == 0:
            yield child.TICK
    return collected
