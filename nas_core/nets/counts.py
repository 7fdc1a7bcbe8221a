"""What a network costs before it is trained: parameters, multiply-adds and activation memory, counted exactly."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from nas_core.nets.cell_network import CellNetwork
from nas_core.nets.program import CONV, Program
from nas_core.nets.size_network import SizeNetwork

_FLOAT = 4  # bytes


@dataclass(frozen=True)
class Counts:
    """Costs of one network for one image.

    macs: multiply-adds by NATS-Bench's rule: convolutions at their output's resolution, and weights and biases of
    the linear layer; normalisation, activation and pooling are free.
    peak_bytes: the largest sum of the sizes of all float32 activations that are alive at once in a forward pass,
    layer after layer in the network's order. An activation is alive from its first writing to its last reading; the
    image is one; the sum at a node is accumulated in place; ReLU is part of the convolution that reads it; `none`
    writes nothing, so a node without input needs no memory. None where it is unknown.
    """

    params: int
    macs: int
    peak_bytes: int | None = None

    @property
    def params_m(self) -> float:
        """Parameters in millions."""
        return self.params / 1e6

    @property
    def flops_m(self) -> float:
        """Multiply-adds in millions: what NATS-Bench calls MFLOPs."""
        return self.macs / 1e6

    @property
    def memory_mb(self) -> float:
        """Peak activation memory in MB of a million bytes; nan where it is unknown."""
        return math.nan if self.peak_bytes is None else self.peak_bytes / 1e6


def count(net: nn.Module, channels: int, size: int, kind: str = "image") -> Counts:
    """The costs of `net`, on any device (`meta` too), for one input of that kind, see `nas_core.datasets.KINDS`.

    Networks of this project are counted without computing. Of any other one the convolutions and linear layers are
    counted in a forward pass, by the same rule; its peak memory is unknown.
    """
    if not isinstance(net, CellNetwork | SizeNetwork):
        return Counts(sum(p.numel() for p in net.parameters() if p.requires_grad), _macs(net, channels, size, kind))
    program = Program(net, channels, size)
    convs = [layer for layer in program.layers if layer.kind == CONV]
    macs = sum(a.c_in * a.c_out * a.kernel * a.tall * a.rows_out * a.size_out for a in convs)
    linear = (program.head.channels + 1) * program.head.classes
    return Counts(program.n_parameters, macs + linear, _peak(program))


_LAYERS = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Linear)


def _macs(net: nn.Module, channels: int, size: int, kind: str) -> int:
    """Multiply-adds of the convolutions and linear layers of `net` for one input of zeros; its state is untouched."""
    shape = {"image": (1, channels, size, size), "sequence": (1, channels, size), "tokens": (1, size)}[kind]
    device = next((p.device for p in net.parameters()), torch.device("cpu"))
    total, training = 0, net.training

    def add(layer: Any, _: Any, output: torch.Tensor) -> None:
        nonlocal total
        if isinstance(layer, nn.Linear):
            total += output.numel() // layer.out_features * (layer.weight.numel() + layer.out_features)
        else:
            total += output.numel() // layer.out_channels * layer.weight.numel()

    hooks = [layer.register_forward_hook(add) for layer in net.modules() if isinstance(layer, _LAYERS)]
    try:
        with torch.no_grad():
            net.eval()(torch.zeros(shape, dtype=torch.int64 if kind == "tokens" else torch.float32, device=device))
    finally:
        net.train(training)
        for hook in hooks:
            hook.remove()
    return total


def _peak(program: Program) -> int:
    sizes = [_FLOAT * math.prod(shape) for shape in program.shapes]
    last_use = {program.head.source: len(program.layers)}
    for at, layer in reversed(list(enumerate(program.layers))):
        last_use.setdefault(layer.source, at)
        last_use.setdefault(layer.target, at)
    alive, peak = {0}, 0
    for at, layer in enumerate(program.layers):
        alive.add(layer.target)
        peak = max(peak, sum(sizes[buffer] for buffer in alive))
        alive = {buffer for buffer in alive if last_use[buffer] > at}
    return peak
