"""GDAS: searching for a robust architecture by Gumbel sampling (Dong & Yang, CVPR 2019, arXiv:1910.04465)."""

from __future__ import annotations

from typing import Any

from nas_core.strategies._cell_sharing import CellSharing
from nas_core.strategies._gumbel import Gumbel


class Gdas(Gumbel, CellSharing):
    """Draws one operation an edge at every step and trains only those, yet every operation's weight gets a gradient.

    The draw is a Gumbel softmax made hard: forwards it is one-hot, backwards it is soft. Weights and architecture are
    updated one after the other, each with a draw of its own. The temperature falls from epoch to epoch.
    """

    label = "GDAS"
    aliases = ("differentiable architecture sampler",)
    paper = "Dong & Yang 2019, arXiv:1910.04465"

    def draw(self) -> tuple[Any, ...]:
        """(weights float32[6, 5], one-hot forwards and soft backwards; the drawn cell)."""
        import torch

        soft = self.soft_draw()
        cell = soft.argmax(1)
        hard = torch.nn.functional.one_hot(cell, soft.shape[1]).to(soft)
        return hard - soft.detach() + soft, tuple(cell.tolist())
