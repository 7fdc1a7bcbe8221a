"""MOEA/D with the Tchebycheff decomposition (Zhang & Li, IEEE TEVC 11(6) 2007, doi:10.1109/TEVC.2007.892759)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np

from nas_core.plugins import param
from nas_core.strategies import Problem
from nas_core.strategies._niches import violations
from nas_core.strategies._repeats import Repeating
from nas_core.types import Arch, Suggestion, Trial


class MOEAD(Repeating):
    """Splits the front into weighted single-objective problems that share their solutions with their neighbours.

    Losses are scaled from the best seen to the worst that the solutions hold, since accuracy and FLOPs have different
    units and the worst cells of all learn nothing. A child replaces at most two neighbours' solutions (Li & Zhang
    2009), and any infeasible one if it violates less. In a small space most mutants of good parents are known already,
    so a child that was asked before is drawn again.
    """

    label = "MOEA/D"
    aliases = ("evolution by decomposition",)
    family = "multi-objective"
    paper = "Zhang & Li 2007, doi:10.1109/TEVC.2007.892759"
    many_objectives = True
    quick = {"subproblems": 6, "neighborhood": 3}

    subproblems: int = param(
        20, "weight vectors, about: rounded to a full lattice with three or more objectives", low=2, high=300
    )
    neighborhood: int = param(5, "subproblems whose solutions mate and may be replaced", low=2, high=100)
    crossover_rate: float = param(
        0.9, "chance that a child mixes two parents instead of copying one", low=0.0, high=1.0
    )

    def start(self, problem: Problem, rng: np.random.Generator) -> None:
        super().start(problem, rng)
        self.weights = lattice(len(problem.objectives), self.subproblems)
        apart = np.linalg.norm(self.weights[:, None] - self.weights[None], axis=-1)
        self.near = np.argsort(apart, axis=1, kind="stable")[:, : self.neighborhood]
        self.solutions: list[Trial | None] = [None] * len(self.weights)
        self.turn = 0
        self.aims: dict[Arch, list[int]] = {}  # arch -> subproblems it was made for
        self.ideal = np.full(len(problem.objectives), np.inf)
        self.worst = -self.ideal

    def ask(self) -> Suggestion | None:
        i = self.turn % len(self.weights)
        suggestion = self.new(lambda: self._member(i))
        if suggestion is not None:
            self.turn += 1
            self.aims.setdefault(suggestion.arch, []).append(i)
        return suggestion

    def _member(self, i: int) -> Suggestion:
        """A child for subproblem i; a random architecture in the first round, and while it has no neighbours."""
        mates = [self.solutions[j] for j in self.near[i] if self.solutions[j] is not None]
        if self.turn < len(self.weights) or not mates:
            return Suggestion(self.space.sample(self.rng), info={"phase": "initial"})
        mother, father = (mates[j] for j in self.rng.integers(len(mates), size=2))
        arch = self._child(mother.arch, father.arch)
        return Suggestion(arch, info={"phase": "evolve", "parents": [mother.number, father.number]})

    def _child(self, mother: Arch, father: Arch) -> Arch:
        """Drawn again while it was asked before, at most 50 times."""
        for _ in range(50):
            arch = self.space.crossover(mother, father, self.rng) if self.rng.random() < self.crossover_rate else mother
            if (arch := self.space.mutate(arch, self.rng)) not in self.aims:
                break
        return arch

    def tell(self, trial: Trial) -> None:
        i = self.aims[trial.arch].pop(0)
        losses = np.array(trial.losses)
        if np.isfinite(losses).all():
            self.ideal = np.minimum(self.ideal, losses)
        replaced = 0
        for j in [i, *self.near[i]]:
            other = self.solutions[j]
            if other is None or (replaced < 2 and self._better(trial, other, self.weights[j])):
                replaced += other is not None
                self.solutions[j] = trial
        self._note_worst()

    def _note_worst(self) -> None:
        losses = np.array([s.losses for s in self.solutions if s is not None])
        self.worst = losses[np.isfinite(losses).all(1)].max(0, initial=-np.inf)

    def warm_start(self, trials: Sequence[Trial]) -> None:
        """Every subproblem gets the best of them for it; they stand for as many of the first random architectures."""
        self.past.update(trial.arch for trial in trials)
        self.turn = min(len(trials), len(self.weights))
        for trial in trials:
            self.aims.setdefault(trial.arch, [])
        losses = np.array([trial.losses for trial in trials])
        losses = losses[np.isfinite(losses).all(1)]
        self.ideal, self.worst = losses.min(0, initial=np.inf), losses.max(0, initial=-np.inf)
        for i, weight in enumerate(self.weights):
            for trial in trials:
                if (other := self.solutions[i]) is None or self._better(trial, other, weight):
                    self.solutions[i] = trial
        self._note_worst()

    def _better(self, a: Trial, b: Trial, weight: np.ndarray) -> bool:
        over_a, over_b = violations([a, b], self.problem)
        if over_a or over_b:
            return over_a < over_b
        return self._distance(a, weight) < self._distance(b, weight)

    def _distance(self, trial: Trial, weight: np.ndarray) -> float:
        """Weighted Tchebycheff distance to the ideal point; infinite for a failed trial."""
        if not np.isfinite(trial.losses).all():
            return math.inf
        scale = np.where(self.worst > self.ideal, self.worst - self.ideal, 1.0)
        return float(np.max(np.maximum(weight, 1e-4) * (np.array(trial.losses) - self.ideal) / scale))


def lattice(objectives: int, count: int) -> np.ndarray:
    """float64[k, objectives]: k >= count evenly spaced weights on the simplex; k = count for two."""
    steps = 1
    while len(_compositions(steps, objectives)) < count and objectives > 1:
        steps += 1
    return np.array(_compositions(steps, objectives), float) / steps


def _compositions(total: int, parts: int) -> list[tuple[int, ...]]:
    return [c for c in itertools.product(range(total + 1), repeat=parts) if sum(c) == total]
