"""SynFlow: synaptic flow (Tanaka et al., NeurIPS 2020, arXiv:2006.05467), summed over a network."""

from __future__ import annotations

import math

from nas_core.proxies import Proxy


class Synflow(Proxy):
    """Logarithm of Σ |weight × ∂R/∂weight|, where R sums the outputs for an image of ones and all weights are positive.

    Batch normalisation is left out, so no data is seen. The sum reaches 1e61, so it is made in double precision and
    its logarithm is the score; minus infinity where nothing flows.
    """

    label = "SynFlow"
    paper = "Tanaka et al. 2020, arXiv:2006.05467"
    needs = frozenset({"flow"})

    def score(self, net, passes):
        total = float(sum(flow.sum() for flow in passes.flow))
        return math.log(total) if total else float("-inf")
