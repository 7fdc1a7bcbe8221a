"""Bayesian optimisation with a Gaussian process; gp_hamming and gp_wl differ in the kernel only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from scipy.special import ndtr

from nas_core import predictors
from nas_core.strategies import Problem
from nas_core.strategies._model_search import ModelSearch, Surrogate
from nas_core.types import Trial


class GPSearch(ModelSearch):
    """Base of the two: expected improvement over mutants of the best, in batches, as in NASBOWL."""

    family = "Bayesian"
    quick = {"initial": 4, "batch": 8, "pool": 10}
    kernel: ClassVar[str]  # name of the predictor

    def start(self, problem: Problem, rng: np.random.Generator) -> None:
        super().start(problem, rng)
        metric = problem.objectives[0].metric
        self.accuracy = metric.isidentifier() and metric.endswith("_acc")  # in percent, so it ends at 100

    def targets(self, lessons: Sequence[Trial]) -> np.ndarray:
        """float64[lessons]: -log of the error where the objective is an accuracy in percent, else -loss."""
        losses = np.array([trial.loss for trial in lessons])
        return -np.log(np.maximum(100.0 + losses, 0.01)) if self.accuracy else -losses

    def values(self, mean: np.ndarray) -> np.ndarray | None:
        return self.problem.objectives[0].value(np.exp(-mean) - 100.0) if self.accuracy else super().values(mean)

    def model(self) -> Surrogate:
        return predictors.create(self.kernel, self.space, merge_isomorphic=self.problem.merges_isomorphic)

    def acquisition(self, mean: np.ndarray, std: np.ndarray, best: float) -> np.ndarray:
        return expected_improvement(mean, std, best)


def expected_improvement(mean: np.ndarray, std: np.ndarray, best: float) -> np.ndarray:
    """float64[n]: E[max(f - best, 0)] for f ~ N(mean, std); mean, std float64[n]."""
    std = np.maximum(std, 1e-12)
    z = (mean - best) / std
    return std * (z * ndtr(z) + np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi))
