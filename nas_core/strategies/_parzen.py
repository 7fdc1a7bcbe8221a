"""The density-ratio model that TPE and BOHB share (Bergstra et al., NeurIPS 2011)."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

import numpy as np

from nas_core.spaces import SearchSpace
from nas_core.types import Arch, Trial


def densities(space: SearchSpace, archs: Sequence[Arch], prior: float) -> np.ndarray:
    """float64[d, o]: probability of each option at each decision, estimated from `archs`; rows sum to 1.

    Every option counts as if it had been seen `prior` times more than it was; missing options have probability 0.
    """
    radix = np.array(space.radix)
    exists = np.arange(radix.max()) < radix[:, None]
    counts = np.eye(radix.max())[np.array(archs, int).reshape(-1, len(radix))].sum(0) + prior * exists
    return counts / counts.sum(1, keepdims=True)


def propose(
    space: SearchSpace,
    trials: Sequence[Trial],
    past: Collection[Arch],
    rng: np.random.Generator,
    *,
    quantile: float,
    candidates: int,
    prior: float,
) -> tuple[Arch | None, dict]:
    """(architecture, what charts read of it): of `candidates` draws from the good trials' density, the one with the
    highest ratio of good to bad density; None if all draws are in `past`.

    `trials` come with the best first; the first `quantile` of them are good.
    """
    split = math.ceil(quantile * len(trials))
    good = densities(space, [trial.arch for trial in trials[:split]], prior)
    bad = densities(space, [trial.arch for trial in trials[split:]], prior)
    below = good.cumsum(1) < rng.random((candidates, len(good), 1))
    draws = np.minimum(below.sum(2), np.array(space.radix) - 1)  # int[candidates, d]
    edges = np.arange(len(good))
    scores = np.log(good[edges, draws] / bad[edges, draws]).sum(1)
    for i in np.argsort(-scores, kind="stable"):
        if (arch := tuple(draws[i].tolist())) not in past:
            return arch, {"density": good.round(4).tolist(), "score": round(float(scores[i]), 4)}
    return None, {}
