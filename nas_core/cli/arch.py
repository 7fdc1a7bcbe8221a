"""`arch ARCH`: everything a benchmark knows of one architecture."""

from __future__ import annotations

from typing import Any

import click
import numpy as np

from nas_core import stats
from nas_core.benchmarks import Metric, Table
from nas_core.cli._options import benchmark_options, open_table
from nas_core.cli._output import emit, json_option, number, table

SPLITS = {"train": "training", "val": "validation", "test": "test"}


@click.command("arch")
@click.argument("arch")
@benchmark_options
@click.option("--epochs", type=click.IntRange(min=1), help="Training epochs to report. [default: full training]")
@click.option("--seed", type=click.IntRange(min=0), help="Training seed to report. [default: the mean over all]")
@json_option
def command(
    arch: str, benchmark: str, dataset: str | None, epochs: int | None, seed: int | None, as_json: bool
) -> None:
    """Show the numbers of ARCH: an architecture string, or its index in the search space."""
    held = open_table(benchmark, dataset)
    parsed = held.space.parse(arch)
    row = held.space.index(parsed)
    metrics = [_metric(held, name, metric, row, epochs, seed) for name, metric in held.metrics.items()]
    result = {"arch": held.space.text(parsed), "index": row, "metrics": metrics}
    if as_json:
        emit(result)
        return
    click.echo(
        f"{result['arch']}\nnumber {row} of {len(held.space):,} in the {held.space.title()} space; "
        f"{held.title()}, {held.dataset}\n"
    )
    header = ("metric", "value", "unit", "epochs", "rank", "source")
    table(header, [_line(held, m, epochs, seed) for m in metrics])


def _metric(held: Table, name: str, metric: Metric, row: int, epochs: int | None, seed: int | None) -> dict[str, Any]:
    """One metric of one architecture with where it comes from; epochs, split and seed are None where they mean nothing.

    A seed of None with epochs given is the mean over the table's seeds.
    """
    split, _, what = name.partition("_")
    return {
        "name": name,
        "value": float(_column(held, name, epochs, seed)[row]),
        "unit": metric.unit,
        "epochs": (epochs or held.fidelities[-1]) if metric.curve else None,
        "split": SPLITS.get(split) if what in ("acc", "loss") else None,
        "seed": seed if metric.curve else None,
        "source": metric.source,
    }


def _column(held: Table, name: str, epochs: int | None, seed: int | None) -> np.ndarray:
    return held.column(name, epochs, seed) if held.metrics[name].curve else held.column(name)


def _line(held: Table, m: dict[str, Any], epochs: int | None, seed: int | None) -> tuple[str, ...]:
    column, goal = _column(held, m["name"], epochs, seed), held.metrics[m["name"]].goal
    place = "" if np.isnan(m["value"]) else f"{stats.rank(column, m['value'], goal):,}"
    return (m["name"], number(m["value"], 4), m["unit"], str(m["epochs"] or ""), place, m["source"])
