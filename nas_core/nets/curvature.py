"""How sharply a loss bends: the sign by which a collapse of DARTS is seen coming (Zela et al., arXiv:1909.09656)."""

from __future__ import annotations

from collections.abc import Callable

import torch


def largest_eigenvalue(loss: Callable[[torch.Tensor], torch.Tensor], at: torch.Tensor) -> float:
    """The largest eigenvalue of the matrix of second derivatives of `loss` by its argument, at `at` float32[…].

    Exact: n products of that matrix with a vector, for the n entries of `at`, give the whole of it. A power iteration
    needs about as many for the 30 architecture weights of a cell, and finds the eigenvalue of the largest size, which
    may be a negative one.
    """
    hessian = torch.autograd.functional.hessian(loss, at.detach())
    return float(torch.linalg.eigvalsh(hessian.reshape(at.numel(), at.numel()))[-1])
