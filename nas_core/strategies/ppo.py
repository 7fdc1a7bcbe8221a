"""Proximal policy optimisation (Schulman et al. 2017, arXiv:1707.06347) of an architecture policy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from nas_core.plugins import param
from nas_core.strategies import Problem, Strategy
from nas_core.strategies._policy import Adam, SoftmaxPolicy
from nas_core.types import Suggestion, Trial


class PPO(Strategy):
    """Learns from each batch of trials several times, and clips what would move the policy too far from where it was.

    One ratio per architecture, against the log probability it was drawn with; advantages are normalised within the
    batch. An architecture is one action, so there is no discount and no value network: the batch mean is the
    baseline. With one epoch and no clipping, a batch step is a REINFORCE step.
    """

    label = "PPO"
    aliases = ("proximal policy optimization",)
    family = "reinforcement learning"
    paper = "Schulman et al. 2017, arXiv:1707.06347"
    quick = {"batch_size": 4, "epochs": 2}

    learning_rate: float = param(0.05, "step size of Adam on the policy's logits", low=0.0, high=10.0)
    batch_size: int = param(10, "trials drawn from one policy before it learns from them", low=2, high=1000)
    epochs: int = param(4, "times it learns from each batch", low=1, high=100)
    clip: float = param(
        0.2, "how far an architecture's probability ratio may go from 1 and still be pushed; 0 never clips", low=0.0
    )
    entropy_bonus: float = param(0.01, "reward for staying undecided", low=0.0)
    target_kl: float = param(
        0.02,
        "stop learning from a batch when the policy has moved this far (Kullback-Leibler, nats); 0 never stops",
        low=0.0,
    )
    max_norm: float = param(0.5, "longest gradient it follows; longer ones are shortened, 0 never shortens", low=0.0)

    def start(self, problem: Problem, rng: np.random.Generator) -> None:
        super().start(problem, rng)
        self.policy = SoftmaxPolicy(self.space, rng)
        self.adam = Adam(self.policy.logits, self.learning_rate)
        self.batch: list[Trial] = []
        self.learned: dict[str, float] = {}  # clip fraction, KL divergence and epochs of the last update

    def ask(self) -> Suggestion | None:
        arch = self.policy.sample(self.rng)
        info = {"phase": "policy", "policy": self.policy.as_json(), "log_prob": float(self.policy.log_prob([arch])[0])}
        return Suggestion(arch, info=info | self.learned)

    def tell(self, trial: Trial) -> None:
        if math.isinf(trial.loss):
            return
        self.batch.append(trial)
        if len(self.batch) == self.batch_size:
            self._learn()
            self.batch = []

    def warm_start(self, trials: Sequence[Trial]) -> None:
        """As if the policy of the time had drawn them."""
        for trial in trials:
            info = {**trial.suggestion.info, "log_prob": float(self.policy.log_prob([trial.arch])[0])}
            self.tell(replace(trial, suggestion=replace(trial.suggestion, info=info)))

    def _learn(self) -> None:
        archs = [trial.arch for trial in self.batch]
        rewards = -np.array([trial.loss for trial in self.batch])
        old = np.array([trial.suggestion.info["log_prob"] for trial in self.batch])
        advantages = (rewards - rewards.mean()) / (rewards.std() + 1e-8)
        clipped = 0.0
        for epoch in range(1, self.epochs + 1):
            slope, fraction = gradient(self.policy, archs, advantages, old, self.clip or math.inf, self.entropy_bonus)
            clipped += fraction
            norm = float(np.linalg.norm(slope))
            self.adam.step(slope * (self.max_norm / norm) if 0 < self.max_norm < norm else slope)
            change = self.policy.log_prob(archs) - old
            kl = float(np.mean(np.exp(change) - 1 - change))
            self.learned = {"clip_fraction": round(clipped / epoch, 4), "kl": round(kl, 5), "epochs": epoch}
            if self.target_kl and kl > self.target_kl:
                break


def gradient(
    policy: SoftmaxPolicy, archs: list, advantages: np.ndarray, old: np.ndarray, clip: float, entropy_bonus: float
) -> tuple[np.ndarray, float]:
    """(float64[d, o], share of architectures clipped): derivative by the logits of PPO's loss, and its clip fraction.

    Loss = -mean(min(r A, clip(r, 1 - clip, 1 + clip) A)) - entropy_bonus * sum of entropies, with r = exp(log p - old).
    """
    probabilities = policy.probabilities()
    ratio = np.exp(policy.log_prob(archs) - old)
    free = np.where(advantages > 0, ratio <= 1 + clip, ratio >= 1 - clip)  # elsewhere the loss is flat
    weight = np.where(free, ratio * advantages, 0.0) / len(archs)
    slope = np.tensordot(weight, probabilities - policy.one_hot(archs), 1)
    logs = np.log(np.maximum(probabilities, 1e-300))
    slope += entropy_bonus * probabilities * (logs + policy.entropy()[:, None])
    return slope, float(np.mean(np.abs(ratio - 1) > clip))
