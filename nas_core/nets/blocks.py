"""Building blocks of the NAS-Bench-201 macro network (arXiv:2001.00326, section 2).

A `flat` block is for texts and other sequences: images of height 1, so that its windows are 1 × k and only the width
is halved.
"""

from __future__ import annotations

import torch
from torch import nn


class ReLUConvBN(nn.Sequential):
    """ReLU, convolution without bias, batch normalisation: float32[n, c_in, h, w] -> [n, c_out, h/stride, w/stride]."""

    def __init__(
        self,
        c_in: int,
        c_out: int,
        kernel: int,
        stride: int = 1,
        groups: int = 1,
        affine: bool = True,
        flat: bool = False,
    ) -> None:
        window, pad = _window(kernel, flat), _window(kernel // 2, flat, height=0)
        conv = nn.Conv2d(c_in, c_out, window, stride, pad, groups=groups, bias=False)
        super().__init__(nn.ReLU(), conv, nn.BatchNorm2d(c_out, affine=affine))


class Zero(nn.Module):
    """The operation `none`: multiplies by zero, so gradients are zero tensors and not missing."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * 0.0


class ConvBN(nn.Sequential):
    """Convolution without bias and batch normalisation, no ReLU: float32[n, c_in, h, w] -> [n, c_out, h, w]."""

    def __init__(self, c_in: int, c_out: int, kernel: int, affine: bool = True, flat: bool = False) -> None:
        window, pad = _window(kernel, flat), _window(kernel // 2, flat, height=0)
        conv = nn.Conv2d(c_in, c_out, window, padding=pad, bias=False)
        super().__init__(conv, nn.BatchNorm2d(c_out, affine=affine))


def operation(op: str, c_in: int, c_out: int, groups: int = 1, affine: bool = True, flat: bool = False) -> nn.Module:
    """The module of an operation of the topology space: float32[n, c_in, h, w] -> [n, c_out, h, w].

    affine: whether the normalisation of a convolution learns a scale and a shift. Only the convolutions change the
    number of channels; a skip does it by a 1×1 convolution and batch normalisation, as in NATS-Bench's size space.
    ValueError for any other operation with c_in ≠ c_out.
    """
    if op == "nor_conv_1x1":
        return ReLUConvBN(c_in, c_out, 1, groups=groups, affine=affine, flat=flat)
    if op == "nor_conv_3x3":
        return ReLUConvBN(c_in, c_out, 3, groups=groups, affine=affine, flat=flat)
    if op == "skip_connect":
        return nn.Identity() if c_in == c_out else ConvBN(c_in, c_out, 1, flat=flat)
    if op not in ("none", "avg_pool_3x3"):
        raise ValueError(f"no operation named {op!r}")
    if c_in != c_out:
        raise ValueError(f"{op} keeps the number of channels; it cannot lead from {c_in} to {c_out}")
    if op == "none":
        return Zero()
    return nn.AvgPool2d(_window(3, flat), stride=1, padding=_window(1, flat, height=0), count_include_pad=False)


class Reduction(nn.Module):
    """Residual block with stride 2 between two stages; its shortcut is average pooling and a 1×1 convolution."""

    def __init__(self, c_in: int, c_out: int, groups: int = 1, affine: bool = True, flat: bool = False) -> None:
        super().__init__()
        self.conv_a = ReLUConvBN(c_in, c_out, 3, stride=2, groups=groups, affine=affine, flat=flat)
        self.conv_b = ReLUConvBN(c_out, c_out, 3, groups=groups, affine=affine, flat=flat)
        shortcut = nn.Conv2d(c_in, c_out, 1, groups=groups, bias=False)
        self.shortcut = nn.Sequential(nn.AvgPool2d(_window(2, flat)), shortcut)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.shortcut(x) + self.conv_b(self.conv_a(x))


class Head(nn.Sequential):
    """Batch normalisation, ReLU, global average pooling, linear: float32[n, c, h, w] -> logits float32[n, classes]."""

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__(
            nn.BatchNorm2d(channels), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, classes)
        )


class Reader(nn.Module):
    """What a network does to its input before the stem: text and sequences become images of height 1.

    image: float32[n, channels, h, w] as it is. sequence: float32[n, channels, length] -> [n, channels, 1, length].
    tokens: int64[n, length], numbers below `channels` -> their embeddings float32[n, embedding, 1, length]; embeddings
    are taken too.
    """

    def __init__(self, kind: str, channels: int, embedding: int) -> None:
        super().__init__()
        self.kind, self.channels = kind, embedding if kind == "tokens" else channels
        if kind == "tokens":
            self.table = nn.Embedding(channels, embedding)
            nn.init.normal_(self.table.weight, std=0.1)  # with torch's 1 the words learn ten times as slowly

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.kind == "tokens" and not x.is_floating_point():
            x = self.table(x).transpose(1, 2)
        return x.unsqueeze(2) if x.dim() == 3 else x


def _window(size: int, flat: bool, height: int = 1) -> tuple[int, int]:
    return (height if flat else size, size)
