"""The form of the exact front: which objectives, within which limits, and a fitness of your own."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st

from nas_core.benchmarks import Table
from nas_core.fitness import Expression
from nas_core.studies.fronts import MOST_OBJECTIVES, FrontTask
from nas_core.types import Constraint, Objective, with_unit
from nas_core.values import capitalised
from ui import choices, fitness_box, limits_box, links

GOALS = {"more is better": "max", "less is better": "min"}
SEARCHED, REPORTED = "as searches see it", "on test images"
ACROSS = 2  # goals and limits side by side


def of_table(table: Table, boxes: Sequence[Any], note: Any, place: Any) -> FrontTask | str:
    """What is asked of a table, or a sentence on why it is nothing: two `boxes` take the objectives and what they show,
    `place` the goals and limits."""
    names = {table.metrics[name].title or name: name for name in table.searchable}
    start = [title for title, name in names.items() if name in (table.main, "flops_m")]
    start += [title for title in names if title not in start][: max(0, 2 - len(start))]
    titles = choices.some(
        boxes[0],
        "Objectives",
        "objectives",
        names,
        start,
        "Two to four conflicting metrics. Searches see validation accuracy, never test accuracy. Proxies can be "
        "chosen once all networks of the space are scored: python -m nas_core score.",
    )
    if not 2 <= len(titles) <= MOST_OBJECTIVES:
        return f"Choose two to {MOST_OBJECTIVES} objectives; {len(titles)} are chosen."
    show = choices.segments(
        boxes[1],
        "Measured",
        "judged",
        (SEARCHED, REPORTED),
        "choice",
        "Searches see validation accuracy at their own training length. The other choice shows the test accuracy "
        "of the same networks after full training: how good they really are.",
        note,
    )
    metrics = [names[title] for title in titles]
    with place:
        objectives = _goals(table, metrics)
        constraints = _limits(table, names, metrics)
    return FrontTask(table, objectives, constraints, show == REPORTED)


def words(task: FrontTask) -> str:
    """Goals and limits in a line, for they are out of sight while the form is closed."""
    goals = [f"{'more' if o.goal == 'max' else task.less(i)} {task.title(i)}" for i, o in enumerate(task.objectives)]
    within = []
    for c in task.constraints:
        metric, low = task.table.metrics[c.metric], math.isfinite(c.low)
        limit = f"{'at least' if low else 'at most'} {_with_unit(c.low if low else c.high, metric.unit)}"
        within.append(limit if metric.title == metric.unit else f"{metric.title or c.metric} {limit}")
    only = f" Only networks with {' and '.join(within)}." if within else ""
    return f"Goal: {', '.join(goals)}.{only}"


def _with_unit(value: float, unit: str) -> str:
    return f"{value:.3g} {unit}".strip()


def _goals(table: Table, metrics: Sequence[str]) -> tuple[Objective, ...]:
    boxes, out = st.columns(ACROSS), []
    for i, name in enumerate(metrics):
        usual = next(words for words, goal in GOALS.items() if goal == table.metrics[name].goal)
        goal = GOALS[choices.one(boxes[i % ACROSS], _title(table, name), f"goal.{name}", GOALS, start=usual)]
        out.append(Objective(name, goal))
    return tuple(out)


def _limits(table: Table, names: Mapping[str, str], metrics: Sequence[str]) -> tuple[Constraint, ...]:
    """A slider for each objective, and for any other metric that is asked for."""
    others = [title for title, name in names.items() if name not in metrics]
    more = choices.some(
        st,
        "Also limit",
        "also",
        others,
        (),
        "A limit on a metric that is not an objective. Searches and the front keep it.",
    )
    limited = [*metrics, *(names[title] for title in more)]
    boxes, out = st.columns(ACROSS), []
    for i, name in enumerate(limited):
        with boxes[i % ACROSS].container():
            if (limit := _limit(table, name)) is not None:
                out.append(limit)
    return tuple(out)


def _title(table: Table, name: str) -> str:
    """The metric's title at the head of a label: "Validation accuracy", "MFLOPs"."""
    return capitalised(table.metrics[name].title or name)


def _limit(table: Table, name: str) -> Constraint | None:
    """A slider from the worst to the best value; None while it stands at the worst, or where nothing is known."""
    metric, column = table.metrics[name], table.search_column(name)
    if np.isnan(column).all():
        return None
    low, high = limits_box.outward(float(np.nanmin(column)), float(np.nanmax(column)))
    least = metric.goal == "max"
    start = low if least else high
    label = with_unit(f"{_title(table, name)} at {'least' if least else 'most'}", metric.unit)
    value = links.slider(
        st,
        label,
        f"limit.{name}",
        low,
        high,
        start,
        step=(high - low) / 200,
        format="%.4g",
        help="Networks beyond it are left out of the front, and searches avoid them.",
    )
    if value == start:
        return None
    return Constraint(name, low=value) if least else Constraint(name, high=value)


def reference(plain: FrontTask) -> tuple[float, ...]:
    """A number for each objective; empty while all stand at the worst of the table."""
    numbers, changed = [], False
    worst = [o.value(x) for o, x in zip(plain.objectives, plain.reference.tolist(), strict=True)]
    for i in range(len(worst)):
        start = float(f"{worst[i]:.6g}")
        key = f"measured_from.{plain.resolve(plain.objectives[i].metric)}"
        value = links.number(
            st,
            f"Reference: {plain.title(i)}",
            key,
            -1e9,
            1e9,
            start,
            format="%g",
            help="Hypervolume is measured from here; anything worse adds nothing. Default: the worst of the table.",
        )
        changed |= value != start
        numbers.append(value if value != start else worst[i])
    return tuple(numbers) if changed else ()


def own_fitness(task: FrontTask) -> Expression | None:
    """A box for an expression over metric names; None while there is none or it is wrong, which is said."""
    return fitness_box.draw(
        "front_fitness",
        task.table,
        task.evaluate,
        "Lines of equal fitness are drawn on the map.",
        task.allowed,
    )[0]
