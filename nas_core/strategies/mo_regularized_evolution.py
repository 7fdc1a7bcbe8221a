"""Multi-objective regularized evolution: aging evolution whose tournament is won by Pareto rank."""

from __future__ import annotations

from collections.abc import Sequence

from nas_core.plugins import param
from nas_core.strategies._aging import Aging
from nas_core.strategies._niches import DIVERSITY, order
from nas_core.types import Trial


class MORegularizedEvolution(Aging):
    """Regularized evolution for several objectives: the tournament winner is the best by rank, then isolation.

    Everything else is Real et al. (arXiv:1802.01548): one mutation a child, the oldest dies. As in Syne Tune's
    MO-REA, the front is kept by the record of the run and not by the population.
    """

    label = "multi-objective regularized evolution"
    aliases = ("MO-REA",)
    family = "multi-objective"
    paper = "Real et al. 2019, arXiv:1802.01548, with the ordering of Deb et al. 2002"
    many_objectives = True
    quick = {"population_size": 6, "sample_size": 3}

    population_size: int = param(
        50, "members alive at a time; the oldest dies when a new one is born", low=1, high=1000
    )
    sample_size: int = param(10, "members drawn for each tournament", low=1, high=1000)
    diversity: str = param("crowding", "how isolation within a front is measured", options=DIVERSITY)

    def best_first(self, trials: Sequence[Trial]) -> list[Trial]:
        return [trials[i] for i in order(trials, self.problem, self.diversity)]
