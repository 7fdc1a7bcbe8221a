"""AREA: assisted regularized evolution (Mellor et al., ICML 2021, arXiv:2006.04647, section 4.1)."""

from __future__ import annotations

from nas_core.plugins import param
from nas_core.strategies.zero_cost_evolution import ZeroCostEvolution


class Area(ZeroCostEvolution):
    """Regularized evolution whose first population is the best-scored part of a random pool, by NASWOT.

    After that it is regularized evolution. Every look is charged the seconds it takes.
    """

    label = "AREA"
    aliases = ("assisted regularized evolution",)
    paper = "Mellor et al. 2021, arXiv:2006.04647"

    proxy: str = param("naswot", "the zero-cost proxy that looks; its scores of the whole space must be known")
    warm_up: int = param(
        20, "random architectures looked at before the first training; the paper takes 20", low=0, high=15_625
    )
    moves: float = param(0.0, "chance that a child is the best-scored neighbour of its parent", low=0.0, high=1.0)
