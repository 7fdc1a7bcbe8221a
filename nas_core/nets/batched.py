"""Many cell networks as one: k cells side by side in grouped convolutions, for training or scoring k at a time.

Small convolutions leave a GPU idle and waste half of a CPU core on overhead; k of them in one call do not.
Channels k·c … k·c+c-1 of every tensor belong to cell k; cells never mix. Sorted cells share long runs of equal
operations on their first edges, so an edge is one grouped operation a run.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import partial
from typing import Any

import torch
from torch import nn

from nas_core.nets.blocks import operation
from nas_core.nets.cell_network import CellNetwork, last_node, stages


class BatchedEdge(nn.Module):
    """One edge of k cells; `ops` names each cell's operation. float32[n, k·channels, h, w] -> the same shape."""

    def __init__(self, ops: Sequence[str], channels: int) -> None:
        super().__init__()
        runs = [(op, len(list(group))) for op, group in itertools.groupby(ops)]
        self.sizes = [length * channels for _, length in runs]
        self.runs = nn.ModuleList(
            operation(op, length * channels, length * channels, groups=length) for op, length in runs
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if len(self.runs) == 1:
            return self.runs[0](x)
        return torch.cat([run(piece) for run, piece in zip(self.runs, x.split(self.sizes, 1), strict=True)], 1)


class BatchedCell(nn.Module):
    """k cells of one width; see `Cell`."""

    def __init__(self, cells: Sequence[Sequence[str]], channels: int) -> None:
        super().__init__()
        self.edges = nn.ModuleList(BatchedEdge(ops, channels) for ops in zip(*cells, strict=True))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return last_node(x, self.edges)


class BatchedHead(nn.Module):
    """k heads: float32[n, k·channels, h, w] -> logits float32[k, n, classes]."""

    def __init__(self, k: int, channels: int, classes: int) -> None:
        super().__init__()
        self.k, self.channels = k, channels
        self.norm = nn.BatchNorm2d(k * channels)
        self.weight = nn.Parameter(torch.empty(k, channels, classes))
        self.bias = nn.Parameter(torch.empty(k, 1, classes))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        pooled = torch.relu(self.norm(x)).mean((2, 3)).unflatten(1, (self.k, self.channels))
        return torch.baddbmm(self.bias, pooled.transpose(0, 1), self.weight)


class BatchedCellNetwork(nn.Module):
    """k `CellNetwork`s of one shape as one network, starting from their weights.

    Input float32[n, in_channels, h, w], shared by all; output logits float32[k, n, classes]. Give the networks
    in sorted order of their cells: equal neighbours on an edge are computed together.
    """

    def __init__(self, networks: Sequence[CellNetwork]) -> None:
        super().__init__()
        k, shape = len(networks), networks[0].shape
        if shape["kind"] != "image":
            raise ValueError(f"networks that read {shape['kind']} cannot run side by side as one; run one at a time")
        channels, cells_ops = shape["channels"], [n.ops for n in networks]
        cell = partial(BatchedCell, cells_ops)
        self.body = nn.Sequential(*stages(shape["in_channels"], channels, shape["cells"], cell, groups=k))
        self.head = BatchedHead(k, 4 * channels, networks[0].classes)
        with torch.no_grad():
            _stack(self, networks)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.body(x))


def _stack(batched: Any, networks: Sequence[Any]) -> None:
    """Copies the weights of k `CellNetwork`s into their places in the `BatchedCellNetwork`."""
    for layer, plain in zip(batched.body, zip(*(n.body for n in networks), strict=True), strict=True):
        if isinstance(layer, BatchedCell):
            _stack_cell(layer, plain)
        else:
            _join(layer, plain)
    _join(batched.head.norm, [n.head[0] for n in networks])
    batched.head.weight.copy_(torch.stack([n.head[-1].weight.T for n in networks]))
    batched.head.bias.copy_(torch.stack([n.head[-1].bias[None] for n in networks]))


def _stack_cell(batched: Any, cells: Sequence[Any]) -> None:
    for edge, plain in zip(batched.edges, zip(*(c.edges for c in cells), strict=True), strict=True):
        rest = iter(plain)
        for run, size in zip(edge.runs, edge.sizes, strict=True):
            _join(run, list(itertools.islice(rest, size * len(cells) // sum(edge.sizes))))


def _join(target: nn.Module, sources: Sequence[nn.Module]) -> None:
    """Concatenates the sources' parameters along their first axis (output channels) into the target's."""
    for parameter, parts in zip(target.parameters(), zip(*(s.parameters() for s in sources), strict=True), strict=True):
        parameter.copy_(torch.cat(parts))
