"""The searches of a comparison on several objectives at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nas_core import runner, searches
from nas_core.studies.front_search import FrontTrace
from nas_core.studies.fronts import Task
from nas_core.types import RunSpec


def specs(
    task: Task, strategies: Sequence[str], seeds: Sequence[int], trials: int, params: Mapping[str, Any]
) -> list[RunSpec]:
    """A search for each strategy and seed, on the task's table with its `params`, where they are not the default.

    ValueError, before anything runs, if one cannot run.
    """
    out = [
        RunSpec(
            task.table.name,
            task.table.dataset,
            name,
            benchmark_params=params,
            objectives=task.objectives,
            constraints=task.constraints,
            max_trials=trials,
            seed=seed,
        )
        for name in strategies
        for seed in seeds
    ]
    for spec in {s.strategy: s for s in out}.values():
        runner.check(spec)
    return out


def course(spec: RunSpec) -> FrontTrace:
    """Run `spec` in this process."""
    return searches.trace(spec, FrontTrace.of)
