"""How sure it is which architecture of a table is best: another training would have given other accuracies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nas_core.benchmarks import Table
from nas_core.benchmarks.tables.pocket import PocketTable
from nas_core.benchmarks.tables.seeded import SeededTable
from nas_core.studies import landscape
from nas_core.types import counted

LIKELY = 1.96  # standard errors that a difference exceeds by chance in 5 % of all cases


@dataclass(frozen=True)
class Certainty:
    """What a table says of its own noise."""

    trainings: int  # whose mean the best value is
    error: float  # its standard error, in the metric's unit
    rivals: int  # other networks whose value differs from the best by no more than chance, pair by pair at 95 %

    def sentence(self, unit: str) -> str:
        """For people; `unit` is the metric's."""
        unit = "points" if unit == "%" else unit
        of = "one training" if self.trainings == 1 else f"the mean of {self.trainings} trainings"
        statement = f"the best in the table comes from {of} and is known to ± {self.error:.2g} {unit} (standard error)"
        if not self.rivals:
            return f"{statement}; every other network is further away than chance explains."
        return f"{statement}; {counted(self.rivals, 'other network')} cannot be told apart from it."


def certainty(table: Table, metric: str) -> Certainty | None:
    """Of the best architecture by `metric` at full training; None where the table does not know its noise.

    One training's standard deviation around the mean of many is that between seeds among the best tenth, pooled; of
    a table of one seed that which the builder measured on a sample, for validation accuracy. Isomorphic architectures
    count once.
    """
    values, mask = table.column(metric).astype(float), landscape.distinct(table.space)
    rows = landscape.top(values, table.metrics[metric].goal, len(values), mask)
    if not len(rows) or (noise := _noise(table, metric, rows[: max(len(rows) // 10, 2)])) is None:
        return None
    deviation, trainings = noise
    errors = deviation / np.sqrt(trainings[rows])
    behind = np.abs(values[rows] - values[rows[0]])
    rivals = int((behind <= LIKELY * np.hypot(errors, errors[0])).sum()) - 1
    return Certainty(int(trainings[rows[0]]), float(errors[0]), rivals)


def _noise(table: Table, metric: str, leaders: np.ndarray) -> tuple[float, np.ndarray] | None:
    """(standard deviation of one training, int[len(space)]: trainings behind each value); None if it is not known."""
    if not isinstance(table, SeededTable) or not table.metrics[metric].shared:
        return None
    epochs = table.epochs_of(metric) or 0
    seeds = table.seeds_of(metric, epochs) if epochs else ()
    if len(seeds) > 1:
        each = np.stack([table.column(metric, epochs, seed) for seed in seeds], 1).astype(float)
        count = (~np.isnan(each)).sum(1)
        several = leaders[count[leaders] > 1]
        if not len(several):
            return None
        centred = each[several] - np.nanmean(each[several], 1, keepdims=True)
        return float(np.sqrt(np.nansum(centred**2) / (count[several] - 1).sum())), count
    if isinstance(table, PocketTable) and metric == table.main:
        return float(table.noise()["epochs"][-1]["sd"]), np.ones(len(table.space), int)
    return None
