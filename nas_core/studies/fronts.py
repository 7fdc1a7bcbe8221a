"""The exact Pareto front of a table: which architectures lie on it, and what each step along it costs and gains."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from nas_core import fitness, pareto
from nas_core.arrays import read_only
from nas_core.benchmarks import Metric, Table
from nas_core.studies.compare.sentences import name_list
from nas_core.types import Constraint, Objective, is_test, with_unit

MOST_OBJECTIVES = 4


@dataclass(frozen=True, eq=False)
class FrontTask:
    """Two or more objectives over every architecture of a table, under limits.

    reported: False looks at the numbers that a search sees, at its fidelity; True at those of full training, with test
    accuracy and test loss in the place of the validation ones.
    """

    table: Table
    objectives: tuple[Objective, ...]
    constraints: tuple[Constraint, ...] = ()
    reported: bool = False
    worst: tuple[float, ...] = ()  # reference point, in the units of the objectives; empty: the worst of the table

    def __post_init__(self) -> None:
        for objective in self.objectives:
            if objective.metric not in self.table.metrics:
                raise ValueError(
                    f"{self.table.name} has no metric {objective.metric!r}; there are: {', '.join(self.table.metrics)}"
                )
        if self.worst and len(self.worst) != len(self.objectives):
            raise ValueError(f"a reference point has one number an objective: {len(self.objectives)} are needed")

    def resolve(self, metric: str) -> str:
        """The name of the metric whose numbers stand for `metric`."""
        return self.table.twin(metric) if self.reported else metric

    def about(self, i: int) -> Metric:
        """What the numbers of objective `i` are."""
        return self.table.metrics[self.resolve(self.objectives[i].metric)]

    def local(self) -> dict[str, np.ndarray]:
        """{metric: float64[len(space)]}: its metrics that searches get only if they name them."""
        metrics = [*(o.metric for o in self.objectives), *(c.metric for c in self.constraints)]
        return {
            n: self.table.search_column(n) for n in metrics if n in self.table.metrics and self.table.metrics[n].local
        }

    def title(self, i: int) -> str:
        """What objective `i` is called."""
        return self.about(i).title or self.resolve(self.objectives[i].metric)

    def label(self, i: int) -> str:
        """Title with epochs and unit, for an axis."""
        return with_unit(self.title(i) + self.table.after(self.epochs(i)), self.about(i).unit)

    def less(self, i: int) -> str:
        """ "fewer" parameters, "less" latency."""
        return "fewer" if self.about(i).unit in ("million", "MFLOPs") else "less"

    def epochs(self, i: int) -> int | None:
        """After how many epochs the numbers of objective `i` are; None where no training changes them."""
        name = self.resolve(self.objectives[i].metric)
        full = self.reported or name.startswith("test_")
        return self.table.epochs_of(name) if full else self.table.search_epochs_of(name)

    def column(self, metric: str) -> np.ndarray:
        """float64[len(space)]: the numbers that stand for `metric`; nan where missing."""
        if self.reported or is_test(metric):
            return self.table.column(self.resolve(metric)).astype(np.float64)
        return self.table.search_column(metric)

    def evaluate(self, expression: fitness.Expression) -> np.ndarray:
        """float64[len(space)]: a user-written fitness of every architecture; nan where undefined."""
        return np.broadcast_to(expression({n: self.column(n) for n in expression.names}), len(self.table.space))

    @cached_property
    def values(self) -> np.ndarray:
        """float64[len(space), m], read-only, in the objectives' own units; nan where missing."""
        return read_only(np.stack([self.column(o.metric) for o in self.objectives], 1))

    @cached_property
    def allowed(self) -> np.ndarray:
        """bool[len(space)]: within all limits and with every number known."""
        out = ~np.isnan(self.values).any(1)
        for c in self.constraints:
            out &= c.allows(self.column(c.metric))
        return out

    @cached_property
    def losses(self) -> np.ndarray:
        """float64[len(space), m], read-only, to be minimised; inf where not allowed."""
        out = np.stack([o.loss(v) for o, v in zip(self.objectives, self.values.T, strict=True)], 1)
        out[~self.allowed] = np.inf
        return read_only(out)

    @cached_property
    def front(self) -> np.ndarray:
        """int64[k]: rows of the exact front, best in the first objective first; of equal ones the first."""
        rows = np.flatnonzero(pareto.non_dominated(self.losses))
        first = np.unique(self.losses[rows], axis=0, return_index=True)[1]
        return rows[first]

    @cached_property
    def reference(self) -> np.ndarray:
        """float64[m]: the losses of the reference point; by default the worst that any architecture has."""
        if self.worst:
            return np.array([o.loss(v) for o, v in zip(self.objectives, self.worst, strict=True)])
        losses = np.stack([o.loss(v) for o, v in zip(self.objectives, self.values.T, strict=True)], 1)
        losses = losses[~np.isnan(losses).any(1)]
        return losses.max(0) if len(losses) else np.zeros(len(self.objectives))

    @cached_property
    def attainable(self) -> float:
        """The hypervolume of the exact front: no search can have more."""
        return pareto.hypervolume(self.losses[self.front], self.reference)

    @cached_property
    def empty(self) -> str:
        """Why there is no front, in one sentence; "" if there is one."""
        if len(self.front):
            return ""
        if np.isnan(self.values).any(1).all():
            return "no architecture has all of these numbers, so there is no front; choose other objectives"
        return "no architecture lies within these limits, so there is no front; widen one of them"

    @cached_property
    def outside(self) -> str:
        """Why no hypervolume can be measured up to the reference point, in one sentence; "" if it can."""
        if self.attainable:
            return ""
        point = ", ".join(
            f"{o.value(x):.4g} {self.about(i).unit}".strip()
            for i, (o, x) in enumerate(zip(self.objectives, self.reference.tolist(), strict=True))
        )
        return (
            f"the reference point ({point}) lies outside: nothing on the front is better than it in every objective, "
            f"so there is no hypervolume to cover; choose one that is worse than a part of the front"
        )

    @cached_property
    def knee(self) -> int:
        """Row of the knee of the front within its `extent`; -1 for an empty front."""
        if not len(self.front):
            return -1
        high = np.array([self.extent(i)[1] for i in range(len(self.objectives))])
        inside = self.front[(self.losses[self.front] <= high).all(1)]
        rows = inside if len(inside) else self.front
        return int(rows[pareto.knee(self.losses[rows])])

    def extent(self, i: int) -> tuple[float, float]:
        """(lowest, highest) loss of objective `i` on the front, without its worst fifth where that is longer than all
        the rest: the end at which cheap networks learn nothing. ValueError for an empty front."""
        low, most, high = np.quantile(self.losses[self.front, i], [0, 0.8, 1]).tolist()
        return low, most if high - most > most - low else high

    @cached_property
    def depth(self) -> np.ndarray:
        """float64[len(space)]: how many fronts must be taken away before an architecture lies on one; nan if not
        allowed."""
        return np.where(self.allowed, pareto.fronts(self.losses).astype(float), np.nan)

    def share(self, rows: Iterable[int] | np.ndarray) -> float:
        """Percent of the attainable hypervolume that the `rows` (int[k]) dominate; nan if none is attainable."""
        losses = self.losses[np.asarray(rows, int)]
        return 100 * pareto.hypervolume(losses, self.reference) / self.attainable if self.attainable else math.nan


