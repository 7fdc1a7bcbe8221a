"""What the evolutions share whose oldest member dies (Real et al., AAAI 2019, arXiv:1802.01548)."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np

from nas_core.plugins import param
from nas_core.strategies import Problem
from nas_core.strategies._repeats import Repeating
from nas_core.types import Arch, Suggestion, Trial


class Aging(Repeating):
    """Base: the first members are random, then each child mutates the winner of a tournament of those told so far.

    A subclass may say which members are better (`best_first`), and how a child is made (`mutate`).
    """

    quick = {"population_size": 4, "sample_size": 2}

    population_size: int = param(
        10, "members alive at a time; the oldest dies when a new one is born", low=1, high=1000
    )
    sample_size: int = param(
        3, "members drawn for each tournament; the best of them becomes the parent", low=1, high=1000
    )

    def start(self, problem: Problem, rng: np.random.Generator) -> None:
        super().start(problem, rng)
        self.population: deque[Trial] = deque()
        self.n_random = 0  # random members asked for so far

    def best_first(self, trials: Sequence[Trial]) -> list[Trial]:
        """`trials` in the order in which they win; equals keep theirs."""
        return sorted(trials, key=self.rank)

    def mutate(self, arch: Arch) -> Arch:
        """A child of `arch`."""
        return self.space.mutate(arch, self.rng)

    @property
    def complete(self) -> bool:
        """True once the random members are asked for, and one of them is told."""
        return self.n_random >= self.population_size and bool(self.population)

    def tournament(self) -> Trial:
        """The best of `sample_size` members, drawn with replacement."""
        sample = self.rng.integers(len(self.population), size=self.sample_size)
        return self.best_first([self.population[i] for i in sample])[0]

    def ask(self) -> Suggestion | None:
        return self.new(self.member)

    def member(self) -> Suggestion:
        """A random architecture at first, then a child."""
        if not self.complete:
            self.n_random += 1
            return Suggestion(self.space.sample(self.rng), info={"phase": "initial"})
        parent = self.tournament()
        return Suggestion(self.mutate(parent.arch), info={"phase": "evolve", "parents": [parent.number]})

    def tell(self, trial: Trial) -> None:
        super().tell(trial)
        self.population.append(trial)
        if len(self.population) > self.population_size:
            self.population.popleft()

    def warm_start(self, trials: Sequence[Trial]) -> None:
        """The best of them are the first population; the worse die first."""
        super().warm_start(trials)
        self.population = deque(self.best_first(trials)[: self.population_size][::-1])
        self.n_random = len(self.population)
