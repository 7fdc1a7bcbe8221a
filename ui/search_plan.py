"""What a form asks to be searched, how much that is, and why it cannot be run here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from nas_core import strategies
from nas_core.benchmarks import Table
from nas_core.fitness import Expression
from nas_core.studies import front_search
from nas_core.studies.fronts import FrontTask
from nas_core.types import RunSpec, counted
from ui import search_budget
from ui.job_panel import lasting

MOST_RUNS = 300  # searches in one go
MOST_TRIALS = 100_000  # trainings in one go, read from the table at some thousand a second


@dataclass(frozen=True)
class SearchPlan:
    """What is searched; `problem` says why it cannot be run, unless the form has said it already."""

    table: Table
    specs: tuple[RunSpec, ...]
    problem: str = ""
    size: str = ""  # how much it is, in words
    own: Expression | None = None  # a fitness that is looked at beside several objectives

    @cached_property
    def fronts(self) -> FrontTask | None:
        """What the fronts of these searches are compared by; None where they search on one objective."""
        return front_search.task_of(self.table, self.specs)

    def refused(self) -> SearchPlan:
        """The same without searches if they cannot be run."""
        return replace(self, specs=()) if self.problem else self


def checked(
    table: Table, specs: tuple[RunSpec, ...], runs: int = MOST_RUNS, trainings: int = MOST_TRIALS
) -> SearchPlan:
    """The plan, or with it one sentence on why it cannot be run here; at most `runs` and `trainings` in one go."""
    if not specs:
        return SearchPlan(table, (), "Choose at least one strategy.")
    try:
        for spec in {s.strategy: s for s in specs}.values():
            strategies.create(spec.strategy, **spec.params)
    except ValueError as error:
        return SearchPlan(table, specs, f"{error}.")
    trials = _trials(table, specs[0]) * len(specs)
    if len(specs) > runs:
        problem = (
            f"{len(specs)} searches are too many at once; the limit is {runs}. Choose fewer "
            "strategies or fewer runs of each, or use the command line."
        )
    elif trials > trainings:
        problem = (
            f"{len(specs)} searches would make about {trials:,} trainings; the limit is {trainings:,} "
            "at once, so that other visitors are served too. Lower the budget or the runs "
            "of each, or use the command line."
        )
    else:
        problem = ""
    return SearchPlan(table, specs, problem, _size(table, specs, trials))


def _trials(table: Table, spec: RunSpec) -> int:
    """About how many trainings a run makes."""
    cost = search_budget.mean_cost(table)
    by_time = spec.max_seconds * spec.workers / cost if spec.max_seconds and cost else np.inf
    return int(min(by_time, spec.max_trials or np.inf))


def _size(table: Table, specs: tuple[RunSpec, ...], trials: int) -> str:
    names, cost = len({s.strategy for s in specs}), search_budget.mean_cost(table)
    spared = f" that would take {lasting(trials * cost)} of training" if cost else ""
    searches = f"{len(specs)} search{'es' * (len(specs) > 1)} by {names} strateg{'ies' if names > 1 else 'y'}"
    return f"{searches}, about {counted(trials, 'training')}{spared}."
