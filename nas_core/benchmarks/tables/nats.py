"""What the two NATS-Bench tables share: three datasets, several lengths of training, several seeds.

The numbers come from the table made of pinned public files and, where the official archives were imported, from those.
Tables of others may add datasets and devices (`further`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from nas_core.arrays import read_only
from nas_core.benchmarks import Metric, _table
from nas_core.benchmarks.tables import _nats_metrics, proxy_scores
from nas_core.benchmarks.tables.seeded import SeededTable, reward_seed
from nas_core.sources import files, nats, official
from nas_core.sources.catalogue import DATASETS
from nas_core.sources.scores import Scoring

_Files = tuple[tuple[Path, int], ...]  # with the time of their last change


class NatsTable(SeededTable):
    """NATS-Bench on cifar10, cifar100 and ImageNet16-120; a subclass gives the space and how it was trained.

    A column is called metric@epochs#seed, metric@epochs (the mean over seeds) or metric (no training in it).
    """

    datasets = DATASETS
    further: ClassVar[Mapping[str, str]] = {}  # dataset -> the table of others that adds to it, or is all of it
    trainings: ClassVar[Mapping[int, str]]  # epochs -> schedule and seeds, in words

    reward_seed: str = reward_seed("drawn")

    def __post_init__(self) -> None:
        super().__post_init__()
        work = _work(
            self._files, self.dataset, proxy_scores.version()
        )  # a table is made for every run, what it prepares only once
        self._by_seed_at = work["by seed"]
        if self.reward_noise != "frozen":
            self._visible_at = work["visible"]

    @classmethod
    def missing(cls, dataset: str) -> str:
        if cls._files_of(dataset):
            return cls.damage(dataset)
        if dataset in DATASETS:
            return f"NATS-Bench is not on this machine yet; get it on the Data page, or with: {nats.COMMAND}"
        how = nats.command(cls.further[dataset])
        return f"The numbers on {dataset} are not on this machine yet; get them on the Data page, or with: {how}"

    @classmethod
    def damage(cls, dataset: str) -> str:
        return next(filter(None, map(_table.damage, cls._files_of(dataset))), "") or proxy_scores.damage(cls.space)

    @classmethod
    def _files_of(cls, dataset: str) -> list[Path]:
        """The files that exist: of the pinned files, of the official archives, of others; later ones count more."""
        own = [nats.file(cls.name), nats.official_file(cls.name)] if dataset in DATASETS else []
        files = [file for file in own if file.exists()]
        if (own and not files) or dataset not in cls.further:
            return files  # what others add to a dataset is nothing without its accuracies
        return files + [file for file in [nats.file(cls.further[dataset])] if file.exists()]

    @cached_property
    def _files(self) -> _Files:
        if files := self._files_of(self.dataset):
            return tuple((file, file.stat().st_mtime_ns) for file in files)
        raise FileNotFoundError(self.missing(self.dataset))

    @cached_property
    def _columns(self) -> Mapping[str, np.ndarray]:
        return _overlaid(self._files, self.dataset)

    @cached_property
    def fidelities(self) -> tuple[int, ...]:
        """The epochs at which the validation accuracy of every architecture is known."""
        names = [n for n in self._columns if n.startswith("val_acc@") and "#" not in n]
        return tuple(sorted(int(n.partition("@")[2]) for n in names if not np.isnan(self._columns[n]).any()))

    @property
    def default_epochs(self) -> int:
        """12, as in the paper, where they are known."""
        return 12 if 12 in self.fidelities else 0

    @cached_property
    def timed(self) -> bool:
        """True if the training time of every architecture is known."""
        return all(not np.isnan(self._columns.get(f"train_s@{e}", np.array(np.nan))).any() for e in self.fidelities)

    @property
    def validation_timed(self) -> bool:
        """True if the seconds of a trial include one validation, as in the paper."""
        return not np.isnan(self._columns.get(f"val_s@{self.search_epochs}", np.array(np.nan))).any()

    @property
    def metrics(self) -> Mapping[str, Metric]:
        return self._trained_metrics | proxy_scores.metrics(self.space)

    def _metric(self, metric: str) -> Metric:
        return self._trained_metrics.get(metric) or super()._metric(metric)

    @property
    def dataset_params(self) -> Mapping[str, Any]:
        return files.params(self.dataset)

    def proxy_looks(self) -> Mapping[str, proxy_scores.Look]:
        """By the most telling images of which there are scores."""
        looks: dict[str, proxy_scores.Look] = {}
        for data in ("noise", "cluttered_digits", "cifar100", "cifar10"):  # the least telling first
            looks |= proxy_scores.looks(Scoring(self.space.name, "nats", data))
        return looks

    @cached_property
    def _trained_metrics(self) -> dict[str, Metric]:
        names = dict.fromkeys(name.partition("#")[0].partition("@")[0] for name in self._columns)
        words = " ".join(self.trainings[e] for e in self.fidelities)
        return {
            name: _nats_metrics.describe(name, self.dataset, words)
            for name in _nats_metrics.NAMES
            if name in names and (name != "train_s" or self.timed)
        }

    def seeds_of(self, metric: str, epochs: int) -> tuple[int, ...]:
        """The seeds of which values of their own are known after `epochs`, of one metric or, of "", of any."""
        names = (name.partition("#") for name in self._columns)
        ends = f"{metric}@{epochs}"
        return tuple(sorted({int(s) for n, _, s in names if s and (n == ends if metric else n.endswith(ends))}))

    def column(self, metric: str, epochs: int | None = None, seed: int | None = None) -> np.ndarray:
        if not self._metric(metric).curve:
            if metric not in self._trained_metrics:
                return proxy_scores.column(self.space, metric)
            length = (
                self._fidelity(epochs)
                if epochs and self._trained_metrics[metric].whole_training
                else self.fidelities[-1]
            )
            return self._columns[metric if metric in self._columns else f"{metric}@{length}"]
        epochs = self.fidelities[-1] if epochs is None else self._fidelity(epochs)
        if seed is None:
            return self._columns.get(f"{metric}@{epochs}", _nothing(len(self.space)))
        if seed not in self.seeds_of("", epochs):
            seeds = ", ".join(map(str, self.seeds_of("", epochs))) or "only the mean"
            raise ValueError(f"{self.name} has no seed {seed} at {epochs} epochs; there is: {seeds}")
        return self._columns.get(f"{metric}@{epochs}#{seed}", _nothing(len(self.space)))

    def seconds(self, epochs: int) -> np.ndarray:
        """float64[len(space)]: training and, where its time is known, one validation; zeros if not `timed`."""
        if not self.timed:
            return np.zeros(len(self.space))
        validation = self._columns.get(f"val_s@{self._fidelity(epochs)}", _nothing(len(self.space)))
        return self._columns[f"train_s@{epochs}"].astype(np.float64) + np.nan_to_num(validation)

    def curves(self, row: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """The full training epoch by epoch, mean over seeds, where the official archives were imported."""
        curves = official.curves(self.name, row)
        if not curves:
            return super().curves(row)
        last, out = self.fidelities[-1], {}
        for name in (n for n, metric in self.metrics.items() if metric.curve):
            head = f"{self.dataset}:{name}@{last}#"
            seeds = [curve for column, curve in curves.items() if column.startswith(head)]
            out[name] = np.mean(seeds, 0) if seeds else np.full(last, np.nan, np.float32)
        return np.arange(1, last + 1), out

    def provenance(self) -> Mapping[str, str]:
        out: dict[str, str] = {}
        for file, _ in self._files:
            out |= json.loads(_table.meta(file)["provenance"])
        return out

    def fingerprint(self) -> str:
        prints = [_table.fingerprint(file) for file, _ in self._files]
        return prints[0] if len(prints) == 1 else hashlib.sha256("".join(prints).encode()).hexdigest()[:12]


@lru_cache(maxsize=8)
def _work(files: _Files, dataset: str, scored: tuple) -> dict[str, dict]:
    """What all tables of these files, and of these scores, prepare from them, by epochs."""
    return {"by seed": {}, "visible": {}}


@lru_cache(maxsize=8)
def _overlaid(files: _Files, dataset: str) -> Mapping[str, np.ndarray]:
    """The columns of all files; where two know a number, the later file's."""
    out: dict[str, np.ndarray] = {}
    for file, _ in files:
        for name, values in _table.columns(file, dataset).items():
            out[name] = read_only(np.where(np.isnan(values), out[name], values)) if name in out else values
    return out


@lru_cache(maxsize=2)
def _nothing(rows: int) -> np.ndarray:
    return read_only(np.full(rows, np.nan, np.float32))
