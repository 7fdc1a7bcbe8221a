"""Statistics over runs and tables; thin over NumPy and SciPy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def at_times(times: np.ndarray, values: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """float64[len(grid)]: the step function that takes values[i] from times[i] on; nan before times[0].

    times float64[n] non-decreasing, values float64[n].
    """
    position = np.searchsorted(times, grid, side="right") - 1
    return np.where(position >= 0, np.asarray(values, float)[np.maximum(position, 0)], np.nan) if len(times) else (
        np.full(len(grid), np.nan)
    )  # fmt: skip


def band(rows: np.ndarray, low: float = 0.25, high: float = 0.75) -> np.ndarray:
    """float64[3, g]: quantile `low`, median and quantile `high` over rows float64[runs, g]; nan where all rows are."""
    out = np.full((3, rows.shape[1]), np.nan)
    some = ~np.isnan(rows).all(0)
    out[:, some] = np.nanquantile(rows[:, some], [low, 0.5, high], axis=0)
    return out


def best_of_n(signal: np.ndarray, report: np.ndarray, n: Sequence[int] | np.ndarray) -> np.ndarray:
    """float64[len(n)]: exact mean report value of the best of n uniform draws with replacement, best by `signal`.

    signal, report float[N], higher signal is better; equal signals share their chance. Missing (nan) signals are
    failed trials: they are never best unless all n fail, and then the value counts as missing (nan if certain).
    The closed form behind random search: P(best among the k worst) = (k/N)^n.
    """
    signal, report, n = np.asarray(signal, float), np.asarray(report, float), np.asarray(n, float)
    good = ~np.isnan(signal)
    levels, level = np.unique(signal[good], return_inverse=True)
    if not len(levels):
        return np.full(len(n), np.nan)
    counts = np.bincount(level)
    means = np.bincount(level, weights=report[good]) / counts
    below = (np.sum(~good) + np.concatenate([[0], np.cumsum(counts)])) / len(signal)
    chance = below[None, 1:] ** n[:, None] - below[None, :-1] ** n[:, None]
    return chance @ means / chance.sum(1)


def percentile(column: np.ndarray, value: float, goal: str = "max") -> float:
    """Percent of known values that `value` is at least as good as; nan for nan."""
    known = column[~np.isnan(column)]
    if np.isnan(value) or not len(known):
        return float("nan")
    return float(100 * np.mean(known <= value if goal == "max" else known >= value))


def rank(column: np.ndarray, value: float, goal: str = "max") -> int:
    """1 for the best: one more than the number of known values that are strictly better."""
    return 1 + int(np.sum(column > value if goal == "max" else column < value))


def spearman(a: np.ndarray, b: np.ndarray) -> float:
    """Spearman's rank correlation of the pairs where both are known; nan for fewer than 3 or a constant side."""
    from scipy.stats import spearmanr

    both = ~(np.isnan(a) | np.isnan(b))
    if both.sum() < 3 or np.ptp(a[both]) == 0 or np.ptp(b[both]) == 0:
        return float("nan")
    return float(spearmanr(a[both], b[both]).statistic)


def noise_share(first: np.ndarray, second: np.ndarray) -> float:
    """Share of rank variance that is noise: 1 - Spearman between two independent measurements of the same things."""
    return 1.0 - spearman(first, second)
