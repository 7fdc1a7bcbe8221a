"""Trains a small network on one core several times faster than torch does, with the same result step by step.

The definition of every number is the torch trainer, `nas_core.training.train`; this one exists because a complete
table of small networks is thousands of trainings, and on a CPU a general library spends most of such a training on
overhead. It needs a C++ compiler (g++ or clang++), once, where a table is built; nothing else in the project does.
"""

from __future__ import annotations

import ctypes
import hashlib
import math
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from nas_core.datasets import Split
from nas_core.nets.blocks import Head, Reduction, ReLUConvBN, Stem, Zero
from nas_core.nets.cell_network import Cell, CellNetwork
from nas_core.training import Epoch, Protocol

_LANES = 16
_CONV, _NORM, _SKIP, _POOL, _HALVE = range(5)
_FLAGS = (
    "-O3",
    "-march=native",
    "-ffp-contract=fast",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-fno-signed-zeros",
    "-shared",
    "-fPIC",
    "-std=c++17",
)


def available() -> bool:
    """True if a C++ compiler is at hand."""
    return _compiler() is not None


def _compiler() -> str | None:
    return shutil.which("g++") or shutil.which("clang++")


@cache
def _library() -> ctypes.CDLL:
    source = Path(__file__).with_suffix(".cpp")
    if (compiler := _compiler()) is None:
        raise RuntimeError("the fused trainer needs a C++ compiler (g++ or clang++); none was found on the PATH")
    digest = hashlib.sha256(source.read_bytes()).hexdigest()[:12]
    target = Path(tempfile.gettempdir()) / f"nas-explorer-{os.getuid()}-{digest}" / "fused.so"
    if not target.exists():
        target.parent.mkdir(mode=0o700, exist_ok=True)
        fresh = target.with_suffix(f".{os.getpid()}")
        subprocess.run([compiler, *_FLAGS, str(source), "-o", str(fresh)], check=True, capture_output=True)
        fresh.replace(target)
    return ctypes.CDLL(str(target))


class _Layer(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int) for name in (
        "kind", "source", "target", "first", "c_in", "c_out", "size_in", "size_out",
        "kernel", "stride", "relu", "parameter",
    )]  # fmt: skip


class _Head(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int) for name in ("source", "channels", "size", "classes", "parameter", "statistic")]


_F, _P = ctypes.POINTER(ctypes.c_float), ctypes.c_void_p


class _Net(ctypes.Structure):
    _fields_ = [
        ("groups", ctypes.c_int), ("buffers", ctypes.c_int), ("layers", ctypes.POINTER(_Layer)),
        ("n_layers", ctypes.c_int), ("head", _Head), ("offset", ctypes.POINTER(ctypes.c_long)),
        ("value", _P), ("grad", _P), ("padded", _P), ("scratch", _P), ("mean", _P), ("inv", _P),
        ("parameters", _P), ("gradients", _P), ("momenta", _P), ("n_parameters", ctypes.c_long),
        ("running", _P), ("statistic", ctypes.POINTER(ctypes.c_int)), ("n_statistics", ctypes.c_long),
    ]  # fmt: skip


class _Program:
    """A torch network written as a list of layers over numbered buffers."""

    def __init__(self, net: nn.Module, channels: int, size: int) -> None:
        self.layers: list[_Layer] = []
        self.statistics: list[int] = []  # per layer, -1 without
        self.shapes = [(channels, size)]  # of every buffer
        self.written: set[int] = {0}
        self.parameters: list[np.ndarray] = []
        self.n_parameters = self.n_statistics = 0
        here = 0
        for layer in net.body:
            here = self._block(layer, here)
        head: Head = net.head
        norm, linear = head[0], head[-1]
        self.head = _Head(
            here, norm.num_features, self.shapes[here][1], linear.out_features, self._parameter(norm.weight),
            self._statistic(norm.num_features),
        )  # fmt: skip
        for p in (norm.bias, linear.weight, linear.bias):
            self._parameter(p)

    def _parameter(self, p: nn.Parameter) -> int:
        start = self.n_parameters
        self.parameters.append(p.detach().numpy().astype(np.float32).ravel())
        self.n_parameters += p.numel()
        return start

    def _statistic(self, channels: int) -> int:
        self.n_statistics += channels
        return self.n_statistics - channels

    def _buffer(self, channels: int, size: int) -> int:
        self.shapes.append((channels, size))
        return len(self.shapes) - 1

    def _emit(self, kind: int, source: int, target: int, statistic: int = -1, **more: int) -> None:
        (c_in, size_in), (c_out, size_out) = self.shapes[source], self.shapes[target]
        first = int(target not in self.written)
        self.written.add(target)
        self.layers.append(_Layer(kind, source, target, first, c_in, c_out, size_in, size_out,
                                  more.get("kernel", 0), more.get("stride", 1), more.get("relu", 0),
                                  more.get("parameter", 0)))  # fmt: skip
        self.statistics.append(statistic)

    def _conv(self, conv: nn.Conv2d, source: int, relu: int) -> int:
        stride = conv.stride[0]
        target = self._buffer(conv.out_channels, math.ceil(self.shapes[source][1] / stride))
        at = self._parameter(conv.weight)
        self._emit(_CONV, source, target, kernel=conv.kernel_size[0], stride=stride, relu=relu, parameter=at)
        return target

    def _norm(self, norm: nn.BatchNorm2d, source: int, target: int) -> None:
        at = self._parameter(norm.weight)
        self._parameter(norm.bias)
        self._emit(_NORM, source, target, self._statistic(norm.num_features), parameter=at)

    def _relu_conv_bn(self, block: ReLUConvBN, source: int, target: int | None = None) -> int:
        raw = self._conv(block[1], source, relu=1)
        target = self._buffer(*self.shapes[raw]) if target is None else target
        self._norm(block[2], raw, target)
        return target

    def _block(self, layer: nn.Module, source: int) -> int:
        if isinstance(layer, Stem):
            raw = self._conv(layer[0], source, relu=0)
            target = self._buffer(*self.shapes[raw])
            self._norm(layer[1], raw, target)
            return target
        if isinstance(layer, Reduction):
            target = self._relu_conv_bn(layer.conv_b, self._relu_conv_bn(layer.conv_a, source))
            half = self._buffer(self.shapes[source][0], self.shapes[target][1])
            self._emit(_HALVE, source, half)
            self._emit(_SKIP, self._conv(layer.shortcut[1], half, relu=0), target)
            return target
        if isinstance(layer, Cell):
            return self._cell(layer, source)
        raise TypeError(f"the fused trainer does not know {type(layer).__name__}")

    def _cell(self, cell: Cell, source: int) -> int:
        edges, nodes = iter(cell.edges), [source]
        for node in range(1, 4):
            nodes.append(self._buffer(*self.shapes[source]))  # stays zero if no edge writes it
            for start in nodes[:node]:
                match edge := next(edges):
                    case ReLUConvBN():
                        self._relu_conv_bn(edge, start, nodes[node])
                    case nn.Identity():
                        self._emit(_SKIP, start, nodes[node])
                    case nn.AvgPool2d():
                        self._emit(_POOL, start, nodes[node])
                    case Zero():
                        pass
        return nodes[-1]


