"""How hard a table is to climb: local optima, basins, random walks, neutral steps, the way to the best.

The steps are one-edit steps: one decision changed to another option. Everything here is exact, over the whole space; an
architecture whose value is missing (nan) is nobody's neighbour. Landscape measures as in White et al., UAI 2021,
arXiv:2005.02960, Weinberger, Biol. Cybern. 63 (1990), and Jones & Forrest, ICGA 1995.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from nas_core.arrays import read_only
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
    return read_only(np.stack(steps, 1))


def local_optima(values: np.ndarray, space: SearchSpace, goal: str = "max", strict: bool = False) -> np.ndarray:
    """bool[n]: True where no one-edit neighbour is better or, with `strict`, none is as good; False where missing."""
    height = heights(values, goal)
    around = height[one_edit(space)].max(1)
    return np.isfinite(height) & (around < height if strict else around <= height)


@dataclass(frozen=True, eq=False)
class Climbs:
    """Where the best-improvement climb from each architecture ends, and after how many steps."""

    end: np.ndarray  # int64[n], row; -1 where the value is missing
    steps: np.ndarray  # int64[n], 0 there

    def basin(self, row: int) -> float:
        """Share of all starts that end at `row`."""
        return float(np.mean(self.end[self.end >= 0] == row))


def climbs(values: np.ndarray, space: SearchSpace, goal: str = "max") -> Climbs:
    """The climb from every architecture, by values float[len(space)]: to the best neighbour, until none is better."""
    height = heights(values, goal)
    around = one_edit(space)
    here = np.arange(len(around))
    best = around[here, height[around].argmax(1)]
    up = np.where(height[best] > height, best, here)
    end, steps = here, np.zeros(len(around), int)
    while not np.array_equal(up[end], end):
        steps += up[end] != end
        end = up[end]
    present = np.isfinite(height)
    return Climbs(np.where(present, end, -1), np.where(present, steps, 0))


def autocorrelation(values: np.ndarray, space: SearchSpace, lags: int) -> np.ndarray:
    """float64[lags]: correlation between the values at two architectures 1 … lags random one-edit steps apart.

    Exact: the expectation over all walks, which start where a long walk is found: everywhere alike or, where values are
    missing, in proportion to the number of neighbours. nan if all values are equal.
    """
    values, around = np.asarray(values, float), one_edit(space)
    present = ~np.isnan(values)
    ways = np.where(present, present[around].sum(1), 0)
    if not ways.any() or np.ptp(values[ways > 0]) == 0:
        return np.full(lags, np.nan)
    ahead = centred = np.where(present, values - np.average(values[present], weights=ways[present]), 0.0)
    out = []
    for _ in range(lags):
        ahead = np.divide(ahead[around].sum(1), ways, out=np.zeros(len(ways)), where=ways > 0)
        out.append(np.sum(ways * centred * ahead))
    return np.array(out) / np.sum(ways * centred**2)


def neutral_share(values: np.ndarray, space: SearchSpace) -> float:
    """Share of one-edit steps that change nothing of values float[len(space)]; nan if there is no step."""
    values, around = np.asarray(values), one_edit(space)
    present = ~np.isnan(values)
    steps = np.sum(present[around] & present[:, None])
    return float(np.sum(values[around] == values[:, None]) / steps) if steps else float("nan")


def distances(space: SearchSpace, rows: np.ndarray) -> np.ndarray:
    """int64[len(space)]: how many decisions must change to come to the nearest of the architectures `rows` (int[k])."""
    out = np.full(len(space), len(space.radix))
    out[rows] = 0
    out = out.reshape(space.radix)
    for decision in range(out.ndim):
        out = np.minimum(out, out.min(decision, keepdims=True) + 1)
    return out.ravel()


def distance_correlation(values: np.ndarray, space: SearchSpace, goal: str = "max") -> float:
    """Fitness-distance correlation of Jones & Forrest, ICGA 1995: Pearson's, of values float[len(space)] with
    the distance to the nearest of the best. -1 is the easiest. nan if all values are equal."""
    height = heights(values, goal)
    present = np.isfinite(height)
    if not present.any() or np.ptp(height[present]) == 0:
        return float("nan")
    apart = distances(space, np.flatnonzero(height == height.max()))
    return float(np.corrcoef(height[present], apart[present])[0, 1])


def heights(values: np.ndarray, goal: str) -> np.ndarray:
    """float64[n]: better is more, and -inf where missing."""
    height = np.asarray(values, float) * (-1 if goal == "min" else 1)
    return np.where(np.isnan(height), -np.inf, height)
