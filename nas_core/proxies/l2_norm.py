"""The norm of the untrained weights: a control that sees nothing but size (arXiv:2101.08134)."""

from __future__ import annotations

from nas_core.proxies import Proxy


class L2Norm(Proxy):
    """Sum over layers of the Euclidean norm of the initial weights; it sees no image and no gradient."""

    label = "weight norm"
    group = "control"
    paper = "Abdelfattah et al. 2021, arXiv:2101.08134"
    shared = False

    def score(self, net, passes):
        from nas_core.proxies._layers import weights

        return float(sum(w.detach().norm() for w in weights(net)))
