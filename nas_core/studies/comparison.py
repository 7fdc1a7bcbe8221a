"""Did one strategy really do better than another? Paired statistics over seeds; thin over SciPy.

Values are one number a seed and a strategy, in the same order of seeds for all; nan where a run found nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal

import numpy as np

LEVEL = 0.05  # p from which on no difference is claimed


@dataclass(frozen=True)
class Paired:
    """What the pairs of two strategies say."""

    first: str
    second: str
    pairs: int  # seeds at which both are known
    wins: int  # of the first
    losses: int
    difference: float  # by how much the first is better on average, in the unit of the values
    low: float  # 95 % bootstrap interval of that; nan with fewer than two pairs
    high: float
    p: float  # two-sided Wilcoxon signed-rank; after Holm's correction where several pairs were tested at once

    @property
    def shown(self) -> bool:
        """True if a difference may be claimed: test, interval and the count of wins agree that there is one."""
        return self.p < LEVEL and self.low * self.high > 0 and (self.wins - self.losses) * self.difference > 0

    def turned(self) -> Paired:
        """The same with the two in the other order."""
        return Paired(
            self.second, self.first, self.pairs, self.losses, self.wins, -self.difference, -self.high, -self.low, self.p
        )


def paired(first: str, a: np.ndarray, second: str, b: np.ndarray, goal: str = "max", resamples: int = 5000) -> Paired:
    """Compare values a, b float[seeds]; higher is better if `goal` is "max". ValueError for unequal lengths."""
    a, b = np.asarray(a, float), np.asarray(b, float)
    if a.shape != b.shape:
        raise ValueError(f"paired values need the same seeds: {first} has {len(a)} and {second} has {len(b)}")
    gap = _gap(a, b, 1 if goal == "max" else -1)
    low, high = _interval(gap, resamples)
    return Paired(
        first,
        second,
        len(gap),
        int(np.sum(gap > 0)),
        int(np.sum(gap < 0)),
        float(gap.mean()) if len(gap) else float("nan"),
        low,
        high,
        signed_rank(gap),
    )


def all_pairs(values: Mapping[str, np.ndarray], goal: str = "max") -> list[Paired]:
    """Every two strategies compared, p after Holm's correction, in order of `values`."""
    found = [paired(a, values[a], b, values[b], goal) for a, b in combinations(values, 2)]
    return [replace(pair, p=p) for pair, p in zip(found, holm([f.p for f in found]), strict=True)]


def against(base: str, values: Mapping[str, np.ndarray], goal: str = "max") -> list[Paired]:
    """Every other strategy against `base`, in order of `values`; p is one-sided, that it is better, after Holm."""
    others = [name for name in values if name != base]
    sign = 1 if goal == "max" else -1
    p = holm([signed_rank(_gap(values[name], values[base], sign), "greater") for name in others])
    found = [paired(name, values[name], base, values[base], goal) for name in others]
    return [replace(pair, p=corrected) for pair, corrected in zip(found, p, strict=True)]


def holm(p: Sequence[float]) -> list[float]:
    """Holm's step-down correction (Holm 1979): adjusted p in the given order."""
    order = np.argsort(p, kind="stable")
    scaled = np.array(p, float)[order] * np.arange(len(p), 0, -1)
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(np.maximum.accumulate(scaled), 1.0)
    return adjusted.tolist()


def _gap(a: np.ndarray, b: np.ndarray, sign: int) -> np.ndarray:
    """float64[pairs]: by how much a is better at the seeds that both know; sign -1 where less is better."""
    gap = np.asarray(a, float) - np.asarray(b, float)
    return sign * gap[~np.isnan(gap)]


def _interval(gap: np.ndarray, resamples: int) -> tuple[float, float]:
    """Percentile bootstrap of the mean, the same resamples for the same number of pairs."""
    from scipy.stats import bootstrap

    if len(gap) < 2:
        return float("nan"), float("nan")
    if np.ptp(gap) == 0:
        return float(gap[0]), float(gap[0])
    drawn = bootstrap((gap,), np.mean, n_resamples=resamples, method="percentile", rng=np.random.default_rng(0))
    return float(drawn.confidence_interval.low), float(drawn.confidence_interval.high)


def signed_rank(gap: np.ndarray, alternative: Literal["two-sided", "greater"] = "two-sided") -> float:
    """p of Wilcoxon's signed-rank test of paired differences float64[n], equal pairs left out."""
    from scipy.stats import wilcoxon

    gap = gap[gap != 0]
    return float(wilcoxon(gap, alternative=alternative).pvalue) if len(gap) else 1.0


