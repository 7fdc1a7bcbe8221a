"""What the networks of a pocket table cost: counted for every architecture, timed on a sample and modelled from it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from nas_core import torch_state
from nas_core.datasets import Split
from nas_core.sources.chunks import Recipe
from nas_core.types import Arch

COUNTED = ("params_m", "flops_m", "memory_mb")
TIMED = ("latency_cpu_ms", "train_s")
_STEPS, _REPEATS, _PASSES = 8, 5, 50  # timed steps of training in a row, how often, and forward passes


def counts(recipe: Recipe, archs: Sequence[Arch]) -> Iterator[tuple[float, float, float]]:
    """Each architecture's COUNTED values, exactly; see `nas_core.nets.counts`."""
    import torch

    from nas_core.nets.counts import count

    data = recipe.make_dataset()
    for arch in archs:
        with torch.device("meta"):
            net = recipe.network_of(arch)
        costs = count(net, data.channels, data.size)
        yield costs.params_m, costs.flops_m, costs.memory_mb


@torch_state.own_state()
def measure(recipe: Recipe, archs: Sequence[Arch]) -> np.ndarray:
    """float64[n, 2]: the TIMED values of each architecture, by torch with one thread on this machine.

    The latency is the median of 50 forward passes of one image. A full training is its epochs times the median
    time of a step times the steps of an epoch, and the measuring of the validation images after each. Measure alone
    on the machine, and several times over the whole sample, because a machine's speed drifts.
    """
    return np.array([(_latency(recipe, arch), _training(recipe, arch)) for arch in archs])


def fit(drivers: np.ndarray, rows: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, float]:
    """The least-squares model values = intercept + drivers · slopes, for every architecture, and its R² on unseen ones.

    drivers float[N, d] of all architectures, rows int[n] of the measured ones, values float64[n]. Returns float64[N]
    and R² with each measured architecture predicted by the model of the others (leave-one-out).
    """
    design = np.column_stack([np.ones(len(drivers)), drivers])
    measured = design[rows]
    inverse = np.linalg.pinv(measured)
    residuals = (values - measured @ (inverse @ values)) / (1 - np.einsum("ij,ji->i", measured, inverse))
    r2 = 1 - np.sum(residuals**2) / np.sum((values - values.mean()) ** 2)
    return design @ (inverse @ values), float(r2)


def _latency(recipe: Recipe, arch: Arch) -> float:
    """Milliseconds of one forward pass of one image."""
    import torch

    net = recipe.network_of(arch).eval()
    image = torch.from_numpy(recipe.load()["val"].images[:1].copy())
    with torch.no_grad():
        return 1000 * _median(lambda: net(image), _PASSES)


def _training(recipe: Recipe, arch: Arch) -> float:
    """Seconds of a full training."""
    from nas_core import training

    data, protocol = recipe.load(), recipe.protocol
    few = _first(data["train"], _STEPS * protocol.batch)
    net = recipe.network_of(arch)
    epochs = list(training.train(net, {"train": few}, replace(protocol, epochs=_REPEATS + 1)))
    step = statistics.median(e.seconds for e in epochs[1:]) / _STEPS
    validation = _first(data["val"], 512)
    inputs, labels = training.tensors(validation)
    check = _median(lambda: training.evaluate(net, inputs, labels), _REPEATS) / len(labels)
    return protocol.epochs * (step * (len(data["train"]) // protocol.batch) + check * len(data["val"]))


def _median(work: Callable[[], object], repeats: int) -> float:
    """Median seconds of `work`, after one call that is not counted."""
    work()
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def _first(split: Split, count: int) -> Split:
    return Split(split.images[:count], split.labels[:count])
