"""The shape of a search space under a table: an architecture's standing, its neighbours, its isomorphism class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nas_core import stats
from nas_core.benchmarks import Table
from nas_core.spaces import SearchSpace, representatives
from nas_core.types import counted


@dataclass(frozen=True)
class Standing:
    """One metric of one architecture, and where it stands among those that count."""

    name: str
    title: str
    value: float  # nan where missing
    unit: str
    rank: int  # 1 is best
    of: int  # how many of those have a value
    percentile: float  # percent of them that it is at least as good as
    source: str
    after: str = ""  # the length of training, where the table has several: ", 12 epochs"


@dataclass(frozen=True)
class Neighbor:
    """An architecture one decision away."""

    row: int
    decision: int
    old: str  # option names
    new: str
    value: float
    change: float  # value minus the value of the architecture it is a neighbour of


def standings(table: Table, row: int, mask: np.ndarray | None = None) -> list[Standing]:
    """Every metric of architecture `row` at full training; ranked among those in `mask` (bool[n], None: all).

    What isomorphic architectures do not share is ranked among all: the first of a class does not stand for the others.
    """
    out = []
    for name, metric in table.metrics.items():
        column = table.column(name)
        value, among = float(column[row]), column[mask] if mask is not None and metric.shared else column
        epochs = table.epochs_of(name)
        note = metric.source if epochs is None else f"{metric.source}; after {counted(epochs, 'epoch')}"
        out.append(
            Standing(
                name,
                metric.title or name,
                value,
                metric.unit,
                stats.rank(among, value, metric.goal),
                int(np.sum(~np.isnan(among))),
                stats.percentile(among, value, metric.goal),
                note,
                table.after(epochs),
            )
        )
    return out


def neighbors(table: Table, row: int, metric: str = "val_acc") -> list[Neighbor]:
    """All architectures one decision away from `row`, best first by `metric` at full training; missing ones last."""
    space, column = table.space, table.column(metric)
    here = space.arch(row)
    out = []
    for arch in space.neighbors(here):
        decision = next(i for i, (a, b) in enumerate(zip(here, arch, strict=True)) if a != b)
        options, other = space.options[decision], space.index(arch)
        out.append(
            Neighbor(
                other,
                decision,
                options[here[decision]],
                options[arch[decision]],
                float(column[other]),
                float(column[other] - column[row]),
            )
        )
    sign = -1.0 if table.metrics[metric].goal == "max" else 1.0
    return sorted(out, key=lambda n: (np.isnan(n.value), sign * n.value, n.row))


def has_twins(space: SearchSpace) -> bool:
    """True if different architectures of `space` can be the same network."""
    return type(space).canonical is not SearchSpace.canonical


def distinct(space: SearchSpace) -> np.ndarray:
    """bool[len(space)]: True for one architecture of each isomorphism class."""
    return representatives(space) == np.arange(len(space))


def twins(space: SearchSpace, row: int) -> np.ndarray:
    """int64[k]: rows of all architectures that are the same network as `row`, itself included."""
    classes = representatives(space)
    return np.flatnonzero(classes == classes[row])


def best(table: Table, metric: str, count: int = 1, mask: np.ndarray | None = None) -> np.ndarray:
    """int64[<=count]: rows of the best architectures by `metric` at full training, best first, nan left out."""
    return top(table.column(metric), table.metrics[metric].goal, count, mask)


def top(values: np.ndarray, goal: str, count: int, mask: np.ndarray | None = None) -> np.ndarray:
    """int64[<=count]: positions of the best `values`, best first, nan left out; ties in index order."""
    eligible = ~np.isnan(values) if mask is None else ~np.isnan(values) & mask
    rows = np.flatnonzero(eligible)
    signed = values[rows] if goal == "min" else -values[rows]
    return rows[np.argsort(signed, kind="stable")[:count]]


def inside(x: np.ndarray, y: np.ndarray, box: tuple[float, float, float, float]) -> np.ndarray:
    """int64[k]: positions with box[0] <= x <= box[1] and box[2] <= y <= box[3]; nan is outside."""
    return np.flatnonzero((x >= box[0]) & (x <= box[1]) & (y >= box[2]) & (y <= box[3]))


def option_shares(space: SearchSpace, rows: np.ndarray) -> np.ndarray:
    """float64[decisions, options]: share of each option at each decision among the architectures `rows`."""
    archs = space.all()[rows]
    if not len(archs):
        return np.full((len(space.radix), max(space.radix)), np.nan)
    return np.stack([np.mean(archs == option, axis=0) for option in range(max(space.radix))], axis=1)


CLEAR = 0.2 - 1e-9  # difference in share from which an option stands out


@dataclass(frozen=True)
class Typical:
    """An option that is much more, or much less, common among some architectures than among all."""

    decision: str
    option: str
    share: float  # among them, 0 to 1
    usual: float  # among all


def typical(space: SearchSpace, rows: np.ndarray, everything: np.ndarray) -> list[Typical]:
    """The options that set architectures `rows` apart from `everything` (int[k]), by the largest difference in share.

    At most three, and only those at least 20 percentage points more common, or if there is none, less common; none for
    fewer than 5 architectures.
    """
    if len(rows) < 5:
        return []
    here, usual = option_shares(space, rows), option_shares(space, everything)
    gain = here - usual
    sign = 1 if np.nanmax(gain) >= CLEAR else -1
    out = []
    for flat in np.argsort(-sign * gain, axis=None, kind="stable")[:3]:
        decision, option = (int(i) for i in np.unravel_index(flat, gain.shape))
        if sign * gain[decision, option] >= CLEAR:
            out.append(
                Typical(
                    space.decisions[decision],
                    space.options[decision][option],
                    float(here[decision, option]),
                    float(usual[decision, option]),
                )
            )
    return out
