"""The same architectures on different devices: who is fast where, and whether a front for one serves another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nas_core import pareto, stats
from nas_core.benchmarks import Table
from nas_core.studies.fronts import FrontTask
from nas_core.types import Objective


def latencies(table: Table) -> list[str]:
    """Names of the latency metrics that have a value for at least half the space."""
    names = [name for name in table.metrics if name.startswith("latency_")]
    return [name for name in names if np.mean(~np.isnan(table.column(name))) >= 0.5]


def device(metric: str) -> str:
    """The device in a latency metric's name: "raspi4" of "latency_raspi4_ms"."""
    return metric.removeprefix("latency_").removesuffix("_ms")


def ranks(table: Table, names: Sequence[str], rows: np.ndarray) -> np.ndarray:
    """float64[rows, devices]: rank of each architecture among `rows` (int[k]) on each device, 1 the fastest; nan where
    it cannot run."""
    out = np.full((len(rows), len(names)), np.nan)
    for i, name in enumerate(names):
        values = table.column(name)[rows]
        out[:, i] = [stats.rank(values, float(v), "min") or np.nan for v in values]
    return out


def agreement(table: Table, names: Sequence[str]) -> np.ndarray:
    """float64[devices, devices]: Kendall's tau between devices over the whole space."""
    columns = [table.column(name) for name in names]
    out = np.eye(len(names))
    for i, a in enumerate(columns):
        for j, b in enumerate(columns[:i]):
            out[i, j] = out[j, i] = stats.kendall(a, b)
    return out


def shared(task: FrontTask, first: Objective, names: Sequence[str]) -> np.ndarray:
    """float64[devices, devices]: percent of device i's front of `first` and latency that lies on device j's front too.

    Limits of `task` apply. nan where device i has no front.
    """
    base = first.loss(1.0) * task.column(first.metric)
    fronts = []
    for name in names:
        losses = np.column_stack([base, task.column(name)])
        losses[~task.allowed | np.isnan(losses).any(1)] = np.inf
        fronts.append(pareto.non_dominated(losses))
    sizes = np.array([float(front.sum()) or np.nan for front in fronts])
    return np.array([[100 * (a & b).sum() for b in fronts] for a in fronts]) / sizes[:, None]
