"""GraSP: gradient signal preservation (Wang, Zhang & Grosse, ICLR 2020, arXiv:2002.07376), summed over a network."""

from __future__ import annotations

from nas_core.proxies import Proxy


class Grasp(Proxy):
    """Minus the sum over weights of weight × (Hessian × gradient), on one batch.

    The sign is the one of arXiv:2101.08134, by which more is better.
    """

    label = "GraSP"
    paper = "Wang et al. 2020, arXiv:2002.07376"
    needs = frozenset({"curvature"})

    def score(self, net, passes):
        pairs = zip(passes.weights, passes.curvature, strict=True)
        return -float(sum((w.detach() * h).sum() for w, h in pairs))
