"""Warm starts: what a strategy is told before its first ask, from earlier runs or from the opening of its own."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nas_core import benchmarks, plugins
from nas_core.history import History
from nas_core.losses import Losses, criteria, metrics_of
from nas_core.run_file import decode
from nas_core.sources import user_table
from nas_core.strategies import Strategy
from nas_core.types import MOST_RESULTS, Arch, Event, Outcome, Result, RunSpec, Started, Suggestion, Trial, counted

if TYPE_CHECKING:
    from nas_core.benchmarks import Benchmark
    from nas_core.store import Store

TABLES = (".csv", ".parquet")
ORIGINS = ("proposed", "random")  # of the architectures of an opening, in turn


def check(spec: RunSpec, strategy: Strategy, benchmark: Benchmark) -> None:
    """ValueError in one sentence if the strategy learns nothing from the results of `spec`, or they do not fit it."""
    _check_opening(spec, strategy, benchmark)
    if not spec.warm_start:
        return
    if not strategy.warm_starts:
        raise ValueError(f"{spec.strategy} learns nothing from results that it did not ask for; remove the warm start")
    space, names = benchmark.space, _metric_names(spec)
    for result in spec.warm_start:
        if not space.valid(result.arch):
            raise ValueError(f"the warm start has {result.arch}, which is not in the {space.title()} space")
        if missing := names - result.metrics.keys():
            have = ", ".join(result.metrics) or "none"
            raise ValueError(f"the warm start has no {', '.join(sorted(missing))} of {result.arch}; it has: {have}")
    if len({result.arch for result in spec.warm_start}) < len(spec.warm_start):
        raise ValueError("the warm start has two results for one architecture; keep one of them")


def _check_opening(spec: RunSpec, strategy: Strategy, benchmark: Benchmark) -> None:
    count, space = len(spec.opening), benchmark.space
    if count and strategy.trains_weights:
        raise ValueError(f"{spec.strategy} trains no candidates, so there is nothing to begin with; remove the opening")
    if wrong := [arch for arch in spec.opening if not space.valid(arch)]:
        raise ValueError(f"the opening has {wrong[0]}, which is not in the {space.title()} space")
    if count % 2 or len(set(spec.opening)) < count:
        raise ValueError(f"an opening needs different architectures, in pairs; it has {count}")
    if spec.max_trials is not None and count > spec.max_trials:
        raise ValueError(f"the opening has {count} trainings and the budget {spec.max_trials}; take fewer pairs")


class Opening:
    """Asks for the architectures of `RunSpec.opening`, and gives their results to the strategy before its first ask."""

    def __init__(
        self, strategy: Strategy, spec: RunSpec, benchmark: Benchmark, visible: Callable[[Trial], Trial]
    ) -> None:
        """visible: a trial as the strategy is told."""
        self.strategy, self.many_objectives = strategy, strategy.many_objectives
        self.epochs = search_epochs(benchmark)
        self.rest, self.missing = list(enumerate(spec.opening)), len(spec.opening)
        self.earlier = [visible(trial) for trial in trials(spec, benchmark)]  # then come those of the opening

    def ask(self) -> Suggestion | None:
        """As a strategy does; None while results of the opening are missing."""
        if self.rest:
            place, arch = self.rest.pop(0)
            return Suggestion(arch, self.epochs, info={"phase": "initial", "origin": ORIGINS[place % 2]})
        return None if self.missing else self.strategy.ask()

    def tell(self, trial: Trial) -> None:
        """As a strategy does."""
        if not self.missing:
            self.strategy.tell(trial)
            return
        self.missing -= 1
        self.earlier.append(trial)
        if not self.missing and self.strategy.warm_starts:
            results = {t.arch: t for t in sorted(self.earlier, key=lambda t: t.number) if not t.error}
            if results:
                self.strategy.warm_start(list(results.values()))


def learns(strategy: str) -> bool:
    """True if results that it did not ask for teach it something."""
    plugin = plugins.find(Strategy).get(strategy)  # type: ignore[type-abstract]
    return plugin is not None and plugin.warm_starts


def shared(specs: Sequence[RunSpec]) -> bool:
    """True if all of them start from the same results, but for those that learn nothing from any."""
    warm = [spec.warm_start for spec in specs if learns(spec.strategy)]
    return all(results == warm[0] for results in warm)


def trials(spec: RunSpec, benchmark: Benchmark) -> list[Trial]:
    """The results of `spec` as trials that took no time, numbered up to -1, at the fidelity of the search."""
    losses, epochs, first = Losses(spec), search_epochs(benchmark), -len(spec.warm_start)
    out = []
    for number, result in enumerate(spec.warm_start, first):
        values, error = losses.of(Outcome(result.metrics, 0.0), "")
        suggestion = Suggestion(result.arch, epochs, info={"phase": "initial"})
        out.append(Trial(number, suggestion, 0.0, 0.0, result.metrics, values, error))
    return out


def search_epochs(benchmark: Benchmark) -> int:
    """The epochs that a search trains for where it does not say; 0 where trainings have no epochs."""
    if isinstance(benchmark, benchmarks.Table):
        return benchmark.search_epochs
    return benchmark.fidelities[-1] if benchmark.fidelities else 0


def add(spec: RunSpec, source: str, benchmark: Benchmark, store: Store) -> RunSpec:
    """`spec` with the results of `source`: the id of a saved run, a run file, or a CSV or Parquet file.

    Only results at the fidelity of the search are taken, and the last one of each architecture. ValueError in one
    sentence if the source does not exist or has no usable result.
    """
    path = Path(source)
    if path.suffix.lower() in TABLES:
        results = of_table(_content(path), path.name, benchmark, spec)
    elif path.suffix == ".jsonl":
        outcomes = _run(_events(path), path.name, benchmark, spec)
        results = _results(outcomes, path.name, search_epochs(benchmark))
    elif re.fullmatch("[0-9a-f]{12}", source) and store.read(source):
        return add_runs(spec, [source], source, f"run {source}", benchmark, store)
    else:
        raise ValueError(
            f"there is no saved run {source!r} to start from, and no such experiment; give the id of one, a run file "
            "(.jsonl), or a .csv or .parquet file with a column arch and the metrics"
        )
    return replace(spec, warm_start=results, warm_source=path.name)


def add_runs(spec: RunSpec, runs: Sequence[str], source: str, name: str, benchmark: Benchmark, store: Store) -> RunSpec:
    """`spec` with the results of these saved runs, as `add` takes them; of several of one architecture the last.

    source: what they are, for the command line. name: likewise, in sentences.
    """
    outcomes: dict[Arch, dict[str, float]] = {}
    logs = {run: events for run in runs if (events := store.read(run))}
    if not logs:
        raise ValueError(f"{name} has no saved runs: a sweep keeps their curves alone; run one and start from it")
    for run, events in logs.items():
        store.check_origin(run)
        outcomes |= _run(events, name, benchmark, spec)
    results = _results(outcomes, name, search_epochs(benchmark))
    if len(results) > MOST_RESULTS:
        raise ValueError(f"{name} has {len(results):,} results; at most {MOST_RESULTS:,} can be taken, so choose a run")
    return replace(spec, warm_start=results, warm_source=source)


def _events(path: Path) -> list[Event]:
    events = []
    for number, line in enumerate(_content(path).splitlines(), 1):
        try:
            events.append(decode(line))
        except ValueError as error:
            raise ValueError(f"{path.name}, line {number}: {error}") from error
    if not events or not isinstance(events[0], Started):
        raise ValueError(f"{path.name} is not a run file; it must begin with the event Started")
    return events


def _run(events: Sequence[Event], name: str, benchmark: Benchmark, spec: RunSpec) -> dict[Arch, dict[str, float]]:
    """The metrics of the successful trainings of a run; ValueError if they are of another dataset or space."""
    history = History.of(events)
    spec_there = history.spec
    if spec_there.dataset != spec.dataset:
        raise ValueError(
            f"{name} searched on {spec_there.dataset}; this search is on {spec.dataset}, so its numbers do not apply"
        )
    theirs = benchmarks.create(spec_there.benchmark, spec_there.dataset, **spec_there.benchmark_params)
    if not theirs.space.same(benchmark.space):
        other = "" if theirs.space.name != benchmark.space.name else " with other choices"
        raise ValueError(
            f"{name} searched the {theirs.space.title()} space{other}, this search is in the {benchmark.space.title()} "
            "space"
        )
    fidelity, own = search_epochs(benchmark), search_epochs(theirs)
    rows = np.flatnonzero(
        [e == "" for e in history.errors] & (np.where(history.epochs, history.epochs, own) == fidelity)
    )
    columns = {n: history.metrics.get(n, np.full(len(history), np.nan)) for n in sorted(_metric_names(spec))}
    return {history.archs[i]: {n: float(c[i]) for n, c in columns.items()} for i in rows}


def of_table(content: bytes, name: str, benchmark: Benchmark, spec: RunSpec) -> tuple[Result, ...]:
    """The rows of a user's own file, CSV or Parquet by its name; ValueError in one sentence as in `add`."""
    space, fidelity = benchmark.space, search_epochs(benchmark)
    draft = user_table.read(content, name, space.name)
    if draft.problems:
        first, more = draft.problems[0], len(draft.problems) - 1
        raise ValueError(f"{name}, line {first.line}: {first.text}" + (f"; and {more:,} more lines" if more else ""))
    columns = {}
    for metric in sorted(_metric_names(spec)):
        column = draft.columns.get(f"{metric}@{fidelity}", draft.columns.get(metric))
        if column is None:
            raise ValueError(f"{name} has no column {metric!r}; it has: arch, {', '.join(draft.columns)}")
        columns[metric] = column
    rows = np.flatnonzero(np.all([~np.isnan(c) for c in columns.values()], 0))
    return _results({space.arch(int(i)): {n: float(c[i]) for n, c in columns.items()} for i in rows}, name, fidelity)


def _results(results: Mapping[Arch, Mapping[str, float]], name: str, epochs: int) -> tuple[Result, ...]:
    """ValueError for no results, or one that lacks a metric."""
    for metrics in results.values():
        if missing := [n for n, value in metrics.items() if not math.isfinite(value)]:
            raise ValueError(f"{name} lacks {missing[0]} for some of its architectures, and this search needs it")
    if not results:
        raise ValueError(f"{name} has no results after {counted(epochs, 'epoch')}, the fidelity of this search")
    return tuple(Result(arch, metrics) for arch, metrics in results.items())


def _metric_names(spec: RunSpec) -> set[str]:
    return {name for text in criteria(spec) for name in metrics_of(text)}


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ValueError(f"{path} cannot be read ({error.strerror or error})") from error
