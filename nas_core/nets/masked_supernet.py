"""The supernet of the size space: the widest network, in which every narrower one is a mask on its channels.

FBNetV2's channel masking (arXiv:2004.05565, section 3.1) on the fixed cell of NATS-Bench (arXiv:2009.00437). A layer of
width w is the first w channels of the widest layer; the rest is multiplied by zero. A mixture of widths is one pass
with the mixed mask, so it costs no more than the widest network.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from nas_core.nets.blocks import ConvBN, Head, Reduction, ReLUConvBN
from nas_core.nets.cell_network import sum_of
from nas_core.nets.size_network import OPS
from nas_core.spaces.topology import EDGES
from nas_core.types import Arch

SHORTCUT = OPS.index("skip_connect")  # the only edge of the cell that is not a convolution; it reads node 0
READING, INSIDE = 9 * 2, 9 * 3  # weights per pair of channels of the cell's convolutions from node 0, and of the others


class MaskedCell(nn.Module):
    """NATS-Bench's fixed cell of the size space; every node is multiplied by the mask of the layer.

    resized: False if the layer before always has the same width, so that the shortcut is always the identity. Otherwise
    it is the identity between layers of one width, and a 1×1 convolution between layers of two.
    """

    def __init__(self, channels: int, resized: bool) -> None:
        super().__init__()
        convs = [ReLUConvBN(channels, channels, 3, affine=False) for edge in range(len(EDGES)) if edge != SHORTCUT]
        self.convs = nn.ModuleList(convs)
        self.shortcut = ConvBN(channels, channels, 1, affine=False) if resized else None

    def forward(self, x: torch.Tensor, mask: torch.Tensor, same: torch.Tensor) -> torch.Tensor:
        """float32[n, channels, h, w] -> the same shape. same: the share in which both layers have one width."""
        convs, nodes = iter(self.convs), [x]
        for node in range(1, 4):
            incoming = [
                self._short(x, same) if edge == SHORTCUT else next(convs)(nodes[source])
                for edge, (target, source) in enumerate(EDGES)
                if target == node
            ]
            nodes.append(sum_of(incoming) * mask)
        return nodes[-1]

    def _short(self, x: torch.Tensor, same: torch.Tensor) -> torch.Tensor:
        return x if self.shortcut is None else same * x + (1 - same) * self.shortcut(x)


class MaskedReduction(nn.Module):
    """A reduction whose two convolutions are multiplied by the mask of the layer."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.block = Reduction(channels, channels, affine=False)

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """float32[n, channels, h, w] -> [n, channels, h / 2, w / 2]."""
        return (self.block.shortcut(x) + self.block.conv_b(self.block.conv_a(x) * mask)) * mask


class MaskedSupernet(nn.Module):
    """All networks of the size space with these `widths` (ascending) at once, each a slice of the widest.

    Normalisation before the head learns no scale and no shift: a scale could undo a mask. It is done channel by
    channel, so a channel has the same mean, spread and running averages in every width that includes it. The head
    normalises too, which would undo a mixed mask, so the last mask is laid on its normalised channels as well.
    """

    masks: torch.Tensor  # float32[k, widest], a row a width

    def __init__(self, widths: Sequence[int], classes: int, in_channels: int = 1) -> None:
        super().__init__()
        widest = widths[-1]
        masks = (torch.arange(widest) < torch.tensor(widths)[:, None]).float()
        self.register_buffer("masks", masks, persistent=False)
        self.stem = ConvBN(in_channels, widest, 3, affine=False)
        self.cells = nn.ModuleList(MaskedCell(widest, resized) for resized in (False, True, True))
        self.reductions = nn.ModuleList(MaskedReduction(widest) for _ in range(2))
        self.head = Head(widest, classes)

    def forward(self, x: torch.Tensor, weights: torch.Tensor | None = None, arch: Arch | None = None) -> torch.Tensor:
        """Images float32[n, in_channels, h, w] -> logits float32[n, classes]; ValueError without weights and arch.

        weights float[5, k]: every layer has the weighted sum of its k masks; rows sum to 1. arch: the discrete network
        of these widths.
        """
        if arch is not None:
            weights = nn.functional.one_hot(torch.tensor(arch, device=x.device), len(self.masks)).to(x)
        if weights is None:
            raise ValueError("a supernet of widths needs weights of the widths or an architecture")
        masks = (weights @ self.masks)[:, :, None, None]
        x = self.cells[0](self.stem(x) * masks[0], masks[0], weights.new_ones(()))
        for stage, (reduction, cell) in enumerate(zip(self.reductions, self.cells[1:], strict=True)):
            before, after = 1 + 2 * stage, 2 + 2 * stage
            x = reduction(x, masks[before])
            x = cell(x, masks[after], (weights[before] * weights[after]).sum())
        norm, relu, *rest = self.head
        x = relu(norm(x)) * masks[-1]
        for module in rest:
            x = module(x)
        return x


def expected_macs(
    weights: torch.Tensor, widths: Sequence[int], classes: int, in_channels: int, size: int
) -> torch.Tensor:
    """float[]: mean multiply-adds of a network whose five layers draw their widths independently of each other.

    weights float[5, k]: the probabilities; one-hot, it is `counts.count` of the network. size: of the square images.
    """
    w = torch.tensor(widths).to(weights)
    mean, square = weights @ w, weights @ w**2
    area = [(size // 2**stage) ** 2 for stage in range(3)]
    macs = area[0] * (9 * in_channels * mean[0] + (READING + INSIDE) * square[0])
    for stage in (1, 2):
        a, b, c = 2 * stage - 2, 2 * stage - 1, 2 * stage  # the layers before, of and behind the reduction
        macs = macs + area[stage] * (10 * mean[a] * mean[b] + 9 * square[b])
        resized = mean[b] * mean[c] - (weights[b] * weights[c]) @ w**2  # the shortcut between two unequal widths
        macs = macs + area[stage] * (READING * mean[b] * mean[c] + INSIDE * square[c] + resized)
    return macs + (mean[4] + 1) * classes
