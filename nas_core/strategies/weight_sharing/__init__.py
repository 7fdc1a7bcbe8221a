"""What the strategies of weight sharing have in common: they train one supernet for real, an epoch an ask."""

from __future__ import annotations

import time
import zipfile
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from nas_core import datasets, packages, plugins, torch_state
from nas_core.plugins import param
from nas_core.strategies import Problem, Strategy
from nas_core.types import Arch, Suggestion

if TYPE_CHECKING:
    from torch import nn

    from nas_core.nets.shared_weights import Batch

OWN, ALWAYS = "those of the benchmark", "cluttered_digits"


class WeightSharing(Strategy):
    """Base: each ask trains the shared weights for an epoch and names what the method would now choose.

    Such a suggestion has the measure "derive" and the real seconds of the epoch; nothing is told back. The last ask is
    for a training of the chosen architecture, and then the strategy is done. A subclass gives `shares`, `network`,
    `step`, `derive` and `preferences`, and says in words what the last two give.

    `info` holds "epoch", "epochs", "loss" and "accuracy" (means over the training batches), "alpha"
    (`float[decisions][options]`, how much the method prefers each option; rows sum to 1) and, at some epochs, "scores":
    how well architectures drawn at random do with the shared weights, {"cells": indices, "batch": percent, "running":
    percent}, see `SharedWeights.accuracies`. The time for these is not charged: the method itself does without them.
    """

    family = "one-shot, weight sharing"
    requires = ("torch",)
    takes_minutes = True
    trains_weights = True
    warm_starts = False
    quick = {"epochs": 2, "batch": 8, "steps": 2, "images": ALWAYS, "judged_on": 16, "scored": 3, "score_every": 1}
    reads: ClassVar[tuple[str, ...]] = ("image",)  # the kinds of inputs, see `datasets.KINDS`
    preference: ClassVar[str]  # what `alpha` is, in words
    choice: ClassVar[str]  # what it names, in words

    epochs: int = param(20, "epochs for which the shared weights are trained", low=1, high=1000)
    batch: int = param(64, "images a step", low=2, high=1024)
    steps: int = param(0, "weight updates an epoch; 0 for one look at every training image", low=0, high=100_000)
    learning_rate: float = param(0.025, "step size of SGD on the shared weights, at the start", low=1e-3, high=1.0)
    images: str = param(OWN, "the images on which the supernet is trained", options=(OWN, ALWAYS))
    judged_on: int = param(
        512, "validation images on which architectures are judged with the shared weights", low=8, high=65536
    )
    scored: int = param(
        100, "architectures drawn at random and judged with the shared weights, for charts", low=3, high=1000
    )
    score_every: int = param(5, "epochs between two such looks", low=1, high=1000)
    device: str = param("cpu", "where the supernet is trained", options=("cpu", "cuda"))

    def start(self, problem: Problem, rng: np.random.Generator) -> None:
        """ValueError for a space of another supernet or a dataset without images, RuntimeError without torch."""
        super().start(problem, rng)
        if not self.searches(problem.space):
            others = [
                p.title() for p in plugins.find(Strategy).values() if p.trains_weights and p.searches(problem.space)
            ]
            why = f", whose supernet is for {', '.join(others)}" if others else ", which has no supernet"
            raise ValueError(
                f"{self.name} trains a supernet of all {self.shares}; it cannot search the {problem.space.title()} "
                f"space{why}"
            )
        with packages.import_guard():
            import torch  # noqa: F401  (said here, and not after an epoch's preparations)
        if sentence := self.missing(problem.dataset, problem.dataset_params):
            raise ValueError(sentence)
        self.data = self._images(problem.dataset, problem.dataset_params)
        if sentence := problem.space.refusal(self.data.kind):
            raise ValueError(sentence)
        self.sample = [self.space.sample(rng) for _ in range(self.scored)]
        self.epoch = 0
        self.cell: Arch = self.sample[0]  # what it names, once it was trained
        self.ready = self.over = False

    def missing(self, dataset: str, params: Mapping[str, Any]) -> str:
        """ "" if the supernet can be trained on the images of that dataset, else one sentence with the way out."""
        try:
            data = self._images(dataset, params)
        except ValueError as error:
            return (
                f"{self.title()} trains on real images: {error}. Set images={ALWAYS} to train on those and look what "
                f"it names up in this table all the same"
            )
        if data.kind not in self.reads:
            return f"{self.title()} trains on inputs of kind {', '.join(self.reads)}; {dataset} holds {data.kind}"
        return data.missing()

    def _images(self, dataset: str, params: Mapping[str, Any]) -> datasets.Dataset:
        """ValueError for an unknown dataset."""
        if self.images == ALWAYS and dataset != ALWAYS:
            return datasets.create(ALWAYS)
        return datasets.create(dataset, **params)

    @torch_state.own_state()
    def ask(self) -> Suggestion | None:
        if self.over:
            return None
        if self.epoch == self.epochs:
            self.over = True
            return Suggestion(self.cell, info={"phase": "derived"})
        if not self.ready:
            self._set_up()
        began = time.perf_counter()
        loss, accuracy = np.mean([self.step(*pair) for pair in self.shared.batches(self.rng)], axis=0)
        self.end_epoch()
        self.epoch += 1
        self.cell = self.derive()
        seconds = time.perf_counter() - began
        info = {"phase": "supernet", "epoch": self.epoch, "epochs": self.epochs, "alpha": self.preferences()}
        info |= {"loss": round(float(loss), 4), "accuracy": round(float(accuracy), 3)}
        if self.epoch % self.score_every == 0 or self.epoch == self.epochs:
            info["scores"] = self._scores()
        info |= self.extra_info()
        return Suggestion(self.cell, measure="derive", seconds=seconds, info=info)

    def _set_up(self) -> None:
        """Make the supernet, its weights drawn from `self.rng`."""
        import torch

        from nas_core.nets.shared_weights import SharedWeights

        with torch_state.own_state():
            torch.manual_seed(int(self.rng.integers(2**62)))
            net = self.network()
            self.prepare()
        self.shared = SharedWeights(
            net, self.data.load(), self.batch, self.steps, self.epochs, self.learning_rate, self.device
        )
        self.ready = True

    def _scores(self) -> dict[str, list]:
        batch, running = (self.shared.accuracies(self.sample, self.judged_on, running) for running in (False, True))
        cells = [self.space.index(arch) for arch in self.sample]
        return {"cells": cells, "batch": batch.round(2).tolist(), "running": running.round(2).tolist()}

    def ranked(self, archs: Sequence[Arch]) -> list[Arch]:
        """The best first, by the shared weights on the same images for all."""
        order = np.argsort(-self.shared.accuracies(archs, self.judged_on), kind="stable")
        return [archs[i] for i in order]

    @abstractmethod
    def network(self) -> nn.Module:
        """The supernet for `self.data`: takes images, and `arch=` for the network of one architecture."""

    def prepare(self) -> None:
        """Make what the method trains besides the shared weights; torch's generator is seeded here."""

    @abstractmethod
    def step(self, train: Batch, val: Batch) -> tuple[float, float]:
        """One iteration on a training and a validation batch; (loss, percent right) on the former."""

    def end_epoch(self) -> None:
        """Whatever the method does after the steps of an epoch."""

    def extra_info(self) -> dict[str, Any]:
        """More for `info` after an epoch. Its time is not charged, and it must leave no trace in what is trained."""
        return {}

    @abstractmethod
    def derive(self) -> Arch:
        """What the method would choose now."""

    @abstractmethod
    def preferences(self) -> list[list[float]]:
        """`float[decisions][options]`, "alpha" of `info`."""

    def state(self) -> dict[str, Any]:
        """What `prepare` made, as tensors and plain values."""
        return {}

    def restore(self, state: dict[str, Any]) -> None:
        """Inverse of `state`, after `prepare`."""

    def save(self, path: Path) -> None:
        import torch

        data: dict[str, Any] = {"rng": self.rng.bit_generator.state, "epoch": self.epoch, "over": self.over}
        if self.ready:
            data |= {"cell": self.cell, "shared": self.shared.state(), "own": self.state()}
        torch.save(data, path)

    def load(self, path: Path) -> None:
        import torch

        with zipfile.ZipFile(path) as archive:  # torch compares no checksums
            if spoiled := archive.testzip():
                raise zipfile.BadZipFile(f"{spoiled} is damaged")
        data = torch.load(path, weights_only=True)
        self.epoch, self.over = data["epoch"], data["over"]
        if "shared" in data:
            self._set_up()
            self.cell = data["cell"]
            self.shared.restore(data["shared"])
            self.restore(data["own"])
        self.rng.bit_generator.state = data["rng"]
