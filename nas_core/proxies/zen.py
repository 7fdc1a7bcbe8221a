"""Zen-Score (Lin et al., ICCV 2021, arXiv:2102.01063)."""

from __future__ import annotations

from typing import Any

from nas_core.plugins import param
from nas_core.proxies import Proxy

STEP = 0.01
IMAGES = 16


class Zen(Proxy):
    """How much the features change with the image, for random weights, with what normalisation took out put back.

    log E‖f(x) - f(x + 0.01 e)‖₁ + Σ log sqrt(mean variance) over the batch normalisations, for Gaussian images x and e
    and standard normal weights; f is the network before its average pooling. The variance is the batch's, with the
    small number that normalisation adds to it, so that a layer that is fed nothing counts and does not decide. It sees
    no real image. Normalisations on edges that lead nowhere count too, as in the published correlations.
    """

    label = "Zen-Score"
    paper = "Lin et al. 2021, arXiv:2102.01063"
    shared = False

    repeats: int = param(2, "draws of weights and images that are averaged; the reference code uses 32", low=1, high=64)

    def score(self, net, passes):
        import torch

        from nas_core.proxies._layers import gaussian, pooling

        generator = passes.generator(self.name)
        net, probe = passes.copy(), _Probe()
        pooling(net).register_forward_pre_hook(probe.features)
        for module in net.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.register_forward_pre_hook(probe.variance)
        shape = (IMAGES, *passes.first.images.shape[1:])
        total = 0.0
        with torch.no_grad():
            for _ in range(self.repeats):
                gaussian(net, generator)
                x, e = (torch.randn(shape, generator=generator).to(passes.first.images.device) for _ in range(2))
                total += probe.scale(net, x, x + STEP * e)
        return total / self.repeats


class _Probe:
    """What two forward passes show: the features before pooling, and the logarithms of the deviations on the way."""

    def __init__(self) -> None:
        self.logs: list[Any] = []
        self.last: Any = None

    def features(self, module, inputs):
        self.last = inputs[0]

    def variance(self, module, inputs):
        self.logs.append((inputs[0].var((0, 2, 3)).mean() + module.eps).sqrt().log())

    def scale(self, net, x, near):
        net(near)
        other, self.logs = self.last, []
        net(x)
        change = (self.last - other).abs().sum((1, 2, 3)).mean()
        return float(change.log() + sum(self.logs))
