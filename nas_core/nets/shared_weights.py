"""A supernet with its images, its optimiser and its judge: what every method of weight sharing has in common."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from nas_core.datasets import Split
from nas_core.nets.supernet import batch_statistics, running_statistics
from nas_core.types import Arch

LOWEST_RATE = 1e-3  # where the cosine schedule of the weights ends
MOMENTUM, WEIGHT_DECAY = 0.9, 5e-4
Batch = tuple[torch.Tensor, torch.Tensor]  # images float32[n, c, h, w], labels int64[n]


class SharedWeights:
    """The weights are trained with SGD and Nesterov momentum, as NAS-Bench-201 does (arXiv:2001.00326, table 4)."""

    def __init__(
        self, net: nn.Module, data: Mapping[str, Split], batch: int, steps: int, epochs: int, rate: float, device: str
    ) -> None:
        """net: called with images and, for the network of one architecture, `arch`. steps: weight updates an epoch; 0
        for as many as the training images give. RuntimeError without device."""
        self.device = _device(device)
        self.net = net.to(self.device)
        self.train, self.val = (_tensors(data[name], self.device) for name in ("train", "val"))
        self.batch = min(batch, len(self.train[1]), len(self.val[1]))
        self.steps = steps or max(1, len(self.train[1]) // self.batch)
        self.sgd = torch.optim.SGD(net.parameters(), rate, MOMENTUM, weight_decay=WEIGHT_DECAY, nesterov=True)
        self.schedule = torch.optim.lr_scheduler.CosineAnnealingLR(self.sgd, epochs * self.steps, LOWEST_RATE)

    def batches(self, rng: np.random.Generator) -> Iterator[tuple[Batch, Batch]]:
        """An epoch: as many pairs of a training batch and a validation batch as there are steps."""
        return zip(self._shuffled(self.train, rng), self._shuffled(self.val, rng), strict=True)

    def _shuffled(self, split: Batch, rng: np.random.Generator) -> Iterator[Batch]:
        """`steps` whole batches; the images come in another order whenever all were seen."""
        images, labels = split
        order = np.zeros(0, int)
        for _ in range(self.steps):
            if len(order) < self.batch:
                order = rng.permutation(len(labels))
            pick, order = torch.from_numpy(order[: self.batch]).to(self.device), order[self.batch :]
            yield images[pick], labels[pick]

    def descend(self, loss: torch.Tensor) -> None:
        """One update of the weights against `loss`, a scalar."""
        self.sgd.zero_grad()
        loss.backward()
        self.sgd.step()
        self.schedule.step()

    def accuracies(self, archs: Sequence[Arch], images: int, running: bool = False) -> np.ndarray:
        """float64[len(archs)]: percent right of each, with the shared weights, on the first `images` validation images.

        It normalises with the statistics of those images, or with the `running` averages of the training.
        """
        inputs, labels = self.val[0][:images], self.val[1][:images]
        mode = running_statistics if running else batch_statistics
        with torch.no_grad(), mode(self.net):
            right = [(self.net(inputs, arch=arch).argmax(1) == labels).double().mean() for arch in archs]
        return 100 * torch.stack(right).cpu().numpy()

    def state(self) -> dict[str, Any]:
        """Everything that `restore` needs to go on as if nothing had happened."""
        parts: dict[str, Any] = {"net": self.net, "sgd": self.sgd, "schedule": self.schedule}
        return {name: part.state_dict() for name, part in parts.items()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Inverse of `state`."""
        self.net.load_state_dict(state["net"])
        self.sgd.load_state_dict(state["sgd"])
        self.schedule.load_state_dict(state["schedule"])


def loss_and_accuracy(logits: torch.Tensor, labels: torch.Tensor) -> tuple[torch.Tensor, float]:
    """(mean cross-entropy in nats, percent right) of logits float32[n, classes]."""
    return functional.cross_entropy(logits, labels), 100 * float((logits.argmax(1) == labels).float().mean())


def _device(name: str) -> torch.device:
    if name == "cuda" and not torch.cuda.is_available():
        raise RuntimeError("torch finds no CUDA device on this machine; choose the device cpu")
    return torch.device(name)


def _tensors(split: Split, device: torch.device) -> Batch:
    return torch.from_numpy(np.array(split.images)).to(device), torch.from_numpy(np.array(split.labels)).to(device)
