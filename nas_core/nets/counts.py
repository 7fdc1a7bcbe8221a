"""What a network costs before it is trained: parameters, multiply-adds and activation memory, counted exactly."""

from __future__ import annotations

import math
from dataclasses import dataclass

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
    writes nothing, so a node without input needs no memory.
    """

    params: int
    macs: int
    peak_bytes: int

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
        """Peak activation memory in MB of a million bytes."""
        return self.peak_bytes / 1e6


def count(net: CellNetwork | SizeNetwork, channels: int, size: int) -> Counts:
    """The costs of `net`, on any device (`meta` too), for an image of `channels` × `size` × `size`."""
    program = Program(net, channels, size)
    convs = [layer for layer in program.layers if layer.kind == CONV]
    macs = sum(a.c_in * a.c_out * a.kernel * a.tall * a.rows_out * a.size_out for a in convs)
    linear = (program.head.channels + 1) * program.head.classes
    return Counts(program.n_parameters, macs + linear, _peak(program))


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
