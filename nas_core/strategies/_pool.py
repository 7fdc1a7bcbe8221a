"""Candidates for strategies that rank before they pay, and what charts show of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import numpy as np

from nas_core.spaces import SearchSpace
from nas_core.types import Arch

SIGHTS = 96_000  # 150 passes over 640 architectures


def fresh(space: SearchSpace, past: Collection[Arch], rng: np.random.Generator) -> Arch:
    """An architecture drawn uniformly from those not in `past`; ValueError, drawing nothing, if none is left."""
    if len(past) >= space.size:
        raise ValueError("every architecture of the space was asked for")
    while (arch := space.sample(rng)) in past:
        pass
    return arch


def neighbors(space: SearchSpace, parents: Iterable[Arch], past: Collection[Arch]) -> dict[Arch, Arch]:
    """{architecture not in `past`: the first of `parents` from which it is one edit away}, in order of the parents."""
    parents_of: dict[Arch, Arch] = {}
    for parent in parents:
        for arch in space.neighbors(parent):
            if arch not in past:
                parents_of.setdefault(arch, parent)
    return parents_of


def passes(epochs: int, lessons: int) -> int:
    """How often a network sees its `lessons` while it learns: `epochs` times, but in all no more than SIGHTS.

    So thousands of earlier results do not make every round last minutes.
    """
    return max(1, min(epochs, SIGHTS // max(lessons, 1)))


def option_means(space: SearchSpace, archs: Sequence[Arch], values: np.ndarray) -> list[list[float | None]]:
    """Mean of values float64[n] over the `archs` with each option at each decision, as short JSON; None for none."""
    one_hot = np.eye(max(space.radix))[np.array(archs, int)]
    counts = one_hot.sum(0)
    means = np.tensordot(values, one_hot, 1) / np.maximum(counts, 1)
    return [[round(m, 3) if n else None for m, n in zip(*row)] for row in zip(means.tolist(), counts.tolist())]


def shares(space: SearchSpace, archs: Sequence[Arch]) -> list[list[float]]:
    """Share of each option at each decision among `archs`, as short JSON; rows of equal length."""
    one_hot = np.eye(max(space.radix))[np.array(archs, int)]
    return one_hot.mean(0).round(3).tolist()
