"""What each decision is worth, alone and together with another: functional ANOVA of a whole table.

A table that holds every combination is a full factorial design, so nothing is estimated: the effects are means, and
the shares of the variance are Sobol's indices (Math. Comput. Simul. 55, 2001; of hyperparameters: Hutter et al., ICML
2014).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nas_core.spaces import SearchSpace


def main_effects(values: np.ndarray, space: SearchSpace) -> np.ndarray:
    """float64[decisions, options]: mean value of all architectures with that option, minus the mean of all.

    nan for options that a decision does not have, or whose values are all missing; other missing values are left out.
    """
    grid, present = _grids(values, space)
    out = np.full((len(space.radix), max(space.radix)), np.nan)
    for decision, options in enumerate(space.radix):
        out[decision, :options] = _means(grid, present, (decision,))[0]
    return out


@dataclass(frozen=True, eq=False)
class Variance:
    """Which shares of the variance of a table go back to which decisions; they add up to 1 if no value is missing."""

    alone: np.ndarray  # float64[decisions]: first-order indices
    pairs: np.ndarray  # float64[decisions, decisions], symmetric: what two decisions add together; 0 on the diagonal

    @property
    def together(self) -> float:
        """All pairs."""
        return float(self.pairs.sum() / 2)

    @property
    def more(self) -> float:
        """What it takes three or more decisions to explain."""
        return float(1 - self.alone.sum() - self.together)


def variance(values: np.ndarray, space: SearchSpace) -> Variance:
    """Of values float[len(space)]; exact if none is missing, otherwise that of the values there are, where effects of
    different decisions may overlap. All nan if all values are equal."""
    grid, present = _grids(values, space)
    count = grid.ndim
    total = np.sum(grid**2) / max(present.sum(), 1)
    if not total > 0:
        return Variance(np.full(count, np.nan), np.full((count, count), np.nan))

    def explained(*decisions: int) -> float:
        means, weights = _means(grid, present, decisions)
        return float(np.nansum(weights * means**2) / weights.sum() / total)

    alone = np.array([explained(i) for i in range(count)])
    pairs = np.zeros((count, count))
    for i in range(count):
        for j in range(i):
            pairs[i, j] = pairs[j, i] = explained(j, i) - alone[i] - alone[j]
    return Variance(alone, pairs)


def _grids(values: np.ndarray, space: SearchSpace) -> tuple[np.ndarray, np.ndarray]:
    """(float64[radix] minus the mean of all, 0 where missing; bool[radix], False there)."""
    grid = np.asarray(values, float).reshape(space.radix)
    present = ~np.isnan(grid)
    if present.any():
        grid = grid - grid[present][0]  # so that equal values have a mean of exactly 0
        grid -= grid[present].mean()
    return np.where(present, grid, 0.0), present


def _means(grid: np.ndarray, present: np.ndarray, decisions: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """(mean for each choice of options at `decisions`, nan where all are missing; how many there are)."""
    others = tuple(i for i in range(grid.ndim) if i not in decisions)
    count = present.sum(others)
    return np.divide(grid.sum(others), count, out=np.full(count.shape, np.nan), where=count > 0), count
