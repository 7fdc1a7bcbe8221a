"""What is searched, in a line: above the curves of the Search page, and as the name of an experiment."""

from __future__ import annotations

from collections.abc import Sequence

from nas_core import strategies
from nas_core.types import RunSpec
from ui import table_choice
from ui.words import inert, plain


def line(specs: Sequence[RunSpec]) -> str:
    """Strategies, budget, runs and task of searches that share everything but strategy and seed."""
    names = list(dict.fromkeys(strategies.title(spec.strategy) for spec in specs))
    runs = len(specs) // len(names)
    what = f"**{_few(names)}**, {_budget(specs[0])} × {runs} run{'s' * (runs > 1)} on {_task(specs[0])}"
    return inert(what) + plain(_start(specs))


def name(specs: Sequence[RunSpec]) -> str:
    """The same without what can grow: how an experiment is called until a person says otherwise."""
    names = list(dict.fromkeys(strategies.title(spec.strategy) for spec in specs))
    return f"{_few(names)}, {_budget(specs[0])} on {_task(specs[0])}{_start(specs)}"


def _few(names: list[str]) -> str:
    return " · ".join(names if len(names) < 5 else [*names[:3], f"{len(names) - 3} more"])


def _budget(spec: RunSpec) -> str:
    budget = [f"{spec.max_trials:,} trainings"] if spec.max_trials else []
    return " or ".join([*budget, f"{spec.max_seconds:,.0f} s"] if spec.max_seconds else budget)


def _start(specs: Sequence[RunSpec]) -> str:
    """What they know before, but for those that learn nothing from it."""
    warm = next((spec for spec in specs if spec.warm_start), None)
    return f", from {len(warm.warm_start):,} results of {warm.warm_source}" if warm else ""


def _task(spec: RunSpec) -> str:
    return table_choice.title(spec.benchmark, spec.dataset)
