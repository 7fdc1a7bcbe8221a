"""A network of the topology or size space as a plain list of layers over numbered buffers.

The fused trainer runs this list, and `nas_core.nets.counts` counts on it what the network costs.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from torch import nn

from nas_core.nets.blocks import ConvBN, Reduction, ReLUConvBN, Zero
from nas_core.nets.cell_network import Cell, CellNetwork
from nas_core.nets.size_network import SizeNetwork

CONV, NORM, SKIP, POOL, HALVE = range(5)  # POOL: 3×3 average pooling; HALVE: 2×2, stride 2


class Layer(NamedTuple):
    """One layer. It overwrites its target buffer if it is the `first` to write it, and adds to it otherwise."""

    kind: int
    source: int  # buffer
    target: int  # buffer
    first: int
    c_in: int
    c_out: int
    rows_in: int
    size_in: int  # columns
    rows_out: int
    size_out: int
    kernel: int = 0
    tall: int = 0  # rows of the kernel
    stride: int = 1
    relu: int = 0  # 1 if the layer reads max(source, 0)
    parameter: int = 0  # offset of its parameters in the vector of all
    statistic: int = -1  # NORM: offset of its channels in the vectors of batch statistics


class HeadLayer(NamedTuple):
    """The end of the network: normalisation, ReLU, average over the image, linear."""

    source: int
    channels: int
    area: int
    classes: int
    parameter: int
    statistic: int


class Program:
    """The layers of `net` for images of `channels` × `size` × `size`, in the order in which they are computed.

    A sequence or text of length `size` is an image of height 1; a text has the channels of its embedding, whose
    `tokens` vectors are the first parameters (0 for any other input). Buffer 0 holds the images; `shapes` gives
    (channels, rows, columns) of every buffer. A buffer that no layer writes is zero: a node all of whose edges are
    `none`. TypeError for a network with other blocks.
    """

    def __init__(self, net: CellNetwork | SizeNetwork, channels: int, size: int) -> None:
        self.layers: list[Layer] = []
        self.shapes = [(channels, size, size)]
        self.parameters: list[nn.Parameter] = []
        self.n_parameters = self.n_statistics = self.tokens = 0
        self._targets = {0}
        if isinstance(net, CellNetwork) and net.reader.kind != "image":
            self.shapes = [(net.reader.channels, 1, size)]
            if net.reader.kind == "tokens":
                table: Any = net.reader.table
                self.tokens = table.num_embeddings
                self._parameter(table.weight)
        here = 0
        for layer in net.body:
            here = self._block(layer, here)
        end: Any = net.head
        norm, linear = end[0], end[-1]
        at, statistic = self._parameter(norm.weight), self._statistic(norm.num_features)
        area = math.prod(self.shapes[here][1:])
        self.head = HeadLayer(here, norm.num_features, area, linear.out_features, at, statistic)
        for p in (norm.bias, linear.weight, linear.bias):
            self._parameter(p)

    def _parameter(self, p: nn.Parameter) -> int:
        self.parameters.append(p)
        self.n_parameters += p.numel()
        return self.n_parameters - p.numel()

    def _statistic(self, channels: int) -> int:
        self.n_statistics += channels
        return self.n_statistics - channels

    def _buffer(self, channels: int, rows: int, size: int) -> int:
        self.shapes.append((channels, rows, size))
        return len(self.shapes) - 1

    def _emit(self, kind: int, source: int, target: int, **more: int) -> None:
        (c_in, *in_), (c_out, *out) = self.shapes[source], self.shapes[target]
        first = int(target not in self._targets)
        self._targets.add(target)
        self.layers.append(Layer(kind, source, target, first, c_in, c_out, *in_, *out, **more))

    def _conv(self, conv: Any, source: int, relu: int) -> int:
        (tall, kernel), stride = conv.kernel_size, conv.stride[0]
        rows, size = (math.ceil(side / stride) for side in self.shapes[source][1:])
        target = self._buffer(conv.out_channels, rows, size)
        at = self._parameter(conv.weight)
        self._emit(CONV, source, target, kernel=kernel, tall=tall, stride=stride, relu=relu, parameter=at)
        return target

    def _conv_bn(self, block: ReLUConvBN | ConvBN, source: int, target: int | None = None) -> int:
        """The block's output, added to buffer `target` or put into a new one."""
        conv, norm = _last_two(block)
        raw = self._conv(conv, source, relu=int(isinstance(block, ReLUConvBN)))
        target = self._buffer(*self.shapes[raw]) if target is None else target
        at = self._parameter(norm.weight)
        self._parameter(norm.bias)
        self._emit(NORM, raw, target, parameter=at, statistic=self._statistic(norm.num_features))
        return target

    def _block(self, layer: nn.Module, source: int) -> int:
        match layer:
            case ConvBN():
                return self._conv_bn(layer, source)
            case Reduction():
                return self._reduction(layer, source)
            case Cell():
                return self._cell(layer, source)
        raise TypeError(f"a program cannot hold a {type(layer).__name__}")

    def _reduction(self, block: Reduction, source: int) -> int:
        target = self._conv_bn(block.conv_b, self._conv_bn(block.conv_a, source))
        half = self._buffer(self.shapes[source][0], *self.shapes[target][1:])
        self._emit(HALVE, source, half)
        self._emit(SKIP, self._conv(_last_two(block.shortcut)[1], half, relu=0), target)
        return target

    def _cell(self, cell: Cell, source: int) -> int:
        edges, nodes, sides = iter(cell.edges), [source], self.shapes[source][1:]
        for node in range(1, 4):
            nodes.append(self._buffer(cell.channels, *sides))
            for start in nodes[:node]:
                match edge := next(edges):
                    case ReLUConvBN() | ConvBN():
                        self._conv_bn(edge, start, nodes[node])
                    case nn.Identity():
                        self._emit(SKIP, start, nodes[node])
                    case nn.AvgPool2d():
                        self._emit(POOL, start, nodes[node])
                    case Zero():
                        pass
                    case _:
                        raise TypeError(f"a program cannot hold a {type(edge).__name__}")
        return nodes[-1]


def _last_two(block: nn.Sequential) -> list[Any]:
    return list(block)[-2:]
