"""The network of NAS-Bench-Macro (arXiv:2103.11922): MobileNetV2's blocks (arXiv:1801.04381) in stages, for images."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

SIZES = {"MB3_K3": (3, 3), "MB6_K5": (6, 5)}  # of a block: how much wider it is within, and its window


class MobileBlock(nn.Module):
    """A wider 1×1 convolution, one of k×k for each channel alone, and a narrower 1×1; no activation at its end.

    The input is added, unless it is halved: float32[n, channels, h, w] -> the same shape, or halving
    -> [n, 2 · channels, h/2, w/2], rounded up.
    """

    def __init__(self, expansion: int, kernel: int, channels: int, halving: bool) -> None:
        super().__init__()
        self.halving, inside = halving, expansion * channels
        self.layers = nn.Sequential(
            *_conv_bn(channels, inside, 1),
            nn.ReLU(),
            *_conv_bn(inside, inside, kernel, stride=2 if halving else 1, groups=inside),
            nn.ReLU(),
            *_conv_bn(inside, 2 * channels if halving else channels, 1),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layers(x) if self.halving else x + self.layers(x)


class EveryOther(nn.Module):
    """Every other row and column: float32[n, c, h, w] -> [n, c, h/2, w/2], both rounded up.

    With a 1×1 convolution behind it this is one of stride 2, which in torch 2.13 on a CPU writes outside its memory
    where there are few channels, and ends the process.
    """

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x[..., ::2, ::2]


class MacroNetwork(nn.Module):
    """Stem, stages of blocks, a 1×1 convolution to `features` channels, global average pooling, linear layer.

    `stages` names the blocks of each stage. The first block of a stage halves the image and doubles the channels; an
    identity does it by a 1×1 convolution. channels (after the stem) = 32, features = 1280, in_channels = 3 and images
    of 32×32 are NAS-Bench-Macro's own network. Input float32[n, in_channels, h, w], output logits float32[n, classes].
    """

    def __init__(
        self,
        stages: Sequence[Sequence[str]],
        classes: int,
        channels: int = 32,
        features: int = 1280,
        in_channels: int = 3,
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Sequential(*_conv_bn(in_channels, channels, 3), nn.ReLU())]
        for first, *others in stages:
            layers.append(block(first, channels, halving=True))
            channels *= 2
            layers += [block(name, channels) for name in others]
        self.body = nn.Sequential(*layers)
        self.head = nn.Sequential(
            *_conv_bn(channels, features, 1),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(features, classes),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.body(x))


def block(name: str, channels: int, halving: bool = False) -> nn.Module:
    """The module of an option of the macro space: float32[n, channels, h, w] -> the same shape.

    halving: as the first of a stage, -> [n, 2 · channels, h/2, w/2], rounded up. ValueError for an unknown name.
    """
    if name == "Identity":
        return nn.Sequential(EveryOther(), *_conv_bn(channels, 2 * channels, 1)) if halving else nn.Identity()
    if name not in SIZES:
        raise ValueError(f"no block named {name!r}; there are: Identity, {', '.join(SIZES)}")
    return MobileBlock(*SIZES[name], channels, halving)


def _conv_bn(c_in: int, c_out: int, kernel: int, stride: int = 1, groups: int = 1) -> tuple[nn.Module, nn.Module]:
    conv = nn.Conv2d(c_in, c_out, kernel, stride, kernel // 2, groups=groups, bias=False)
    return conv, nn.BatchNorm2d(c_out)
