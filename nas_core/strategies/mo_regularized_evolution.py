"""Multi-objective regularized evolution: aging evolution whose tournament is won by Pareto rank."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np

from nas_core.plugins import param
from nas_core.strategies import Problem
from nas_core.strategies._niches import DIVERSITY, order
from nas_core.strategies._repeats import Repeating
from nas_core.types import Suggestion, Trial


class MORegularizedEvolution(Repeating):
    """Regularized evolution for several objectives: the tournament winner is the best by rank, then isolation.

    Everything else is Real et al. (arXiv:1802.01548): one mutation a child, the oldest dies. As in Syne Tune's
    MO-REA, the front is kept by the record of the run and not by the population.
    """

    label = "multi-objective regularized evolution"
    aliases = ("MO-REA",)
    family = "multi-objective"
    paper = "Real et al. 2019, arXiv:1802.01548, with the ordering of Deb et al. 2002"
    many_objectives = True
    quick = {"population_size": 6, "sample_size": 3}

    population_size: int = param(
        50, "members alive at a time; the oldest dies when a new one is born", low=1, high=1000
    )
    sample_size: int = param(10, "members drawn for each tournament", low=1, high=1000)
    diversity: str = param("crowding", "how isolation within a front is measured", options=DIVERSITY)

    def start(self, problem: Problem, rng: np.random.Generator) -> None:
        super().start(problem, rng)
        self.population: deque[Trial] = deque(maxlen=self.population_size)
        self.n_random = 0

    def ask(self) -> Suggestion | None:
        return self.new(self._draw)

    def _draw(self) -> Suggestion:
        if self.n_random < self.population_size or not self.population:
            self.n_random += 1
            return Suggestion(self.space.sample(self.rng), info={"phase": "initial"})
        sample = [self.population[i] for i in self.rng.integers(len(self.population), size=self.sample_size)]
        parent = sample[order(sample, self.problem, self.diversity)[0]]
        child = self.space.mutate(parent.arch, self.rng)
        return Suggestion(child, info={"phase": "evolve", "parents": [parent.number]})

    def tell(self, trial: Trial) -> None:
        self.population.append(trial)

    def warm_start(self, trials: Sequence[Trial]) -> None:
        """The best of them are the first population; the worse die first."""
        super().warm_start(trials)
        best = order(trials, self.problem, self.diversity)[: self.population_size]
        self.population = deque([trials[i] for i in best[::-1]], maxlen=self.population_size)
        self.n_random = len(best)
