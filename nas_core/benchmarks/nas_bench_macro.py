"""NAS-Bench-Macro (Su et al., CVPR 2021, arXiv:2103.11922): networks of the macro space, each trained three times."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property

import numpy as np

from nas_core.benchmarks import Metric, Table, _table
from nas_core.benchmarks.tables import proxy_scores
from nas_core.sources import nats
from nas_core.sources.nas_bench_macro import EPOCHS, REPORTED, SEEN, TRAININGS
from nas_core.sources.scores import Scoring
from nas_core.spaces.macro import Macro

_SOURCE = "tabulated: NAS-Bench-Macro (arXiv:2103.11922)"
_TEST = "share of the 10,000 test images classified right, the highest of 50 epochs"
_OF = {"val_acc": SEEN, "test_acc": REPORTED, "test_all_acc": TRAININGS}  # the trainings that each is a mean of
_METRICS = {
    "val_acc": Metric(
        "%",
        "max",
        f"what a search sees: {_TEST}, of the first of three trainings; no accuracy on other images is published",
        _SOURCE,
        "accuracy of the first training",
        curve=True,
        shared=True,
    ),
    "test_acc": Metric(
        "%",
        "max",
        f"for reporting, no search sees it: {_TEST}, mean of the second and third training",
        _SOURCE,
        "test accuracy",
        curve=True,
        shared=True,
    ),
    "test_all_acc": Metric(
        "%",
        "max",
        f"as published, no search sees it: {_TEST}, mean of all three trainings",
        _SOURCE,
        "test accuracy, all trainings",
        curve=True,
        shared=True,
    ),
    "params_m": Metric("million", "min", "trainable parameters of the whole network", _SOURCE, "parameters"),
    "flops_m": Metric(
        "MFLOPs", "min", "multiply-adds of convolutions and the linear layer for one image", _SOURCE, "MFLOPs"
    ),
}


class NasBenchMacro(Table):
    """6,561 networks of eight blocks, trained by NAS-Bench-Macro three times on CIFAR-10; needs one download.

    A search sees the first training, and is reported by the mean of the other two: all are test accuracies, and no
    others are published. There are no training times, so a search needs a budget in trials.
    """

    label = "NAS-Bench-Macro"
    datasets = ("cifar10",)
    space = Macro()
    fidelities = (EPOCHS,)
    timed = False

    @classmethod
    def missing(cls, dataset: str) -> str:
        if nats.file(cls.name).exists():
            return cls.damage(dataset)
        return f"NAS-Bench-Macro is not on this machine yet; get it on the Data page, or with: {nats.command(cls.name)}"

    @classmethod
    def damage(cls, dataset: str) -> str:
        return _table.damage(nats.file(cls.name)) or proxy_scores.damage(cls.space)

    @cached_property
    def _columns(self) -> Mapping[str, np.ndarray]:
        if sentence := self.missing(self.dataset):
            raise FileNotFoundError(sentence)
        return _table.columns(nats.file(self.name), self.dataset)

    @property
    def metrics(self) -> Mapping[str, Metric]:
        return _METRICS | proxy_scores.metrics(self.space)

    def proxy_looks(self) -> Mapping[str, proxy_scores.Look]:
        """By the most telling images of which there are scores."""
        looks: dict[str, proxy_scores.Look] = {}
        for data in ("noise", "cluttered_digits", "cifar10"):  # the least telling first
            looks |= proxy_scores.looks(Scoring(self.space.name, "macro", data))
        return looks

    def column(self, metric: str, epochs: int | None = None, seed: int | None = None) -> np.ndarray:
        self._metric(metric)
        self._fidelity(epochs or EPOCHS)
        if metric not in _METRICS:
            return proxy_scores.column(self.space, metric)
        if seed is None:
            return self._columns[metric]
        if seed not in _OF.get(metric, ()):
            seeds = ", ".join(map(str, _OF.get(metric, ()))) or "none"
            raise ValueError(f"{metric} of {self.name} has no seed {seed}; there is: {seeds}")
        return self._columns[f"test_all_acc#{seed}"]

    def seconds(self, epochs: int) -> np.ndarray:
        """float64[len(space)]: zeros, because no training times are published."""
        self._fidelity(epochs)
        return np.zeros(len(self.space))

    def provenance(self) -> Mapping[str, str]:
        return json.loads(_table.meta(nats.file(self.name))["provenance"])

    def fingerprint(self) -> str:
        return _table.fingerprint(nats.file(self.name))
