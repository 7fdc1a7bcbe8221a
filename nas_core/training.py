"""Training by a declared protocol, one network or many side by side: `train(...)` yields one `Epoch` after another.

The table builder, the live training on pages and the trainer as a benchmark are all this function.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nas_core.datasets import Split

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Protocol:
    """How a network is trained: SGD with Nesterov momentum and a cosine schedule that ends at zero."""

    epochs: int = 4
    batch: int = 64
    lr: float = 0.1
    momentum: float = 0.9
    weight_decay: float = 5e-4
    seed: int = 0  # of initial weights and of the order of the images

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Epoch:
    """One epoch's numbers, for each of k networks.

    `metrics` maps train/val/test × acc/loss to float64[k]: accuracy in percent, loss as mean cross-entropy.
    The train_ values are means over the epoch's own steps; val_ and test_ are measured after it, with running
    statistics in batch normalisation. `seconds` is the real time of the training part alone.
    """

    number: int  # from 1
    metrics: Mapping[str, np.ndarray]
    seconds: float


def train(net: torch.nn.Module, data: Mapping[str, Split], protocol: Protocol, device: str = "cpu") -> Iterator[Epoch]:
    """Train `net` in place, yielding after every epoch; closing the iterator stops the training.

    `net` maps float32[n, c, h, w] to logits float32[n, classes], or float32[k, n, classes] for k networks side by
    side; each of those is trained as it would be alone, on the same batches. The order of images depends on
    `protocol.seed` only.
    """
    import torch

    target = torch.device(device)
    net.to(target).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    splits = {name: tensors(split, target) for name, split in data.items()}
    images, labels = splits["train"]
    sgd = torch.optim.SGD(
        net.parameters(),
        protocol.lr,
        protocol.momentum,
        weight_decay=protocol.weight_decay,
        nesterov=True,
        foreach=True,
    )
    steps = max(1, len(labels) // protocol.batch)  # an incomplete last batch is left out
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(sgd, protocol.epochs * steps)
    rng = np.random.default_rng([protocol.seed, 2])
    for number in range(1, protocol.epochs + 1):
        net.train()
        order = torch.from_numpy(rng.permutation(len(labels))).to(target)
        sums: Any = 0.0
        began = time.perf_counter()
        for step in range(steps):
            pick = order[step * protocol.batch : (step + 1) * protocol.batch]
            loss, right = _score(net(images[pick]), labels[pick])
            sgd.zero_grad(set_to_none=True)
            loss.sum().backward()
            sgd.step()
            schedule.step()
            sums = sums + torch.stack([right, loss.detach()])
        metrics = {"train": (sums / steps).double().cpu().numpy()}
        seconds = time.perf_counter() - began
        metrics |= {name: evaluate(net, *splits[name]) for name in ("val", "test") if name in splits}
        flat = {f"{name}_{what}": rows[i] for name, rows in metrics.items() for i, what in enumerate(("acc", "loss"))}
        yield Epoch(number, {k: v * 100 if k.endswith("acc") else v for k, v in flat.items()}, seconds)


def evaluate(net: torch.nn.Module, images: torch.Tensor, labels: torch.Tensor, batch: int = 512) -> np.ndarray:
    """float64[2, k]: share of right answers and mean cross-entropy of each network, in evaluation mode."""
    import torch

    net.eval()
    total: Any = 0.0
    with torch.no_grad():
        for start in range(0, len(labels), batch):
            part = labels[start : start + batch]
            loss, right = _score(net(images[start : start + batch]), part)
            total = total + torch.stack([right, loss]).double() * len(part)
    return (total / len(labels)).cpu().numpy()


def _score(logits: torch.Tensor, labels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """(mean cross-entropy float32[k], share of right answers float32[k]) of logits [n, c] or [k, n, c]."""
    if logits.dim() == 2:
        logits = logits[None]
    index = labels.expand(logits.shape[0], -1)
    picked = logits.log_softmax(-1).gather(-1, index[..., None])[..., 0]
    return -picked.mean(-1), (logits.argmax(-1) == index).float().mean(-1)


def tensors(split: Split, device: str | torch.device = "cpu") -> tuple[torch.Tensor, torch.Tensor]:
    """(inputs, labels) of `split` on `device`, images with their channels last in memory."""
    import torch

    inputs, labels = (torch.from_numpy(np.array(part)).to(device) for part in (split.images, split.labels))
    return inputs.contiguous(memory_format=torch.channels_last) if inputs.dim() == 4 else inputs, labels
