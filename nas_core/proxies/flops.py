"""Multiply-adds: what every proxy has to beat."""

from __future__ import annotations

from nas_core.proxies import Proxy


class Flops(Proxy):
    """Multiply-adds for one image, in millions, by NATS-Bench's rule: convolutions and the linear layer only."""

    label = "FLOPs"
    group = "baseline"
    own = True

    def score(self, net, passes):
        from nas_core.nets.counts import count

        _, channels, _, size = passes.first.images.shape
        return count(net, channels, size).flops_m
