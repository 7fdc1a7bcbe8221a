"""Random search (Li & Talwalkar, UAI 2019, arXiv:1902.07638): the baseline every strategy must beat."""

from __future__ import annotations

from nas_core.strategies import Strategy
from nas_core.types import Suggestion


class RandomSearch(Strategy):
    """Draws architectures uniformly, with replacement, and keeps the best.

    With replacement as in NATS-Bench's reference, so the expected best of n has a closed form
    (`nas_core.stats.best_of_n`).
    """

    aliases = ("RS",)
    family = "baseline"
    paper = "Li & Talwalkar 2019, arXiv:1902.07638"
    many_objectives = True
    warm_starts = False

    def ask(self) -> Suggestion:
        return Suggestion(self.space.sample(self.rng), info={"phase": "sample"})