@dataclass(frozen=True)
class Ranking:
    """Average ranks of k strategies over seeds (1 is best), and how far apart two must be to differ."""

    names: tuple[str, ...]  # best average rank first
    ranks: tuple[float, ...]
    critical_difference: float  # Nemenyi; nan with fewer than two seeds
    groups: tuple[tuple[int, int], ...]  # (first, last) positions of maximal runs within the critical difference
    p: float  # Friedman's test that all are alike; nan with fewer than three strategies or two seeds
    seeds: int

    def apart(self, first: str, second: str) -> bool:
        """True if the ranks alone tell the two apart, as Demšar (JMLR 2006, section 3.2.2) has it: Friedman's test
        rejects that all are alike, and then their ranks differ by more than the critical difference."""
        gap = abs(self.ranks[self.names.index(first)] - self.ranks[self.names.index(second)])
        return self.p < LEVEL and gap > self.critical_difference


def ranking(values: Mapping[str, np.ndarray], goal: str = "max", level: float = LEVEL) -> Ranking:
    """Rank the strategies seed by seed (Demšar, JMLR 2006); seeds at which any value is nan are left out."""
    from scipy.stats import friedmanchisquare, rankdata

    table = np.stack([np.asarray(v, float) for v in values.values()], 1)
    table = table[~np.isnan(table).any(1)]
    n, k = table.shape
    ranks = rankdata(-table if goal == "max" else table, axis=1).mean(0) if n else np.full(k, np.nan)
    order = np.argsort(ranks, kind="stable")
    apart = critical_difference(k, n, level) if n > 1 and k > 1 else float("nan")
    differ = n > 1 and k > 2 and bool(np.ptp(table, axis=1).any())
    p = float(friedmanchisquare(*table.T).pvalue) if differ else float("nan")
    names = tuple(np.array(list(values))[order].tolist())
    return Ranking(names, tuple(ranks[order].tolist()), apart, _groups(ranks[order], apart), p, n)


def critical_difference(strategies: int, seeds: int, level: float = LEVEL) -> float:
    """Nemenyi: two average ranks over `seeds` that differ by less cannot be told apart at `level`."""
    from scipy.stats import studentized_range

    q = studentized_range.ppf(1 - level, strategies, np.inf) / np.sqrt(2)
    return float(q * np.sqrt(strategies * (strategies + 1) / (6 * seeds)))


def _groups(ranks: np.ndarray, apart: float) -> tuple[tuple[int, int], ...]:
    """Maximal (first, last) of sorted ranks that lie within `apart`; single ones are no group."""
    found: list[tuple[int, int]] = []
    for first in range(len(ranks)):
        last = int(np.searchsorted(ranks, ranks[first] + apart, side="right")) - 1 if apart == apart else first
        if last > first and (not found or last > found[-1][1]):
            found.append((first, last))
    return tuple(found)


def verdict(pair: Paired, unit: str = "points", at: str = "") -> str:
    """One sentence that claims no more than the pairs show, e.g. "A beats B at 20,000 s on 93 of 100 seeds,
    difference 0.4 points, 95 % interval 0.3 to 0.5." `at` is where they were compared, such as "20,000 s"."""
    when = f" at {at}" if at else ""
    if pair.pairs < 2:
        return f"{pair.first} and {pair.second} cannot be compared{when}: it takes at least two seeds of both."
    gap, low, high = pair.difference, pair.low, pair.high
    if not pair.shown:
        return (
            f"No difference shown between {pair.first} and {pair.second}{when}: {pair.first} is ahead on {pair.wins} "
            f"and {pair.second} on {pair.losses} of {pair.pairs} seeds, {_amount(gap, low, high, unit)}"
            f"{_corrected(pair)}."
        )
    if gap < 0:
        return verdict(pair.turned(), unit, at)
    ties = pair.pairs - pair.wins - pair.losses
    equal = f" ({ties} are equal)" if ties else ""
    return (
        f"{pair.first} beats {pair.second}{when} on {pair.wins} of {pair.pairs} seeds{equal}, "
        f"{_amount(gap, low, high, unit)}."
    )


def _corrected(pair: Paired) -> str:
    """Why an interval without zero shows nothing, if it does not; else ""."""
    alone = pair.low * pair.high > 0 and pair.p >= LEVEL
    return f", but with all comparisons made here that may be chance (p {pair.p:.2f})" if alone else ""


def _amount(gap: float, low: float, high: float, unit: str) -> str:
    """Two decimals, or as many as the difference needs, at most four."""
    digits = min(4, max(2, -math.floor(math.log10(abs(gap))))) if gap else 2
    gap, low, high = (round(x, digits) + 0.0 for x in (gap, low, high))  # no minus before a zero
    return f"difference {f'{gap:g} {unit}'.strip()}, 95 % interval {low:g} to {high:g}"
