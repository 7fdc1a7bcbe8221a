"""Tree-structured Parzen estimator (Bergstra et al., NeurIPS 2011, "Algorithms for hyper-parameter optimization")."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nas_core.plugins import param
from nas_core.strategies import Problem, Strategy
from nas_core.strategies._parzen import propose
from nas_core.strategies._pool import fresh
from nas_core.types import Arch, Suggestion, Trial


class TPE(Strategy):
    """Asks where good architectures are dense and bad ones rare, decision by decision.

    The best share of all trials so far are good. Each decision has its own categorical density, so the model sees no
    interplay between decisions. Nothing is asked twice.
    """

    label = "TPE"
    aliases = ("tree-structured Parzen estimator",)
    family = "Bayesian"
    paper = "Bergstra et al. 2011, NeurIPS 24"
    quick = {"initial": 4, "candidates": 8}

    initial: int = param(20, "random architectures before the model is used", low=2, high=1000)
    quantile: float = param(0.15, "share of trials that count as good", low=0.01, high=0.99)
    candidates: int = param(64, "architectures drawn from the good density; the best ratio wins", low=1, high=10_000)
    prior: float = param(1.0, "times every option counts as seen before the first trial", low=0.01, high=100.0)

    def start(self, problem: Problem, rng: np.random.Generator) -> None:
        super().start(problem, rng)
        self.past: set[Arch] = set()
        self.trials: list[Trial] = []

    def ask(self) -> Suggestion | None:
        arch: Arch | None = None
        info: dict[str, Any] = {}
        if len(self.past) == self.space.size:
            return None
        if len(self.past) >= self.initial and len(self.trials) > 1:
            arch, info = propose(
                self.space,
                sorted(self.trials, key=self.rank),
                self.past,
                self.rng,
                quantile=self.quantile,
                candidates=self.candidates,
                prior=self.prior,
            )
        info["phase"] = "model" if arch else "initial" if len(self.past) < self.initial else "random"
        arch = arch or fresh(self.space, self.past, self.rng)
        self.past.add(arch)
        return Suggestion(arch, info=info)

    def warm_start(self, trials: Sequence[Trial]) -> None:
        self.past.update(trial.arch for trial in trials)
        super().warm_start(trials)

    def tell(self, trial: Trial) -> None:
        self.trials.append(trial)
