"""MF-NAS: a search by a zero-cost proxy, then successive halving of the best (Phan & Luong, GECCO 2024,
doi:10.1145/3638529.3654027). The authors' code is github.com/ELO-Lab/MF-NAS.
"""

from __future__ import annotations

from nas_core.plugins import param
from nas_core.strategies._halving import Halving
from nas_core.strategies._looks import Looks
from nas_core.strategies.local_search import LocalSearch
from nas_core.types import Trial


class MfNas(Halving):
    """Local search on a proxy's score, then successive halving of the best-scored by real trainings.

    Once those are through, the next best are halved. Every look is charged the seconds it takes.
    """

    family = "hybrid"
    asks_proxies = True
    label = "MF-NAS"
    paper = "Phan & Luong 2024, doi:10.1145/3638529.3654027"
    quick = {"proxy": "flops", "looks": 16, "keep": 4, "eta": 2}

    proxy: str = param("synflow", "the zero-cost proxy that is climbed; its scores of the whole space must be known")
    looks: int = param(2000, "architectures that the local search looks at", low=1, high=15_625)
    keep: int = param(32, "architectures in the first rung of the halving", low=1, high=1000)

    def start(self, problem, rng):
        self.seen = Looks(problem, self.proxy)
        self.climber = LocalSearch()
        self.climber.start(problem, rng)
        self.left_to_look = min(self.looks, problem.space.size)
        self.ranked = None  # the architectures looked at, best first, once the climb is over
        super().start(problem, rng)

    def plan(self):
        count = 1
        while count < len(self.rungs) and self.keep >= self.eta**count:
            count += 1
        return [(self.keep // self.eta**i, epochs) for i, epochs in enumerate(self.rungs[-count:])]

    def draw(self):
        if self.ranked:
            return self.ranked.pop(0), {"phase": "best by score"}
        return super().draw()

    def ask(self):
        if self.ranked is None:
            if self.left_to_look and (suggestion := self.climber.ask()) is not None:
                self.left_to_look -= 1
                return self.seen.ask(suggestion.arch, **{k: v for k, v in suggestion.info.items() if k != "phase"})
            if self.seen.pending:
                return None
            self.ranked = self.seen.best(self.seen.scores)
        return super().ask()

    def tell(self, trial):
        if self.seen.tell(trial):
            score = self.seen.scores[trial.arch]
            self.climber.tell(Trial(trial.number, trial.suggestion, trial.start, trial.end, {}, (-score,)))
        else:
            super().tell(trial)
