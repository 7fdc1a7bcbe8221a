"""Brackets of successive halving: what successive halving, Hyperband and BOHB share."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np

from nas_core.plugins import param
from nas_core.strategies import Problem, Strategy
from nas_core.types import Arch, Suggestion, Trial, counted


class Halving(Strategy):
    """Base of the three: trains many briefly, keeps the best 1/eta, trains them eta times longer, and so on.

    A subclass gives `plan`. A rung is answered completely before the next begins, so parallel workers may wait. Where
    the benchmark is resumable, a promoted architecture pays only for the epochs it lacks. With a single fidelity
    there is nothing to halve and every newcomer gets it.
    """

    family = "multi-fidelity"
    warm_starts = False  # a rung compares those that it trained itself

    eta: int = param(3, "a rung keeps one in eta and trains it eta times longer", low=2, high=16)
    min_epochs: int = param(0, "epochs of the first rung; 0 takes the fewest the benchmark has", low=0)
    max_epochs: int = param(0, "epochs of the last rung; 0 takes full training", low=0)

    def start(self, problem: Problem, rng: np.random.Generator) -> None:
        super().start(problem, rng)
        self.rungs = rungs(problem.fidelities, self.eta, self.min_epochs, self.max_epochs)
        self.brackets = -1
        self.rung = self.remaining = self.pending = 0
        self.bracket: list[tuple[int, int]] = []  # (architectures, epochs) of each rung
        self.survivors: list[Trial] = []  # of the rung before
        self.results: list[Trial] = []  # of this rung
        self._open()

    @abstractmethod
    def plan(self) -> list[tuple[int, int]]:
        """(architectures, epochs) of each rung of bracket number `self.brackets`, which begins now."""

    def bracket_of(self, n: int) -> list[tuple[int, int]]:
        """(architectures, epochs) of each rung of a bracket that n begin and that ends with the longest training."""
        count = 1
        while count < len(self.rungs) and n >= self.eta**count:
            count += 1
        return [(n // self.eta**i, epochs) for i, epochs in enumerate(self.rungs[-count:])]

    def draw(self) -> tuple[Arch, dict[str, Any]]:
        """(architecture, info) of a newcomer to the first rung."""
        return self.space.sample(self.rng), {}

    def ask(self) -> Suggestion | None:
        if not self.remaining:
            if self.pending:
                return None
            self._promote()
        self.remaining, self.pending = self.remaining - 1, self.pending + 1
        epochs = self.bracket[self.rung][1]
        info = {"phase": counted(epochs, "epoch"), "bracket": self.brackets, "rung": self.rung}
        if not self.rung:
            arch, more = self.draw()
            return Suggestion(arch, epochs, info=info | more)
        trial = self.survivors[-self.remaining - 1]
        resume = self.bracket[self.rung - 1][1] if self.problem.resumable else 0
        return Suggestion(trial.arch, epochs, resume=resume, info=info | {"parents": [trial.number]})

    def tell(self, trial: Trial) -> None:
        self.pending -= 1
        self.results.append(trial)

    def _promote(self) -> None:
        """Begin the next rung with the best of this one; a new bracket after the last, or if all have failed."""
        survivors = sorted((t for t in self.results if math.isfinite(t.loss)), key=self.rank)
        if self.rung + 1 == len(self.bracket) or not survivors:
            self._open()
        else:
            self.rung += 1
            self.survivors = survivors[: self.bracket[self.rung][0]]
            self.remaining, self.results = len(self.survivors), []

    def _open(self) -> None:
        self.brackets += 1
        self.bracket = self.plan()
        self.rung, self.remaining, self.pending = 0, self.bracket[0][0], 0
        self.survivors, self.results = [], []


def rungs(fidelities: Sequence[int], eta: int, low: int = 0, high: int = 0) -> list[int]:
    """Epochs of each rung, ascending: high, high / eta, high / eta**2 … down to low, each the nearest below that is.

    `high` 0 means the largest of `fidelities`, `low` 0 the smallest; [0], the run's own fidelity, where there are none.
    """
    if not fidelities:
        return [0]
    allowed = [f for f in fidelities if low <= f <= (high or math.inf)]
    if not allowed:
        have = ", ".join(map(str, fidelities))
        raise ValueError(f"no fidelity lies between {low} and {high or 'full'} epochs; the benchmark has: {have}")
    epoch, epochs = allowed[-1], []
    while epoch >= allowed[0]:
        epochs.append(max(f for f in allowed if f <= epoch))
        epoch //= eta
    return sorted(set(epochs))
