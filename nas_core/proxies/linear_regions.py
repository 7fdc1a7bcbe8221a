"""Number of linear regions, the other half of TE-NAS (Chen, Gong & Wang, ICLR 2021, arXiv:2102.11535)."""

from __future__ import annotations

from nas_core.plugins import param
from nas_core.proxies import Proxy

SIZE = 3


class LinearRegions(Proxy):
    """In how many linear regions random images of 3×3 pixels fall: the distinct patterns of active ReLU units.

    Counted on the architecture's network of one channel and one cell a stage, as TE-NAS does: a wider one puts every
    image in a region of its own. Weights and images are random; it sees no real image. A text has
    three random words.
    """

    group = "extended"
    paper = "Chen et al. 2021, arXiv:2102.11535"

    images: int = param(1000, "random images that are sorted into regions", low=10, high=100_000)

    def score(self, net, passes):
        import torch

        from nas_core.proxies._layers import gaussian

        thin, patterns = passes.thin().train(), []
        gaussian(thin, passes.generator(self.name), kaiming=True)
        for module in thin.modules():
            if isinstance(module, torch.nn.ReLU):
                module.register_forward_hook(lambda _, inputs, __: patterns.append((inputs[0] > 0).flatten(1)))
        with torch.no_grad():
            _, channels, rows, _ = passes.first.images.shape
            thin(passes.noise(f"{self.name} images", self.images, channels, min(rows, SIZE), SIZE))
        return float(len(torch.cat(patterns, 1).unique(dim=0)))
