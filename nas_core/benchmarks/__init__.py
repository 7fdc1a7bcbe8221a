"""Benchmarks: where numbers come from. A table that knows every architecture, or real training."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np

from nas_core import plugins
from nas_core.arrays import read_only
from nas_core.benchmarks._metric import Metric as Metric
from nas_core.plugins import param
from nas_core.spaces import SearchSpace
from nas_core.types import Constraint, Outcome, Suggestion, counted, is_test

DEFAULT = "pocket_topology"  # where no other is asked for: it comes with the code


class Benchmark(plugins.Plugin, ABC):
    """Evaluates architectures of one space on one dataset.

    `evaluate` is a pure function of its arguments, safe to send to another process. If `simulated`, it returns at
    once and `Outcome.seconds` is what training would have cost; otherwise it takes that long.
    """

    datasets: ClassVar[tuple[str, ...]]
    dataset_titles: ClassVar[Mapping[str, str]] = {}  # of those that are not plugins, e.g. {"cora": "Cora"}
    simulated: ClassVar[bool] = True
    resumable: ClassVar[bool] = False  # a training of e epochs can be continued to more, paying the difference
    space: ClassVar[SearchSpace]
    personal: ClassVar[bool] = False  # made of what one visitor brought, and not shown to others
    local_metrics: ClassVar[frozenset[str]] = frozenset()  # see `with_local`

    dataset: str

    @property  # this and the following are plain class attributes where they are always the same
    @abstractmethod
    def metrics(self) -> Mapping[str, Metric]:
        """What is known of an architecture, by name."""

    @classmethod
    def main_of(cls, dataset: str) -> str:
        """`main` on that dataset."""
        return "val_acc"

    @property
    def main(self) -> str:
        """The metric that a search is on where it does not say, and by which architectures are compared."""
        return self.main_of(self.dataset)

    @cached_property
    def searchable(self) -> tuple[str, ...]:
        """The metrics that a search may see: all but those of test images."""
        return tuple(name for name in self.metrics if not is_test(name))

    @property
    @abstractmethod
    def fidelities(self) -> tuple[int, ...]:
        """Epochs at which it can be asked, ascending; the last is full training."""

    @property
    def random(self) -> bool:
        """True if `evaluate` uses its generator."""
        return False

    @property
    def proxies(self) -> tuple[str, ...]:
        """Zero-cost proxies by whose name a suggestion may ask instead of "train"."""
        return ()

    @property
    def timed(self) -> bool:
        """False where training times are unknown: every trial is charged 0 s."""
        return True

    def with_local(self, names: Iterable[str]) -> Self:
        """The same benchmark, which answers these too where they are local: what a search names. Whatever else was
        scored here changes no run."""
        local = frozenset(n for n in names if n in self.metrics and self.metrics[n].local)
        if local == self.local_metrics:
            return self
        twin = copy.copy(self)
        twin.__dict__.pop("_answered", None)
        twin.__dict__["local_metrics"] = local
        return twin

    @abstractmethod
    def evaluate(self, suggestion: Suggestion, rng: np.random.Generator) -> Outcome:
        """Metrics a strategy may see (no test metric) and the seconds it is charged; may raise: a failed trial."""

    @classmethod
    def missing(cls, dataset: str) -> str:
        """ "" if the benchmark can be used now, else one sentence: what is missing and how to get it."""
        return ""

    @property
    def dataset_params(self) -> Mapping[str, Any]:
        """The parameters with which `datasets.create` makes the images of `dataset` as they were trained on."""
        return {}

    def provenance(self) -> Mapping[str, str]:
        """Where the numbers come from: protocol, seeds, versions, machine, licence; {label: text}."""
        return {}

    def fingerprint(self) -> str:
        """12 hex digits that change when the underlying numbers change; "" where there is no table."""
        return ""


class Table(Benchmark):
    """A benchmark that knows every architecture, or in a user's own table some, so ranks and fronts are exact.

    A subclass gives `space`, `metrics`, `fidelities`, `column` and `seconds`.
    """

    dataset: str = ""
    search_epochs: int = param(
        0, "epochs of training a search pays for and sees; 0 takes the benchmark's default", low=0
    )
    reward_noise: str = param(
        "none",
        "error added to the main metric as a search sees it: one per cell, or new each time",
        options=("none", "frozen", "redrawn"),
    )
    noise_size: float = param(0.0, "standard deviation of that error, of accuracies in points", low=0.0, high=50.0)
    noise_seed: int = param(0, "seed of the frozen errors; -1: that of the run, so each run has its own", low=-1)

    @property
    def default_epochs(self) -> int:
        """The fidelity of a search that names none; 0 for full training."""
        return 0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.dataset not in self.datasets:
            raise ValueError(f"{self.name} has no dataset {self.dataset!r}; there are: {', '.join(self.datasets)}")
        self.search_epochs = self._fidelity(self.search_epochs or self.default_epochs or self.fidelities[-1])

    @property
    def random(self) -> bool:
        return self.reward_noise == "redrawn"

    @abstractmethod
    def column(self, metric: str, epochs: int | None = None, seed: int | None = None) -> np.ndarray:
        """float32 or float64[len(space)] in `space.index` order, read-only; nan where missing.

        float64 where float32 would not hold the numbers: tables of one's own, and scores.
        epochs None means full training, seed None the mean over seeds; what no training changes is the same at all
        epochs. ValueError for an unknown metric, fidelity or seed, in one sentence that lists the known ones.
        """

    @abstractmethod
    def seconds(self, epochs: int) -> np.ndarray:
        """float64[len(space)]: what a training of `epochs` epochs is charged, validation included."""

    @classmethod
    def damage(cls, dataset: str) -> str:
        """One sentence, then that of `missing` too, if its file is here and is not what was written; else ""."""
        return ""

    @cached_property
    def n_architectures(self) -> int:
        """How many architectures have the main metric at full training; a training of another one fails."""
        return int(np.sum(~np.isnan(self.column(self.main))))

    def coverage(self) -> str:
        """ "3 of 15,625 cells": how many of the space are known, in words."""
        return f"{self.n_architectures:,} of {len(self.space):,} {self.space.noun}s"

    def twin(self, metric: str) -> str:
        """The test metric by which reports show what a search sees; `metric` itself where there is none."""
        return test if (test := f"test_{metric.removeprefix('val_')}") in self.metrics else metric

    @property
    def reported(self) -> str:
        """The metric by which reports show the main one: a test metric, if there is one."""
        return self.twin(self.main)

    def curves(self, row: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """(epochs int[k], {metric: float[k]}): what is known of how `row` was trained; nan where missing."""
        names = [name for name, metric in self.metrics.items() if metric.curve]
        values = {n: np.array([self.column(n, e)[row] for e in self.fidelities]) for n in names}
        return np.array(self.fidelities), values

    def search_column(self, metric: str) -> np.ndarray:
        """float64[len(space)]: the metric as a search sees it, at its fidelity and with frozen errors (redrawn ones
        are left out). ValueError for a metric that no search may see."""
        if metric not in self.searchable:
            raise ValueError(f"no search on {self.name} sees {metric!r}; it sees: {', '.join(self.searchable)}")
        return self._visible(self.search_epochs)[:, self.searchable.index(metric)]

    def within(self, constraints: Iterable[Constraint]) -> np.ndarray:
        """bool[len(space)]: True where a search sees every constraint met."""
        out = np.ones(len(self.space), bool)
        for c in constraints:
            out &= c.allows(self.search_column(c.metric))
        return out

    def epochs_of(self, metric: str, epochs: int | None = None) -> int | None:
        """The length of the training that a number of `column` belongs to; None where no training changes it."""
        entry = self._metric(metric)
        return (epochs or self.fidelities[-1]) if entry.curve or entry.whole_training else None

    def search_epochs_of(self, metric: str) -> int | None:
        """Likewise, of a number that a search sees: at its fidelity where there is a curve."""
        return self.epochs_of(metric, self.search_epochs if self.metrics[metric].curve else None)

    def after(self, epochs: int | None) -> str:
        """ ", 12 epochs", for the end of a title; "" where the table has one length of training only, and for None."""
        return f", {counted(epochs, 'epoch')}" if epochs and len(self.fidelities) > 1 else ""

    def evaluate(self, suggestion: Suggestion, rng: np.random.Generator) -> Outcome:
        if suggestion.measure != "train":
            return self._look(suggestion)
        epochs = self._fidelity(suggestion.epochs or self.search_epochs)
        row = self.space.index(suggestion.arch)
        *values, cost = self._visible(epochs)[row].tolist()
        if suggestion.resume:
            if not (self.resumable and suggestion.resume < epochs):
                why = "resumes from fewer epochs than it trains" if self.resumable else "resumes no training"
                raise ValueError(f"{self.name} {why}; asked for {epochs} epochs from {suggestion.resume}")
            cost -= float(self.seconds(self._fidelity(suggestion.resume))[row])
        metrics = {n: v for n, v in zip(self.searchable, values, strict=True) if n in self._answered}
        if self.reward_noise == "redrawn":
            metrics[self.main] += float(rng.normal(0.0, self.noise_size))
        return Outcome(metrics, cost)

    @property
    def proxies(self) -> tuple[str, ...]:
        return tuple(self._looks)

    @cached_property
    def _looks(self) -> Mapping[str, tuple[np.ndarray, np.ndarray]]:
        """{proxy: (float64[len(space)] scores, float64[len(space)] the seconds each costs)} of those known in full."""
        free, sizes = np.zeros(len(self.space)), [n for n in ("params", "flops") if f"{n}_m" in self.metrics]
        return {n: (self.column(f"{n}_m").astype(float), free) for n in sizes} | dict(self.proxy_looks())

    def proxy_looks(self) -> Mapping[str, tuple[np.ndarray, np.ndarray]]:
        """{proxy: (float64[len(space)] scores, float64[len(space)] seconds)}: what such networks were scored by."""
        return {}

    def published_scores(self) -> Mapping[str, tuple[np.ndarray, np.ndarray]]:
        """{proxy: (float64[len(space)] scores, seconds)} as others published them; no search asks for them."""
        return {}

    def _look(self, suggestion: Suggestion) -> Outcome:
        if suggestion.measure not in self._looks:
            names = ", ".join(self.proxies) or "none"
            raise ValueError(f"{self.name} has no proxy named {suggestion.measure!r}; it knows the scores of: {names}")
        values, seconds = self._looks[suggestion.measure]
        row = self.space.index(suggestion.arch)
        return Outcome({suggestion.measure: float(values[row])}, float(seconds[row]))

    @cached_property
    def _answered(self) -> frozenset[str]:
        """What a search is told: what is the table's own, and of what was scored here only what it named itself."""
        return frozenset(n for n in self.searchable if n in self.local_metrics or not self.metrics[n].local)

    def _visible(self, epochs: int) -> np.ndarray:
        """float64[len(space), metrics + 1]: what `evaluate` answers at this fidelity; the last column is seconds."""
        cache = self.__dict__.setdefault("_visible_at", {})
        if epochs not in cache:
            columns = [self.column(n, epochs if self.metrics[n].curve else None) for n in self.searchable]
            block = np.stack([*columns, self.seconds(epochs)], 1).astype(np.float64)
            if self.reward_noise == "frozen" and self.noise_seed >= 0:
                errors = np.random.default_rng([self.noise_seed, 3]).normal(0.0, self.noise_size, len(block))
                block[:, self.searchable.index(self.main)] += errors
            cache[epochs] = read_only(block)
        return cache[epochs]

    def _fidelity(self, epochs: int) -> int:
        if epochs not in self.fidelities:
            fidelities = ", ".join(map(str, self.fidelities))
            raise ValueError(f"{self.name} has no numbers at {epochs} epochs; there are: {fidelities}")
        return epochs

    def _metric(self, metric: str) -> Metric:
        metrics = self.metrics  # which may be put together anew at each call
        if metric not in metrics:
            raise ValueError(f"{self.name} has no metric {metric!r}; there are: {', '.join(metrics)}")
        return metrics[metric]


def create(name: str, dataset: str, /, **params: Any) -> Benchmark:
    """The benchmark `name` on `dataset`; params: its own, such as search_epochs=12. ValueError naming what is wrong."""
    if "dataset" in params:
        raise ValueError(f"the dataset is not a parameter of {name}; it is given by itself: {dataset}")
    return plugins.create(Benchmark, name, dataset=dataset, **params)


def table(name: str, dataset: str, /, **params: Any) -> Table:
    """Make the benchmark `name`, which must be a table; ValueError if it is not."""
    benchmark = create(name, dataset, **params)
    if not isinstance(benchmark, Table):
        raise ValueError(f"{name} is not a table: it knows an architecture only after training it")
    return benchmark
