"""Expressivity of AZ-NAS (Lee & Ham, CVPR 2024, arXiv:2403.19232): how evenly features fill their dimensions."""

from __future__ import annotations

from nas_core.proxies import Proxy


class AzExpressivity(Proxy):
    """Sum over blocks of the entropy of the normalised spectrum of their features, on random images and weights."""

    label = "AZ-NAS expressivity"
    group = "part"
    paper = "Lee & Ham 2024, arXiv:2403.19232"

    def score(self, net, passes):
        from nas_core.proxies._az_nas import entropies

        return float(sum(entropies(passes)))
