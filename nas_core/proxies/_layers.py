"""Changes to a copy of a network that proxies make before they look at it, and looking into it."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from nas_core.proxies._passes import NORMS, WEIGHTED, gradients


def without_norms(net: nn.Module) -> nn.Module:
    """`net` with every batch normalisation replaced by the identity."""
    for parent in list(net.modules()):
        for name, child in parent.named_children():
            if isinstance(child, NORMS):
                setattr(parent, name, nn.Identity())
    return net


def flows(
    net: nn.Module, images: torch.Tensor, weights: Callable[[nn.Module], list[torch.Tensor]]
) -> list[torch.Tensor]:
    """weight × ∂R/∂weight of each of `weights`, float64, where R sums the outputs of `net` for one image of ones.

    `net`, which is changed for that, has no normalisations and positive weights only.
    """
    net = without_norms(net).double()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.abs_()
    found = weights(net)
    ones = torch.ones_like(images[:1], dtype=torch.float64)
    return [w.detach() * g for w, g in zip(found, gradients(net(ones).sum(), found), strict=True)]


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
