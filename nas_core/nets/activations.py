"""What a cell network computes on the way: the output of every edge of every cell, as pictures."""

from __future__ import annotations

from functools import partial

import numpy as np
import torch
from torch import nn

from nas_core.nets.cell_network import Cell, CellNetwork
from nas_core.nets.size_network import SizeNetwork


def cells_of(net: CellNetwork | SizeNetwork) -> list[Cell]:
    """The cells of a network, in order."""
    return [layer for layer in net.body if isinstance(layer, Cell)]


def edge_maps(net: CellNetwork | SizeNetwork, images: torch.Tensor) -> list[np.ndarray]:
    """For each cell of `net`, in order: float32[n, 6, h, w], the mean over the channels of each edge's output.

    images: float32[n, c, size, size]. In evaluation mode; the network is left in the mode it was in.
    """
    cells = cells_of(net)
    maps: list[list[np.ndarray]] = [[] for _ in cells]
    hooks = [edge.register_forward_hook(partial(_keep, maps[i])) for i, cell in enumerate(cells) for edge in cell.edges]
    mode = net.training
    try:
        with torch.no_grad():
            net.eval()(images)
    finally:
        net.train(mode)
        for hook in hooks:
            hook.remove()
    return [np.stack(edges, axis=1) for edges in maps]


def _keep(maps: list[np.ndarray], module: nn.Module, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
    maps.append(output.mean(1).float().cpu().numpy())
