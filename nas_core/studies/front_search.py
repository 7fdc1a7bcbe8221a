"""Searches on several objectives: the front each has at every moment, and how much of what is attainable it covers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nas_core import fitness, pareto, runner
from nas_core.benchmarks import Table
from nas_core.history import History
from nas_core.race import Signal, Trace
from nas_core.spaces import SearchSpace
from nas_core.studies.compare.claims import Claims
from nas_core.studies.front_clock import TRAININGS, Clock
from nas_core.studies.fronts import FrontTask
from nas_core.types import Constraint, Objective, RunSpec

SHARE = Signal("share of the attainable hypervolume", "%", "max", np.array([100.0]))  # at best all of it


@dataclass(frozen=True, eq=False)
class FrontTrace(Trace):
    """The trace of one run with its front at each trial, by the values that the search saw."""

    rows: np.ndarray  # int32[n], the architecture of each trial
    entered: np.ndarray  # int32[n], position of the trial at which it came to the front; n if it never did
    left: np.ndarray  # int32[n], position of the trial that put it off the front; n if none did

    @classmethod
    def of(
        cls,
        history: History,
        space: SearchSpace,
        objectives: Sequence[Objective] = (),
        constraints: Sequence[Constraint] = (),
        columns: Mapping[str, np.ndarray] = {},
    ) -> FrontTrace:
        """The front by `objectives` under `constraints`; by default those of the run itself.

        columns: {metric: float[len(space)]} of metrics that the search did not see.
        """
        plain = Trace.of(replace(history, derived=[]), space)  # what was not measured is on no front
        rows = np.array([space.index(arch) for arch in history.archs], np.int32)
        hidden = {name: column[rows].astype(float) for name, column in columns.items()}
        history = replace(history, metrics=hidden | history.metrics)
        losses = _losses(history, objectives or history.spec.objectives)
        losses[~history.feasible(constraints or None)] = np.inf
        entered, left = _stays(losses)
        return cls(**vars(plain), rows=rows, entered=entered, left=left)

    def front(self, trials: int | None = None) -> np.ndarray:
        """int64[k]: rows on the run's front after so many trials; None: at its end."""
        last = (len(self) if trials is None else min(trials, len(self))) - 1
        return np.unique(self.rows[(self.entered <= last) & (self.left > last)]).astype(np.int64)


def _losses(history: History, objectives: Sequence[Objective]) -> np.ndarray:
    """float64[n, m], inf where failed or undefined."""
    missing = np.full(len(history), np.nan)
    columns = []
    for objective in objectives:
        expression = fitness.parse(objective.metric, fitness.words(objective.metric))
        values: Any = expression({name: history.metrics.get(name, missing) for name in expression.names})
        columns.append(objective.loss(values))
    out = np.stack(columns, 1)
    out[~np.isfinite(out) | np.array([[bool(e)] for e in history.errors], bool).reshape(-1, 1)] = np.inf
    return out


def _stays(losses: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(entered int32[n], left int32[n]) of a front without duplicates; n for never."""
    n = len(losses)
    entered, left = np.full(n, n, np.int32), np.full(n, n, np.int32)
    front = np.empty(0, int)
    for i, row in enumerate(losses):
        if not np.isfinite(row).all() or (losses[front] <= row).all(1).any():
            continue
        beaten = (row <= losses[front]).all(1)
        left[front[beaten]] = i
        front = np.append(front[~beaten], i)
        entered[i] = i
    return entered, left


def task_of(table: Table, specs: Sequence[RunSpec]) -> FrontTask | None:
    """What the fronts of these searches are compared by; None if every one of them has a single objective.

    ValueError in one sentence where they have different ones.
    """
    several = {frozenset(spec.objectives): spec.objectives for spec in specs if len(spec.objectives) > 1}
    if len(several) > 1:
        raise ValueError("these searches have different objectives, so their fronts cannot be compared")
    limits = {spec.constraints for spec in specs}
    return next((FrontTask(table, o, limits.pop() if len(limits) == 1 else ()) for o in several.values()), None)


def specs(task: FrontTask, strategies: Sequence[str], params: Mapping[str, Any], **budget: Any) -> dict[str, RunSpec]:
    """A search by each strategy, on the task's table with its `params`, where they are not the default.

    budget: `max_trials`, `max_seconds`, `workers`. ValueError, before anything runs, if one cannot run.
    """
    where = task.table.name, task.table.dataset
    out = {n: RunSpec(*where, n, {}, params, task.objectives, task.constraints, **budget) for n in strategies}
    for spec in out.values():
        runner.check(spec)
    return out


def shares(trace: FrontTrace, task: FrontTask) -> np.ndarray:
    """float64[n]: percent of the attainable hypervolume that the run's front covers after each trial.

    Measured by the numbers of `task`. Where those are what the search saw it never falls; a test accuracy may be lower
    for what looked better.
    """
    n = len(trace)
    if not task.attainable:
        return np.full(n, np.nan)
    losses = task.losses[trace.rows]
    out, last = np.zeros(n), 0.0
    changed = np.zeros(n + 1, bool)
    changed[trace.entered] = True
    for i in range(n):
        if changed[i]:
            front = losses[(trace.entered <= i) & (trace.left > i)]
            last = 100 * pareto.hypervolume(front, task.reference) / task.attainable
        out[i] = last
    return out


def curves(traces: Sequence[FrontTrace], task: FrontTask, at: np.ndarray, clock: Clock = TRAININGS) -> np.ndarray:
    """float64[runs, len(at)]: `shares` at these moments; a finished run keeps its last, others end in nan."""
    rows = np.full((len(traces), len(at)), np.nan)
    for row, trace in zip(rows, traces, strict=True):
        if len(trace):
            values, done = shares(trace, task), clock.trials(trace, at)
            row[done > 0] = values[done[done > 0] - 1]
            if not trace.stop_reason:
                row[at > clock.reached(trace)] = np.nan
    return rows


def median_run(ends: np.ndarray) -> int:
    """Position of the run whose share is nearest to the median of all; ends float64[runs]."""
    return int(np.nanargmin(np.abs(ends - np.nanmedian(ends))))


def claims(groups: Mapping[str, Sequence[FrontTrace]], ends: Mapping[str, np.ndarray], at: str) -> Claims:
    """What the shares show `at` a moment, as "40 trainings"; ends: float64[runs] of each entrant."""
    values = {n: dict(zip([c.spec.seed for c in groups[n]], v.tolist(), strict=True)) for n, v in ends.items()}
    return Claims.of(values, unit="%", at=at)


def attainment(fronts: Sequence[np.ndarray], task: FrontTask) -> dict[str, np.ndarray]:
    """The corners of the surfaces that the best run, half of the runs and every run attains; two objectives only.

    fronts: int64[k], the rows of each run. {"best" | "median" | "worst": float64[k, 2]}, losses sorted by the first one
    (empirical attainment function: Fonseca & Fleming 1996, doi:10.1007/3-540-61723-X_1022). Empty without runs.
    """
    import moocore

    sets = [task.losses[rows] for rows in fronts]
    sets = [points[np.isfinite(points).all(1)] for points in sets]
    if not sets or any(not len(points) for points in sets):
        return {}
    stacked, owners = np.concatenate(sets), np.repeat(np.arange(1, len(sets) + 1), [len(points) for points in sets])
    percents = {"best": 100 / len(sets), "median": 50.0, "worst": 100.0}
    out = {}
    for name, percent in percents.items():
        surface = moocore.eaf(stacked, owners, percentiles=[percent])[:, :2]
        out[name] = surface[np.lexsort((surface[:, 1], surface[:, 0]))]
    return out
