"""ZiCo: inverse coefficient of variation of gradients (Li et al., ICLR 2023, arXiv:2301.11300)."""

from __future__ import annotations

from nas_core.proxies import Proxy


class Zico(Proxy):
    """Sum over layers of log Σ (mean |gradient| / its standard deviation) over two batches.

    Weights whose gradient is the same on both batches are left out, and layers without any others.
    """

    label = "ZiCo"
    paper = "Li et al. 2023, arXiv:2301.11300"
    needs = frozenset({"gradients", "second gradients"})

    def score(self, net, passes):
        total = 0.0
        for one, two in zip(passes.gradients, passes.second_gradients, strict=True):
            mean, std = (one.abs() + two.abs()) / 2, (one - two).abs() / 2
            moving = std != 0
            if moving.any():
                total += float((mean[moving] / std[moving]).sum().log())
        return total if total else float("-inf")
