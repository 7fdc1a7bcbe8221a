"""What the three parts of AZ-NAS read: features of blocks and gradients between them, on random images and weights."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch

from nas_core.proxies._layers import blocks, gaussian
from nas_core.proxies.passes import Passes


def features(passes: Passes) -> list[torch.Tensor]:
    """float32[n, c, h, w] of every block: Gaussian images, Kaiming weights; made once for all three parts."""
    return passes.shared("blocks", lambda: _features(passes))


def _features(passes: Passes) -> list[torch.Tensor]:
    net = gaussian(passes.copy(), passes.generator("az_nas weights"), kaiming=True)
    return blocks(net, passes.noise("az_nas images", *passes.first.images.shape))


def entropies(passes: Passes) -> list[float]:
    """Per block, the entropy of the eigenvalues of its features' covariance over channels, normalised to sum 1."""
    out = []
    for block in features(passes):
        rows = block.detach().permute(0, 2, 3, 1).flatten(0, 2).double()
        rows = rows - rows.mean(0)
        values = torch.linalg.eigvalsh(rows.T @ rows / len(rows)).clamp(min=0)
        share = values / values.sum()
        out.append(float(-(share * (share + 1e-8).log()).sum()))
    return out


def stretches(passes: Passes) -> list[float]:
    """Per block after the first, the largest singular value of the mean outer product of the gradients on both sides.

    Behind the block the gradient is random signs. Not finite where both gradients are the same.
    """
    generator, out = passes.generator("az_nas signs"), []
    for before, after in pairwise(features(passes)):
        signs = (torch.randint(0, 2, after.shape, generator=generator) * 2.0 - 1.0).to(after.device)
        (gradient,) = torch.autograd.grad(after, before, signs, retain_graph=True, allow_unused=True)
        out.append(_stretch(torch.zeros_like(before) if gradient is None else gradient, signs))
    return out


def _stretch(before: Any, behind: torch.Tensor) -> float:
    if before.shape == behind.shape and torch.equal(before, behind):
        return float("inf")
    if before.shape[2:] != behind.shape[2:]:  # as torch's pixel_unshuffle, also where only the width is halved
        down, across = (a // b for a, b in zip(before.shape[2:], behind.shape[2:], strict=True))
        parts = before.unflatten(3, (-1, across)).unflatten(2, (-1, down))
        before = parts.permute(0, 1, 3, 5, 2, 4).flatten(1, 3)
    one, two = (g.permute(0, 2, 3, 1).flatten(0, 2) for g in (before, behind))
    return float(torch.linalg.matrix_norm(one.T @ two / len(one), 2))
