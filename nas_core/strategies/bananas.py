"""BANANAS (White, Neiswanger & Savani, AAAI 2021, arXiv:1910.11858): Bayesian optimisation with neural networks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nas_core import predictors
from nas_core.plugins import param
from nas_core.strategies import Problem
from nas_core.strategies._model_search import ModelSearch, Surrogate
from nas_core.strategies._pool import passes
from nas_core.types import Arch

NETWORKS = {"members": 5, "layers": 10, "width": 20, "learning_rate": 0.01, "encoding": "paths"}
EPOCHS = 150
MUTANTS, EVERYTHING = "neighbours of the best", "the whole space"


class Bananas(ModelSearch):
    """An ensemble of small networks on the path encoding predicts accuracy; one random draw from each belief decides.

    Independent Thompson sampling: each candidate gets one draw from N(mean, std), and the highest draws are asked.
    With the random surrogate only the choice of candidates is left; how little that costs is the point of "Mutation is
    all you need" (arXiv:2107.07343). A space without paths is encoded one-hot. The networks have the paper's shape but
    learn from squared errors, on the scale of `nas_core.predictors`.
    """

    label = "BANANAS"
    family = "Bayesian"
    paper = "White et al. 2021, arXiv:1910.11858"
    takes_minutes = True
    quick = {"initial": 4, "batch": 5, "pool": 10, "surrogate": "random"}

    batch: int = param(10, "architectures asked for from each model", low=1, high=1000)
    surrogate: str = param("ensemble", "who ranks the candidates", options=("ensemble", "random"))
    candidates_from: str = param(MUTANTS, "what is ranked in each round", options=(MUTANTS, EVERYTHING))

    def start(self, problem: Problem, rng: np.random.Generator) -> None:
        super().start(problem, rng)
        if self.candidates_from == EVERYTHING:
            self.space.check_exhaustive("ranking of every architecture")

    def candidates(self) -> dict[Arch, list[int]]:
        if self.candidates_from == MUTANTS:
            return super().candidates()
        rows = map(tuple, self.space.all().tolist())
        return self.new({arch: [] for arch in rows if arch not in self.past})

    def model(self) -> Surrogate:
        if self.surrogate == "random":
            return Ignorance()
        seed = int(self.rng.integers(2**31))
        how = {
            "merge_isomorphic": self.problem.merges_isomorphic,
            "epochs": passes(EPOCHS, len(self.trials)),
            **NETWORKS,
        }
        return predictors.create("mlp_ensemble", self.space, seed=seed, **how)

    def values(self, mean: np.ndarray) -> np.ndarray | None:
        return None if self.surrogate == "random" else super().values(mean)

    def acquisition(self, mean: np.ndarray, std: np.ndarray, best: float) -> np.ndarray:
        return self.rng.normal(mean, std)


class Ignorance:
    """A predictor that believes the same of every architecture."""

    def fit(self, archs: Sequence[Arch], y: np.ndarray) -> Ignorance:
        return self

    def predict(self, archs: Sequence[Arch]) -> tuple[np.ndarray, np.ndarray]:
        return np.zeros(len(archs)), np.ones(len(archs))
