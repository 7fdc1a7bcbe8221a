"""Pareto local search (Paquete, Chiarandini & Stützle 2004, doi:10.1007/978-3-642-17144-4_7)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nas_core.pareto import non_dominated
from nas_core.strategies import Problem, Strategy
from nas_core.strategies._niches import distinct, violations
from nas_core.strategies._pool import fresh
from nas_core.types import Arch, Suggestion, Trial


class ParetoLocalSearch(Strategy):
    """Keeps every non-dominated architecture and looks at the neighbours of one unexplored member after another.

    When all members are explored the archive is a Pareto local optimum, and a random architecture restarts the
    search beside it. No architecture is paid for twice, and of isomorphic cells that are equal in all objectives the
    first is explored.
    """

    label = "Pareto local search"
    aliases = ("PLS",)
    family = "multi-objective"
    paper = "Paquete et al. 2004, doi:10.1007/978-3-642-17144-4_7"
    many_objectives = True

    def start(self, problem: Problem, rng: np.random.Generator) -> None:
        super().start(problem, rng)
        self.archive: list[Trial] = []  # non-dominated trials
        self.explored: set[Arch] = set()  # archs whose neighbours have all been asked for
        self.past: set[Arch] = set()
        self.queue: list[tuple[Arch, int]] = []  # (neighbour, number of the member it belongs to)
        self.waiting = 0

    def ask(self) -> Suggestion | None:
        queue = [q for q in self.queue if q[0] not in self.past]
        info: dict[str, Any]
        if not queue:
            if self.waiting or len(self.past) == self.space.size:
                return None
            arch, info = fresh(self.space, self.past, self.rng), {"phase": "start"}
        else:
            (arch, parent), *self.queue = queue
            info = {"phase": "climb", "parents": [parent]}
        self.past.add(arch)
        self.waiting += 1
        return Suggestion(arch, info=info)

    def warm_start(self, trials: Sequence[Trial]) -> None:
        """Those of them that are not dominated are the first archive."""
        self.past.update(trial.arch for trial in trials)
        for trial in trials:
            self._keep(trial)
        self._explore()

    def tell(self, trial: Trial) -> None:
        self.waiting -= 1
        self._keep(trial)
        if not any(arch not in self.past for arch, _ in self.queue):
            self._explore()

    def _keep(self, trial: Trial) -> None:
        rows = distinct([*self.archive, trial], self.problem)
        losses = np.array([t.losses for t in rows])
        losses[violations(rows, self.problem) > 0] = np.inf
        keep = non_dominated(losses)
        self.archive = [t for t, k in zip(rows, keep, strict=True) if k] or [trial]

    def _explore(self) -> None:
        """Queue the unseen neighbours of a random unexplored member."""
        while rest := [t for t in self.archive if t.arch not in self.explored]:
            member = rest[int(self.rng.integers(len(rest)))]
            self.explored.add(member.arch)
            around = [n for n in self.space.neighbors(member.arch) if n not in self.past]
            if around:
                self.queue = [(around[i], member.number) for i in self.rng.permutation(len(around))]
                return
