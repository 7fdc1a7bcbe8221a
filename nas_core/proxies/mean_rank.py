"""Mean rank of three proxies: the members of the vote of Abdelfattah et al. (ICLR 2021, arXiv:2101.08134)."""

from __future__ import annotations

import numpy as np

from nas_core.proxies import Ensemble, ranks


class MeanRank(Ensemble):
    """Mean rank by synflow, jacob_cov and snip.

    The paper lets the three vote on pairs and prints the share of pairs put in the right order, .82; that is
    not a Spearman correlation, and this ensemble is judged by the same measures as its members.
    """

    paper = "after Abdelfattah et al. 2021, arXiv:2101.08134"
    members = ("synflow", "jacob_cov", "snip")

    def combine(self, columns):
        return np.mean([ranks(columns[m]) for m in self.members], 0)
