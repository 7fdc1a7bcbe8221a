"""Gaussian process with a Hamming kernel: similarity is the weighted number of equal decisions.

The process is Rasmussen & Williams's (2006, chapters 2 and 5), the kernel that of SMAC for categorical parameters
(Hutter, Hoos & Leyton-Brown, LION 2011, doi:10.1007/978-3-642-25566-3_40).
"""

from __future__ import annotations

import numpy as np

from nas_core.predictors import _encodings
from nas_core.predictors._gp import GaussianProcess


class GPHamming(GaussianProcess):
    """Gaussian process on the list of decisions: two cells are alike if most of their edges carry equal operations.

    Every decision has its own weight, learned from the data (automatic relevance determination). Where options are
    numbers, such as widths, close ones count as partly equal; this, and the weak prior on the weights, are our own.
    """

    label = "GP, Hamming kernel"
    paper = "Rasmussen & Williams 2006, doi:10.7551/mitpress/3206.001.0001"

    def _bags(self, rows):
        code = _encodings.one_hot(self.space, rows) > 0
        bags = np.zeros((len(rows), len(self.space.radix), max(self.space.radix)), np.uint64)
        for i, part in enumerate(np.split(code, np.cumsum(self.space.radix)[:-1], axis=1)):
            bags[:, i, : part.shape[1]] = part * np.arange(1, part.shape[1] + 1)
        return bags
