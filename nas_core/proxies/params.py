"""The number of parameters: a baseline of our own choice, which every proxy has to beat."""

from __future__ import annotations

from nas_core.proxies import Proxy


class Params(Proxy):
    """Trainable parameters of the whole network, in millions: a larger network is expected to be better."""

    label = "parameters"
    group = "baseline"
    shared = False

    def score(self, net, passes):
        return sum(p.numel() for p in net.parameters()) / 1e6
