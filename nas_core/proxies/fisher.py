"""Fisher information of channels (Theis et al. 2018, arXiv:1801.05787; Turner et al., ICLR 2020, arXiv:1906.04113)."""

from __future__ import annotations

from nas_core.proxies import Proxy


class Fisher(Proxy):
    """Sum over channels of half the mean square, over images, of Σ activation × gradient over the map.

    Channels are those of the outputs of every convolution and of the linear layer, before normalisation.
    """

    label = "Fisher"
    paper = "Turner et al. 2020, arXiv:1906.04113"
    needs = frozenset({"saliency"})

    def score(self, net, passes):
        return float(sum(0.5 * s.square().mean(0).sum() for s in passes.saliency))
