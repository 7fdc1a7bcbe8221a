"""Trainability of AZ-NAS (Lee & Ham, CVPR 2024, arXiv:2403.19232): gradients that neither vanish nor explode."""

from __future__ import annotations

from nas_core.proxies import Proxy


class AzTrainability(Proxy):
    """Mean over blocks of 2 - s - 1/s, where s is how much a block stretches a random gradient: best where s is 1.

    s is the largest singular value of the matrix that leads from the gradients behind a block to those before it.
    Minus infinity where a block hands gradients through unchanged, as a cell of skips does.
    """

    label = "AZ-NAS trainability"
    group = "part"
    paper = "Lee & Ham 2024, arXiv:2403.19232"

    def score(self, net, passes):
        from nas_core.proxies._az_nas import stretches

        factors = stretches(passes)
        return float(sum(2.0 - s - 1.0 / (s + 1e-6) for s in factors) / len(factors))
