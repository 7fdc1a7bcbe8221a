"""From the outcome of a training to a loss for each objective."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping

from nas_core import fitness
from nas_core.types import Objective, Outcome, RunSpec


class Losses:
    """The losses of a run's trainings."""

    def __init__(self, spec: RunSpec) -> None:
        self.benchmark = spec.benchmark
        self.objectives = [(o, _value(o)) for o in spec.objectives]
        self.needs = {name for o in spec.objectives for name in metrics_of(o.metric)}

    def of(self, outcome: Outcome, error: str) -> tuple[tuple[float, ...], str]:
        """(losses, why it failed or ""): a training that lacks a metric of an objective has failed."""
        if not error and not self.needs <= outcome.metrics.keys():
            missing = ", ".join(sorted(self.needs - outcome.metrics.keys()))
            error = f"{self.benchmark} gave no {missing} for this architecture"
        return tuple(_loss(o, value, outcome, error) for o, value in self.objectives), error


def criteria(spec: RunSpec) -> list[str]:
    """The metrics of the objectives, or expressions over metrics, and those of the limits."""
    return [o.metric for o in spec.objectives] + [c.metric for c in spec.constraints]


def metrics_of(text: str) -> tuple[str, ...]:
    """The metrics that a metric's name or an expression reads."""
    return (text,) if fitness.is_name(text) else fitness.parse(text, fitness.words(text)).names


def _value(objective: Objective) -> Callable[[Mapping[str, float]], float]:
    """Metrics -> the objective's value: one of them, or an expression over several."""
    if fitness.is_name(objective.metric):
        return operator.itemgetter(objective.metric)
    return fitness.parse(objective.metric, fitness.words(objective.metric))


def _loss(objective: Objective, value: Callable[..., float], outcome: Outcome, error: str) -> float:
    """The objective's loss; inf for a failed trial or a value that is not finite."""
    loss = math.inf if error else objective.loss(value(outcome.metrics))
    return loss if math.isfinite(loss) else math.inf
