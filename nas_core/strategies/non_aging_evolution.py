"""Evolution without aging: the control of Real et al., AAAI 2019, arXiv:1802.01548."""

from __future__ import annotations

from nas_core.plugins import param
from nas_core.strategies.regularized_evolution import RegularizedEvolution
from nas_core.types import Trial


class NonAgingEvolution(RegularizedEvolution):
    """Regularized evolution except for who dies: the worst member, so that a good one can live for ever.

    The control that shows what aging does: with exact rewards it does better than aging, with noisy rewards it can
    keep one lucky member for ever. Random death is the control of both: neither merit nor age decides.
    """

    label = "non-aging evolution"
    aliases = ("NAE", "steady-state evolution")
    quick = {"population_size": 4, "sample_size": 2}

    dies: str = param("worst", "who leaves the population when a new member is born", options=("worst", "random"))

    def tell(self, trial: Trial) -> None:
        self.population.append(trial)
        if len(self.population) > self.population_size:
            if self.dies == "worst":
                leaves = max(
                    range(len(self.population)), key=lambda i: self.rank(self.population[i])
                )  # the oldest of equals
            else:
                leaves = int(self.rng.integers(len(self.population)))
            del self.population[leaves]
