"""SNIP: single-shot network pruning (Lee, Ajanthan & Torr, ICLR 2019, arXiv:1810.02340), summed over a network."""

from __future__ import annotations

from nas_core.proxies import Proxy


class Snip(Proxy):
    """Sum over weights of |weight × gradient|: by how much the loss would change without each of them."""

    label = "SNIP"
    paper = "Lee et al. 2019, arXiv:1810.02340"
    needs = frozenset({"gradients"})

    def score(self, net, passes):
        pairs = zip(passes.weights, passes.gradients, strict=True)
        return float(sum((w.detach() * g).abs().sum() for w, g in pairs))
