"""Regularized (aging) evolution: Algorithm 1 of Real et al., AAAI 2019, arXiv:1802.01548."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from nas_core.plugins import param
from nas_core.strategies import Problem
from nas_core.strategies._repeats import Repeating
from nas_core.types import Suggestion, Trial


class RegularizedEvolution(Repeating):
    """Mutates the winner of a small tournament; the oldest member dies, however good it is.

    Population 10 and sample 3 are NATS-Bench's reference; the paper uses 100 and 25. The tournament draws with
    replacement, as the reference does. With parallel workers the parent is the best of those told so far.
    """

    aliases: ClassVar[tuple[str, ...]] = ("REA", "aging evolution")
    family = "evolution"
    paper = "Real et al. 2019, arXiv:1802.01548"
    quick = {"population_size": 4, "sample_size": 2}

    population_size: int = param(
        10, "members alive at a time; the oldest dies when a new one is born", low=1, high=1000
    )
    sample_size: int = param(
        3, "members drawn for each tournament; the best of them becomes the parent", low=1, high=1000
    )
    mutation: str = param(
        "uniform edge",
        "which edge a mutation changes: any with equal chance, or a node first and then one of its "
        "inputs (NATS-Bench's reference; edges 1/3, 1/6, 1/6, 1/9, 1/9, 1/9)",
        options=("uniform edge", "node then edge"),
    )

    def start(self, problem: Problem, rng: np.random.Generator) -> None:
        super().start(problem, rng)
        self.population: deque[Trial] = deque()
        self.n_random = 0  # random members asked for so far
        self.weights = node_then_edge(self.space.decisions) if self.mutation == "node then edge" else None

    def ask(self) -> Suggestion | None:
        return self.new(self._draw)

    def _draw(self) -> Suggestion:
        if self.n_random < self.population_size or not self.population:
            self.n_random += 1
            return Suggestion(self.space.sample(self.rng), info={"phase": "initial"})
        sample = self.rng.integers(len(self.population), size=self.sample_size)
        parent = min((self.population[i] for i in sample), key=self.rank)
        child = self.space.mutate(parent.arch, self.rng, self.weights)
        return Suggestion(child, info={"phase": "evolve", "parents": [parent.number]})

    def tell(self, trial: Trial) -> None:
        self.population.append(trial)
        if len(self.population) > self.population_size:
            self.population.popleft()

    def warm_start(self, trials: Sequence[Trial]) -> None:
        """The best of them are the first population; the worse die first."""
        super().warm_start(trials)
        self.population = deque(sorted(trials, key=self.rank)[: self.population_size][::-1])
        self.n_random = len(self.population)


def node_then_edge(decisions: tuple[str, ...]) -> list[float]:
    """Probability of each edge if a node is drawn first, then one of its inputs; uniform where there are no edges."""
    nodes = [d.partition("←")[0] for d in decisions]
    return [1 / len(set(nodes)) / nodes.count(node) for node in nodes]
