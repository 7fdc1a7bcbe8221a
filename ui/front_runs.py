"""Searches on several objectives: read from disk once, and their shares of the attainable hypervolume kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np

from nas_core import race, searches, strategies
from nas_core.charts import race_lines
from nas_core.searches import SearchResult
from nas_core.studies import front_search
from nas_core.studies.front_clock import Clock
from nas_core.studies.front_search import FrontTrace
from nas_core.studies.fronts import FrontTask
from nas_core.types import RunSpec
from ui import own_cache, run_views


@dataclass(frozen=True, eq=False)
class Entrants:
    """The finished and unfinished runs of each strategy, and how it looks in pictures."""

    courses: dict[str, list[FrontTrace]]
    looks: dict[str, tuple[str, tuple[int, ...]]]  # colour and dash

    @classmethod
    def of(cls, courses: Sequence[FrontTrace]) -> Entrants:
        groups = race.entrants([c for c in courses if isinstance(c, FrontTrace) and len(c)])
        looks = race_lines.looks(groups, strategies.names())
        return cls(groups, {label: (colour, dash) for label, colour, dash in looks})

    @cached_property
    def clock(self) -> Clock:
        """What the moments at which they are compared are counted in."""
        return Clock.of([c for group in self.courses.values() for c in group])

    def fronts(self, label: str, at: float) -> list[np.ndarray]:
        """int64[k] of each run of that entrant: rows on its front at that moment."""
        return [c.front(int(self.clock.trials(c, at))) for c in self.courses[label]]

    def key(self, task: FrontTask) -> str:
        """What shares depend on: the runs so far, and the numbers they are measured by."""
        runs = [(c.spec.id, len(c)) for group in self.courses.values() for c in group]
        return _digest(runs, task.table.fingerprint(), task.objectives, task.constraints, task.reported, task.worst)


def reader(task: FrontTask) -> searches.Read:
    """What makes a FrontTrace on this task of the history of a run."""
    return partial(FrontTrace.of, objectives=task.objectives, constraints=task.constraints, columns=task.local())


def courses(specs: Sequence[RunSpec], task: FrontTask) -> tuple[list[FrontTrace], dict[str, str]]:
    """(courses of the runs that are on disk, {run id: why it cannot be read})."""
    return run_views.readable(specs, lambda spec: _course(spec, task) or _compact(spec, task))


def keep(items: Iterable[SearchResult], task: FrontTask) -> None:
    """Remember what a finished job brought along, so that nothing is read from disk for it."""
    run_views.keep((item for item in items if isinstance(item.trace, FrontTrace)), _view(task))


def _course(spec: RunSpec, task: FrontTask) -> FrontTrace | None:
    return run_views.cached(spec.id, _view(task), lambda: _read_course(spec, task))


def _read_course(spec: RunSpec, task: FrontTask) -> FrontTrace | None:
    history = run_views.history(spec.id)
    return None if history is None else reader(task)(history, task.table.space)


def _compact(spec: RunSpec, task: FrontTask) -> FrontTrace | None:
    """What the command `front` has saved of it."""
    if (spec.objectives, spec.constraints) != (task.objectives, task.constraints):
        return None
    return run_views.sweep(replace(spec, seed=0), FrontTrace).get(spec.seed)


def _view(task: FrontTask) -> str:
    return _digest(task.objectives, task.constraints)


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]


def shares(entrants: Entrants, task: FrontTask) -> Mapping[str, np.ndarray]:
    """{entrant: float64[runs, moments]}: percent of the attainable hypervolume at each moment of their clock."""
    return _shares(entrants.key(task), entrants, task)


@own_cache.resource(max_entries=24)
def _shares(key: str, _entrants: Entrants, _task: FrontTask) -> Mapping[str, np.ndarray]:
    clock = _entrants.clock
    return {
        label: front_search.curves(group, _task, clock.moments, clock) for label, group in _entrants.courses.items()
    }


def median_fronts(entrants: Entrants, task: FrontTask, at: float) -> dict[str, np.ndarray]:
    """{entrant: int64[k]}: rows on the front of its median run at that moment, best in the first objective first;
    without entrants that have found nothing."""
    out = {}
    last = ends(entrants, task, at) if entrants.courses else {}
    for label, values in last.items():
        if not np.isnan(values).all():
            rows = entrants.fronts(label, at)[front_search.median_run(values)]
            rows = rows[task.allowed[rows]]
            out[label] = rows[np.argsort(task.losses[rows, 0], kind="stable")]
    return out


def ends(entrants: Entrants, task: FrontTask, at: float) -> dict[str, np.ndarray]:
    """{entrant: float64[runs]}: the share at that moment; of an unfinished run the last one it has."""
    out = {}
    upto = max(int(np.searchsorted(entrants.clock.moments, at, side="right")), 1)
    for label, rows in shares(entrants, task).items():
        values = rows[:, :upto]
        last = np.maximum.accumulate(np.where(np.isnan(values), -1, np.arange(values.shape[1])), axis=1)[:, -1]
        out[label] = np.where(last >= 0, values[np.arange(len(values)), last], np.nan)
    return out
