"""How well one dataset predicts another: the same architectures, two tables, one metric each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from nas_core import stats
from nas_core.benchmarks import Table

TOP = 0.1  # share of the architectures that a search cares about
FEW = 0.01
DRAWS = 400  # bootstrap samples of architectures
Interval = tuple[float, float]


def agreement(first: np.ndarray, second: np.ndarray) -> tuple[float, float]:
    """Spearman's correlation of float64[n] and float64[n], better is more: of all, and of the best tenth by the first.

    nan where everything is equal.
    """
    top = first >= np.quantile(first, 1 - TOP)
    return stats.spearman(first, second), stats.spearman(first[top], second[top])


@dataclass(frozen=True, eq=False)
class Transfer:
    """What the ranking on one dataset says about that on another; only architectures known on both count."""

    rows: np.ndarray  # int64[n]: the architectures
    x: np.ndarray  # float64[n] on the first dataset, better is more
    y: np.ndarray  # float64[n] on the second
    spearman: float
    kendall: float
    top_spearman: float  # among the best tenth on the first dataset
    top_share: float  # share of the best hundredth on the first that is in the best tenth on the second
    regret: float  # what the first dataset's best architecture lacks to the best on the second, in the metric's unit

    @cached_property
    def intervals(self) -> tuple[Interval, Interval]:
        """95 % intervals of `spearman` and `top_spearman`: percentiles of a bootstrap over architectures, the same each
        time. About a second for 15,625 of them."""
        top = self.x >= np.quantile(self.x, 1 - TOP)
        return _interval(stats.spearman, self.x, self.y), _interval(stats.spearman, self.x[top], self.y[top])

    def sentence(self, first: str, second: str) -> str:
        """For people, who call the two datasets so."""
        return (
            f"From {first} to {second}: the rankings correlate at {self.spearman:.2f}, among the best tenth at "
            f"{self.top_spearman:.2f}; the best on {first} is {self.regret:.2f} points behind the best on {second}."
        )

    @property
    def x_rank(self) -> np.ndarray:
        """float64[n]: percent of the architectures that are no better on the first dataset."""
        return stats.percentiles(self.x)

    @property
    def y_rank(self) -> np.ndarray:
        """float64[n]: the same on the second dataset."""
        return stats.percentiles(self.y)


def transfer(first: Table, second: Table, metric: str = "test_acc", mask: np.ndarray | None = None) -> Transfer:
    """Compare two tables of one space at full training; ValueError if their spaces or metrics do not fit.

    mask: bool[len(space)], the architectures that count; None for all.
    """
    if first.space.options != second.space.options:
        raise ValueError(f"{first.title()} and {second.title()} have different search spaces")
    for table in (first, second):
        if metric not in table.metrics:
            raise ValueError(f"{table.title()} on {table.dataset} has no {metric}; it has: {', '.join(table.metrics)}")
    sign = 1.0 if first.metrics[metric].goal == "max" else -1.0
    x, y = (sign * table.column(metric).astype(np.float64) for table in (first, second))
    both = ~(np.isnan(x) | np.isnan(y))
    rows = np.flatnonzero(both if mask is None else both & mask)
    if len(rows) < 3:
        raise ValueError(f"{first.dataset} and {second.dataset} share {len(rows)} architectures; it takes at least 3")
    x, y = x[rows], y[rows]
    few = x >= np.quantile(x, 1 - FEW)
    top_share = float(np.mean(y[few] >= np.quantile(y, 1 - TOP)))
    spearman, at_top = agreement(x, y)
    return Transfer(rows, x, y, spearman, stats.kendall(x, y), at_top, top_share, float(y.max() - y[x.argmax()]))


def _interval(statistic: Callable[[np.ndarray, np.ndarray], float], x: np.ndarray, y: np.ndarray) -> Interval:
    from scipy.stats import bootstrap

    sample = bootstrap(
        (x, y), statistic, n_resamples=DRAWS, vectorized=False, paired=True, method="percentile", rng=0
    ).confidence_interval
    return float(sample.low), float(sample.high)
