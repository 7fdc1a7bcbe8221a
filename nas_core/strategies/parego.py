"""ParEGO (Knowles 2006, doi:10.1109/TEVC.2005.851274): Bayesian optimisation for several objectives."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from nas_core.plugins import param
from nas_core.strategies import Problem
from nas_core.strategies._gp_search import GPSearch
from nas_core.strategies._niches import violations
from nas_core.types import Arch, Trial

SLOPE = 0.05  # weight of the plain sum beside the largest term, as in the paper


class ParEGO(GPSearch):
    """Joins the objectives by weights drawn anew for each round, and asks where a Gaussian process hopes for most.

    The largest weighted loss counts, so that bends of the front in either direction can be reached (augmented
    Tchebycheff). As in the paper losses are scaled by the range seen so far and the model learns from a part of the
    trials: half the best under the weights of the round, half drawn at random. Weights come from the whole simplex
    and not from a lattice on it, candidates are mutants of the best, and a trial that violates a constraint is worse
    than all that do not.
    """

    label = "ParEGO"
    aliases = ("multi-objective Bayesian optimization",)
    family = "multi-objective"
    paper = "Knowles 2006, doi:10.1109/TEVC.2005.851274"
    many_objectives = True
    kernel = "gp_hamming"
    quick = {"initial": 4, "pool": 10, "most": 8}

    initial: int = param(20, "random architectures before the first model", low=2, high=10_000)
    batch: int = param(1, "architectures asked for with each draw of weights", low=1, high=1000)
    most: int = param(80, "trials a model learns from", low=4, high=2000)

    def start(self, problem: Problem, rng: np.random.Generator) -> None:
        super().start(problem, rng)
        self.scalars: dict[int, float] = {}  # trial number -> its loss under the weights of this round

    def tell(self, trial: Trial) -> None:
        if all(map(math.isfinite, trial.losses)):
            self.trials.append(trial)

    def candidates(self) -> dict[Arch, list[int]]:
        weights = self.rng.dirichlet(np.ones(len(self.problem.objectives)))
        scalars = self._scalarise(weights).tolist()
        self.scalars = {trial.number: value for trial, value in zip(self.trials, scalars, strict=True)}
        return super().candidates()

    def best_first(self) -> list[Trial]:
        return sorted(self.trials, key=lambda trial: self.scalars[trial.number])

    def lessons(self) -> list[Trial]:
        if len(self.trials) <= self.most:
            return self.trials
        ranked, half = self.best_first(), self.most // 2
        picks = self.rng.choice(len(ranked) - half, self.most - half, replace=False)
        return ranked[:half] + [ranked[half + i] for i in sorted(picks)]

    def targets(self, lessons: Sequence[Trial]) -> np.ndarray:
        return -np.array([self.scalars[trial.number] for trial in lessons])

    def values(self, mean: np.ndarray) -> np.ndarray | None:
        return None  # a joined loss has no unit

    def _scalarise(self, weights: np.ndarray) -> np.ndarray:
        """float64[told]: one loss a trial under weights float64[m]; infeasible ones come after all others."""
        out = tchebycheff(np.array([trial.losses for trial in self.trials]), weights)
        over = violations(self.trials, self.problem)
        if not over.any():
            return out
        worst = over[np.isfinite(over)].max(initial=0.0) or 1.0
        return out + np.where(over > 0, out.max() + np.minimum(over / worst, 1.0), 0.0)


def tchebycheff(losses: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """float64[n]: augmented Tchebycheff value of losses float64[n, m], each scaled to 0 … 1 over the n rows.

    weights float64[m], sum 1. Lower is better.
    """
    low, high = losses.min(0), losses.max(0)
    weighted = weights * (losses - low) / np.where(high > low, high - low, 1.0)
    return weighted.max(1) + SLOPE * weighted.sum(1)
