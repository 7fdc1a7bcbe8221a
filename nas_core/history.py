"""A run as columns, for charts and tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nas_core.types import Arch, Asked, Constraint, Event, RunSpec, Started, Stopped, Suggestion, Told


@dataclass(frozen=True)
class History:
    """The finished trainings of a run, in the order they finished, and the architectures that it derived."""

    spec: RunSpec
    numbers: np.ndarray  # int64[n]: the number of each trial
    archs: list[Arch]
    epochs: np.ndarray  # int64[n], trained for; 0 is the run's own search fidelity, unless its opening says that
    start: np.ndarray  # float64[n], seconds on the run's clock
    end: np.ndarray  # float64[n], non-decreasing
    losses: np.ndarray  # float64[n, m], minimised, inf where failed
    metrics: dict[str, np.ndarray]  # float64[n] each, nan where failed
    infos: list[dict[str, Any]]
    errors: list[str]
    derived: list[tuple[float, Suggestion]] = field(default_factory=list)  # (clock, "derive" suggestion)
    stop_reason: str = ""  # why it ended; "" if it has not

    def __len__(self) -> int:
        return len(self.archs)

    @classmethod
    def of(cls, events: Iterable[Event]) -> History:
        """From the events of one run; ValueError if they do not begin with Started."""
        events = list(events)
        if not events or not isinstance(events[0], Started):
            raise ValueError("a history needs the events of a run, beginning with Started")
        spec = events[0].spec
        trials = [e.trial for e in events if isinstance(e, Told) and e.trial.suggestion.measure == "train"]
        names = dict.fromkeys(k for t in trials for k in t.metrics)
        usual = max((t.suggestion.epochs for t in trials if "origin" in t.suggestion.info), default=0)
        last = events[-1]
        return cls(
            spec,
            numbers=np.array([t.number for t in trials], int),
            archs=[t.arch for t in trials],
            epochs=np.array([t.suggestion.epochs or usual for t in trials], int),
            start=np.array([t.start for t in trials], float),
            end=np.array([t.end for t in trials], float),
            losses=np.array([t.losses for t in trials], float).reshape(len(trials), len(spec.objectives)),
            metrics={k: np.array([t.metrics.get(k, np.nan) for t in trials], float) for k in names},
            infos=[dict(t.suggestion.info) for t in trials],
            errors=[t.error for t in trials],
            derived=[(e.at, e.suggestion) for e in events if isinstance(e, Asked) and e.suggestion.measure == "derive"],
            stop_reason=last.reason if isinstance(last, Stopped) else "",
        )

    def incumbent(self) -> np.ndarray:
        """int64[n]: position of the best feasible trial so far, by the first objective as measured; -1 before any.

        Short trainings mislead, so only the longest that have succeeded so far are compared.
        """
        column = np.where(self.feasible(), self.losses[:, 0], np.inf)
        longest = np.maximum.accumulate(np.where(np.isfinite(column), self.epochs, -1))
        column = np.where(self.epochs == longest, column, np.inf)
        best = np.full(len(self), -1)
        for epochs in np.unique(longest[longest >= 0]):
            here = np.flatnonzero(longest == epochs)  # from the first success of that length to that of a longer one
            before = np.concatenate([[np.inf], np.minimum.accumulate(column[here])[:-1]])
            best[here] = np.maximum.accumulate(np.where(column[here] < before, here, -1))
        return best

    def values(self) -> np.ndarray:
        """float64[n]: the first objective in its own unit, as the search measured it; nan where failed."""
        losses = self.losses[:, 0]
        return np.where(np.isfinite(losses), self.spec.objectives[0].value(losses), np.nan)

    def failures(self) -> tuple[int, str]:
        """(how many trials failed or lack a value of an objective, the first reason); (0, "") if none did."""
        rows = np.flatnonzero(~np.isfinite(self.losses).all(1))
        reasons = (self.errors[i] for i in rows if self.errors[i])
        return len(rows), next(reasons, "what was searched for has no value there") if len(rows) else ""

    def feasible(self, constraints: Sequence[Constraint] | None = None) -> np.ndarray:
        """bool[n]: True where every constraint is met, those of the run by default; one on a missing value is not."""
        missing = np.full(len(self), np.nan)
        limits = self.spec.constraints if constraints is None else constraints
        inside = [c.allows(self.metrics.get(c.metric, missing)) for c in limits]
        return np.logical_and.reduce(inside) if inside else np.ones(len(self), bool)

    def option_shares(self, options: int, window: int = 10) -> np.ndarray:
        """float64[n, decisions, options]: share of each option at each decision among the last `window` trials."""
        if not len(self):
            return np.zeros((0, 0, options))
        one_hot = np.eye(options)[np.array(self.archs)]  # [n, decisions, options]
        total = np.concatenate([np.zeros((1, *one_hot.shape[1:])), np.cumsum(one_hot, 0)])
        n = np.arange(1, len(self) + 1)
        first = np.maximum(0, n - window)
        return (total[n] - total[first]) / (n - first)[:, None, None]

    def ancestry(self, position: int) -> list[tuple[int, int]]:
        """(position of a child, of a parent) for all known ancestors of the trial at `position`, itself included."""
        where = {number: i for i, number in enumerate(self.numbers.tolist())}
        edges, family, known = [], [position], {position}
        for child in family:  # grows while it is read
            for parent in (where[n] for n in self.infos[child].get("parents", ()) if n in where):
                edges.append((child, parent))
                if parent not in known:
                    known.add(parent)
                    family.append(parent)
        return edges

    def lineage(self, position: int) -> list[int]:
        """Positions from the oldest known ancestor to `position`, along first parents."""
        where = {number: i for i, number in enumerate(self.numbers.tolist())}
        here, chain = position, {position: None}
        while parents := self.infos[here].get("parents"):
            if (parent := where.get(parents[0])) is None or parent in chain:
                break
            here, chain[parent] = parent, None
        return [*chain][::-1]
