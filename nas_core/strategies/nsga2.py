"""NSGA-II (Deb et al., IEEE TEVC 6(2) 2002, doi:10.1109/4235.996017) for several objectives at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from nas_core.plugins import param
from nas_core.strategies import Problem
from nas_core.strategies._niches import DIVERSITY, distinct, order
from nas_core.strategies._repeats import Repeating
from nas_core.types import Arch, Suggestion, Trial


class NSGA2(Repeating):
    """Keeps a population spread along the Pareto front: generations of children, the best half of both survives.

    As in the paper: binary tournaments by rank and crowding, crossover, mutation, elitist survival. Three things
    differ on a small discrete space: a child that is a duplicate of a member or sibling is drawn again, also as an
    isomorphic cell where such cells share all objectives; of isomorphic cells that turn out equal in all of them one
    survives; and niches may be measured by Hamming distance between architectures.
    """

    label = "NSGA-II"
    aliases = ("non-dominated sorting",)
    family = "multi-objective"
    paper = "Deb et al. 2002, doi:10.1109/4235.996017"
    many_objectives = True
    quick = {"population_size": 6}

    population_size: int = param(20, "members, and children in each generation", low=2, high=500)
    crossover_rate: float = param(
        0.9, "chance that a child mixes two parents instead of copying one", low=0.0, high=1.0
    )
    mutation_rate: float = param(
        0.0, "chance of each decision of a child to change; 0: such that one does on average", low=0.0, high=1.0
    )
    diversity: str = param("crowding", "how isolation within a front is measured", options=DIVERSITY)

    def start(self, problem: Problem, rng: np.random.Generator) -> None:
        super().start(problem, rng)
        self.population: list[Trial] = []  # from best to worst
        self.children: list[Trial] = []
        self.siblings: set[Arch] = set()  # keys of what was asked for in this generation

    def ask(self) -> Suggestion | None:
        if len(self.siblings) == self.population_size:
            return None  # the generation is complete: wait for its last results
        suggestion = self.new(self._member)
        if suggestion is not None:
            self.siblings.add(self.problem.key(suggestion.arch))
        return suggestion

    def _member(self) -> Suggestion:
        """A child; in the first generation a random architecture."""
        if not self.population:
            return Suggestion(self._fresh(lambda: self.space.sample(self.rng)), info={"phase": "initial"})
        parents = [self._tournament(), self._tournament()]
        arch = self._fresh(lambda: self._child(*parents))
        return Suggestion(arch, info={"phase": "evolve", "parents": [parent.number for parent in parents]})

    def tell(self, trial: Trial) -> None:
        self.children.append(trial)
        if len(self.children) == self.population_size:
            both = distinct(self.population + self.children, self.problem)
            best = order(both, self.problem, self.diversity)[: self.population_size]
            self.population, self.children, self.siblings = [both[i] for i in best], [], set()

    def warm_start(self, trials: Sequence[Trial]) -> None:
        """The best of them are the first population."""
        self.past.update(trial.arch for trial in trials)
        members = distinct(trials, self.problem)
        best = order(members, self.problem, self.diversity)[: self.population_size]
        self.population = [members[i] for i in best]

    def _tournament(self) -> Trial:
        """The better of two members; the population is sorted, so that is the earlier one."""
        return self.population[int(self.rng.integers(len(self.population), size=2).min())]

    def _child(self, mother: Trial, father: Trial) -> Arch:
        arch = mother.arch
        if self.rng.random() < self.crossover_rate:
            arch = self.space.crossover(mother.arch, father.arch, self.rng)
        for i in np.flatnonzero(self.rng.random(len(arch)) < (self.mutation_rate or 1 / len(arch))):
            if self.space.radix[i] > 1:
                arch = self.space.mutate(arch, self.rng, np.eye(len(arch))[i])
        return arch

    def _fresh(self, draw: Callable[[], Arch]) -> Arch:
        """An architecture that is not a duplicate of a member or sibling; after 50 draws, a random one."""
        members = {self.problem.key(t.arch) for t in self.population} | self.siblings
        for _ in range(50):
            if self.problem.key(arch := draw()) not in members:
                return arch
        return self.space.sample(self.rng)
