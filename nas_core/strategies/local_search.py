"""Local search (White, Nolen & Savani, UAI 2021, arXiv:2005.02960), with random restarts."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from typing import Any

import numpy as np

from nas_core.plugins import param
from nas_core.strategies import Problem, Strategy
from nas_core.strategies._pool import fresh
from nas_core.types import Arch, Suggestion, Trial


class LocalSearch(Strategy):
    """Climbs to a better one-edit neighbour until there is none, then restarts at random.

    First improvement moves as soon as a neighbour is better; best improvement looks at all of them first, as the
    paper does. An architecture already told is never paid for again.
    """

    aliases = ("LS", "hill climbing")
    family = "local search"
    paper = "White et al. 2021, arXiv:2005.02960"

    improvement: str = param(
        "first", "move to the first better neighbour, or to the best of all", options=("first", "best")
    )

    def start(self, problem: Problem, rng: np.random.Generator) -> None:
        super().start(problem, rng)
        self.results: dict[Arch, tuple[tuple[float, float], int]] = {}  # arch -> (rank, trial number)
        self.pending: set[Arch] = set()  # asked and not told yet
        self.here: Arch | None = None  # the architecture stood on; None before a (re)start
        self.around: list[Arch] = []  # its neighbours, in random order

    def ask(self) -> Suggestion | None:
        if self.here is None:
            if self.pending or len(self.results) == self.space.size:
                return None
            return self._suggest(fresh(self.space, self.results, self.rng), {"phase": "start"})
        for arch in self.around:
            if arch not in self.results and arch not in self.pending:
                return self._suggest(arch, {"phase": "climb", "parents": [self.results[self.here][1]]})
        return None  # wait for the neighbours that are being evaluated

    def tell(self, trial: Trial) -> None:
        self.pending.discard(trial.arch)
        self.results[trial.arch] = (self.rank(trial), trial.number)
        if self.here is None:
            self._stand(trial.arch)
        self._move()

    def warm_start(self, trials: Sequence[Trial]) -> None:
        """The climb starts at the best of them."""
        self.results = {trial.arch: (self.rank(trial), trial.number) for trial in trials}
        self._stand(min(self.results, key=self.results.__getitem__))
        self._move()

    def _suggest(self, arch: Arch, info: dict[str, Any]) -> Suggestion:
        self.pending.add(arch)
        return Suggestion(arch, info=info)

    def _stand(self, arch: Arch) -> None:
        neighbors = list(self.space.neighbors(arch))
        self.here, self.around = arch, [neighbors[i] for i in self.rng.permutation(len(neighbors))]

    def _move(self) -> None:
        """Climb as far as what was told allows; on a local optimum, stand nowhere."""
        while self.here is not None and (better := self._better(self.here)) is not None:
            self._stand(better)
        if self._complete():
            self.here, self.around = None, []

    def _better(self, here: Arch) -> Arch | None:
        """The neighbour of `here` to move to now: the first better one in the order of looking, or the best of all."""
        if self.improvement == "best":
            candidates = self.around if self._complete() else []
        else:  # one that was told on an earlier climb has to wait for its turn, or climbs would flow together
            candidates = list(takewhile(lambda arch: arch in self.results or arch in self.pending, self.around))
        rank = self.results[here][0]
        better = [arch for arch in candidates if arch in self.results and self.results[arch][0] < rank]
        if self.improvement == "best":
            return min(better, key=self.results.__getitem__, default=None)
        return better[0] if better else None

    def _complete(self) -> bool:
        return all(arch in self.results for arch in self.around)
