"""How hard a table is to climb: local optima, basins, random walks, neutral steps, and what each decision is worth.

The steps are one-edit steps: one decision changed to another option. Everything here is exact, over the whole space.
Landscape measures as in White et al., UAI 2021, arXiv:2005.02960, and Weinberger, Biol. Cybern. 63 (1990).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from nas_core.spaces import SearchSpace


@lru_cache(maxsize=8)
def one_edit(space: SearchSpace) -> np.ndarray:
    """int32[len(space), k], read-only: the rows of all k one-edit neighbours of every architecture."""
    archs = space.all().astype(np.int32)
    stride = np.cumprod([1, *space.radix[:0:-1]])[::-1].astype(np.int32)
    here = np.arange(len(space), dtype=np.int32)
    steps = []
    for decision, options in enumerate(space.radix):
        for turn in range(1, options):
            other = (archs[:, decision] + turn) % options
            steps.append(here + (other - archs[:, decision]) * stride[decision])
    rows = np.stack(steps, 1)
    rows.flags.writeable = False
    return rows


def local_optima(values: np.ndarray, space: SearchSpace, goal: str = "max", strict: bool = False) -> np.ndarray:
    """bool[n]: True where no one-edit neighbour is better or, with `strict`, none is as good.

    Missing values (nan) are not optima and never better.
    """
    height = _height(values, goal)
    around = height[one_edit(space)].max(1)
    return np.isfinite(height) & (around < height if strict else around <= height)


@dataclass(frozen=True)
class Climbs:
    """Where the best-improvement climb from each architecture ends, and after how many steps."""

    end: np.ndarray  # int64[n], row
    steps: np.ndarray  # int64[n]

    def basin(self, row: int) -> float:
        """Share of all starts that end at `row`."""
        return float(np.mean(self.end == row))


def climbs(values: np.ndarray, space: SearchSpace, goal: str = "max") -> Climbs:
    """The climb from every architecture: always to the best neighbour, until none is better."""
    height = _height(values, goal)
    around = one_edit(space)
    best = around[np.arange(len(around)), height[around].argmax(1)]
    here = np.arange(len(around))
    up = np.where(height[best] > height, best, here)
    end, steps = here, np.zeros(len(around), int)
    while not np.array_equal(up[end], end):
        steps += up[end] != end
        end = up[end]
    return Climbs(end, steps)


def autocorrelation(values: np.ndarray, space: SearchSpace, lags: int) -> np.ndarray:
    """float64[lags]: correlation between the values at two architectures 1 … lags random one-edit steps apart.

    Exact: the expectation over all starts and all walks. nan if any value is missing or all are equal.
    """
    centred = np.asarray(values, float) - np.mean(values, dtype=float)
    variance = np.mean(centred**2)
    out, ahead = [], centred
    for _ in range(lags):
        ahead = ahead[one_edit(space)].mean(1)
        out.append(np.mean(centred * ahead) / variance if variance > 0 else np.nan)
    return np.array(out)


def neutral_share(values: np.ndarray, space: SearchSpace) -> float:
    """Share of one-edit steps that change nothing at all; a missing value equals nothing."""
    values = np.asarray(values)
    return float(np.mean(values[one_edit(space)] == values[:, None]))


def main_effects(values: np.ndarray, space: SearchSpace) -> np.ndarray:
    """float64[decisions, options]: mean value of all architectures with that option, minus the mean of all.

    nan for options that a decision does not have; missing values are left out.
    """
    grid = np.asarray(values, float).reshape(space.radix)
    out = np.full((len(space.radix), max(space.radix)), np.nan)
    for decision, options in enumerate(space.radix):
        others = tuple(i for i in range(grid.ndim) if i != decision)
        out[decision, :options] = np.nanmean(grid, others) - np.nanmean(grid)
    return out


def explained(values: np.ndarray, space: SearchSpace) -> np.ndarray:
    """float64[decisions]: share of the variance that each decision explains alone (first-order Sobol index).

    Exact, because the table holds every combination; nan if any value is missing or all are equal.
    """
    variance = float(np.var(np.asarray(values, float)))
    if not variance > 0:
        return np.full(len(space.radix), np.nan)
    return np.nanmean(main_effects(values, space) ** 2, 1) / variance


def _height(values: np.ndarray, goal: str) -> np.ndarray:
    height = np.asarray(values, float) * (1 if goal == "max" else -1)
    return np.where(np.isnan(height), -np.inf, height)
