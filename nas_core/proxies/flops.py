"""Multiply-adds: a baseline of our own choice, which every proxy has to beat; counted as arXiv:2009.00437 does."""

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
