"""MeCo: minimum eigenvalue of feature correlations (Jiang, Wang & Bie, NeurIPS 2023)."""

from __future__ import annotations

from nas_core.proxies import Proxy


class Meco(Proxy):
    """Sum over layers of the smallest eigenvalue of the correlation between the channels of one random image's maps.

    Every convolution, normalisation, ReLU and pooling counts once. A layer with a constant channel counts 0, and one
    with more channels than pixels is 0 by necessity.
    """

    label = "MeCo"
    group = "extended"
    paper = "Jiang et al. 2023, NeurIPS"

    def score(self, net, passes):
        import torch
        from torch import nn

        net, total = passes.copy(), 0.0

        def note(_, __, output):
            nonlocal total
            correlation = torch.atleast_2d(torch.corrcoef(output[0].flatten(1).double()))  # a number, of one channel
            if torch.isfinite(correlation).all():
                total += float(torch.linalg.eigvalsh(correlation)[0])

        for module in net.modules():
            if isinstance(module, nn.Conv2d | nn.BatchNorm2d | nn.ReLU | nn.AvgPool2d):
                module.register_forward_hook(note)
        with torch.no_grad():
            net(passes.noise(self.name, 1, *passes.first.images.shape[1:]))
        return total
