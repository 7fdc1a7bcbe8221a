"""Tables that know several trainings of an architecture, of which a search may see one for each trial."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np

from nas_core.benchmarks import Table
from nas_core.plugins import param
from nas_core.types import Outcome, Suggestion


def reward_seed(default: str) -> Any:
    """The parameter; a table of several seeds says which of its values is usual."""
    return param(
        default,
        "which training a search sees where several seeds are known: one drawn for each trial, as NATS-Bench "
        "does and which it keeps where the training continues, or the mean of all",
        options=("drawn", "mean"),
    )


class SeededTable(Table):
    """A table whose `column` gives the values of a seed too; a subclass gives `seeds_of`.

    Reports are by the mean of all seeds, whatever a search sees. A trial that continues a training is given a generator
    in the state in which the trial began that it continues, see `pools.TrialSeeds`, so it sees the same seed.
    """

    reward_seed: str = reward_seed("mean")

    @abstractmethod
    def seeds_of(self, metric: str, epochs: int) -> tuple[int, ...]:
        """The seeds of which `column` has values of their own; () where there is nothing but a mean, or one value."""

    @cached_property
    def random(self) -> bool:
        by_seed = self.reward_seed == "drawn" and any(self._by_seed(e) for e in self.fidelities)
        return by_seed or self.reward_noise == "redrawn"

    def evaluate(self, suggestion: Suggestion, rng: np.random.Generator) -> Outcome:
        outcome = super().evaluate(suggestion, rng)
        if self.reward_seed != "drawn" or suggestion.measure != "train":
            return outcome
        by_seed = self._by_seed(suggestion.epochs or self.search_epochs)
        row = self.space.index(suggestion.arch)
        seeds = np.flatnonzero(~np.isnan(by_seed[self.main][row])) if by_seed else ()
        if not len(seeds):
            return outcome
        seed = seeds[int(rng.integers(len(seeds)))]
        return Outcome(
            {n: v + float(by_seed[n][row, seed]) if n in by_seed else v for n, v in outcome.metrics.items()},
            outcome.seconds,
        )

    def _by_seed(self, epochs: int) -> Mapping[str, np.ndarray]:
        """{metric: float32[len(space), seeds]}: how far each seed lies from the mean; {} where only means are known."""
        cache = self.__dict__.setdefault("_by_seed_at", {})
        if epochs not in cache:
            seeds = self.seeds_of(self.main, epochs)
            cache[epochs] = {
                name: np.stack([self.column(name, epochs, s) - self.column(name, epochs) for s in seeds], 1)
                for name in self.searchable
                if len(seeds) > 1 and self.seeds_of(name, epochs) == seeds
            }
        return cache[epochs]
