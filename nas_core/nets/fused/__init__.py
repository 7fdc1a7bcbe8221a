"""Trains a small network on one core several times faster than torch does, with the same result step by step.

The definition of every number is the torch trainer, `nas_core.training.train`; this one exists because a complete
table of small networks is thousands of trainings, and on a CPU a general library spends most of such a training on
overhead. It needs a C++ compiler (g++ or clang++), once, where a table is built; nothing else in the project does.
"""

from __future__ import annotations

import ctypes
import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from nas_core.datasets import Split
from nas_core.nets.cell_network import CellNetwork
from nas_core.nets.fused import library
from nas_core.nets.program import Program
from nas_core.nets.size_network import SizeNetwork
from nas_core.training import Epoch, Protocol


def available() -> bool:
    """True if a C++ compiler is at hand."""
    return library.compiler() is not None


def train(net: CellNetwork | SizeNetwork, data: Mapping[str, Split], protocol: Protocol) -> Iterator[Epoch]:
    """`nas_core.training.train` for one network, from the same weights over the same batches.

    The trained weights stay inside; `net` itself is left as it came.
    """
    channels, size = data["train"].images.shape[1], data["train"].images.shape[-1]
    if replace(protocol, flip=False, crop=0, steady=False, whole=False) != protocol:
        raise ValueError("the fused trainer has neither augmentation nor a steady learning rate; train with torch")
    count = len(data["train"])
    if not (steps := count // protocol.batch):
        raise ValueError(f"the fused trainer needs a full batch of {protocol.batch} training images; there are {count}")
    machine = _Machine(Program(net, channels, size), protocol.batch)
    total = protocol.epochs * steps
    rates = (protocol.lr * (1 + np.cos(np.pi * np.arange(total) / total)) / 2).astype(np.float32)
    rng = np.random.default_rng([protocol.seed, 2])
    for number in range(1, protocol.epochs + 1):
        order = rng.permutation(count)[: steps * protocol.batch]
        began = time.perf_counter()
        loss, right = machine.run(data["train"], order, protocol, rates[(number - 1) * steps : number * steps])
        seconds = time.perf_counter() - began
        metrics = {"train_acc": 100 * right / len(order), "train_loss": loss / len(order)}
        for name in ("val", "test"):
            if name in data:
                loss, right = machine.run(data[name], np.arange(len(data[name])), protocol, None)
                metrics |= {f"{name}_acc": 100 * right / len(data[name]), f"{name}_loss": loss / len(data[name])}
        yield Epoch(number, {k: np.array([v]) for k, v in metrics.items()}, seconds)


class _Machine:
    """A program with its memory."""

    def __init__(self, program: Program, batch: int) -> None:
        if batch % library.LANES:
            raise ValueError(f"the fused trainer works in batches of a multiple of {library.LANES}, not {batch}")
        lanes = library.load().lanes()
        self.batch, self.tokens, groups = batch, program.tokens, batch // lanes
        sizes = [groups * c * rows * s for c, rows, s in program.shapes]
        self.offset = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)
        room = max(c * (rows + 2) * (s + 2) for c, rows, s in program.shapes) * lanes
        self.value, self.grad = _aligned(sum(sizes) * lanes), _aligned(sum(sizes) * lanes)
        self.padded, self.scratch = _aligned(groups * room), _aligned(room)
        self.parameters = np.concatenate([p.detach().numpy().astype(np.float32).ravel() for p in program.parameters])
        self.gradients, self.momenta = np.zeros_like(self.parameters), np.zeros_like(self.parameters)
        self.mean = np.zeros(program.n_statistics, np.float32)
        self.inv, self.running = np.zeros_like(self.mean), np.concatenate([self.mean, np.ones_like(self.mean)])
        self.layers = (library.CLayer * len(program.layers))(*(library.CLayer(*layer) for layer in program.layers))
        self.net = library.CNet(
            groups,
            self.layers,
            len(self.layers),
            library.CHead(*program.head),
            self.offset.ctypes.data_as(ctypes.POINTER(ctypes.c_int64)),
            *(a.ctypes.data for a in (self.value, self.grad, self.padded, self.scratch, self.mean, self.inv)),
            *(a.ctypes.data for a in (self.parameters, self.gradients, self.momenta)),
            len(self.parameters),
            self.running.ctypes.data,
            len(self.mean),
            program.tokens,
        )

    def run(self, split: Split, order: np.ndarray, protocol: Protocol, rates: np.ndarray | None) -> tuple[float, float]:
        """(summed cross-entropy, right answers) over `order`; trains with `rates` float32[steps] if given."""
        steps = math.ceil(len(order) / self.batch)
        filled = np.full(steps * self.batch, -1, np.int64)
        filled[: len(order)] = order
        images = np.ascontiguousarray(split.images, np.int32 if self.tokens else np.float32)
        labels = np.ascontiguousarray(split.labels, np.int32)
        out = np.zeros(2)
        library.load().run(
            self.net,
            images.ctypes.data,
            labels.ctypes.data,
            filled.ctypes.data,
            steps,
            images[0].size,
            None if rates is None else rates.ctypes.data,
            protocol.momentum,
            protocol.weight_decay,
            out.ctypes.data,
        )
        return float(out[0]), float(out[1])


def _aligned(count: int) -> np.ndarray:
    """float32[count] zeros that start at a multiple of 64 bytes, as vectors must."""
    raw = np.zeros(count + 16, np.float32)
    start = (-raw.ctypes.data // 4) % 16
    return raw[start : start + count]
