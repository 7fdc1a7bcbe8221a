"""SynFlow: synaptic flow (Tanaka et al., NeurIPS 2020, arXiv:2006.05467), summed over a network."""

from __future__ import annotations

from nas_core.proxies import Proxy


class Synflow(Proxy):
    """Logarithm of Σ |weight × ∂R/∂weight|, where R sums the outputs for an image of ones and all weights are positive.

    Batch normalisation is left out, so no data is seen. The sum reaches 1e61, so it is made in double precision and
    its logarithm is the score; minus infinity where nothing flows.
    """

    label = "SynFlow"
    paper = "Tanaka et al. 2020, arXiv:2006.05467"

    def score(self, net, passes):
        import torch

        from nas_core.proxies._layers import without_norms
        from nas_core.proxies._passes import weights

        net = without_norms(passes.copy()).double()
        with torch.no_grad():
            for parameter in net.parameters():
                parameter.abs_()
        ones = torch.ones_like(passes.first.images[:1], dtype=torch.float64)
        found = torch.autograd.grad(net(ones).sum(), weights(net), allow_unused=True)
        flow = [(w.detach() * g).sum() for w, g in zip(weights(net), found, strict=True) if g is not None]
        return float(torch.stack(flow).sum().log())
