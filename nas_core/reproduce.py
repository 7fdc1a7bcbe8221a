"""Published numbers about NATS-Bench beside ours: the same searches run again, the same facts counted again."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nas_core import plugins
from nas_core.benchmarks import Benchmark
from nas_core.benchmarks._nats import NatsTable
from nas_core.facts import FACTS, Fact
from nas_core.published import NB201, RUNS, SEARCHES, Search
from nas_core.race import Trace
from nas_core.sources.catalogue import DATASETS
from nas_core.sources.download import Progress
from nas_core.strategies import Strategy
from nas_core.sweep import sweep
from nas_core.types import RunSpec

AGREES = 3.0  # standard errors of the difference
_SPLITS = {"val": "validation", "test": "test"}
NOT_HERE = "cannot be computed: NATS-Bench's 12-epoch size trainings and their times are only in the official archives"
_Tables = dict[tuple[str, str], NatsTable]  # by benchmark and dataset


@dataclass(frozen=True)
class Row:
    """One published number beside ours."""

    name: str
    group: str
    benchmark: str
    dataset: str  # that the number is about
    published: float
    published_se: float  # standard error of the published mean; 0 for a fact
    mark: str  # see `published.MARKS`
    source: str
    ours: float  # nan where it cannot be computed
    se: float  # standard error of our mean; 0 for a fact
    runs: int  # of ours; 0 for a fact
    differs: str  # what is not the same in protocol
    agree: bool | None  # None where it cannot be computed

    @property
    def z(self) -> float:
        """The difference in standard errors; nan between two exact numbers."""
        error = math.hypot(self.se, self.published_se)
        return (self.ours - self.published) / error if error > 0 else math.nan


def reproduce(
    datasets: Sequence[str] = DATASETS, runs: int = RUNS, workers: int = 2, folder: Path | None = None
) -> Generator[Row | Progress]:
    """Rows as they are ready: first the facts, then after `Progress` in runs those of the searches.

    Only numbers about `datasets`. Searches run `runs` seeds in `workers` processes; with a `folder` they are saved
    there, and an interrupted reproduction goes on. RuntimeError in words if the tables are missing.
    """
    tables = {(name, d): _open(name, d) for name in ("nats_topology", "nats_size") for d in DATASETS}
    for fact in FACTS:
        yield from _fact_rows(fact, tables, datasets)
    wanted = [s for s in SEARCHES if any(d in datasets for d in s.values)]
    known = plugins.find("nas_core.strategies", Strategy)
    todo = {}
    for search in wanted:
        if search.strategy not in known:
            continue
        if _runs_here(tables[search.benchmark, search.searched_on]):
            todo[_label(search)] = search
        else:
            yield from _search_rows(search, tables, datasets, [])
    yield from _run(todo, tables, datasets, runs, workers, folder)


def _open(name: str, dataset: str) -> NatsTable:
    plugin = plugins.get("nas_core.benchmarks", Benchmark, name)
    if missing := plugin.missing(dataset):
        raise RuntimeError(missing)
    return plugin(dataset)


def _fact_rows(fact: Fact, tables: _Tables, datasets: Sequence[str]) -> Generator[Row]:
    for position, dataset in enumerate(DATASETS):
        published = fact.values[position]
        if published is None or dataset not in datasets:
            continue
        table = tables[fact.benchmark, dataset]
        ours = fact.compute(table)
        published_se = fact.stds[position] / math.sqrt(RUNS) if fact.stds else 0.0
        off = abs(ours - published)
        if fact.other is not None:
            low, high = sorted((ours, fact.other(table)))
            off = max(low - published, published - high, 0.0)
        yield Row(
            fact.name, fact.group, fact.benchmark, dataset, published, published_se, fact.mark, fact.source, ours, 0.0,
            0, fact.differs, off <= max(fact.within, AGREES * published_se),
        )  # fmt: skip


def _run(
    todo: dict[str, Search], tables: _Tables, datasets: Sequence[str], runs: int, workers: int, folder: Path | None
) -> Generator[Row | Progress]:
    done: dict[str, list[Trace]] = {label: [] for label in todo}
    entries = {label: _spec(search) for label, search in todo.items()}
    total = runs * len(todo)
    finished = sweep(entries, range(runs), workers, folder)
    try:
        for count, (label, _, trace) in enumerate(finished, 1):
            done[label].append(trace)
            yield Progress(label, count, total, "runs")
            if len(done[label]) == runs:
                yield from _search_rows(todo[label], tables, datasets, done[label])
    finally:
        finished.close()


def _spec(search: Search) -> RunSpec:
    return RunSpec(
        search.benchmark, search.searched_on, search.strategy, params=search.params, max_seconds=search.seconds
    )


def _label(search: Search) -> str:
    space = "" if search.benchmark == "nats_topology" else ", sizes"
    return f"{search.strategy.replace('_', ' ')}, {search.seconds:,.0f} s on {search.searched_on}{space}"


def _runs_here(table: NatsTable) -> bool:
    return table.timed and 12 in table.fidelities


def _search_rows(search: Search, tables: _Tables, datasets: Iterable[str], traces: Sequence[Trace]) -> Generator[Row]:
    found = np.array([t.incumbent[-1] for t in traces if len(t)], int)
    here = tables[search.benchmark, search.searched_on]
    for dataset in (d for d in search.values if d in datasets):
        numbers = search.values[dataset]
        for split, mean, std in (("val", *numbers[:2]), ("test", *numbers[2:])):
            ours, se = math.nan, math.nan
            if len(found):
                values = tables[search.benchmark, dataset].column(f"{split}_acc")[found].astype(float)
                ours, se = float(values.mean()), float(values.std(ddof=1) / math.sqrt(len(values)))
            published_se = std / math.sqrt(RUNS)
            agree = abs(ours - mean) <= AGREES * math.hypot(se, published_se) if len(found) else None
            about = _SPLITS[split] + ("" if len(search.values) == 1 else f" on {dataset}")
            yield Row(
                f"{_label(search)}: {about}", f"Searches: {search.source}", search.benchmark, dataset, mean,
                published_se, search.mark, search.source, ours, se, len(found),
                _protocol(search, here) if len(found) else NOT_HERE, agree,
            )  # fmt: skip


def _protocol(search: Search, table: NatsTable) -> str:
    """What our searches do otherwise than the published ones."""
    notes = [search.note] if search.note else []
    if search.searched_on == "cifar10" and not table.seeds(12, "val_acc"):
        notes.append(
            "a search sees the mean of seeds 111 and 777, published: one of the two, drawn, which is a little harder"
        )
    if not table.validation_timed:
        notes.append("the clock is training time, published: and one validation (cifar10 3 %, others below 1 %)")
    notes.append("a trial that ends after the budget does not count, published: interpolated")
    if search.source == NB201:
        notes.append("NATS-Bench v1.0, published: NAS-Bench-201 v1.1, fewer seeds")
    return "; ".join(notes)
