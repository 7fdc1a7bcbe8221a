"""What strategies share that ask for zero-cost scores: a look is a suggestion whose `measure` is a proxy's name."""

from __future__ import annotations

import math
from collections.abc import Iterable

from nas_core.strategies import Problem
from nas_core.types import Arch, Suggestion, Trial


class Looks:
    """The scores of one proxy that were asked for and told; higher is better, a failed look is worst."""

    def __init__(self, problem: Problem, proxy: str) -> None:
        if proxy not in problem.proxies:
            names = ", ".join(problem.proxies) or "none"
            raise ValueError(
                f"the benchmark has no scores by {proxy!r}; it has: {names}. Score every architecture first, on the "
                f"page Proxies or with: python -m nas_core score --all --proxies {proxy}"
            )
        self.proxy = proxy
        self.scores: dict[Arch, float] = {}
        self.pending: set[Arch] = set()

    def ask(self, arch: Arch, **info: object) -> Suggestion:
        """The look at `arch`."""
        self.pending.add(arch)
        return Suggestion(arch, measure=self.proxy, info={"phase": "look", **info})

    def tell(self, trial: Trial) -> bool:
        """Note what a look saw; False if `trial` is none."""
        if trial.suggestion.measure != self.proxy:
            return False
        score = trial.metrics.get(self.proxy, math.nan)
        self.scores[trial.arch] = score if math.isfinite(score) else -math.inf
        self.pending.discard(trial.arch)
        return True

    def missing(self, archs: Iterable[Arch]) -> list[Arch]:
        """Those of `archs` that were neither looked at nor asked for."""
        return [arch for arch in archs if arch not in self.scores and arch not in self.pending]

    def best(self, archs: Iterable[Arch]) -> list[Arch]:
        """`archs` that were looked at, best first; ties in the order given."""
        return sorted((a for a in archs if a in self.scores), key=lambda arch: -self.scores[arch])