def train(net: CellNetwork, data: Mapping[str, Split], protocol: Protocol) -> Iterator[Epoch]:
    """`nas_core.training.train` for one network, from the same weights over the same batches.

    The trained weights stay inside; `net` itself is left as it came.
    """
    channels, size = data["train"].images.shape[1:3]
    machine = _Machine(_Program(net, channels, size), protocol.batch)
    count = len(data["train"])
    steps = max(1, count // protocol.batch)
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

    def __init__(self, program: _Program, batch: int) -> None:
        if batch % _LANES:
            raise ValueError(f"the fused trainer works in batches of a multiple of {_LANES}, not {batch}")
        self.batch, groups = batch, batch // _LANES
        sizes = [groups * c * s * s for c, s in program.shapes]
        self.offset = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)
        room = max(c * (s + 2) ** 2 for c, s in program.shapes) * _LANES
        self.value, self.grad = _aligned(sum(sizes) * _LANES), _aligned(sum(sizes) * _LANES)
        self.padded, self.scratch = _aligned(room), _aligned(room)
        self.parameters = np.concatenate(program.parameters)
        self.gradients, self.momenta = np.zeros_like(self.parameters), np.zeros_like(self.parameters)
        self.mean = np.zeros(program.n_statistics, np.float32)
        self.inv, self.running = np.zeros_like(self.mean), np.concatenate([self.mean, np.ones_like(self.mean)])
        self.layers = (_Layer * len(program.layers))(*program.layers)
        self.statistic = np.array(program.statistics, np.int32)
        self.net = _Net(
            groups, len(sizes), self.layers, len(self.layers), program.head,
            self.offset.ctypes.data_as(ctypes.POINTER(ctypes.c_long)),
            *(_address(a) for a in (self.value, self.grad, self.padded, self.scratch, self.mean, self.inv)),
            *(_address(a) for a in (self.parameters, self.gradients, self.momenta)), len(self.parameters),
            _address(self.running), self.statistic.ctypes.data_as(ctypes.POINTER(ctypes.c_int)), len(self.mean),
        )  # fmt: skip

    def run(self, split: Split, order: np.ndarray, protocol: Protocol, rates: Any) -> tuple[float, float]:
        """(summed cross-entropy, right answers) over `order`; trains with `rates` float32[steps] if given."""
        steps = math.ceil(len(order) / self.batch)
        padded = np.full(steps * self.batch, -1, np.int64)
        padded[: len(order)] = order
        images = np.ascontiguousarray(split.images, np.float32)
        labels = np.ascontiguousarray(split.labels, np.int32)
        out = np.zeros(2)
        _library().run(
            ctypes.byref(self.net), _address(images), _address(labels), _address(padded), ctypes.c_long(steps),
            images.shape[1], ctypes.c_long(images.shape[2] * images.shape[3]),
            None if rates is None else _address(rates), ctypes.c_float(protocol.momentum),
            ctypes.c_float(protocol.weight_decay), _address(out),
        )  # fmt: skip
        return float(out[0]), float(out[1])


def _aligned(count: int) -> np.ndarray:
    raw = np.zeros(count + 16, np.float32)
    start = (-raw.ctypes.data // 4) % 16
    return raw[start : start + count]


def _address(array: np.ndarray) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)
