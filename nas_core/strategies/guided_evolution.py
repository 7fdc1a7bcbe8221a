"""Evolution whose mutations are drawn from a policy that learns: a hybrid of evolution and reinforcement learning.

The idea of Chen et al., "Reinforced Evolutionary Neural Architecture Search", CVPR 2019, arXiv:1808.00193, in the
smallest form that keeps both parents recognisable: NATS-Bench's regularized evolution and its REINFORCE.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nas_core.plugins import param
from nas_core.strategies._aging import Aging
from nas_core.strategies.reinforce import Reinforce
from nas_core.types import Arch, Suggestion


class GuidedEvolution(Aging, Reinforce):
    """Regularized evolution that learns which edges are still open and which options pay, and mutates accordingly.

    The edge to change is drawn in proportion to the policy's entropy there, the new option from the policy; every
    trial trains the policy, also those that a search begins with. At learning rate 0 it is regularized evolution; with
    a population of 0 it is REINFORCE.
    """

    aliases = ("RENAS-like",)
    family = "hybrid"
    paper = "after Chen et al. 2019, arXiv:1808.00193"

    learning_rate: float = param(0.03, "step size of Adam on the policy's logits; 0 never learns", low=0.0, high=10.0)
    population_size: int = param(
        10, "members alive at a time, the oldest dies; 0 draws whole architectures from the policy", low=0, high=1000
    )

    def member(self) -> Suggestion:
        policy = {"policy": self.policy.as_json()}
        if not self.population_size:
            return Suggestion(self.policy.sample(self.rng), info={"phase": "policy", **policy})
        suggestion = super().member()
        return replace(suggestion, info={**suggestion.info, **policy})

    def mutate(self, arch: Arch) -> Arch:
        edge = draw(self.policy.entropy() + 1e-9, self.rng)
        chance = self.policy.probabilities()[edge, : self.space.radix[edge]] + 1e-9
        chance[arch[edge]] = 0.0  # a mutation changes something
        return (*arch[:edge], draw(chance, self.rng), *arch[edge + 1 :])


def draw(weights: np.ndarray, rng: np.random.Generator) -> int:
    """An index, drawn in proportion to weights float64[n] >= 0."""
    below = weights.cumsum()
    return int(below.searchsorted(rng.random() * below[-1], side="right"))
