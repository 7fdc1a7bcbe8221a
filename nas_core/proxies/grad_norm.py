"""Gradient norm, as in Abdelfattah et al., "Zero-Cost Proxies for Lightweight NAS", ICLR 2021, arXiv:2101.08134."""

from __future__ import annotations

from nas_core.proxies import Proxy


class GradNorm(Proxy):
    """Sum over layers of the Euclidean norm of the loss gradient, on one batch."""

    label = "gradient norm"
    paper = "Abdelfattah et al. 2021, arXiv:2101.08134"
    needs = frozenset({"gradients"})

    def score(self, net, passes):
        return float(sum(g.norm() for g in passes.gradients))
