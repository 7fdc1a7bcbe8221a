"""Progressivity of AZ-NAS (Lee & Ham, CVPR 2024, arXiv:2403.19232): features grow richer with depth."""

from __future__ import annotations

from itertools import pairwise

from nas_core.proxies import Proxy


class AzProgressivity(Proxy):
    """The smallest increase of a block's entropy over the block before it, on random images and weights."""

    label = "AZ-NAS progressivity"
    group = "part"
    paper = "Lee & Ham 2024, arXiv:2403.19232"

    def score(self, net, passes):
        from nas_core.proxies._az_nas import entropies

        return min(b - a for a, b in pairwise(entropies(passes)))
