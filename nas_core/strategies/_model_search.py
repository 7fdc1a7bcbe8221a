"""The loop that model-based strategies share: fit a surrogate, rank a pool of candidates, pay for the best few."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from nas_core.plugins import param
from nas_core.strategies import Problem, Strategy
from nas_core.strategies._pool import fresh, neighbors, option_means, shares
from nas_core.types import Arch, Suggestion, Trial


class Surrogate(Protocol):
    """What ranks candidates: a predictor, or something that answers like one."""

    def fit(self, archs: Sequence[Arch], y: np.ndarray) -> Surrogate:
        """Learn y float64[n], higher is better; returns itself."""
        ...

    def predict(self, archs: Sequence[Arch]) -> tuple[np.ndarray, np.ndarray]:
        """(mean float64[n], standard deviation float64[n])."""
        ...


class ModelSearch(Strategy):
    """Base of the strategies of that loop; a subclass gives `model` and `acquisition`.

    Workers that ask before a round is answered get the rest of the round, then the next one without the answers that
    are missing. Failed trials are left out of the fit and never asked again.
    """

    initial: int = param(10, "random architectures before the first model", low=2, high=10_000)
    batch: int = param(5, "architectures asked for from each model", low=1, high=1000)
    parents: int = param(10, "best architectures so far whose one-edit neighbours are candidates", low=1, high=1000)
    pool: int = param(200, "candidates ranked in each round", low=1, high=20_000)

    def start(self, problem: Problem, rng: np.random.Generator) -> None:
        super().start(problem, rng)
        self.trials: list[Trial] = []  # successful ones
        self.past: set[Arch] = set()  # everything asked, and what was known before
        self.keys: set[Arch] = set()  # of `past`
        self.queue: list[Suggestion] = []  # the rest of this round, best first

    @abstractmethod
    def model(self) -> Surrogate:
        """The model of this round, not yet fitted."""

    @abstractmethod
    def acquisition(self, mean: np.ndarray, std: np.ndarray, best: float) -> np.ndarray:
        """float64[n], higher is more worth asking; `best` is the highest target so far."""

    def lessons(self) -> list[Trial]:
        """The trials that the model of this round learns from."""
        return self.trials

    def targets(self, lessons: Sequence[Trial]) -> np.ndarray:
        """float64[lessons], higher is better."""
        return -np.array([trial.loss for trial in lessons])

    def best_first(self) -> list[Trial]:
        """The successful trials, best first."""
        return sorted(self.trials, key=lambda trial: trial.loss)

    def values(self, mean: np.ndarray) -> np.ndarray | None:
        """float64[n]: predicted targets in the unit of the objective, for charts; None where they have none."""
        return self.problem.objectives[0].value(-mean)

    def candidates(self) -> dict[Arch, list[int]]:
        """{architecture: trial numbers of its parents}: neighbours of the best that were not asked, `pool` of them."""
        best = self.best_first()[: self.parents]
        candidates = self.new(neighbors(self.space, [trial.arch for trial in best], self.past))
        archs = list(candidates)
        if len(archs) > self.pool:
            archs = [archs[i] for i in sorted(self.rng.choice(len(archs), self.pool, replace=False))]
        numbers = {trial.arch: trial.number for trial in reversed(best)}
        return {arch: [numbers[candidates[arch]]] for arch in archs}

    def new(self, candidates: Mapping[Arch, Any]) -> dict[Arch, Any]:
        """`candidates` without what this search need not tell from another of them or from anything asked."""
        keys, rest = set(self.keys), {}
        for arch, parent in candidates.items():
            if (key := self.problem.key(arch)) not in keys:
                keys.add(key)
                rest[arch] = parent
        return rest

    def ask(self) -> Suggestion | None:
        if not self.queue:
            if len(self.past) == self.space.size:
                return None
            self.queue = self._round() or [self._random()]
        suggestion = self.queue.pop(0)
        self._rule_out(suggestion.arch)
        return suggestion

    def tell(self, trial: Trial) -> None:
        if math.isfinite(trial.loss):
            self.trials.append(trial)

    def warm_start(self, trials: Sequence[Trial]) -> None:
        for trial in trials:
            self._rule_out(trial.arch)
        super().warm_start(trials)

    def _rule_out(self, arch: Arch) -> None:
        """It is not asked again, nor is what this search need not tell from it."""
        self.past.add(arch)
        self.keys.add(self.problem.key(arch))

    def _random(self) -> Suggestion:
        phase = "initial" if len(self.past) < self.initial else "random"
        return Suggestion(fresh(self.space, self.past, self.rng), info={"phase": phase})

    def _round(self) -> list[Suggestion]:
        """Suggestions of one model, best first; none before there is enough to learn from, or without candidates."""
        if len(self.past) < self.initial or len(self.trials) < 2 or not (pool := self.candidates()):
            return []
        archs, lessons = list(pool), self.lessons()
        y = self.targets(lessons)
        mean, std = self.model().fit([trial.arch for trial in lessons], y).predict(archs)
        score = self.acquisition(mean, std, float(y.max()))
        order = np.lexsort((-mean, -score))[: self.batch]
        common = {"phase": "model", "pool": shares(self.space, archs)}
        values = self.values(mean)
        if values is not None:
            common["belief"] = option_means(self.space, archs, values)
        out = []
        for i in order:
            info = {**common, "parents": pool[archs[i]], "score": round(float(score[i]), 5)}
            if values is not None:
                info["predicted"] = round(float(values[i]), 3)
            out.append(Suggestion(archs[i], info=info))
        return out
