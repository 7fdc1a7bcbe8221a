"""What strategies share that may ask for an architecture again: a parameter that forbids it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from nas_core.plugins import param
from nas_core.strategies import Problem, Strategy
from nas_core.strategies._pool import fresh
from nas_core.types import Arch, Suggestion, Trial

TRIES = 50  # draws before a random architecture takes the place of one that was asked before


class Repeating(Strategy):
    """Base: `new` draws again what was asked before, if `no_repeats` is set; the published algorithms may repeat."""

    no_repeats: bool = param(False, "never ask for an architecture twice; as published, it may")

    def start(self, problem: Problem, rng: np.random.Generator) -> None:
        super().start(problem, rng)
        self.past: set[Arch] = set()  # everything asked for

    def warm_start(self, trials: Sequence[Trial]) -> None:
        self.past.update(trial.arch for trial in trials)
        super().warm_start(trials)

    @property
    def exhausted(self) -> bool:
        """True once every architecture was asked for and none may be asked for again."""
        return self.no_repeats and len(self.past) == self.space.size

    def new(self, draw: Callable[[], Suggestion]) -> Suggestion | None:
        """What `draw` suggests; None, drawing nothing, if the search is `exhausted`."""
        if self.exhausted:
            return None
        for _ in range(TRIES):
            suggestion = draw()
            if not self.no_repeats or suggestion.arch not in self.past:
                break
        else:
            info = {k: v for k, v in suggestion.info.items() if k != "parents"} | {"phase": "random"}
            suggestion = replace(suggestion, arch=fresh(self.space, self.past, self.rng), info=info)
        self.past.add(suggestion.arch)
        return suggestion
