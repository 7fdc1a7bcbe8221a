"""Learning curves of one or several architectures, tabulated or growing: curves in, ECharts options out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from nas_core.benchmarks import Table
from nas_core.charts import axis, ceiling, palette, tooltip
from nas_core.charts.paper import with_whole_legend
from nas_core.types import with_unit

SPLITS = {"train": "training", "val": "validation", "test": "test"}
_DASH = {"train": "dotted", "val": "solid", "test": "dashed"}
_SHAPE = {"train": "triangle", "val": "circle", "test": "diamond"}
WHAT = {"acc": ("accuracy", "%"), "loss": ("loss", "nats")}


@dataclass(frozen=True)
class Curve:
    """One training: a name, the epochs measured, and the metrics at each of them (nan where missing)."""

    name: str
    epochs: Sequence[int]
    metrics: Mapping[str, Sequence[float]]  # "train_acc", "val_loss", …
    live: bool = False  # drawn with points and a heavier line
    joined: bool = True  # False: every point is a training of its own, so no line leads from one to the next

    def has(self, what: str) -> bool:
        """True if there is any number of `what`, "acc" or "loss"."""
        columns = [values for metric, values in self.metrics.items() if metric.endswith(what)]
        return any(not math.isnan(value) for values in columns for value in values)


def table_curve(table: Table, row: int, name: str) -> Curve:
    """What the table holds about architecture `row`."""
    epochs, metrics = table.curves(row)
    joined = table.resumable or len(epochs) > len(table.fidelities)
    return Curve(name, epochs.tolist(), {m: values.tolist() for m, values in metrics.items()}, joined=joined)


def live_curve(name: str, items: Sequence[Mapping[str, float]]) -> Curve:
    """What a live training has yielded so far; see `nas_core.models.train`."""
    metrics = [m for m in items[0] if m not in ("epoch", "seconds")]
    return Curve(name, [int(i["epoch"]) for i in items], {m: [i[m] for i in items] for m in metrics}, live=True)


def figure(
    curves: Sequence[Curve], what: str, splits: Sequence[str], last_epoch: int, colours: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """ECharts options: `what` ("acc" or "loss") of the `splits` over epochs 1 … last_epoch.

    One colour a curve, that of its name in `colours` if it is there; training dotted, validation solid, test dashed.
    The axes do not move while a live curve grows.
    """
    title, unit = WHAT[what]
    title = f"{SPLITS[splits[0]]} {title}" if len(splits) == 1 else title
    names = [curve.name for curve in curves]
    inks = {name: palette.of(names, name)[0] for name in names} | dict(colours or {})
    series = [
        _series(curve, f"{split}_{what}", split, inks[curve.name], _name(curve, curves, split, splits))
        for curve in curves
        for split in splits
        if f"{split}_{what}" in curve.metrics
    ]
    values = [y for s in series for _, y in s["data"] if y is not None]
    option: dict[str, Any] = {
        "animation": False,
        "grid": {"left": 8, "right": 16, "top": 30, "bottom": 62 if len(series) > 1 else 30, "containLabel": True},
        "legend": {"bottom": 0, "type": "scroll", "itemWidth": 26, "show": len(series) > 1},
        "tooltip": tooltip(unit, "epochs"),
        "xAxis": axis("epoch", 24, min=min(1, last_epoch - 1), max=last_epoch, minInterval=1),
        "yAxis": {
            "type": "value",
            "name": with_unit(title, unit),
            "scale": True,
            "nameLocation": "end",
            "nameTextStyle": {"align": "left", "padding": [0, 0, 0, -16]},
            **ceiling(unit, values),
        },
        "series": series,
    }
    return with_whole_legend(option)


def _name(curve: Curve, curves: Sequence[Curve], split: str, splits: Sequence[str]) -> str:
    """What tells a series from the others."""
    parts = [curve.name] * (len(curves) > 1) + [SPLITS[split]] * (len(splits) > 1)
    return ", ".join(parts) or SPLITS[split]


def _series(curve: Curve, metric: str, split: str, colour: str, name: str) -> dict[str, Any]:
    values = curve.metrics[metric]
    points = [[e, None if math.isnan(v) else round(v, 4)] for e, v in zip(curve.epochs, values, strict=True)]
    return {
        "type": "line",
        "name": name,
        "data": points,
        "color": colour,
        "lineStyle": {"type": _DASH[split], "width": 3 if curve.live else 2 if curve.joined else 0},
        "symbol": "circle" if curve.live or curve.joined else _SHAPE[split],
        "symbolSize": 8 if curve.live else 5 if curve.joined else 10,
    }


def frame_of(curves: Sequence[Curve]) -> pd.DataFrame:
    """The curves as a table: one row a curve and epoch, one column a metric."""
    parts = [
        pd.DataFrame({"curve": c.name, "epoch": list(c.epochs), **{m: list(v) for m, v in c.metrics.items()}})
        for c in curves
    ]
    return pd.concat(parts, ignore_index=True)
