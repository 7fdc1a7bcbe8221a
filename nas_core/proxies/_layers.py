"""Changes to a copy of a network that proxies make before they look at it, and looking into it."""

from __future__ import annotations

import torch
from torch import nn

from nas_core.proxies._passes import NORMS, WEIGHTED


def without_norms(net: nn.Module) -> nn.Module:
    """`net` with every batch normalisation replaced by the identity."""
    for parent in list(net.modules()):
        for name, child in parent.named_children():
            if isinstance(child, NORMS):
                setattr(parent, name, nn.Identity())
    return net


@torch.no_grad()
def gaussian(net: nn.Module, generator: torch.Generator, kaiming: bool = False) -> nn.Module:
    """`net` with weights drawn from a normal distribution, zero biases and normalisations that only normalise.

    The standard deviation is 1, or sqrt(2 / fan-in) with `kaiming` (arXiv:1502.01852).
    """
    for module in net.modules():
        if isinstance(module, WEIGHTED):
            weight = torch.randn(module.weight.shape, generator=generator)
            scale = (2.0 / module.weight[0].numel()) ** 0.5 if kaiming else 1.0
            module.weight.copy_(weight * scale)
        if isinstance(module, NORMS):
            module.weight.fill_(1.0)
        if isinstance(module, (*WEIGHTED, *NORMS)) and module.bias is not None:
            module.bias.zero_()
    return net


def blocks(net: nn.Module, images: torch.Tensor) -> list[torch.Tensor]:
    """The output of every block of `net`: the stem, each cell and each reduction, in order; part of one graph."""
    body = getattr(net, "body", None)
    if not isinstance(body, nn.Sequential):
        raise ValueError(f"a {type(net).__name__} is not made of blocks in a row")
    found = [images]
    for block in body:
        found.append(block(found[-1]))
    return found[1:]


def pooling(net: nn.Module) -> nn.Module:
    """The global average pooling at the end of `net`; ValueError if it has none."""
    for module in net.modules():
        if isinstance(module, nn.AdaptiveAvgPool2d):
            return module
    raise ValueError(f"a {type(net).__name__} does not end in global average pooling")
