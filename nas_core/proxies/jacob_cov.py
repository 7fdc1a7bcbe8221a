"""Jacobian covariance (Mellor et al. 2020, first version of "Neural Architecture Search without Training", v1 of
arXiv:2006.04647)."""

from __future__ import annotations

from nas_core.proxies import Proxy

SMALL = 1e-5


class JacobCov(Proxy):
    """How uncorrelated the images' gradients are.

    Minus Σ (log(v + k) + 1 / (v + k)) over the eigenvalues v of their correlation matrix, with k = 1e-5. Undefined
    where the gradient of an image is constant, as in a cell that passes nothing on.
    """

    label = "Jacobian covariance"
    paper = "Mellor et al. 2020, arXiv:2006.04647v1"
    needs = frozenset({"input gradients"})

    def score(self, net, passes):
        import torch

        jacobian = passes.input_gradients.double()
        centred = jacobian - jacobian.mean(1, keepdim=True)
        unit = centred / centred.norm(dim=1, keepdim=True)
        if not torch.isfinite(unit).all():
            return float("nan")
        v = torch.linalg.eigvalsh(unit @ unit.T) + SMALL
        return -float((v.log() + 1 / v).sum())
