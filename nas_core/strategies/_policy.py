"""The policy that REINFORCE, PPO and guided evolution share: one softmax per decision, and Adam. NumPy only."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nas_core.spaces import SearchSpace
from nas_core.types import Arch


class SoftmaxPolicy:
    """An independent categorical distribution for each of d decisions over at most o options.

    `logits` float64[d, o] starts at 0.001 N(0, 1), as in NATS-Bench's reference; a decision with fewer options than
    the widest one has -inf there, hence probability 0.
    """

    def __init__(self, space: SearchSpace, rng: np.random.Generator) -> None:
        radix = np.array(space.radix)
        self.last = radix - 1
        self.logits = 1e-3 * rng.standard_normal((len(radix), radix.max()))
        self.logits[np.arange(radix.max()) >= radix[:, None]] = -np.inf

    def probabilities(self) -> np.ndarray:
        """float64[d, o]; rows sum to 1."""
        weights = np.exp(self.logits - self.logits.max(1, keepdims=True))
        return weights / weights.sum(1, keepdims=True)

    def sample(self, rng: np.random.Generator) -> Arch:
        """An architecture drawn from the policy."""
        below = self.probabilities().cumsum(1) < rng.random((len(self.last), 1))
        return tuple(np.minimum(below.sum(1), self.last).tolist())

    def one_hot(self, archs: Sequence[Arch]) -> np.ndarray:
        """float64[n, d, o]: 1 where the architecture takes the option, else 0."""
        return np.eye(self.logits.shape[1])[np.array(archs, int)]

    def log_prob(self, archs: Sequence[Arch]) -> np.ndarray:
        """float64[n]: log probability of each whole architecture."""
        probabilities = self.probabilities()
        return np.log(probabilities[np.arange(len(self.last)), np.array(archs, int)]).sum(1)

    def entropy(self) -> np.ndarray:
        """float64[d], in nats; 0 where the policy has made up its mind."""
        probabilities = self.probabilities()
        return -(probabilities * np.log(np.maximum(probabilities, 1e-300))).sum(1)

    def as_json(self) -> list[list[float]]:
        """The probabilities as short JSON for charts, d rows of o."""
        return self.probabilities().round(4).tolist()


class Adam:
    """Adam (Kingma & Ba, arXiv:1412.6980) descending on one float64 array, in place."""

    def __init__(self, array: np.ndarray, learning_rate: float, betas: tuple[float, float] = (0.9, 0.999)) -> None:
        self.array, self.learning_rate, self.betas = array, learning_rate, betas
        self.mean, self.square, self.steps = np.zeros_like(array), np.zeros_like(array), 0

    def step(self, gradient: np.ndarray) -> None:
        """One update against `gradient`, of the array's shape."""
        (first, second), self.steps = self.betas, self.steps + 1
        self.mean = first * self.mean + (1 - first) * gradient
        self.square = second * self.square + (1 - second) * gradient**2
        mean, square = self.mean / (1 - first**self.steps), self.square / (1 - second**self.steps)
        self.array -= self.learning_rate * mean / (np.sqrt(square) + 1e-8)
