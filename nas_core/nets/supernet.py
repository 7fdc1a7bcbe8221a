"""The supernet of the topology space: one network that contains all 15,625 cells, which share its weights.

Every edge owns all five operations (DARTS, arXiv:1806.09055; NAS-Bench-201's setting, arXiv:2001.00326). Normalisation
inside the edges has no scale and no shift: with them, an operation's weight in the mixture would mean nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import torch
from torch import nn

from nas_core.nets.blocks import Head, Reader, operation
from nas_core.nets.cell_network import last_node, stages, sum_of
from nas_core.spaces.topology import EDGES, NONE, OPS
from nas_core.types import Arch


class MixedEdge(nn.Module):
    """All five operations of one edge, in the order of `OPS`."""

    def __init__(self, channels: int, flat: bool = False) -> None:
        super().__init__()
        self.ops = nn.ModuleList(operation(op, channels, channels, affine=False, flat=flat) for op in OPS)

    def forward(self, x: torch.Tensor, weights: torch.Tensor | None, op: int | None) -> torch.Tensor:
        """float32[n, channels, h, w] -> the same shape; see `Supernet.forward` for `weights` float[5] and `op`."""
        if op is None:
            if weights is None:
                raise ValueError("a supernet needs weights of the operations, an architecture, or both")
            return sum_of([weights[i] * run(x) for i, run in enumerate(self.ops) if i != NONE])  # `none` adds zeros
        out = self.ops[op](x)
        return out if weights is None else weights[op] * out + (weights.sum() - weights[op])


class MixedCell(nn.Module):
    """A cell with a mixed edge in place of each operation; a node's value is the sum of its incoming edges."""

    def __init__(self, channels: int, flat: bool = False) -> None:
        super().__init__()
        self.edges = nn.ModuleList(MixedEdge(channels, flat) for _ in EDGES)

    def forward(self, x: torch.Tensor, weights: torch.Tensor | None, arch: Arch | None) -> torch.Tensor:
        """float32[n, channels, h, w] -> the same shape."""
        edges = (
            partial(edge, weights=None if weights is None else weights[e], op=None if arch is None else arch[e])
            for e, edge in enumerate(self.edges)
        )
        return last_node(x, edges)


class Supernet(nn.Module):
    """Stem, `cells` mixed cells a stage at `channels`, 2× and 4× `channels`, residual reductions between, head.

    Any image size that can be halved twice, or sequences or tokens of such a length. The same macro network as
    `CellNetwork`, without learned scales in the cells' normalisation. It has one set of architecture weights
    float[6, 5] (edges, operations) for all its cells.
    """

    def __init__(
        self,
        classes: int,
        channels: int = 8,
        cells: int = 1,
        in_channels: int = 1,
        kind: str = "image",
        embedding: int = 16,
    ) -> None:
        super().__init__()
        flat = kind != "image"
        self.reader = Reader(kind, in_channels, embedding)
        self.body = nn.ModuleList(
            stages(self.reader.channels, channels, cells, lambda width: MixedCell(width, flat), flat)
        )
        self.head = Head(4 * channels, classes)

    def forward(self, x: torch.Tensor, weights: torch.Tensor | None = None, arch: Arch | None = None) -> torch.Tensor:
        """Inputs as of `CellNetwork` -> logits float32[n, classes], in one of three ways.

        weights float[6, 5] alone: every edge is the weighted sum of its five operations (DARTS).
        arch alone: the discrete network of that cell; nothing else is computed or gets a gradient (RSPS, ENAS).
        both: as `arch`, each chosen operation times its weight, and the other weights of the edge are added as
        numbers. With GDAS's hard sample those are zeros, so only the gradient sees them (arXiv:1910.04465).
        ValueError with neither.
        """
        x = self.reader(x)
        for layer in self.body:
            x = layer(x, weights, arch) if isinstance(layer, MixedCell) else layer(x)
        return self.head(x)


@contextmanager
def batch_statistics(net: nn.Module) -> Iterator[None]:
    """Meanwhile `net` normalises with the statistics of the batch it sees, and its running averages stay as they are.

    Afterwards it is in training mode.
    """
    norms = [m for m in net.modules() if isinstance(m, nn.BatchNorm2d)]
    net.train()
    try:
        for norm in norms:
            norm.track_running_stats = False
        yield
    finally:
        for norm in norms:
            norm.track_running_stats = True


@contextmanager
def running_statistics(net: nn.Module) -> Iterator[None]:
    """Meanwhile `net` normalises with its running averages; afterwards it is in training mode."""
    net.eval()
    try:
        yield
    finally:
        net.train()
