"""Pareto fronts and hypervolume, thin over moocore. Everywhere float64[n, m] of losses, all minimised.

A row with a loss that is not finite (a failed trial, a missing number) is dominated by every other and adds nothing.
"""

from __future__ import annotations

import moocore
import numpy as np


def non_dominated(losses: np.ndarray) -> np.ndarray:
    """bool[n]: rows that no other row equals or beats everywhere and beats somewhere; equal rows are all kept."""
    losses = np.asarray(losses, float)
    finite = np.isfinite(losses)
    if finite.all():
        return moocore.is_nondominated(losses, keep_weakly=True)
    out = finite.all(1)
    if out.any():
        out[out] = moocore.is_nondominated(losses[out], keep_weakly=True)
    return out


def fronts(losses: np.ndarray) -> np.ndarray:
    """int64[n]: 0 on the Pareto front, 1 on the front once that is removed, and so on; failed rows come last."""
    losses = np.asarray(losses, float)
    good = np.isfinite(losses).all(1)
    out = np.zeros(len(losses), int)
    if good.any():
        unique, back = np.unique(losses[good], axis=0, return_inverse=True)
        out[good] = moocore.pareto_rank(unique)[back.ravel()]
        out[~good] = out.max() + 1
    return out


def crowding(losses: np.ndarray) -> np.ndarray:
    """float64[n]: crowding distance within one front (Deb et al. 2002, doi:10.1109/4235.996017); its ends are inf."""
    losses = np.asarray(losses, float)
    out = np.zeros(len(losses))
    for column in losses.T:
        order = np.argsort(column, kind="stable")
        sorted_column = column[order]
        out[order[[0, -1]]] = np.inf
        if (width := sorted_column[-1] - sorted_column[0]) > 0:
            out[order[1:-1]] += (sorted_column[2:] - sorted_column[:-2]) / width
    return out


def constrained_fronts(losses: np.ndarray, violations: np.ndarray) -> np.ndarray:
    """int64[n]: `fronts` of the feasible rows, then the others by violation (Deb et al. 2002, section VI).

    violations float64[n]: 0 where feasible; equal violations share a rank.
    """
    losses, violations = np.asarray(losses, float), np.asarray(violations, float)
    good = violations == 0
    out = np.zeros(len(losses), int)
    out[good] = fronts(losses[good])
    behind = out[good].max(initial=-1) + 1
    out[~good] = behind + np.unique(violations[~good], return_inverse=True)[1].ravel()
    return out


def hypervolume(losses: np.ndarray, reference: np.ndarray) -> float:
    """Volume dominated by `losses` and bounded by `reference` float64[m]; rows outside the bound add nothing.

    One row may be given flat. ValueError unless the reference point has a number for each objective.
    """
    losses, reference = np.atleast_2d(np.asarray(losses, float)), np.asarray(reference, float)
    if losses.size == 0:
        return 0.0
    if losses.ndim != 2 or reference.shape != losses.shape[1:]:
        raise ValueError(
            f"losses must be rows of as many numbers as the reference point has; they are {losses.shape} and "
            f"{reference.shape}"
        )
    inside = losses[(losses < reference).all(1)]
    return float(moocore.hypervolume(inside, ref=reference)) if len(inside) else 0.0


def knee(losses: np.ndarray) -> int:
    """Position of the front's knee: the row farthest below the plane through the front's own extremes, on axes scaled
    to the front's range (Das 1999, doi:10.1007/s001580050111). -1 for an empty front.

    losses float64[n, m]: the rows of one front.
    """
    losses = np.asarray(losses, float)
    if not len(losses):
        return -1
    low, high = losses.min(0), losses.max(0)
    scaled = (losses - low) / np.where(high > low, high - low, 1.0)
    return int(np.argmin(scaled.sum(1)))
