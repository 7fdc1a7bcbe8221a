"""Successive halving (Jamieson & Talwalkar, AISTATS 2016, arXiv:1502.07943)."""

from __future__ import annotations

from nas_core.plugins import param
from nas_core.strategies._halving import Halving


class SuccessiveHalving(Halving):
    """Trains many architectures briefly, keeps the best 1/eta, trains them eta times longer, and so on; then again.

    The last rung is always the longest training, so with few architectures the first rung begins later. Compare it by
    seconds: most of its trials are short, so with an equal number of trials it has seen less than random search, and
    does not beat it on the pocket table (docs/strategies.md); with equal time it does, by little.
    """

    aliases = ("SH", "synchronous ASHA")
    paper = "Jamieson & Talwalkar 2016, arXiv:1502.07943"
    quick = {"n": 4, "eta": 2}

    n: int = param(27, "architectures in the first rung", low=1, high=100_000)

    def plan(self) -> list[tuple[int, int]]:
        return self.bracket_of(self.n)
