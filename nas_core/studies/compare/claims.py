"""What follows from the pairs: which strategy beats which, which lead, and which cannot be told apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from nas_core.studies.compare.pairs import Pair, compare


@dataclass(frozen=True, eq=False)
class Claims:
    """Everything that may be said about strategies that are compared at one moment. Nothing else makes a claim."""

    pairs: list[Pair]  # every two
    means: dict[str, float]  # in the unit of the values, best first; nan, and last, for one without values
    ranks: dict[str, float]  # 1 is best, averaged over the seeds that all have, best first; empty without such seeds
    unit: str = ""
    at: str = ""  # where they are compared, such as "60 trainings"

    @classmethod
    def of(cls, values: Mapping[str, Mapping[int, float]], goal: str = "max", unit: str = "", at: str = "") -> Claims:
        """From {strategy: {seed: value}}; a run that found nothing has nan or no value.

        goal: "max" or "min". unit: of the values; differences in "%" are points.
        """
        seeds = sorted({seed for column in values.values() for seed in column})
        table = np.array([[column.get(seed, np.nan) for seed in seeds] for column in values.values()], float)
        table = (1 if goal == "max" else -1) * table.reshape(len(values), len(seeds))
        present = ~np.isnan(table)
        means = np.where(present.any(1), np.where(present, table, 0).sum(1) / np.maximum(present.sum(1), 1), np.nan)
        names, shared = list(values), table[:, present.all(0)]
        ranks = (len(names) + 1 - np.sign(shared[:, None] - shared).sum(1)) / 2
        return cls(
            compare(dict(zip(names, table, strict=True))),
            {names[i]: float(means[i]) * (1 if goal == "max" else -1) for i in np.argsort(-means, kind="stable")},
            {names[i]: float(ranks[i].mean()) for i in np.argsort(ranks.mean(1), kind="stable")} if shared.size else {},
            "points" if unit == "%" else unit,
            at,
        )

    @property
    def names(self) -> list[str]:
        """All strategies, the best mean first."""
        return list(self.means)

    @cached_property
    def wins(self) -> set[tuple[str, str]]:
        """(winner, loser) of every difference that is shown."""
        return {(pair.winner, pair.loser) for pair in self.pairs if pair.winner}

    @cached_property
    def leaders(self) -> list[str]:
        """Strategies that are shown to beat another and not shown to be beaten, the best mean first."""
        winners, losers = ({win[side] for win in self.wins} for side in (0, 1))
        return [name for name in self.names if name in winners - losers]

    def against(self, base: str) -> dict[str, Pair]:
        """{strategy: its pair with `base`, itself first} of all others."""
        pairs = [pair.swap() if pair.first == base else pair for pair in self.pairs]
        return {pair.first: pair for pair in pairs if pair.second == base}

    def ties(self) -> list[list[str]]:
        """Largest groups of neighbours by average rank in which no two are shown to differ."""
        names, groups = list(self.ranks), [[""]]
        for first in range(len(names)):
            last = first + 1
            while last < len(names) and not any(
                {(names[i], names[last]), (names[last], names[i])} & self.wins for i in range(first, last)
            ):
                last += 1
            if last > first + 1 and names[last - 1] not in groups[-1]:
                groups.append(names[first:last])
        return groups[1:]
