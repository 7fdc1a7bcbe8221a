"""Hyperband (Li et al., JMLR 2018, arXiv:1603.06560), Algorithm 1."""

from __future__ import annotations

from nas_core.strategies._halving import Halving


class Hyperband(Halving):
    """Successive halving with every trade-off between many short and few long trainings in turn.

    Bracket s = s_max … 0 begins with ceil((s_max + 1) / (s + 1) * eta**s) architectures at 1/eta**s of full training;
    then the cycle repeats. Compare it by seconds: most of its trials are short, so with an equal number of trials it
    has seen less than random search. On the pocket table it does not beat random search either way
    (docs/strategies.md): with four epochs in all, short trainings save little, and its last bracket is random search.
    """

    label = "Hyperband"
    aliases = ("HB",)
    paper = "Li et al. 2018, arXiv:1603.06560"
    quick = {"eta": 3}

    def plan(self) -> list[tuple[int, int]]:
        most = len(self.rungs) - 1
        s = most - self.brackets % (most + 1)
        n = -(-(most + 1) * self.eta**s // (s + 1))
        return [(n // self.eta**i, epochs) for i, epochs in enumerate(self.rungs[most - s :])]
