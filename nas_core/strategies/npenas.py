"""NPENAS (Wei et al., IEEE TNNLS 2022, arXiv:2003.12857): evolution guided by a graph network."""

from __future__ import annotations

import numpy as np

from nas_core import predictors
from nas_core.plugins import param
from nas_core.strategies._model_search import ModelSearch, Surrogate
from nas_core.strategies._pool import passes


class NPENAS(ModelSearch):
    """Breeds many children of the best, and trains those that a graph network likes most.

    The network learns from all trials of the run so far. With a weight on its uncertainty this is the paper's
    NPENAS-BO, without it NPENAS-NP. Differs from the paper: a graph convolution instead of a graph isomorphism network.
    """

    label = "NPENAS"
    aliases = ("neural predictor guided evolution",)
    family = "predictor"
    paper = "Wei et al. 2022, arXiv:2003.12857"
    takes_minutes = True
    quick = {"initial": 4, "batch": 4, "pool": 10, "epochs": 3}

    batch: int = param(10, "architectures asked for from each network", low=1, high=1000)
    pool: int = param(100, "children ranked in each round", low=1, high=20_000)
    epochs: int = param(
        150,
        "passes over what was trained, when the network learns; fewer from 640 on",
        low=1,
        high=500,
    )
    exploration: float = param(0.0, "standard deviations added to what the network predicts", low=0.0, high=10.0)

    def model(self) -> Surrogate:
        seed, epochs = int(self.rng.integers(2**31)), passes(self.epochs, len(self.trials))
        return predictors.create(
            "gcn", self.space, merge_isomorphic=self.problem.merges_isomorphic, seed=seed, epochs=epochs
        )

    def acquisition(self, mean: np.ndarray, std: np.ndarray, best: float) -> np.ndarray:
        return mean + self.exploration * std
