"""The network of NATS-Bench's size space (arXiv:2009.00437, section 3.2): one fixed cell, five layers of any width."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from nas_core.nets.blocks import ConvBN, Head, Reduction
from nas_core.nets.cell_network import Cell

OPS = ("nor_conv_3x3", "nor_conv_3x3", "nor_conv_3x3", "skip_connect", "nor_conv_3x3", "nor_conv_3x3")
"""The cell of every network of the size space, in the order of `Cell`."""


class SizeNetwork(nn.Module):
    """Stem, cell, reduction, cell, reduction, cell, head; `widths` are the output channels of the five layers.

    The stem gives the first layer its width. in_channels=3 and images of 32×32 (ImageNet16-120: 16×16) are
    NATS-Bench's own network. Input float32[n, in_channels, h, w], output logits float32[n, classes].
    """

    def __init__(self, widths: Sequence[int], classes: int, in_channels: int = 3) -> None:
        super().__init__()
        if len(widths) != 5 or min(widths) < 1:
            raise ValueError(f"the size network takes five widths of at least 1; it was given {list(widths)}")
        first, second, third, fourth, fifth = self.widths = tuple(widths)
        self.body = nn.Sequential(
            ConvBN(in_channels, first, 3),
            Cell(OPS, first, first),
            Reduction(first, second),
            Cell(OPS, second, third),
            Reduction(third, fourth),
            Cell(OPS, fourth, fifth),
        )
        self.head = Head(fifth, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.body(x))
