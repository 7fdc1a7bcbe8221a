"""Gaussian process with a Hamming kernel: similarity is the weighted number of equal decisions."""

from __future__ import annotations

import numpy as np

from nas_core.predictors import _encodings
from nas_core.predictors._gp import GaussianProcess


class GPHamming(GaussianProcess):
    """Gaussian process on the list of decisions: two cells are alike if most of their edges carry equal operations.

    Every decision has its own weight, learned from the data (automatic relevance determination). Where options are
    numbers, such as widths, close ones count as partly equal.
    """

    label = "GP, Hamming kernel"
    paper = "Rasmussen & Williams 2006"

    def _bags(self, rows):
        code = _encodings.one_hot(self.space, rows) > 0
        bags = np.zeros((len(rows), len(self.space.radix), max(self.space.radix)), np.uint64)
        for i, part in enumerate(np.split(code, np.cumsum(self.space.radix)[:-1], axis=1)):
            bags[:, i, : part.shape[1]] = part * np.arange(1, part.shape[1] + 1)
        return bags
