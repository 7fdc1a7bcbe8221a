"""Candidates for strategies that rank before they pay, and what charts show of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import numpy as np

from nas_core.spaces import SearchSpace
from nas_core.types import Arch, Objective


def fresh(space: SearchSpace, seen: Collection[Arch], rng: np.random.Generator) -> Arch | None:
    """An architecture drawn uniformly from those not in `seen`; None, drawing nothing, if none is left."""
    if len(seen) >= space.size:
        return None
    while (arch := space.sample(rng)) in seen:
        pass
    return arch


def neighbors(space: SearchSpace, parents: Iterable[Arch], seen: Collection[Arch]) -> dict[Arch, Arch]:
    """{architecture not in `seen`: the first of `parents` from which it is one edit away}, in order of the parents."""
    found: dict[Arch, Arch] = {}
    for parent in parents:
        for arch in space.neighbors(parent):
            if arch not in seen:
                found.setdefault(arch, parent)
    return found


def is_accuracy(objective: Objective) -> bool:
    """True for an accuracy in percent, which ends at 100."""
    return objective.metric.isidentifier() and objective.metric.endswith("_acc")


def judged(space: SearchSpace, archs: Sequence[Arch], values: np.ndarray) -> list[list[float | None]]:
    """Mean of values float64[n] over the `archs` with each option at each decision, as short JSON; None for none."""
    chosen = np.eye(max(space.radix))[np.array(archs, int)]
    counts = chosen.sum(0)
    means = np.tensordot(values, chosen, 1) / np.maximum(counts, 1)
    return [[round(m, 3) if n else None for m, n in zip(*row)] for row in zip(means.tolist(), counts.tolist())]


def shares(space: SearchSpace, archs: Sequence[Arch]) -> list[list[float]]:
    """Share of each option at each decision among `archs`, as short JSON; rows of equal length."""
    chosen = np.eye(max(space.radix))[np.array(archs, int)]
    return chosen.mean(0).round(3).tolist()
