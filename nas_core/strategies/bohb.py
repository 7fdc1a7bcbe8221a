"""BOHB (Falkner, Klein & Hutter, ICML 2018, arXiv:1807.01774): Hyperband with a model instead of chance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nas_core.plugins import param
from nas_core.strategies import Problem
from nas_core.strategies._parzen import propose
from nas_core.strategies.hyperband import Hyperband
from nas_core.types import Arch, Trial


class BOHB(Hyperband):
    """Hyperband whose newcomers come from a density-ratio model of the longest trainings that are numerous enough.

    The model uses the highest fidelity with at least d + 2 trials (d decisions). Differs from the authors' code: one
    categorical density per decision as in TPE, where theirs is a product kernel; nothing is drawn twice.
    """

    label = "BOHB"
    aliases = ("Bayesian optimization and Hyperband",)
    warm_starts = True
    paper = "Falkner et al. 2018, arXiv:1807.01774"
    quick = {"candidates": 8}

    random_fraction: float = param(
        0.33, "share of newcomers drawn at random all the same; NATS-Bench's reference has 0", low=0.0, high=1.0
    )
    quantile: float = param(0.15, "share of trials that count as good", low=0.01, high=0.99)
    candidates: int = param(64, "draws from the good density; the best ratio wins", low=1, high=10_000)
    prior: float = param(1.0, "times every option counts as seen before the first trial", low=0.01, high=100.0)

    def start(self, problem: Problem, rng: np.random.Generator) -> None:
        self.trials: dict[int, list[Trial]] = {}  # by epochs
        self.past: set[Arch] = set()
        super().start(problem, rng)

    def draw(self) -> tuple[Arch, dict[str, Any]]:
        enough = [e for e in self.rungs if len(self.trials.get(e, ())) >= len(self.space.radix) + 2]
        arch: Arch | None = None
        info: dict[str, Any] = {}
        if enough and self.rng.random() >= self.random_fraction:
            arch, info = propose(
                self.space,
                sorted(self.trials[enough[-1]], key=self.rank),
                self.past,
                self.rng,
                quantile=self.quantile,
                candidates=self.candidates,
                prior=self.prior,
            )
            info["model_epochs"] = enough[-1]
        arch = arch or self.space.sample(self.rng)
        self.past.add(arch)
        return arch, info

    def tell(self, trial: Trial) -> None:
        super().tell(trial)
        self.trials.setdefault(trial.suggestion.epochs, []).append(trial)

    def warm_start(self, trials: Sequence[Trial]) -> None:
        """The model learns them as trainings of the longest rung that is no longer than they were."""
        self.past.update(trial.arch for trial in trials)
        for trial in trials:
            rung = max((e for e in self.rungs if e <= trial.suggestion.epochs), default=self.rungs[0])
            self.trials.setdefault(rung, []).append(trial)
