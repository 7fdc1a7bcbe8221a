"""Simulated annealing (Kirkpatrick, Gelatt & Vecchi, Science 1983)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from nas_core.plugins import param
from nas_core.strategies import Problem
from nas_core.strategies._repeats import Repeating
from nas_core.types import Suggestion, Trial


class SimulatedAnnealing(Repeating):
    """Walks from neighbour to neighbour; takes a step down too, the less readily the longer it has walked.

    A step that is worse by delta is taken with probability exp(-delta / T). T starts at a share of the spread of
    rewards among the first random architectures and shrinks by a constant factor with each trial. With parallel
    workers an answer is compared with where the walk stands by then.
    """

    aliases = ("SA",)
    family = "local search"
    paper = "Kirkpatrick et al. 1983, doi:10.1126/science.220.4598.671"
    quick = {"initial": 3}

    initial: int = param(10, "random architectures; the walk starts at the best of them", low=1, high=1000)
    temperature: float = param(0.2, "first temperature, in standard deviations of those rewards", low=0.0, high=100.0)
    cooling: float = param(0.98, "factor on the temperature after each trial", low=0.5, high=1.0)

    def start(self, problem: Problem, rng: np.random.Generator) -> None:
        super().start(problem, rng)
        self.n_random = 0  # random architectures asked for so far
        self.losses: list[float] = []  # of the random architectures
        self.spread = 0.0  # their standard deviation
        self.steps = 0  # trials of the walk
        self.here: Trial | None = None

    @property
    def heat(self) -> float:
        """The temperature, in units of the loss."""
        return self.temperature * self.spread * self.cooling**self.steps

    def ask(self) -> Suggestion | None:
        return self.new(self._draw)

    def _draw(self) -> Suggestion:
        if self.n_random < self.initial or self.here is None:
            self.n_random += 1
            return Suggestion(self.space.sample(self.rng), info={"phase": "initial"})
        info = {"phase": "walk", "parents": [self.here.number], "temperature": round(self.heat, 4)}
        return Suggestion(self.space.mutate(self.here.arch, self.rng), info=info)

    def warm_start(self, trials: Sequence[Trial]) -> None:
        """They stand for the first random architectures."""
        super().warm_start(trials)
        self.n_random = len(trials)

    def tell(self, trial: Trial) -> None:
        if math.isinf(trial.loss):
            return
        worse = trial.loss - self.here.loss if self.here else 0.0
        if trial.suggestion.info["phase"] == "initial":
            self.losses.append(trial.loss)
            self.spread = float(np.std(self.losses))
        else:
            self.steps += 1
            if worse > 0 and self.rng.random() < math.exp(-worse / max(self.heat, 1e-12)):
                worse = 0.0
        if worse <= 0:
            self.here = trial
