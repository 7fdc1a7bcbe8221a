"""How multi-objective strategies order a group of trials: by constrained Pareto rank, then by how isolated each is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nas_core.pareto import constrained_fronts, crowding
from nas_core.strategies import Problem
from nas_core.types import Trial

DIVERSITY = ("crowding", "Hamming")


def violations(trials: Sequence[Trial], problem: Problem) -> np.ndarray:
    """float64[n]: summed violation of the problem's constraints; 0 where feasible, inf for a failed trial."""
    return np.array([problem.violation(t) for t in trials])


def distinct(trials: Sequence[Trial], problem: Problem) -> list[Trial]:
    """`trials` without those that are isomorphic to an earlier one and agree with it in every loss, and in how far they
    violate the constraints: a second member that nothing tells from the first takes the place of another."""
    first: dict[tuple, Trial] = {}
    for trial in trials:
        first.setdefault((problem.space.canonical(trial.arch), trial.losses, problem.violation(trial)), trial)
    return list(first.values())


def order(trials: Sequence[Trial], problem: Problem, diversity: str = "crowding") -> np.ndarray:
    """int64[n]: positions of `trials` from the best to the worst.

    First by constrained Pareto rank; within a rank the more isolated first: by crowding distance in objective space,
    or by the Hamming distance to the nearest architecture of the same rank.
    """
    losses = np.array([t.losses for t in trials])
    ranks = constrained_fronts(losses, violations(trials, problem))
    alone = np.zeros(len(trials))
    for rank in np.unique(ranks):
        group = np.flatnonzero(ranks == rank).tolist()
        if diversity == "crowding":
            alone[group] = crowding(np.where(np.isfinite(losses[group]), losses[group], 0.0))
        else:
            alone[group] = nearest([trials[i].arch for i in group])
    return np.lexsort((-alone, ranks))


def nearest(archs: Sequence[tuple[int, ...]]) -> np.ndarray:
    """float64[n]: number of decisions in which each architecture differs from its nearest other; inf if alone."""
    grid = np.array(archs)
    apart = (grid[:, None] != grid[None]).sum(-1).astype(float)
    np.fill_diagonal(apart, np.inf)
    return apart.min(1)
