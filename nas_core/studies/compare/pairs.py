"""The one test of all comparisons: two strategies, the mean difference of what they found, and what chance allows.

Strategies that share seeds are paired by seed, since equal seeds share their first random draws: if the two were alike,
the difference at each seed could as well have the other sign (Fisher 1935; Pitman 1937). Those that do not are compared
as two samples: if they were alike, any run could as well be of the other (Pitman 1937). Either test is exact whatever
the distribution, two-sided, and corrected by Bonferroni for all pairs that are compared at once. Intervals are all the
differences that the same test does not reject (Hartigan 1969), so they leave out zero exactly where it claims
something, and hold all together with the same certainty.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np

LEVEL = 0.05  # chance that any claim is false where no two differ
BITS = 16  # at least 2 ** BITS rearrangements are tried, or all there are
ROOM = 4_000_000  # numbers held at once
TIE = 1e-9  # of the largest difference: what rounding makes of zero


@dataclass(frozen=True)
class Pair:
    """Two strategies; the first is better by `difference`, in the unit of the values."""

    first: str
    second: str
    by_seed: bool  # False: they share too few seeds and are two samples
    size: int  # seeds that both have; or pairings of a run of each
    ahead: int  # of `size`, where the first is better
    behind: int
    difference: float  # of the means; nan without values
    low: float  # interval at the corrected level; nan where there are too few runs for one
    high: float
    p: float  # two-sided, corrected

    @property
    def winner(self) -> str:
        """The one that is shown to be better; "" where no difference is shown."""
        return self.first if self.low > 0 else self.second if self.high < 0 else ""

    @property
    def loser(self) -> str:
        """The one that is shown to be worse; "" where no difference is shown."""
        return self.second if self.low > 0 else self.first if self.high < 0 else ""

    def swap(self) -> Pair:
        """The same with the two in the other order."""
        return Pair(
            self.second,
            self.first,
            self.by_seed,
            self.size,
            self.behind,
            self.ahead,
            -self.difference,
            -self.high,
            -self.low,
            self.p,
        )


def least(pairs: int) -> int:
    """The smallest number of shared seeds at which one of so many pairs can be shown to differ: 6 for one pair."""
    return math.ceil(math.log2(2 * max(pairs, 1) / LEVEL))


def compare(values: Mapping[str, np.ndarray]) -> list[Pair]:
    """Every two of `values`, in their order.

    values: {strategy: float64[seeds]}, higher is better, the same seeds in the same order for all, nan where there is
    no value. ValueError for unequal lengths.
    """
    if len({len(column) for column in values.values()}) > 1:
        lengths = ", ".join(f"{name} has {len(column)}" for name, column in values.items())
        raise ValueError(f"values need the same seeds, nan where one is missing; {lengths}")
    both = list(combinations(values, 2))
    groups: dict[tuple[int, ...], list[int]] = {}  # pairs of equal sizes, tested in one go
    samples = []
    for place, names in enumerate(both):
        first, second = (np.asarray(values[name], float) for name in names)
        seeds = ~np.isnan(first - second)
        runs = [x[~np.isnan(x)] for x in (first, second)]
        by_seed = 2 * seeds.sum() >= min(map(len, runs))
        samples.append([first[seeds] - second[seeds]] if by_seed else runs)
        groups.setdefault(tuple(map(len, samples[-1])), []).append(place)
    out: dict[int, Pair] = {}
    for sizes, places in groups.items():
        stacked = [np.stack([samples[place][i] for place in places]) for i in range(len(sizes))]
        for place, numbers in zip(places, _intervals(stacked, len(both)), strict=True):
            out[place] = Pair(*both[place], len(sizes) == 1, *_counts(samples[place]), *numbers.tolist())
    return [out[place] for place in range(len(both))]


def _counts(sample: list[np.ndarray]) -> tuple[int, int, int]:
    gaps = sample[0] if len(sample) == 1 else np.subtract.outer(*sample)
    return gaps.size, int(np.sum(gaps > 0)), int(np.sum(gaps < 0))


def _intervals(samples: list[np.ndarray], pairs: int) -> np.ndarray:
    """float64[k, 4]: difference, low, high and corrected p, of one of `pairs` each; samples as in `shifts`."""
    k, bits = len(samples[0]), max(BITS, least(pairs))
    if not min(sample.shape[1] for sample in samples):
        return np.tile([np.nan, np.nan, np.nan, 1.0], (k, 1))
    out = np.empty((k, 4))
    step = max(1, ROOM // 2**bits)
    for start in range(0, k, step):
        some = [sample[start : start + step] for sample in samples]
        offsets, same = shifts(some, bits)
        total = offsets.shape[1] + same + 1
        rank = int(LEVEL / (2 * pairs) * total) - same
        means = [sample.mean(1) for sample in some]
        out[start : start + step, 0] = means[0] - (means[1] if len(means) > 1 else 0.0)
        out[start : start + step, 3] = np.minimum(1.0, pairs * chance(offsets, same))
        out[start : start + step, 1:3] = np.nan
        if rank > 0:
            ends = np.partition(offsets, [rank - 1, offsets.shape[1] - rank], axis=1)
            out[start : start + step, 1:3] = ends[:, [rank - 1, offsets.shape[1] - rank]]
    return out


def chance(offsets: np.ndarray, same: int = 0) -> np.ndarray:
    """float64[k]: p of no difference, two-sided and not corrected, from what `shifts` gives."""
    fewer = np.minimum((offsets <= 0).sum(1), (offsets >= 0).sum(1))
    return np.minimum(1.0, 2 * (1 + same + fewer) / (1 + same + offsets.shape[1]))


def shifts(samples: list[np.ndarray], bits: int = BITS) -> tuple[np.ndarray, int]:
    """(float64[k, r], how many rearrangements change nothing): of each of k pairs and r rearrangements the difference
    that, taken away from the first, makes the rearranged means differ as the real ones do.

    samples: [float64[k, n]] of differences by seed, or [float64[k, n], float64[k, m]] of two samples.
    """
    if len(samples) == 1:
        (gaps,) = samples
        packed, same = _signs(gaps.shape[1], bits)
        parts = [gaps @ take / take.sum(0) for take in _unpack(packed)]
    else:
        first, second = samples
        n = first.shape[1]
        packed, same = _halves(n, second.shape[1], bits)
        parts = [
            (first.sum(1, keepdims=True) - first @ take[:n] - second @ take[n:]) / (n - take[:n].sum(0))
            for take in _unpack(packed)
        ]
    offsets = np.hstack(parts)
    scale = np.max([np.abs(sample).max(1) for sample in samples], axis=0)
    offsets[np.abs(offsets) <= TIE * scale[:, None]] = 0.0
    return offsets, same


_Packed = tuple[np.ndarray, int]  # eight rearrangements in each uint8[n, r / 8], and how many there are


def _pack(take: np.ndarray, same: np.ndarray) -> tuple[_Packed, int]:
    """Without those (bool[r]) that change nothing, and how many they are."""
    if same.any():
        take = take[:, ~same]
    return (np.packbits(take, axis=1), take.shape[1]), int(same.sum())


def _unpack(packed: _Packed) -> Iterator[np.ndarray]:
    """float64[n, some] at a time: 1 where a rearrangement takes one of the n."""
    octets, count = packed
    step = max(1, ROOM // len(octets) // 8)
    for start in range(0, octets.shape[1], step):
        some = octets[:, start : start + step]
        yield np.unpackbits(some, axis=1)[:, : count - 8 * start].astype(float)


@lru_cache(maxsize=4)
def _signs(n: int, bits: int) -> tuple[_Packed, int]:
    """(of each rearrangement which of n differences change sign, how many more change nothing); all ways, or some
    drawn."""
    if n <= bits:
        every = (np.arange(1, 2**n) >> np.arange(n)[:, None] & 1).astype(np.uint8)
        return _pack(every, np.zeros(every.shape[1], bool))
    take = np.random.default_rng(0).integers(0, 2, (n, 2**bits - 1), np.uint8)
    return _pack(take, take.max(0) == 0)


@lru_cache(maxsize=2)
def _halves(n: int, m: int, bits: int) -> tuple[_Packed, int]:
    """(of each rearrangement which of n + m runs stand for the first sample, how many more change nothing); drawn."""
    rows = np.tile(np.repeat(np.array([1, 0], np.uint8), [n, m]), (2**bits - 1, 1))
    take = np.random.default_rng(0).permuted(rows, axis=1, out=rows).T
    return _pack(take, take[:n].min(0) == 1)
