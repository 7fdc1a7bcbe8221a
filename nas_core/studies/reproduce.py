"""Published numbers about NATS-Bench compared with ours: the same searches and facts, computed again."""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np

from nas_core import plugins, strategies
from nas_core.benchmarks import Benchmark
from nas_core.benchmarks.tables.nats import NatsTable
from nas_core.race import Trace
from nas_core.sources.catalogue import DATASETS
from nas_core.sources.download import Progress
from nas_core.studies.facts import FACTS, Fact
from nas_core.studies.published import NB201, RUNS, SEARCHES, Search
from nas_core.sweep import sweep
from nas_core.types import RunSpec

RESULTS = ("agrees", "differs", "not checked", "fitted", "not computed")
AGREES = 3.0  # standard errors of the difference
SPLITS = {"val": "validation", "test": "test"}
NOT_HERE = "cannot be computed: NATS-Bench's 12-epoch size trainings and their times are only in the official archives"
NOT_SCORED = "cannot be computed: not every network is scored; do it with: python -m nas_core score --all --proxies {}"
ROUNDING = 0.005  # half of the last digit of a published mean
_Tables = dict[tuple[str, str], NatsTable]  # by benchmark and dataset


@dataclass(frozen=True)
class Reproduction:
    """One published number and ours."""

    name: str
    group: str
    benchmark: str
    dataset: str  # that the number is about
    published: float
    published_se: float  # standard error of the published mean; 0 for a fact
    mark: str  # see `published.MARKS`
    source: str
    ours: float = math.nan  # nan where it is not computed
    se: float = math.nan  # standard error of our mean; 0 for a fact
    runs: int = 0  # of ours; 0 for a fact
    differs: str = ""  # what is not the same in protocol
    agree: bool | None = None  # whether the two are near enough; None where it is not computed

    @property
    def z(self) -> float:
        """The difference in standard errors; nan between two exact numbers."""
        error = math.hypot(self.se, self.published_se)
        return (self.ours - self.published) / error if error > 0 else math.nan

    @property
    def result(self) -> str:
        """One of RESULTS. An unchecked number, or one that ours was fitted to, neither agrees nor differs."""
        if self.agree is None:
            return "not computed"
        if "R" in self.mark:
            return "not checked"
        return "fitted" if "F" in self.mark else "agrees" if self.agree else "differs"

    @property
    def compared(self) -> bool:
        """True for a search whose difference has a standard error: ours was run, and one of the two varies."""
        return self.runs > 0 and not math.isnan(self.z)


def published_rows(datasets: Sequence[str] = DATASETS) -> list[Reproduction]:
    """Every published number about `datasets`, without ours."""
    return [row for _, row in _facts(datasets)] + [row for _, _, row in _searches(datasets)]


def length(datasets: Sequence[str], runs: int) -> int:
    """How many items `reproduce` yields if everything can be computed."""
    return len(published_rows(datasets)) + runs * len({search for search, _, _ in _searches(datasets)})


def reproduce(
    datasets: Sequence[str] = DATASETS, runs: int = RUNS, processes: int = 2, folder: Path | None = None
) -> Generator[Reproduction | Progress]:
    """Rows as they are ready: first the facts, then after `Progress` in runs those of the searches.

    Only numbers about `datasets`. Searches run `runs` seeds in so many `processes`; with a `folder` they are saved
    there, and an interrupted reproduction goes on. RuntimeError in one sentence if the tables are missing.
    """
    tables = {(name, d): _open(name, d) for name in ("nats_topology", "nats_size") for d in DATASETS}
    for fact, row in _facts(datasets):
        yield _count(fact, row, tables[row.benchmark, row.dataset])
    todo: dict[str, Search] = {}
    for search, _, row in _searches(datasets):
        if obstacle := _obstacle(search, tables[search.benchmark, search.search_dataset]):
            yield replace(row, differs=obstacle)
        else:
            todo[_label(search)] = search
    traces: dict[str, list[Trace]] = {label: [] for label in todo}
    with closing(sweep({label: _spec(s) for label, s in todo.items()}, range(runs), processes, folder)) as finished:
        for count, (label, _, trace) in enumerate(finished, 1):
            traces[label].append(trace)
            yield Progress(label, count, runs * len(todo), "runs")
            if len(traces[label]) == runs:
                yield from _averages(todo[label], tables, datasets, traces[label])


