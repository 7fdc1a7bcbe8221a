"""Training by a declared protocol, one network or many side by side: `train(...)` yields one `Epoch` after another.

The table builder, the live training on pages and the trainer as a benchmark are all this function.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from nas_core.datasets import Split
from nas_core.types import counted

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
    seed: int = 0  # of initial weights, of the order of the images and of their augmentation
    flip: bool = False  # mirror every image with a chance of one half, anew in every epoch
    crop: int = 0  # cut every image at a random place out of itself with a dark border of so many pixels, likewise
    steady: bool = False  # keep the learning rate within an epoch
    whole: bool = False  # train on the last images of an epoch too, where they do not fill a batch
    mixup: float = 0.0  # blend every input with another, by shares from Beta(mixup, mixup) (arXiv:1710.09412)
    patience: int = 0  # end after so many epochs without a lower validation loss; 0: never

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def words(self) -> str:
        """What it says, as people write it."""
        augmented = ["mirrored at random"] * self.flip + [f"shifted by up to {self.crop} pixels"] * bool(self.crop)
        images = f"images {' and '.join(augmented)}" if augmented else "no augmentation"
        mixed = f", inputs blended in pairs (mixup {self.mixup:g})" * bool(self.mixup)
        ended = f", ended by {self.patience} epochs without a lower validation loss" * bool(self.patience)
        return (
            f"{counted(self.epochs, 'epoch')} of SGD with Nesterov momentum {self.momentum}, batches of "
            f"{self.batch}, learning rate {self.lr} on a cosine to 0{' from epoch to epoch' * self.steady}, weight "
            f"decay {self.weight_decay}, {images}{mixed}{ended}"
        )


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

    @property
    def record(self) -> dict[str, float]:
        """The number, the metrics and the seconds of one network that was trained alone."""
        metrics = {name: float(values[0]) for name, values in self.metrics.items()}
        return {"epoch": self.number, **metrics, "seconds": self.seconds}


@dataclass
class State:
    """What besides the weights of a network a training needs to go on after some epochs."""

    epochs: int = 0  # that are done
    rate: float = 0.0  # the learning rate of the next step
    momenta: dict[str, torch.Tensor] = field(default_factory=dict)  # SGD's, by the name of the parameter

    def keep(self, epochs: int, sgd: torch.optim.SGD, net: torch.nn.Module) -> None:
        """Take on how things are after `epochs` epochs."""
        self.epochs, self.rate = epochs, sgd.param_groups[0]["lr"]
        buffers = {name: sgd.state[p].get("momentum_buffer") for name, p in net.named_parameters()}
        self.momenta = {name: buffer for name, buffer in buffers.items() if buffer is not None}

    def restore(self, sgd: torch.optim.SGD, net: torch.nn.Module) -> None:
        """Bring a new optimiser of `net` to it."""
        sgd.param_groups[0]["lr"] = self.rate
        for name, parameter in net.named_parameters():
            if name in self.momenta:
                sgd.state[parameter]["momentum_buffer"] = self.momenta[name].to(parameter.device)


def train(
    net: torch.nn.Module,
    data: Mapping[str, Split],
    protocol: Protocol,
    device: str = "cpu",
    state: State | None = None,
) -> Iterator[Epoch]:
    """Train `net` in place, yielding after every epoch; closing the iterator stops the training.

    `state` is brought up to date before every yield; given that of an earlier training whose weights `net` has, it
    goes on from there, to the same end as without the break.

    `net` maps float32[n, c, h, w] to logits float32[n, classes], or float32[k, n, classes] for k networks side by
    side; each of those is trained as it would be alone, on the same batches. The order of images depends on
    `protocol.seed` only.
    """
    import torch

    target = torch.device(device)
    net.to(target).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    splits = {name: tensors(split, target) for name, split in data.items()}
    images, labels = splits["train"]
    dark = images.amin((0, 2, 3), keepdim=True) if protocol.crop else images
    kind: Any = dict(weight_decay=protocol.weight_decay, nesterov=True, foreach=True)
    sgd = torch.optim.SGD(net.parameters(), protocol.lr, protocol.momentum, **kind)
    count = len(labels) if protocol.whole else max(len(labels) // protocol.batch, 1) * protocol.batch
    changes = 1 if protocol.steady else math.ceil(min(count, len(labels)) / protocol.batch)  # of the rate, an epoch
    rates = torch.optim.lr_scheduler.CosineAnnealingLR(sgd, protocol.epochs * changes)
    rng = np.random.default_rng([protocol.seed, 2])
    state = state or State()
    if state.epochs:
        state.restore(sgd, net)
        rates.last_epoch = state.epochs * changes
    for number in range(1, protocol.epochs + 1):
        order = torch.from_numpy(rng.permutation(len(labels))[:count]).to(target)
        if number <= state.epochs:
            continue
        net.train()
        random = torch.Generator().manual_seed(1_000_003 * protocol.seed + number)
        sums: Any = 0.0
        began = time.perf_counter()
        for pick in order.split(protocol.batch):
            inputs = _augmented(images[pick], protocol, dark, random)
            loss, right = _mixed(net, inputs, labels[pick], protocol.mixup, random)
            sgd.zero_grad(set_to_none=True)
            loss.sum().backward()
            sgd.step()
            if not protocol.steady:
                rates.step()
            sums = sums + torch.stack([right, loss.detach()]) * (len(pick) / protocol.batch)
        if protocol.steady:
            rates.step()
        metrics = {"train": (sums / (len(order) / protocol.batch)).double().cpu().numpy()}
        seconds = time.perf_counter() - began
        metrics |= {name: evaluate(net, *splits[name]) for name in ("val", "test") if name in splits}
        flat = {f"{name}_{what}": rows[i] for name, rows in metrics.items() for i, what in enumerate(("acc", "loss"))}
        state.keep(number, sgd, net)
        yield Epoch(number, {k: v * 100 if k.endswith("acc") else v for k, v in flat.items()}, seconds)


def _augmented(images: torch.Tensor, protocol: Protocol, dark: torch.Tensor, random: torch.Generator) -> torch.Tensor:
    """float32[n, c, h, w] -> the same shape: each image mirrored or shifted as `protocol` says.

    What comes in from outside is `dark`, float32[1, c, 1, 1]: the least value of each channel, in photographs black.
    """
    import torch

    if not (protocol.flip or protocol.crop):
        return images
    n, (height, width), pad = len(images), images.shape[2:], protocol.crop
    framed = dark.expand(n, -1, height + 2 * pad, width + 2 * pad).clone() if pad else images
    if pad:
        framed[:, :, pad : pad + height, pad : pad + width] = images
    top, left = torch.randint(2 * pad + 1, (2, n, 1), generator=random)
    rows, columns = top + torch.arange(height), left + torch.arange(width)
    if protocol.flip:
        mirrored = torch.rand(n, 1, generator=random) < 0.5
        columns = torch.where(mirrored, columns.flip(1), columns)
    places = (torch.arange(n)[:, None, None], rows[:, :, None], columns[:, None, :])
    return framed.permute(0, 2, 3, 1)[tuple(place.to(images.device) for place in places)].permute(0, 3, 1, 2)


def _mixed(
    net: torch.nn.Module, inputs: torch.Tensor, labels: torch.Tensor, alpha: float, random: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """`_score` of inputs that are each blended with another of the batch, in its truth too; as they are for alpha 0."""
    import torch

    if not alpha:
        return _score(net(inputs), labels)

    rng = np.random.default_rng(int(torch.randint(2**31, (1,), generator=random)))
    share, other = float(rng.beta(alpha, alpha)), torch.from_numpy(rng.permutation(len(labels))).to(labels.device)
    logits = net(share * inputs + (1 - share) * inputs[other])
    (one, right), (two, also) = _score(logits, labels), _score(logits, labels[other])
    return share * one + (1 - share) * two, share * right + (1 - share) * also


def stalled(losses: Sequence[float], patience: int) -> bool:
    """True if none of the last `patience` validation losses is lower than all before; never for patience 0."""
    if not patience or len(losses) <= patience:
        return False
    return min(losses[-patience:]) >= min(losses[:-patience])


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
    log_likelihood = logits.log_softmax(-1).gather(-1, index[..., None])[..., 0]
    return -log_likelihood.mean(-1), (logits.argmax(-1) == index).float().mean(-1)


def tensors(split: Split, device: str | torch.device = "cpu") -> tuple[torch.Tensor, torch.Tensor]:
    """(inputs [n, …], labels int64[n]) of `split` on `device`, images with their channels last in memory."""
    import torch

    inputs, labels = (torch.from_numpy(np.array(part)).to(device) for part in (split.images, split.labels))
    return inputs.contiguous(memory_format=torch.channels_last) if inputs.dim() == 4 else inputs, labels
