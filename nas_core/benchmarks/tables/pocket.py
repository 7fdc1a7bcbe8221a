"""What the embedded tables share: their metrics, and reading the Parquet file that lies beside them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from nas_core import datasets, plugins
from nas_core.arrays import read_only
from nas_core.benchmarks import Metric, _table
from nas_core.benchmarks.tables import proxy_scores
from nas_core.benchmarks.tables.seeded import SeededTable
from nas_core.datasets import Dataset
from nas_core.sources import files, live
from nas_core.sources.scores import Scoring

_TRAINED = "measured here: trained by this project on {}; isomorphic ones share a training"
_COUNTED = "counted here: exact, each architecture's own"
_MODELLED = "modelled: linear in the architecture, fitted to a sample timed here with torch on one CPU thread"

ENERGY = "energy_model_uj"
MULTIPLY_ADD_PJ = 3.7 + 0.9  # a multiplication and an addition of 32-bit floats
WEIGHT_PJ = 1300 / 2  # half of 64 bits read from DRAM, at the low end of 1.3 to 2.6 nJ
_ENERGY = (
    f"modelled: {MULTIPLY_ADD_PJ:g} pJ for each multiply-add of 32-bit floats and {WEIGHT_PJ:g} pJ for each parameter, "
    f"read once from DRAM, in 45 nm (Horowitz 2014, doi:10.1109/ISSCC.2014.6757323); activations are taken to stay on "
    f"the chip and are not counted"
)


@cache
def _metrics(dataset: str) -> dict[str, Metric]:
    kind, sentence = plugins.get(Dataset, dataset).kind, _TRAINED.format(dataset.replace("_", " "))
    one = "text" if kind == "tokens" else kind
    shares, means = "share of {} classified right", "mean cross-entropy on {}"
    sets = {
        "val": (f"the validation {one}s", "validation"),
        "test": (f"the test {one}s; for reporting, no search sees it", "test"),
        "train": (f"the training {one}s, averaged over the epoch as it ran", "training"),
    }
    accuracies = {
        f"{name}_acc": Metric("%", "max", shares.format(what), sentence, f"{title} accuracy", True, True)
        for name, (what, title) in sets.items()
    }
    losses = {
        f"{name}_loss": Metric("nats", "min", means.format(what), sentence, f"{title} loss", True, True)
        for name, (what, title) in sets.items()
    }
    macs = f"multiply-adds of convolutions and the linear layer for one {one}"
    memory = f"largest sum of live activations in one forward pass of one {one}, float32"
    passes = f"time of one forward pass of one {one} on one CPU thread"
    training = "time of a full training on one CPU thread, validation after every epoch included"
    return {
        **accuracies,
        **losses,
        "params_m": Metric("million", "min", "trainable parameters of the whole network", _COUNTED, "parameters"),
        "flops_m": Metric("MFLOPs", "min", macs, _COUNTED, "MFLOPs"),
        "memory_mb": Metric("MB", "min", memory, _COUNTED, "peak activation memory"),
        "latency_cpu_ms": Metric("ms", "min", passes, _MODELLED, "CPU latency"),
        ENERGY: Metric(
            "µJ", "min", f"energy of one forward pass of one {one}, by a formula", _ENERGY, "modelled energy"
        ),
        "train_s": Metric("s", "min", training, _MODELLED, "training time", whole_training=True),
    }


class PocketTable(SeededTable):
    """Every architecture of a small space trained for real by this project; a subclass gives `space` and `file`.

    A column of the file is called metric@epochs#seed, metric@epochs where there is one seed, or metric where there is
    no training in it. `file` is of the first dataset; see `file_of` for the others.
    """

    datasets: ClassVar[tuple[str, ...]] = ("cluttered_digits",)
    resumable = True

    file: ClassVar[Path]

    @classmethod
    def missing(cls, dataset: str) -> str:
        if dataset not in cls.datasets:
            return ""  # whoever makes the table is told which datasets there are
        if cls.file_of(dataset).exists():
            return cls.damage(dataset)
        return f"The embedded table is not built yet; build it with: python -m nas_core build {cls.name}"

    @classmethod
    def file_of(cls, dataset: str) -> Path:
        """Where the table of `dataset` is, or will be."""
        return cls.file if dataset == cls.datasets[0] else cls.file.with_stem(f"{cls.file.stem}_{dataset}")

    @classmethod
    def damage(cls, dataset: str) -> str:
        return _table.damage(cls.file_of(dataset)) or proxy_scores.damage(cls.space)

    @property
    def metrics(self) -> Mapping[str, Metric]:
        return _metrics(self.dataset) | proxy_scores.metrics(self.space)

    def _metric(self, metric: str) -> Metric:
        return _metrics(self.dataset).get(metric) or super()._metric(metric)  # without a look at what was added

    def proxy_looks(self) -> Mapping[str, proxy_scores.Look]:
        return proxy_scores.looks(Scoring(self.space.name, "pocket", datasets.original(self.dataset)))

    @cached_property
    def fidelities(self) -> tuple[int, ...]:
        return tuple(range(1, int(self._meta()["epochs"]) + 1))

    @cached_property
    def seeds(self) -> tuple[int, ...]:
        """With which everything was trained."""
        return tuple(range(int(self._meta().get("seeds", 1))))

    def seeds_of(self, metric: str, epochs: int) -> tuple[int, ...]:
        return self.seeds if self._metric(metric).curve and len(self.seeds) > 1 else ()

    def column(self, metric: str, epochs: int | None = None, seed: int | None = None) -> np.ndarray:
        curve = self._metric(metric).curve
        if metric not in _metrics(self.dataset):
            return proxy_scores.column(self.space, metric)
        if seed not in (None, *self.seeds):
            seeds = ", ".join(map(str, self.seeds))
            raise ValueError(f"{self.name} has no seed {seed} on {self.dataset}; there is: {seeds}")
        if metric == ENERGY:
            return _energy(self.column("flops_m"), self.column("params_m"))
        if not curve:
            values = _table.columns(self._file)[metric]
            if epochs is None or not _metrics(self.dataset)[metric].whole_training:
                return values
            return _share(values, self._fidelity(epochs) / self.fidelities[-1])
        epochs = self.fidelities[-1] if epochs is None else self._fidelity(epochs)
        name, columns = f"{metric}@{epochs}", _table.columns(self._file)
        if len(self.seeds) == 1:
            return columns[name]
        return _mean([columns[f"{name}#{s}"] for s in self.seeds]) if seed is None else columns[f"{name}#{seed}"]

    def seconds(self, epochs: int) -> np.ndarray:
        return self.column("train_s").astype(np.float64) * (self._fidelity(epochs) / self.fidelities[-1])

    @property
    def dataset_params(self) -> Mapping[str, Any]:
        recipe = live.recipe(self.name, self.dataset)
        return {**recipe.dataset_params, **files.params(self.dataset)} if recipe else {}

    def noise(self) -> Mapping[str, Any]:
        """How much of the accuracies is chance, epoch by epoch; see `nas_core.sources._pocket_table.noise`."""
        return json.loads(self._meta()["noise"])

    def provenance(self) -> Mapping[str, str]:
        return json.loads(self._meta()["provenance"])

    def fingerprint(self) -> str:
        return _table.fingerprint(self._file)

    @property
    def _file(self) -> Path:
        return self.file_of(self.dataset)

    def _meta(self) -> Mapping[str, str]:
        if missing := self.missing(self.dataset):
            raise FileNotFoundError(missing)
        return _table.meta(self._file)


def _share(values: np.ndarray, share: float) -> np.ndarray:
    """float32[n], read-only."""
    return read_only((values * share).astype(np.float32))


def _mean(columns: Sequence[np.ndarray]) -> np.ndarray:
    """float32[n], read-only."""
    return read_only(np.stack(columns).mean(0, dtype=np.float64).astype(np.float32))


def _energy(flops_m: np.ndarray, params_m: np.ndarray) -> np.ndarray:
    """float32[n], read-only: microjoules of one forward pass; a million picojoules are a microjoule."""
    return read_only((MULTIPLY_ADD_PJ * flops_m + WEIGHT_PJ * params_m).astype(np.float32))
