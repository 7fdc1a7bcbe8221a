"""Many searches on several objectives at once, in processes."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import as_completed
from typing import Any

from nas_core import runner
from nas_core.executors import processes
from nas_core.history import History
from nas_core.studies.front_search import Course
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


def course(spec: RunSpec) -> Course:
    """Run `spec` in this process."""
    return Course.of(History.of(runner.run(spec)), runner.check(spec).space)


def sweep(wanted: Sequence[RunSpec], workers: int = 2) -> Generator[Course]:
    """The course of every spec, as they finish; workers 1 works in this process."""
    if workers == 1 or len(wanted) < 2:
        yield from map(course, wanted)
        return
    with processes(min(workers, len(wanted))) as pool:
        for future in as_completed([pool.submit(course, spec) for spec in wanted]):
            yield future.result()
