"""What strategies share that may ask for an architecture again: a parameter that forbids it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from nas_core.plugins import param
from nas_core.strategies import Strategy
from nas_core.strategies._pool import fresh
from nas_core.types import Arch, Suggestion

TRIES = 50  # draws before a random architecture takes the place of one that was asked before


class Repeating(Strategy):
    """Base: `new` draws again what was asked before, if `no_repeats` is set; the published algorithms may repeat."""

    no_repeats: bool = param(False, "never ask for an architecture twice; as published, it may")

    def start(self, problem, rng):
        super().start(problem, rng)
        self.past: set[Arch] = set()  # everything asked for, where nothing may be asked twice

    def warm_start(self, trials):
        self.past.update(trial.arch for trial in trials)
        super().warm_start(trials)

    def new(self, draw: Callable[[], Suggestion]) -> Suggestion | None:
        """What `draw` suggests; None, drawing nothing, once all architectures were asked for and none may be again."""
        if not self.no_repeats:
            return draw()
        if len(self.past) == self.space.size:
            return None
        for _ in range(TRIES):
            suggestion = draw()
            if suggestion.arch not in self.past:
                break
        else:
            info = {k: v for k, v in suggestion.info.items() if k != "parents"} | {"phase": "random"}
            arch = fresh(self.space, self.past, self.rng)
            suggestion = replace(suggestion, arch=arch or suggestion.arch, info=info)
        self.past.add(suggestion.arch)
        return suggestion
