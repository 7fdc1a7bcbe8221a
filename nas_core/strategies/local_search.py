"""Local search (White, Nolen & Savani, UAI 2021, arXiv:2005.02960), with random restarts."""

from __future__ import annotations

from itertools import takewhile

from nas_core.plugins import param
from nas_core.strategies import Strategy
from nas_core.types import Suggestion


class LocalSearch(Strategy):
    """Climbs to a better one-edit neighbour until there is none, then restarts at random.

    First improvement moves as soon as a neighbour is better; best improvement looks at all of them first, as the
    paper does. An architecture already told is never paid for again.
    """

    family = "local search"
    paper = "White et al. 2021, arXiv:2005.02960"

    improvement: str = param(
        "first", "move to the first better neighbour, or to the best of all", options=("first", "best")
    )

    def start(self, problem, rng):
        super().start(problem, rng)
        self.told = {}  # arch -> (rank, trial number)
        self.asked = set()  # asked and not told yet
        self.here = None  # the architecture stood on; None before a (re)start
        self.around = []  # its neighbours, in random order

    def ask(self):
        if self.here is None:
            if self.asked or len(self.told) == self.space.size:
                return None
            return self._suggest(self._fresh(), {"phase": "start"})
        for arch in self.around:
            if arch not in self.told and arch not in self.asked:
                return self._suggest(arch, {"phase": "climb", "parents": [self.told[self.here][1]]})
        return None  # wait for the neighbours that are being evaluated

    def tell(self, trial):
        self.asked.discard(trial.arch)
        self.told[trial.arch] = (self.rank(trial), trial.number)
        if self.here is None:
            self._stand(trial.arch)
        self._move()

    def warm_start(self, trials):
        """The climb starts at the best of them."""
        self.told = {trial.arch: (self.rank(trial), trial.number) for trial in trials}
        self._stand(min(self.told, key=self.told.__getitem__))
        self._move()

    def _suggest(self, arch, info):
        self.asked.add(arch)
        return Suggestion(arch, info=info)

    def _fresh(self):
        while (arch := self.space.sample(self.rng)) in self.told:
            pass
        return arch

    def _stand(self, arch):
        neighbors = list(self.space.neighbors(arch))
        self.here, self.around = arch, [neighbors[i] for i in self.rng.permutation(len(neighbors))]

    def _move(self):
        """Climb as far as what was told allows; on a local optimum, stand nowhere."""
        while (better := self._better()) is not None:
            self._stand(better)
        if self._complete():
            self.here, self.around = None, []

    def _better(self):
        """The neighbour to move to now: the first better one in the order of looking, or the best of all."""
        if self.improvement == "best":
            looked = self.around if self._complete() else []
        else:  # one that was told on an earlier climb has to wait for its turn, or climbs would flow together
            looked = list(takewhile(lambda arch: arch in self.told or arch in self.asked, self.around))
        better = [arch for arch in looked if arch in self.told and self.told[arch][0] < self.told[self.here][0]]
        if self.improvement == "best":
            return min(better, key=self.told.__getitem__, default=None)
        return better[0] if better else None

    def _complete(self):
        return all(arch in self.told for arch in self.around)
