"""Neural predictor (Wen et al., ECCV 2020, arXiv:1912.00848): train some, predict all, train the best predicted."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence

import numpy as np

from nas_core import predictors
from nas_core.plugins import param
from nas_core.strategies import Problem, Strategy
from nas_core.strategies._pool import fresh, option_means, passes, shares
from nas_core.types import Arch, Suggestion, Trial

SAMPLE = 10_000  # architectures ranked where a space is too large to be listed


class NeuralPredictor(Strategy):
    """A graph network learns once from random architectures, ranks the whole space, and its favourites are trained.

    Two stages and no loop: what is trained in the second stage teaches the network nothing. Isomorphic cells are
    ranked once where they share the objective, as they share accuracy. Differs from the paper in the network, as the
    predictor gcn says; the paper also trains one that first tells the architectures that do not learn from the others.
    """

    aliases = ("GCN predictor",)
    family = "predictor"
    paper = "Wen et al. 2020, arXiv:1912.00848"
    quick = {"training": 4, "epochs": 3, "pool": 200}

    training: int = param(
        172, "random architectures that teach the network, but at most half of a run's trials", low=2, high=10_000
    )
    epochs: int = param(
        150,
        "passes over what was trained, when the network learns; fewer from 640 on",
        low=1,
        high=500,
    )
    pool: int = param(
        0,
        "architectures ranked, drawn at random; 0 ranks the whole space, or 10,000 where it cannot be listed",
        low=0,
        high=100_000,
    )

    def start(self, problem: Problem, rng: np.random.Generator) -> None:
        super().start(problem, rng)
        half = max(2, problem.max_trials // 2) if problem.max_trials else self.training
        self.first_stage = min(self.training, half, self.space.size)
        self.past: set[Arch] = set()
        self.trials: list[Trial] = []
        self.ranking: deque[tuple[Arch, dict]] | None = None  # what is left of the ranking, best first

    def ask(self) -> Suggestion | None:
        first_stage = len(self.past) < self.first_stage
        if len(self.past) == self.space.size or (not first_stage and len(self.trials) < self.first_stage):
            return None
        if not first_stage and self.ranking is None:
            self.ranking = self._rank()
        if self.ranking:
            arch, info = self.ranking.popleft()
        else:
            arch = fresh(self.space, self.past, self.rng)
            info = {"phase": "initial" if first_stage else "random"}
        self.past.add(arch)
        return Suggestion(arch, info=info)

    def tell(self, trial: Trial) -> None:
        self.trials.append(trial)

    def warm_start(self, trials: Sequence[Trial]) -> None:
        """They count as the first that teach the network."""
        self.past.update(trial.arch for trial in trials)
        super().warm_start(trials)

    def _rank(self) -> deque[tuple[Arch, dict]]:
        """What was not asked, best predicted first; nothing if all of the first stage failed."""
        key = self.problem.key
        keys = {key(arch) for arch in self.past}
        every = (
            map(tuple, self.space.all().tolist())
            if self.space.exhaustive
            else self.space.draw(self.rng, self.pool or SAMPLE)
        )
        archs = [arch for arch in dict.fromkeys(map(key, every)) if arch not in keys]
        lessons = [trial for trial in self.trials if math.isfinite(trial.loss)]
        if not lessons or not archs:
            return deque()
        if 0 < self.pool < len(archs):
            archs = [archs[i] for i in sorted(self.rng.choice(len(archs), self.pool, replace=False))]
        seed, epochs = int(self.rng.integers(2**31)), passes(self.epochs, len(lessons))
        model = predictors.create(
            "gcn", self.space, merge_isomorphic=self.problem.merges_isomorphic, seed=seed, epochs=epochs
        )
        mean, _ = model.fit([trial.arch for trial in lessons], [-trial.loss for trial in lessons]).predict(archs)
        order = np.argsort(-mean, kind="stable")
        values = self.problem.objectives[0].value(-mean)
        info = {
            "phase": "predicted",
            "pool": shares(self.space, [archs[i] for i in order[:100]]),
            "belief": option_means(self.space, archs, values),
        }
        return deque((archs[i], {**info, "predicted": round(float(values[i]), 3)}) for i in order)
