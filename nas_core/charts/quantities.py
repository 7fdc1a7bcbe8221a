"""What can be put on an axis of a map: a number for every architecture of a table, with its title and unit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from nas_core import plugins, stats
from nas_core.benchmarks import Metric, Table
from nas_core.charts import palette
from nas_core.proxies import Proxy
from nas_core.spaces import SearchSpace
from nas_core.types import counted, with_unit


@dataclass(frozen=True)
class Quantity:
    """A number of every architecture. `read()` gives float32[len(space)] in index order, nan where missing."""

    title: str  # unique in its table: the label in menus and in links
    unit: str
    goal: str  # "max", "min" or "" where neither is better
    help: str
    source: str
    read: Callable[[], np.ndarray]
    whole: bool = False  # takes whole numbers only
    after: str = ""  # the length of training, where the title does not say it and a table has several: ", 12 epochs"

    @property
    def label(self) -> str:
        """Title with epochs and unit, for an axis."""
        return with_unit(self.title + self.after, self.unit)


def quantities(table: Table) -> dict[str, Quantity]:
    """{title: Quantity}: metrics at full training, percentiles, counts of operations or widths, shipped scores, and
    earlier epochs."""
    full = table.fidelities[-1]
    out = [_metric(table, name, metric, full) for name, metric in table.metrics.items()]
    out += [_percentile(q) for q in out if q.unit == "%" and q.goal == "max" and not q.title.startswith("training")]
    out += _decisions(table.space)
    out += [
        _score(name, values)
        for name, (values, _) in table.proxy_looks().items()
        if not any(metric.startswith(f"{name}_") for metric in table.metrics)  # scored here, so it is among the metrics
    ]
    for name, metric in table.metrics.items():
        earlier = [_metric(table, name, metric, e) for e in reversed(table.fidelities[:-1]) if table.epochs_of(name)]
        out += [q for q in earlier if not np.isnan(q.read()).all()]
    return {q.title: q for q in out}


def _metric(table: Table, name: str, metric: Metric, epochs: int) -> Quantity:
    title, full = metric.title or name, epochs == table.fidelities[-1]
    if not full:
        title = f"{title} after {counted(epochs, 'epoch')}"
    column = partial(table.column, name, epochs if table.epochs_of(name) else None)
    after = table.after(table.epochs_of(name)) if full else ""
    return Quantity(title, metric.unit, metric.goal, metric.help, metric.source, column, after=after)


def _score(name: str, values: np.ndarray) -> Quantity:
    """The scores of the proxy `name` for every architecture, as shipped with the table."""
    proxy = plugins.get(Proxy, name)
    source = "measured here: the score of the untrained network"
    return Quantity(
        f"{proxy.title()} before training",
        "",
        "max",
        proxy.summary(),
        source,
        lambda: np.where(np.isfinite(values), values, np.nan).astype(np.float32),
    )


def _percentile(quantity: Quantity) -> Quantity:
    return Quantity(
        f"{quantity.title} percentile",
        "%",
        "max",
        f"percent of all architectures whose {quantity.title} is no better",
        quantity.source,
        lambda: stats.percentiles(quantity.read()).astype(np.float32),
        after=quantity.after,
    )


def _decisions(space: SearchSpace) -> list[Quantity]:
    """How often each option occurs, such as an operation; where options are numbers, such as widths, that of each
    decision."""
    source = "counted here: from the architecture itself"
    if unit := space.option_unit:
        return [
            Quantity(
                f"{space.option_noun} of {decision}",
                unit,
                "",
                f"{unit} of {decision}",
                source,
                partial(_numbers, space, i),
                True,
            )
            for i, decision in enumerate(space.decisions)
        ]
    names = space.option_names
    several = [name for name in names if sum(name in options for options in space.options) > 1]
    return [
        Quantity(
            f"number of {palette.short(name)}",
            "",
            "",
            f"how many {space.decision_noun}s of the {space.noun} have {name}",
            source,
            partial(_counts, space, name),
            True,
        )
        for name in several or names
    ]


def _counts(space: SearchSpace, option: str) -> np.ndarray:
    archs = space.all()
    hits = [archs[:, i] == options.index(option) for i, options in enumerate(space.options) if option in options]
    return np.sum(hits, axis=0).astype(np.float32)


def _numbers(space: SearchSpace, decision: int) -> np.ndarray:
    numbers = np.array([float(option) for option in space.options[decision]], np.float32)
    return numbers[space.all()[:, decision]]
