"""Gaussian process with a Weisfeiler-Lehman graph kernel, after NASBOWL (Ru et al., ICLR 2021, arXiv:2006.07556)."""

from __future__ import annotations

import numpy as np

from nas_core.plugins import param
from nas_core.predictors import _encodings
from nas_core.predictors._gp import GaussianProcess


class GPWL(GaussianProcess):
    """Gaussian process on the graph of the cell: two cells are alike if they share many small sub-networks.

    Dead edges do not count, and isomorphic cells are one point. Where we differ from NASBOWL: it chooses one depth by
    marginal likelihood and takes a linear kernel; here every depth has a weight, chosen likewise, inside an
    exponential, which predicts better from 100 cells on.
    """

    label = "GP, graph kernel"
    paper = "Ru et al. 2021, arXiv:2006.07556"

    depth: int = param(3, "how many steps around a node a sub-network reaches", low=0, high=6)

    def _bags(self, rows: np.ndarray) -> np.ndarray:
        return _encodings.weisfeiler_lehman(self.space, rows, self.depth)
