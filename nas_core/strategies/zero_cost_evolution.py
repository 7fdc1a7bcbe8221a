"""Evolution with zero-cost warm-up and moves (Abdelfattah et al., ICLR 2021, arXiv:2101.08134, section 4)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from nas_core.plugins import param
from nas_core.strategies import Problem
from nas_core.strategies._looks import Looks
from nas_core.strategies.regularized_evolution import RegularizedEvolution
from nas_core.types import Arch, Suggestion, Trial


class ZeroCostEvolution(RegularizedEvolution):
    """Regularized evolution that scores before it trains: its first population, and the neighbours of each parent.

    A proxy looks at random architectures and the best of them are trained first. A child is then, with some chance,
    the best-scored neighbour of its parent that was not trained yet. Every look is charged the seconds it takes.
    """

    label = "zero-cost evolution"
    aliases = ("zero-cost warm-up",)
    family = "hybrid"
    asks_proxies = True
    paper = "Abdelfattah et al. 2021, arXiv:2101.08134"
    quick = {"proxy": "flops", "warm_up": 12, "population_size": 4, "sample_size": 2}

    proxy: str = param("synflow", "the zero-cost proxy that looks; a table must know its scores of the whole space")
    warm_up: int = param(
        500, "random architectures looked at before the first training; the paper takes 3000", low=0, high=15_625
    )
    moves: float = param(
        0.75,
        "chance that a child is the best-scored neighbour of its parent instead of a random one",
        low=0.0,
        high=1.0,
    )
    population_size: int = param(
        10, "members alive at a time, the first ones those with the best scores; the paper takes 64", low=1, high=1000
    )
    sample_size: int = param(
        3, "members drawn for each tournament; the best of them becomes the parent", low=1, high=1000
    )

    def start(self, problem: Problem, rng: np.random.Generator) -> None:
        super().start(problem, rng)
        self.looks = Looks(problem, self.proxy)
        self.warm = self.space.draw(rng, self.warm_up)[::-1]  # the next one last
        self.best: list[Arch] = []  # those of them that were looked at, best first
        self.parent: Trial | None = None  # the trial whose neighbours are being looked at

    def ask(self) -> Suggestion | None:
        if self.exhausted:
            return None
        if self.warm:
            return self.looks.ask(self.warm.pop())
        if self.parent is not None:
            return self._move(self.parent)
        if self.looks.pending:
            return None
        if self.n_random < self.population_size or not self.population:
            return self._first()
        sample = self.rng.integers(len(self.population), size=self.sample_size)
        parent = min((self.population[i] for i in sample), key=self.rank)
        return self._move(parent) if self.rng.random() < self.moves else self._mutate(parent)

    def tell(self, trial: Trial) -> None:
        if not self.looks.tell(trial):
            super().tell(trial)

    def warm_start(self, trials: Sequence[Trial]) -> None:
        """As in regularized evolution; a first population that is complete needs no warm-up."""
        super().warm_start(trials)
        if self.n_random == self.population_size:
            self.warm = []

    def _first(self) -> Suggestion | None:
        """The best-scored architecture of the warm-up that was not asked for yet, else a random one."""
        if not self.best:
            self.best = self.looks.best(self.looks.scores)
        new = (arch for arch in self.best if arch not in self.past)
        arch = next(new, None) or self.space.sample(self.rng)
        self.n_random += 1
        return self.new(lambda: Suggestion(arch, info={"phase": "initial"}))

    def _move(self, parent: Trial) -> Suggestion | None:
        """A look at a neighbour of the parent, or when all are seen the best of them; None while looks are out."""
        self.parent = parent
        around = [arch for arch in self.space.neighbors(parent.arch) if arch not in self.past]
        if rest := self.looks.missing(around):
            return self.looks.ask(rest[0], parents=[parent.number])
        if any(arch in self.looks.pending for arch in around):
            return None
        if not around:  # every neighbour was trained
            return self._mutate(parent)
        return self._child(parent, lambda: self.looks.best(around)[0], "move")

    def _mutate(self, parent: Trial) -> Suggestion | None:
        return self._child(parent, lambda: self.space.mutate(parent.arch, self.rng, self.weights), "evolve")

    def _child(self, parent: Trial, draw: Callable[[], Arch], phase: str) -> Suggestion | None:
        self.parent = None
        return self.new(lambda: Suggestion(draw(), info={"phase": phase, "parents": [parent.number]}))
