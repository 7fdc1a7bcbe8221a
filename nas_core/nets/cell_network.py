"""The network that NAS-Bench-201 puts around a cell (arXiv:2001.00326): stem, three stages, head."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import torch
from torch import nn

from nas_core.nets.blocks import ConvBN, Head, Reader, Reduction, operation


class Cell(nn.Module):
    """A cell of the topology space: a node's value is the sum of its incoming edges.

    `ops` names the operations of the edges 1←0, 2←0, 2←1, 3←0, 3←1, 3←2; those from node 0 read `c_in` channels,
    all others `c_out`.
    """

    def __init__(self, ops: Sequence[str], c_in: int, c_out: int, flat: bool = False) -> None:
        super().__init__()
        self.ops, self.channels = tuple(ops), c_out
        reads = (c_in, c_in, c_out, c_in, c_out, c_out)
        self.edges = nn.ModuleList(operation(op, c, c_out, flat=flat) for op, c in zip(ops, reads, strict=True))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """float32[n, c_in, h, w] -> float32[n, c_out, h, w]."""
        return last_node(x, self.edges)


class CellNetwork(nn.Module):
    """Stem, `cells` cells a stage at `channels`, 2× and 4× `channels`, residual reductions between, head.

    channels=16, cells=5, in_channels=3 is NATS-Bench's own network. kind: of the input, see `Reader`; for tokens
    `in_channels` is the number of different ones and `embedding` the width of their vectors. Input
    float32[n, in_channels, h, w] (image), float32[n, in_channels, length] (sequence) or int64[n, length] (tokens),
    output logits float32[n, classes].
    """

    def __init__(
        self,
        ops: Sequence[str],
        classes: int,
        channels: int = 16,
        cells: int = 5,
        in_channels: int = 3,
        kind: str = "image",
        embedding: int = 16,
    ) -> None:
        super().__init__()
        self.ops, self.classes = tuple(ops), classes
        self.shape: dict[str, Any] = dict(
            channels=channels, cells=cells, in_channels=in_channels, kind=kind, embedding=embedding
        )
        flat = kind != "image"
        self.reader = Reader(kind, in_channels, embedding)
        self.body = nn.Sequential(
            *stages(self.reader.channels, channels, cells, lambda width: Cell(ops, width, width, flat), flat)
        )
        self.head = Head(4 * channels, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.body(self.reader(x)))


def stages(
    inputs: int, channels: int, cells: int, cell: Callable[[int], nn.Module], flat: bool = False, groups: int = 1
) -> Iterator[nn.Module]:
    """The layers between reader and head: a stem, and three stages of `cells` cells of a width, reductions between.

    groups: so many networks side by side, whose channels are neighbours.
    """
    yield ConvBN(inputs, groups * channels, 3, flat=flat)
    for width in (channels, 2 * channels, 4 * channels):
        if width > channels:
            yield Reduction(groups * width // 2, groups * width, groups=groups, flat=flat)
        for _ in range(cells):
            yield cell(width)


def last_node(x: torch.Tensor, edges: Iterable[Callable[[torch.Tensor], torch.Tensor]]) -> torch.Tensor:
    """float32[n, c_out, h, w]: what leaves a cell that `x` float32[n, c_in, h, w] enters.

    Each node is the sum of its `edges`, 1←0, 2←0, 2←1, 3←0, 3←1, 3←2.
    """
    edge, nodes = iter(edges), [x]
    for node in range(1, 4):
        nodes.append(sum_of([next(edge)(nodes[source]) for source in range(node)]))
    return nodes[-1]


def sum_of(values: Sequence[torch.Tensor]) -> torch.Tensor:
    """Sum of a node's incoming edges, all of one shape."""
    total = values[0]
    for value in values[1:]:
        total = total + value
    return total
