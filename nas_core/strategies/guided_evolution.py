"""Evolution whose mutations are drawn from a policy that learns: a hybrid of evolution and reinforcement learning.

The idea of Chen et al., "Reinforced Evolutionary Neural Architecture Search", CVPR 2019, arXiv:1808.00193, in the
smallest form that keeps both parents recognisable: NATS-Bench's regularized evolution and its REINFORCE.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np

from nas_core.plugins import param
from nas_core.strategies import Problem
from nas_core.strategies._repeats import Repeating
from nas_core.strategies.reinforce import Reinforce
from nas_core.types import Arch, Suggestion, Trial


class GuidedEvolution(Repeating, Reinforce):
    """Regularized evolution that learns which edges are still open and which options pay, and mutates accordingly.

    The edge to change is drawn in proportion to the policy's entropy there, the new option from the policy; every
    trial trains the policy. At learning rate 0 it is regularized evolution; with a population of 0 it is REINFORCE.
    """

    aliases = ("RENAS-like",)
    family = "hybrid"
    paper = "after Chen et al. 2019, arXiv:1808.00193"
    quick = {"population_size": 4, "sample_size": 2}

    learning_rate: float = param(0.03, "step size of Adam on the policy's logits; 0 never learns", low=0.0, high=10.0)
    population_size: int = param(
        10, "members alive at a time, the oldest dies; 0 draws whole architectures from the policy", low=0, high=1000
    )
    sample_size: int = param(3, "members drawn for each tournament; the best becomes the parent", low=1, high=1000)

    def start(self, problem: Problem, rng: np.random.Generator) -> None:
        super().start(problem, rng)
        self.population: deque[Trial] = deque()
        self.n_random = 0  # random members asked for so far

    def ask(self) -> Suggestion | None:
        return self.new(self._draw)

    def _draw(self) -> Suggestion:
        info = {"policy": self.policy.as_json()}
        if not self.population_size:
            return Suggestion(self.policy.sample(self.rng), info={"phase": "policy", **info})
        if self.n_random < self.population_size or not self.population:
            self.n_random += 1
            return Suggestion(self.space.sample(self.rng), info={"phase": "initial", **info})
        sample = self.rng.integers(len(self.population), size=self.sample_size)
        parent = min((self.population[i] for i in sample), key=self.rank)
        return Suggestion(self._mutate(parent.arch), info={"phase": "evolve", "parents": [parent.number], **info})

    def tell(self, trial: Trial) -> None:
        super().tell(trial)
        self.population.append(trial)
        if len(self.population) > self.population_size:
            self.population.popleft()

    def warm_start(self, trials: Sequence[Trial]) -> None:
        """The policy learns from all of them, and the best are the first population; the worse die first."""
        super().warm_start(trials)
        self.population = deque(sorted(trials, key=self.rank)[: self.population_size][::-1])
        self.n_random = len(self.population)

    def _mutate(self, arch: Arch) -> Arch:
        edge = draw((self.policy.entropy() + 1e-9) * (np.array(self.space.radix) > 1), self.rng)
        chance = self.policy.probabilities()[edge, : self.space.radix[edge]] + 1e-9
        chance[arch[edge]] = 0.0  # a mutation changes something
        return (*arch[:edge], draw(chance, self.rng), *arch[edge + 1 :])


def draw(weights: np.ndarray, rng: np.random.Generator) -> int:
    """An index, drawn in proportion to weights float64[n] >= 0."""
    below = weights.cumsum()
    return int(below.searchsorted(rng.random() * below[-1], side="right"))
