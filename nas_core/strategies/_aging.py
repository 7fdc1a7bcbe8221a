"""What strategies share whose oldest member dies: they differ in who wins a tournament and how a child differs."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np

from nas_core.plugins import param
from nas_core.strategies import Problem
from nas_core.strategies._repeats import Repeating
from nas_core.types import Arch, Suggestion, Trial


class Aging(Repeating):
    """Base: random members first, then children of tournament winners; override `best_first`, `child` or `retire`."""

    population_size: int = param(
        10, "members alive at a time; the oldest dies when a new one is born", low=1, high=1000
    )
    sample_size: int = param(
        3, "members drawn for each tournament; the best of them becomes the parent", low=1, high=1000
    )

    def start(self, problem: Problem, rng: np.random.Generator) -> None:
        super().start(problem, rng)
        self.population: deque[Trial] = deque()
        self.started = 0  # random members asked for so far

    @property
    def growing(self) -> bool:
        """True while the first population is not complete, and while none of it has been told."""
        return self.started < self.population_size or not self.population

    def ask(self) -> Suggestion | None:
        return self.new(self.member)

    def member(self) -> Suggestion:
        """A random member of the first population, or a child."""
        if self.growing:
            self.started += 1
            return Suggestion(self.space.sample(self.rng), info={"phase": "initial"})
        parent = self.winner()
        return Suggestion(self.child(parent.arch), info={"phase": "evolve", "parents": [parent.number]})

    def winner(self) -> Trial:
        """The best of a sample of the members, drawn with replacement."""
        sample = [self.population[i] for i in self.rng.integers(len(self.population), size=self.sample_size)]
        return self.best_first(sample)[0]

    def best_first(self, trials: Sequence[Trial]) -> list[Trial]:
        """`trials` in the order in which they win."""
        return sorted(trials, key=self.rank)

    def child(self, arch: Arch) -> Arch:
        """`arch` with one decision changed."""
        return self.space.mutate(arch, self.rng)

    def tell(self, trial: Trial) -> None:
        super().tell(trial)
        self.population.append(trial)
        if len(self.population) > self.population_size:
            self.retire()

    def retire(self) -> None:
        """A member leaves the population, which has one too many."""
        self.population.popleft()

    def warm_start(self, trials: Sequence[Trial]) -> None:
        """The best of them are the first population; the worse die first."""
        super().warm_start(trials)
        self.population = deque(self.best_first(trials)[: self.population_size][::-1])
        self.started = len(self.population)
