"""When fronts are compared: after so many trainings, or by the runs' clocks where every budget is in seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from nas_core.race import POINTS, Trace
from nas_core.types import counted


@dataclass(frozen=True)
class Clock:
    """What the moments of searches are counted in, and how far that goes."""

    by_time: bool = False
    last: int = 0  # trainings of the longest run, or seconds that it may take

    @classmethod
    def of(cls, traces: Sequence[Trace]) -> Clock:
        """Seconds if they are the only limit of all these runs."""
        if traces and all(t.spec.max_seconds and not t.spec.max_trials for t in traces):
            return cls(True, int(np.ceil(max(t.spec.max_seconds or 0.0 for t in traces))))
        return cls(False, max(map(len, traces), default=0))

    @cached_property
    def moments(self) -> np.ndarray:
        """float64[k]: every training; or at most POINTS seconds, all whole."""
        if not self.by_time:
            return np.arange(1.0, max(self.last, 1) + 1)
        return np.unique(np.linspace(0, self.last, POINTS + 1)[1:].round().clip(1))

    def trials(self, trace: Trace, at: np.ndarray | float) -> np.ndarray:
        """int64, of the shape of `at`: the trials that the run had finished at these moments."""
        if self.by_time:
            return np.searchsorted(trace.end, np.asarray(at, float), side="right")
        return np.clip(np.asarray(at).astype(int), 0, len(trace))

    def reached(self, trace: Trace) -> float:
        """The moment up to which a run, not empty, is known."""
        return float(trace.end[-1]) if self.by_time else float(len(trace))

    def text(self, at: float) -> str:
        """ "40 trainings", "20,000 s"."""
        return f"{at:,.0f} s" if self.by_time else counted(round(at), "training")

    @property
    def title(self) -> str:
        """Of an axis."""
        return "simulated seconds" if self.by_time else "networks trained"


TRAININGS = Clock()
