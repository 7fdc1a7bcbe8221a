"""AZ-NAS: assembling zero-cost proxies (Lee & Ham, CVPR 2024, arXiv:2403.19232)."""

from __future__ import annotations

import numpy as np

from nas_core.proxies import Ensemble, ranks


class AzNas(Ensemble):
    """Σ log(rank / n) of expressivity, progressivity, trainability and FLOPs: a network bad in one of them is out."""

    label = "AZ-NAS"
    group = "core"
    paper = "Lee & Ham 2024, arXiv:2403.19232"
    members = ("az_expressivity", "az_progressivity", "az_trainability", "flops")
    shared = False

    def combine(self, columns):
        return np.sum([np.log(ranks(columns[m]) / len(columns[m])) for m in self.members], 0)
