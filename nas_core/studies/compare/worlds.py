"""Whether strategies keep their order from task to task: their ranks on each, and how far mean ranks must lie apart."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from nas_core.studies.compare.pairs import LEVEL


@dataclass(frozen=True, eq=False)
class Worlds:
    """How k strategies rank on n tasks, after Demšar (JMLR 7, 2006): each task counts once, whatever its unit.

    The tests take the tasks for independent, which those of one space are only in part.
    """

    tasks: list[str]
    ranks: dict[str, np.ndarray]  # {strategy: float64[n]}: 1 is best, equal values share a rank; best mean rank first

    @classmethod
    def of(cls, values: Mapping[str, Mapping[str, float]]) -> Worlds:
        """From {task: {strategy: value}}, higher is better. ValueError without two strategies that all tasks have."""
        from scipy.stats import rankdata

        names = [name for name in next(iter(values.values()), {}) if all(name in row for row in values.values())]
        if len(names) < 2:
            raise ValueError("an order needs two strategies that ran on every task")
        table = np.array([[row[name] for name in names] for row in values.values()], float)
        if np.isnan(table).any():
            raise ValueError("an order needs a value of every strategy on every task")
        ranks = rankdata(-table, axis=1)
        return cls(list(values), {names[i]: ranks[:, i] for i in np.argsort(ranks.mean(0), kind="stable")})

    @property
    def means(self) -> dict[str, float]:
        """The mean rank of each strategy, best first."""
        return {name: float(ranks.mean()) for name, ranks in self.ranks.items()}

    @property
    def agreement(self) -> float:
        """Kendall's W: 1 if the order is the same on every task, near 0 if the tasks have nothing in common."""
        table = np.array(list(self.ranks.values()))
        k, n = table.shape
        ties = sum(
            float(((counts := np.unique(column, return_counts=True)[1]) ** 3 - counts).sum()) for column in table.T
        )
        most = n * n * (k**3 - k) - n * ties
        return 12 * float(((table.sum(1) - n * (k + 1) / 2) ** 2).sum()) / most if most else math.nan

    @property
    def p(self) -> float:
        """Of Friedman's test, that all strategies are the same: the chance of so much agreement; nan if all tie."""
        from scipy.stats import chi2

        k, n = len(self.ranks), len(self.tasks)
        return float(chi2.sf(n * (k - 1) * self.agreement, k - 1))

    @property
    def critical(self) -> float:
        """Nemenyi's critical difference: mean ranks that lie farther apart differ, at the level of all comparisons."""
        from scipy.stats import studentized_range

        k, n = len(self.ranks), len(self.tasks)
        return float(studentized_range.ppf(1 - LEVEL, k, np.inf) / math.sqrt(2) * math.sqrt(k * (k + 1) / (6 * n)))