def _obstacle(search: Search, table: NatsTable) -> str:
    """ "" if the search can be run on what is here, else why not."""
    if not (table.timed and 12 in table.fidelities):
        return NOT_HERE
    return "" if search.proxy in ("", *table.proxies) else NOT_SCORED.format(search.proxy)


def _open(name: str, dataset: str) -> NatsTable:
    plugin = plugins.get(Benchmark, name)
    if sentence := plugin.missing(dataset):
        raise RuntimeError(sentence)
    return cast(NatsTable, plugin(dataset))


def _facts(datasets: Sequence[str]) -> Generator[tuple[Fact, Reproduction]]:
    for fact in FACTS:
        for position, dataset in enumerate(DATASETS):
            if dataset in datasets and (published := fact.values[position]) is not None:
                error = fact.stds[position] / math.sqrt(RUNS) if fact.stds else 0.0
                yield (
                    fact,
                    Reproduction(
                        fact.name, fact.group, fact.benchmark, dataset, published, error, fact.mark, fact.source
                    ),
                )


def _count(fact: Fact, row: Reproduction, table: NatsTable) -> Reproduction:
    ours = fact.compute(table)
    off = abs(ours - row.published)
    if fact.other is not None:
        low, high = sorted((ours, fact.other(table)))
        off = max(low - row.published, row.published - high, 0.0)
    agree = off <= max(fact.within, AGREES * row.published_se)
    return replace(row, ours=ours, se=0.0, differs=fact.differs, agree=agree)


def _searches(datasets: Sequence[str]) -> Generator[tuple[Search, str, Reproduction]]:
    """(search, split, row) of every published mean about `datasets`."""
    for search in SEARCHES:
        for dataset in (d for d in search.values if d in datasets):
            val, val_std, test, test_std = search.values[dataset]
            for split, mean, std in (("val", val, val_std), ("test", test, test_std)):
                if math.isnan(mean):
                    continue
                about = SPLITS[split] + ("" if len(search.values) == 1 else f" on {dataset}")
                yield (
                    search,
                    split,
                    Reproduction(
                        f"{_label(search)}: {about}",
                        f"Searches: {search.source}",
                        search.benchmark,
                        dataset,
                        mean,
                        std / math.sqrt(search.runs),
                        search.mark + " F" * search.fitted,
                        search.source,
                    ),
                )


def _spec(search: Search) -> RunSpec:
    return RunSpec(
        search.benchmark, search.search_dataset, search.strategy, params=search.params, max_seconds=search.seconds
    )


def _label(search: Search) -> str:
    proxy = f" by {search.proxy}" if search.proxy else ""
    where = f"{search.search_dataset}, {plugins.get(Benchmark, search.benchmark).space.title()} space"
    return f"{strategies.title(search.strategy)}{proxy}, {search.seconds:,.0f} s on {where}"


def _averages(
    search: Search, tables: _Tables, datasets: Sequence[str], traces: Sequence[Trace]
) -> Generator[Reproduction]:
    incumbents = np.array([t.incumbent[-1] for t in traces if t.has_incumbent], int)
    differs = _protocol(search, tables[search.benchmark, search.search_dataset])
    for _, split, row in (item for item in _searches(datasets) if item[0] == search):
        values = tables[search.benchmark, row.dataset].column(f"{split}_acc")[incumbents].astype(float)
        se = float(values.std(ddof=1) / math.sqrt(len(values)))
        row = replace(row, ours=float(values.mean()), se=se, runs=len(incumbents), differs=differs)
        room = AGREES * math.hypot(se, row.published_se) + ROUNDING
        yield replace(row, agree=abs(row.ours - row.published) <= room)


def _protocol(search: Search, table: NatsTable) -> str:
    """What our searches do otherwise than the published ones."""
    notes = [search.note] if search.note else []
    if search.search_dataset == "cifar10" and not table.seeds_of("val_acc", 12):
        notes.append(
            "a search sees the mean of seeds 111 and 777, published: one of the two, drawn, which is a little harder"
        )
    if not table.validation_timed:
        notes.append("the clock is training time, published: and one validation (cifar10 3 %, others below 1 %)")
    notes.append("a trial that ends after the budget does not count, published: interpolated")
    if search.source == NB201:
        notes.append("NATS-Bench v1.0, published: NAS-Bench-201 v1.1, fewer seeds")
    return "; ".join(notes)
