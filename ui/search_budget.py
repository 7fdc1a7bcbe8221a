"""How much a search may spend: trainings, simulated time, or both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from nas_core.benchmarks import Table
from nas_core.types import RunSpec
from ui import choices, links
from ui.job_panel import lasting

BUDGETS = ("trainings", "time", "both")


@dataclass(frozen=True)
class BudgetForm:
    """What a form of a budget begins with, and what it takes."""

    trainings: int
    least: int = 1
    most: int = 10_000
    step: int = 1
    prefix: str = ""  # of its names in the link


def budget(boxes: list[Any], note: Any, table: Table, form: BudgetForm) -> tuple[int | None, float | None]:
    """(trainings, seconds), at least one of them; at first those of the form, or the seconds that these take."""
    cost = mean_cost(table)
    kinds = BUDGETS if cost else BUDGETS[:1]
    kind = choices.segments(
        boxes[0],
        "Budget of each run",
        f"{form.prefix}budget",
        kinds,
        "budget",
        "A run ends after a number of trainings, after a simulated time, or whichever comes first."
        + ("" if cost else " This table has no training times."),
        note,
    )
    trials = seconds = None
    if kind != "time":
        trials = links.number(
            boxes[1],
            "Trainings",
            f"{form.prefix}trials",
            form.least,
            form.most,
            form.trainings,
            note,
            step=form.step,
            help="How many architectures a run may train, including repeats.",
        )
    if kind in ("time", "both"):
        seconds = links.number(
            boxes[2],
            "Simulated seconds",
            f"{form.prefix}seconds",
            1.0,
            1e9,
            float(np.round(form.trainings * cost, -1)) or 10.0,
            note,
            step=float(np.round(10 * cost, -1)) or 1.0,
            format="%g",
            help=f"Time on the run's clock, as if every network were really trained: one training takes "
            f"{lasting(cost)} on average.",
        )
    return trials, seconds


def link(spec: RunSpec, prefix: str = "") -> dict[str, Any]:
    """How the link of the page says what a run of that spec may spend."""
    limits = {"trials": spec.max_trials, "seconds": spec.max_seconds}
    limits = {name: value for name, value in limits.items() if value is not None}
    kind = BUDGETS[2] if len(limits) == 2 else BUDGETS["seconds" in limits]
    return {f"{prefix}{name}": value for name, value in {"budget": kind, **limits}.items()}


def mean_cost(table: Table) -> float:
    """Mean seconds of a training at the search fidelity; 0 where the table does not know it."""
    cost = table.seconds(table.search_epochs)
    finite = cost[np.isfinite(cost)]
    return float(finite.mean()) if len(finite) == len(cost) else 0.0
