"""Weight times gradient, signed: a control that should not work (arXiv:2101.08134)."""

from __future__ import annotations

from nas_core.proxies import Proxy


class Plain(Proxy):
    """Sum over weights of weight × gradient with its sign; positive and negative ones cancel."""

    group = "control"
    paper = "Abdelfattah et al. 2021, arXiv:2101.08134"
    needs = frozenset({"gradients"})

    def score(self, net, passes):
        pairs = zip(passes.weights, passes.gradients, strict=True)
        return float(sum((w.detach() * g).sum() for w, g in pairs))