def dominating(task: FrontTask, row: int) -> np.ndarray:
    """int64[k]: rows of the front that are no worse than `row` anywhere and better somewhere, those most alike in the
    first objective first; empty if it is on the front."""
    front, own = task.losses[task.front], task.losses[row]
    better = (front <= own).all(1) & (front < own).any(1)
    return task.front[better][np.argsort(own[0] - front[better, 0], kind="stable")]


def neighbors(task: FrontTask, row: int) -> list[int]:
    """For each objective the member of the front that is the next better one in it, without repeats."""
    out = []
    for i in range(len(task.objectives)):
        column = task.losses[task.front, i]
        better = task.front[column < task.losses[row, i]]
        if len(better):
            out.append(int(better[np.argmax(task.losses[better, i])]))
    return [r for r in dict.fromkeys(out) if r != row]


def trade(task: FrontTask, start: int, end: int) -> str:
    """What going from one architecture to another costs and gains: "0.4 points less test accuracy for 35 % fewer
    MFLOPs"."""
    costs: list[str] = []
    gains: list[str] = []
    for i, (a, b) in enumerate(zip(task.losses[start], task.losses[end], strict=True)):
        if a != b:
            (gains if b < a else costs).append(_change(task, i, start, end))
    if not costs and not gains:
        return "no difference in these objectives"
    if not costs or not gains:
        return name_list(costs or gains) + (" at no cost" if gains else " for nothing")
    return f"{name_list(costs)} for {name_list(gains)}"


def _change(task: FrontTask, i: int, start: int, end: int) -> str:
    a, b = (float(task.values[row, i]) for row in (start, end))
    unit, title = task.about(i).unit, task.title(i)
    if unit == "%" or not a:
        size = f"{_points(abs(b - a))} points" if unit == "%" else f"{abs(b - a):.3g} {unit}".strip()
    else:
        size = _percent(100 * abs(b - a) / abs(a))
    return f"{size} {'more' if b > a else task.less(i)} {title}"


def _points(value: float) -> str:
    return f"{value:.2f}" if value >= 0.005 else f"{value:.1g}"


def _percent(value: float) -> str:
    return f"{value:,.0f} %" if value >= 1 else f"{value:.2g} %"
