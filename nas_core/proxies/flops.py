"""Multiply-adds: what every proxy has to beat."""

from __future__ import annotations

from nas_core.proxies import Proxy


class Flops(Proxy):
    """Multiply-adds for one image, in millions, by NATS-Bench's rule: convolutions and the linear layer only."""

    label = "FLOPs"
    group = "baseline"
    shared = False

    def score(self, net, passes):
        from nas_core.nets.counts import count

        shape = passes.first.images.shape
        kind = {4: "image", 3: "sequence", 2: "tokens"}[len(shape)]
        return count(net, shape[1], shape[-1], kind).flops_m
