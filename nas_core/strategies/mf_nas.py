"""MF-NAS: a search by a zero-cost proxy, then successive halving of the best (Phan & Luong, GECCO 2024,
doi:10.1145/3638529.3654027). The authors' code is github.com/ELO-Lab/MF-NAS.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nas_core.plugins import param
from nas_core.strategies import Problem
from nas_core.strategies._halving import Halving
from nas_core.strategies._looks import Looks
from nas_core.strategies.local_search import LocalSearch
from nas_core.types import Arch, Suggestion, Trial


class MfNas(Halving):
    """Local search on a proxy's score, then successive halving of the best-scored by real trainings.

    Once those are through, the next best are halved. Every look is charged the seconds it takes.
    """

    family = "hybrid"
    asks_proxies = True
    label = "MF-NAS"
    aliases = ("multi-fidelity NAS",)
    paper = "Phan & Luong 2024, doi:10.1145/3638529.3654027"
    quick = {"proxy": "flops", "looks": 16, "keep": 4, "eta": 2}

    proxy: str = param(
        "synflow", "the zero-cost proxy that is climbed; a table must know its scores of the whole space"
    )
    looks: int = param(2000, "architectures that the local search looks at", low=1, high=15_625)
    keep: int = param(32, "architectures in the first rung of the halving", low=1, high=1000)

    def start(self, problem: Problem, rng: np.random.Generator) -> None:
        self.board = Looks(problem, self.proxy)
        self.climber = LocalSearch()
        self.climber.start(problem, rng)
        self.looks_left = min(self.looks, problem.space.size)
        self.ranking: list[Arch] | None = None  # the architectures looked at, best first, once the climb is over
        super().start(problem, rng)

    def plan(self) -> list[tuple[int, int]]:
        return self.bracket_of(self.keep)

    def draw(self) -> tuple[Arch, dict[str, Any]]:
        if self.ranking:
            return self.ranking.pop(0), {"phase": "best by score"}
        return super().draw()

    def ask(self) -> Suggestion | None:
        if self.ranking is None:
            if self.looks_left and (suggestion := self.climber.ask()) is not None:
                self.looks_left -= 1
                return self.board.ask(suggestion.arch, **{k: v for k, v in suggestion.info.items() if k != "phase"})
            if self.board.pending:
                return None
            self.ranking = self.board.best(self.board.scores)
        return super().ask()

    def tell(self, trial: Trial) -> None:
        if self.board.tell(trial):
            score = self.board.scores[trial.arch]
            self.climber.tell(Trial(trial.number, trial.suggestion, trial.start, trial.end, {}, (-score,)))
        else:
            super().tell(trial)
