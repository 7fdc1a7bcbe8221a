"""REINFORCE (Williams 1992; Zoph & Le, ICLR 2017, arXiv:1611.01578), as NATS-Bench runs it (arXiv:2009.00437)."""

from __future__ import annotations

import math

import numpy as np

from nas_core.plugins import param
from nas_core.strategies import Problem, Strategy
from nas_core.strategies._policy import Adam, SoftmaxPolicy
from nas_core.types import Arch, Suggestion, Trial


class Reinforce(Strategy):
    """Draws each decision from a learned softmax; what did better than the moving average becomes more likely.

    The reward is the metric in its own unit (percent), one architecture per step, no entropy term. 0.01 is
    NATS-Bench's learning rate; 0.1 learns much faster and is better at a few hundred trials. With parallel workers the
    gradient is that of the policy at the time of the answer, not of the question. Failed trials teach nothing.
    """

    label = "REINFORCE"
    aliases = ("policy gradient",)
    family = "reinforcement learning"
    paper = "Williams 1992, doi:10.1007/BF00992696; Dong et al. 2021, arXiv:2009.00437"

    learning_rate: float = param(0.01, "step size of Adam on the policy's logits", low=0.0, high=10.0)
    baseline_momentum: float = param(
        0.9, "how slowly the average reward that each trial is compared with forgets", low=0.0, high=0.999
    )

    def start(self, problem: Problem, rng: np.random.Generator) -> None:
        super().start(problem, rng)
        self.policy = SoftmaxPolicy(self.space, rng)
        self.adam = Adam(self.policy.logits, self.learning_rate)
        self.rewards = self.weights = 0.0  # decayed sums; their ratio is a mean without start-up bias

    def ask(self) -> Suggestion | None:
        return Suggestion(self.policy.sample(self.rng), info={"phase": "policy", "policy": self.policy.as_json()})

    def tell(self, trial: Trial) -> None:
        if math.isinf(trial.loss):
            return
        reward, keep = -trial.loss, self.baseline_momentum
        self.rewards = keep * self.rewards + (1 - keep) * reward
        self.weights = keep * self.weights + (1 - keep)
        advantage = reward - self.rewards / self.weights  # the first one is 0
        self.adam.step(gradient(self.policy, trial.arch, advantage))


def gradient(policy: SoftmaxPolicy, arch: Arch, advantage: float) -> np.ndarray:
    """float64[d, o]: derivative of -advantage * log p(arch) by the logits."""
    return advantage * (policy.probabilities() - policy.one_hot([arch])[0])
