"""NASWOT: NAS without training (Mellor, Turner, Storkey & Crowley, ICML 2021, arXiv:2006.04647)."""

from __future__ import annotations

from nas_core.proxies import Proxy


class Naswot(Proxy):
    """log |det K|, where K counts, for two images, the ReLU units that are active for both or for neither.

    Every ReLU of the network counts once a use. Minus infinity where two images light up the same units.
    """

    label = "NASWOT"
    paper = "Mellor et al. 2021, arXiv:2006.04647"
    needs = frozenset({"signs"})

    def score(self, net, passes):
        import torch

        kernel = torch.zeros(len(passes.first.labels), len(passes.first.labels), dtype=torch.float64)
        for signs in passes.signs:
            active = signs.float()
            idle = 1 - active
            kernel += (active @ active.T).double().cpu() + (idle @ idle.T).double().cpu()
        return float(torch.linalg.slogdet(kernel).logabsdet)
