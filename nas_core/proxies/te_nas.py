"""TE-NAS: trainability and expressivity (Chen, Gong & Wang, ICLR 2021, arXiv:2102.11535), as a ranking of networks."""

from __future__ import annotations

import numpy as np

from nas_core.proxies import Ensemble, ranks


class TeNas(Ensemble):
    """Mean rank of the condition number of the tangent kernel and the number of linear regions."""

    label = "TE-NAS"
    paper = "Chen et al. 2021, arXiv:2102.11535"
    members = ("ntk", "linear_regions")

    def combine(self, columns):
        return np.mean([ranks(columns[m]) for m in self.members], 0)
