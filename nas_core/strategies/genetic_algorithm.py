"""A genetic algorithm with crossover and survival of the best (Xie & Yuille, ICCV 2017, arXiv:1703.01513)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nas_core.plugins import param
from nas_core.strategies import Problem
from nas_core.strategies._repeats import Repeating
from nas_core.types import Arch, Suggestion, Trial

TRIES = 20  # attempts to breed a child that was not asked before


class GeneticAlgorithm(Repeating):
    """Mixes the decisions of two good parents, changes about one of them, and keeps the best of parents and children.

    Each parent wins a tournament of two. A generation is as many children as the population has members; then the
    best of both survive (mu + lambda); in the paper a roulette wheel chooses who does. A child that was already asked
    is bred again. With parallel workers a child that comes late counts with the next generation.
    """

    aliases = ("GA", "Genetic CNN")
    family = "evolution"
    paper = "Xie & Yuille 2017, arXiv:1703.01513"
    quick = {"population_size": 4}

    population_size: int = param(20, "members that survive, and children in a generation", low=2, high=1000)
    crossover: str = param(
        "uniform",
        "how parents mix: each decision from either, or a stretch from the second parent",
        options=("uniform", "two-point"),
    )
    crossover_rate: float = param(0.9, "share of children with two parents", low=0.0, high=1.0)
    mutations: float = param(1.0, "decisions of a child that change, on average", low=0.0, high=100.0)

    def start(self, problem: Problem, rng: np.random.Generator) -> None:
        super().start(problem, rng)
        self.population: list[Trial] = []
        self.children: list[Trial] = []
        self.n_random = 0  # random members asked for so far

    def ask(self) -> Suggestion | None:
        return self.new(self._draw)

    def _draw(self) -> Suggestion:
        info: dict[str, Any]
        if self.n_random < self.population_size or not self.population:
            self.n_random += 1
            arch, info = self.space.sample(self.rng), {"phase": "initial"}
        else:
            for _ in range(TRIES):
                arch, parents = self._child()
                if arch not in self.past:
                    break
            info = {"phase": "evolve", "parents": [parent.number for parent in parents]}
        return Suggestion(arch, info=info)

    def tell(self, trial: Trial) -> None:
        self.children.append(trial)
        if len(self.children) == self.population_size:
            both = sorted(self.population + self.children, key=self.rank)
            self.population, self.children = both[: self.population_size], []

    def warm_start(self, trials: Sequence[Trial]) -> None:
        """The best of them are the first population."""
        self.population = sorted(trials, key=self.rank)[: self.population_size]
        self.n_random = len(self.population)
        self.past.update(trial.arch for trial in trials)

    def _child(self) -> tuple[Arch, list[Trial]]:
        parents = [self._tournament()]
        arch = parents[0].arch
        if self.rng.random() < self.crossover_rate:
            parents.append(self._tournament())
            arch = self._mix(arch, parents[1].arch)
        for i in (self.rng.random(len(arch)) < self.mutations / len(arch)).nonzero()[0]:
            if others := self.space.radix[i] - 1:
                other = int(self.rng.integers(others))
                arch = (*arch[:i], other + (other >= arch[i]), *arch[i + 1 :])
        return arch, parents

    def _tournament(self) -> Trial:
        a, b = self.rng.integers(len(self.population), size=2)
        return min(self.population[a], self.population[b], key=self.rank)

    def _mix(self, a: Arch, b: Arch) -> Arch:
        if self.crossover == "uniform":
            return self.space.crossover(a, b, self.rng)
        first, last = sorted(self.rng.integers(len(a) + 1, size=2))
        return (*a[:first], *b[first:last], *a[last:])
