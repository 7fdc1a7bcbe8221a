"""The trainer itself as a benchmark: no table, what a search asks for is trained then; a subclass gives a space."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from nas_core import datasets, packages, plugins
from nas_core.benchmarks import Benchmark, Metric
from nas_core.datasets import Dataset
from nas_core.plugins import param
from nas_core.sources import files, live
from nas_core.sources._chunks import Recipe
from nas_core.types import Outcome, Suggestion

_TRAINED = "measured here: trained when the search asked for it"
_COUNTED = "counted here: exact, each architecture's own"


class _Fitting:
    """The class attribute `datasets`: every dataset of a kind that the networks of the space read, made ones first."""

    def __get__(self, _: object, owner: type[LiveTraining]) -> tuple[str, ...]:
        fit = [n for n, dataset in plugins.find(Dataset).items() if dataset.kind in owner.space.kinds]
        return tuple(sorted(fit, key=lambda name: bool(files.params(name))))


class LiveTraining(Benchmark):
    """Trains each architecture for real; a subclass gives `space`.

    The recipe is that of the space's embedded table, or the usual protocol where it has none.

    A training of fewer epochs is the beginning of a full one, as in the table. With seed 0 an architecture that is the
    first of its isomorphism class starts from the weights that the table's training of it started from.
    """

    datasets: ClassVar[Any] = _Fitting()
    simulated = False
    metrics = {
        "val_acc": Metric(
            "%", "max", "share of the validation images classified right", _TRAINED, "validation accuracy", True, True
        ),
        "val_loss": Metric(
            "nats", "min", "mean cross-entropy on the validation images", _TRAINED, "validation loss", True, True
        ),
        "train_acc": Metric(
            "%",
            "max",
            "share of the training images classified right, over the last epoch",
            _TRAINED,
            "training accuracy",
            True,
            True,
        ),
        "params_m": Metric("million", "min", "trainable parameters of the whole network", _COUNTED, "parameters"),
        "flops_m": Metric(
            "MFLOPs", "min", "multiply-adds of convolutions and the linear layer for one image", _COUNTED, "MFLOPs"
        ),
    }

    dataset: str = "cluttered_digits"
    epochs: int = param(4, "epochs of a full training", low=1, high=1000)
    seed: int = param(0, "seed of the first weights and of the order of the images", low=0)
    device: str = param("cpu", "where the networks are trained", options=("cpu", "cuda"))

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.dataset not in self.datasets:
            raise ValueError(f"{self.name} has no dataset {self.dataset!r}; there are: {', '.join(self.datasets)}")

    @classmethod
    def missing(cls, dataset: str) -> str:
        if reason := packages.missing("torch"):
            return f"Real training needs PyTorch, which {reason}"
        return datasets.create(dataset, **files.params(dataset)).missing() if dataset in cls.datasets else ""

    @property
    def fidelities(self) -> tuple[int, ...]:
        return tuple(range(1, self.epochs + 1))

    @property
    def dataset_params(self) -> Mapping[str, Any]:
        return {**self.recipe.dataset_params, **files.params(self.dataset)}

    @property
    def network(self) -> Mapping[str, Any]:
        """What `space.build` is given besides the architecture and the number of classes."""
        return {}

    @property
    def recipe(self) -> Recipe:
        """How it trains: as the table, with this benchmark's own size and length."""
        followed = live.recipe_of(self.space, self.dataset)
        return replace(
            followed,
            network={**followed.network, **self.network},
            protocol=replace(followed.protocol, epochs=self.epochs, seed=self.seed),
        )

    def evaluate(self, suggestion: Suggestion, rng: np.random.Generator) -> Outcome:
        if suggestion.measure != "train":
            raise ValueError(f"{self.name} only trains; it has no scores by {suggestion.measure!r}")
        epochs = suggestion.epochs or self.epochs
        if epochs not in self.fidelities or suggestion.resume:
            raise ValueError(
                f"{self.name} trains from the beginning for 1 to {self.epochs} epochs; asked for {epochs} epochs from "
                f"{suggestion.resume}"
            )
        import torch

        from nas_core import training
        from nas_core.nets.counts import count

        torch.set_num_threads(1)
        began, recipe = time.perf_counter(), self.recipe
        data = recipe.load()
        net = recipe.initial(suggestion.arch, self.seed)
        dataset = recipe.make_dataset()
        costs = count(net, dataset.channels, dataset.size, dataset.kind)
        for epoch in training.train(net, {k: data[k] for k in ("train", "val")}, recipe.protocol, self.device):
            if epoch.number == epochs:
                break
        trained = {name: float(epoch.metrics[name][0]) for name in ("val_acc", "val_loss", "train_acc")}
        counted = {"params_m": costs.params_m, "flops_m": costs.flops_m}
        return Outcome({**self.checked(trained, epoch.number), **counted}, time.perf_counter() - began)

    @staticmethod
    def checked(metrics: dict[str, float], epochs: int) -> dict[str, float]:
        """`metrics` as they are after a training; RuntimeError, so that the trial fails, if one is not a number."""
        for name, value in metrics.items():
            if not math.isfinite(value):
                raise RuntimeError(f"the training diverged: {name} is not a number after epoch {epochs}")
        return metrics

    def provenance(self) -> Mapping[str, str]:
        recipe = self.recipe
        return {"data": recipe.make_dataset().source, "protocol": str(recipe.protocol.as_dict())}
