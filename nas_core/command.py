"""The command lines that repeat what a page shows."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from nas_core import fitness, warm_start
from nas_core.studies import opening
from nas_core.studies.fronts import FrontTask
from nas_core.types import Constraint, Objective, RunSpec

PROGRAM = "python -m nas_core"


def run(spec: RunSpec) -> str:
    """The command that makes, or shows again, the run of `spec`."""
    words = ["run", *_benchmark(spec), "--strategy", spec.strategy]
    for name, value in spec.params.items():
        words += ["--set", f"{name}={value}"]
    return _line(
        [
            *words,
            *_objectives(spec, "--objectives"),
            *_limits(spec.constraints),
            *_warm_start(spec),
            *_opening(spec),
            *_budget(spec),
            "--seed",
            str(spec.seed),
        ]
    )


def sweep(specs: Sequence[RunSpec]) -> str:
    """The command that repeats the results table of these runs; "" if a strategy has parameters, which need a file.

    A strategy that learns nothing from a warm start begins without it, there as here.
    """
    first = max(specs, key=lambda spec: len(spec.warm_start))
    plain = {replace(s, strategy="", seed=0, warm_start=()).id for s in specs}
    seeds = sorted({s.seed for s in specs})
    if (
        len(plain) > 1
        or not warm_start.shared(specs)
        or any(s.params for s in specs)
        or seeds != list(range(seeds[0], seeds[-1] + 1))
    ):
        return ""
    names = ",".join(dict.fromkeys(s.strategy for s in specs))
    words = ["sweep", *_benchmark(first), "--strategies", names, *_objectives(first, "--objective")]
    words += [*_limits(first.constraints), *_warm_start(first), *_budget(first)]
    return _line([*words, "--seeds", f"{seeds[0]}:{seeds[-1] + 1}"])


def exact(task: FrontTask) -> str:
    """The command that shows the front of `task`; "" for one by test numbers, which is not that of searches."""
    if task.reported:
        return ""
    words = ["front", "--benchmark", task.table.name, "--dataset", task.table.dataset]
    return _line([*words, "--objectives", _objectives_text(task.objectives), *_limits(task.constraints)])


def front(task: FrontTask, specs: Sequence[RunSpec]) -> str:
    """The command that shows the front of `task` and repeats these searches on it; "" where it cannot say so: if they
    have parameters or another objective, or are measured by test numbers."""
    same = all(s.objectives == task.objectives for s in specs)
    return fronts(specs, task.worst) if same and not task.reported else ""


def fronts(specs: Sequence[RunSpec], worst: Sequence[float] = ()) -> str:
    """The command that repeats these searches on several objectives; "" where it cannot say all of them.

    worst: the reference point, if not the worst of the table.
    """
    seeds = sorted({s.seed for s in specs})
    names = list(dict.fromkeys(s.strategy for s in specs))
    alike = len({replace(s, strategy="", seed=0, warm_start=()).id for s in specs}) == 1 and warm_start.shared(specs)
    if not alike or len(specs) != len(names) * len(seeds) or seeds != list(range(seeds[0], seeds[-1] + 1)):
        return ""
    first = max(specs, key=lambda spec: len(spec.warm_start))
    if any(spec.params for spec in specs) or first.opening:
        return ""
    words = ["front", *_benchmark(first), "--objectives", _objectives_text(first.objectives)]
    words += [*_limits(first.constraints), *_warm_start(first)]
    if worst:
        words += ["--reference", ",".join(f"{value:.12g}" for value in worst)]
    words += ["--strategies", ",".join(names), "--seeds", f"{seeds[0]}:{seeds[-1] + 1}"]
    return _line([*words, *_budget(first)])


def whole(specs: Sequence[RunSpec]) -> str:
    """The one command that repeats all these searches; "" if there is none."""
    several = [spec for spec in specs if len(spec.objectives) > 1]
    return fronts(specs) if several else sweep(specs)


def arch(text: str, benchmark: str, dataset: str) -> str:
    """The command that shows what a table knows of an architecture."""
    return _line(["arch", text, "--benchmark", benchmark, "--dataset", dataset])


def train(
    arch: str, benchmark: str, dataset: str, params: Mapping[str, Any], epochs: int | None, seed: int, *more: str
) -> str:
    """The command that repeats a training; params: of a live benchmark. epochs: None for the recipe's."""
    words = ["train", arch, "--benchmark", benchmark, "--dataset", dataset, *_settings(params), *more]
    words += ["--epochs", str(epochs)] if epochs else []
    return _line([*words, "--seed", str(seed), "--save", "FILE"])


def _benchmark(spec: RunSpec) -> list[str]:
    return ["--benchmark", spec.benchmark, "--dataset", spec.dataset, *_settings(spec.benchmark_params)]


def _settings(params: Mapping[str, Any]) -> list[str]:
    return [word for name, value in params.items() for word in ("--benchmark-set", f"{name}={value}")]


def _objectives(spec: RunSpec, option: str) -> list[str]:
    first = spec.objectives[0]
    if len(spec.objectives) == 1 and not fitness.is_name(first.metric):
        return ["--fitness", first.metric]
    names = _objectives_text(spec.objectives)
    return [] if names == "val_acc:max" else [option, names]


def _limits(constraints: Sequence[Constraint]) -> list[str]:
    return [word for c in constraints for word in ("--limit", str(c))]


def _warm_start(spec: RunSpec) -> list[str]:
    return ["--warm-start", spec.warm_source] if spec.warm_source else []


def _opening(spec: RunSpec) -> list[str]:
    if not spec.opening:
        return []
    by = ["--opening-by", spec.opening_source] if spec.opening_source != opening.TABLES else []
    return ["--opening", str(len(spec.opening) // 2), *by]


def _objectives_text(objectives: Sequence[Objective]) -> str:
    return ",".join(f"{o.metric}:{o.goal}" for o in objectives)


def _budget(spec: RunSpec) -> list[str]:
    words = []
    if spec.max_trials is not None:
        words += ["--trials", str(spec.max_trials)]
    if spec.max_seconds is not None:
        words += ["--seconds", f"{spec.max_seconds:g}"]
    return words + (["--workers", str(spec.workers)] if spec.workers > 1 else [])


def _line(words: Sequence[str]) -> str:
    return f"{PROGRAM} {shlex.join(words)}"
