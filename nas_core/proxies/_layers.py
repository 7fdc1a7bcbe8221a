"""The layers of a network that proxies read, and the changes that they make to a copy of it."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import torch
from torch import nn

HEADS = nn.AdaptiveAvgPool2d, nn.Flatten, nn.Linear
WEIGHTED = (nn.Conv2d, nn.Linear)
NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)


def weights(net: nn.Module) -> list[torch.Tensor]:
    """The weight of every convolution and linear layer of `net`, in order."""
    return [m.weight for m in net.modules() if isinstance(m, WEIGHTED)]


def gradients(
    value: torch.Tensor, targets: list[torch.Tensor], retain_graph: bool = False, create_graph: bool = False
) -> list[torch.Tensor]:
    """∂value/∂target of each, in its shape, of a scalar `value`; zeros where it does not depend on it."""
    values = torch.autograd.grad(
        value, targets, retain_graph=retain_graph, create_graph=create_graph, allow_unused=True
    )
    return [torch.zeros_like(t) if g is None else g for g, t in zip(values, targets, strict=True)]


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
    """float64: weight × ∂R/∂weight in the shape of each of `weights`; R sums the outputs of `net` for an image of ones.

    `net`, which is changed for that, has no normalisations and positive weights only.
    """
    net = without_norms(net).double()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.abs_()
    parameters = weights(net)
    ones = torch.ones_like(images[:1], dtype=torch.float64)
    return [w.detach() * g for w, g in zip(parameters, gradients(net(ones).sum(), parameters), strict=True)]


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
    """float32[n, channels, h, w] of every block of `net`: stem, cells and reductions, in order; part of one graph.

    They are those of its `body`, or, of a network that is a sequence itself, what comes before the head.
    """
    body = getattr(net, "body", net)
    if not isinstance(body, nn.Sequential):
        raise ValueError(f"a {type(net).__name__} does not say what its blocks are; name a sequence of them `body`")
    outputs = [images]
    for block in itertools.takewhile(lambda block: not isinstance(block, HEADS), body):
        outputs.append(block(outputs[-1]))
    return outputs[1:]


def pooling(net: nn.Module) -> nn.Module:
    """The global average pooling at the end of `net`; ValueError if it has none."""
    for module in net.modules():
        if isinstance(module, nn.AdaptiveAvgPool2d):
            return module
    raise ValueError(f"a {type(net).__name__} does not end in global average pooling")
