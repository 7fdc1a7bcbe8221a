"""`arch ARCH`: everything a benchmark knows of one architecture."""

from __future__ import annotations

from typing import Any

import click
import numpy as np

from nas_core import stats
from nas_core.benchmarks import Metric, Table
from nas_core.cli._options import benchmark_options, indices, notation_option, open_table, parse_arch
from nas_core.cli._output import emit, json_option, number, table

SPLITS = {"train": "training", "val": "validation", "test": "test"}


@click.command("arch")
@click.argument("arch")
@notation_option
@benchmark_options
@click.option("--epochs", type=click.IntRange(min=1), help="Training epochs to report. [default: full training]")
@click.option("--seed", type=click.IntRange(min=0), help="Training seed to report. [default: the mean over all]")
@json_option
def command(
    arch: str,
    notation: str | None,
    benchmark: str,
    dataset: str | None,
    epochs: int | None,
    seed: int | None,
    as_json: bool,
) -> None:
    """Show the numbers of ARCH, and how else it is written.

    ARCH is an architecture string, or a number or tuple with its notation: nats:1 is NATS-Bench's number, own:1 this
    project's.
    """
    bench = open_table(benchmark, dataset)
    space = bench.space
    parsed = parse_arch(space, arch, notation)
    row = space.index(parsed)
    metrics = [_metric(bench, name, metric, row, epochs, seed) for name, metric in bench.metrics.items()]
    texts = {name: n.write(parsed) for name, n in space.notations.items()}
    if as_json:
        emit({"arch": space.text(parsed), **indices(space, parsed), "notations": texts, "metrics": metrics})
        return
    click.echo(
        f"{space.text(parsed)}\n{space.number_label(parsed)}, one of {space.size:,} in the {space.title()} space; "
        f"{bench.title()}, {bench.dataset}\n"
    )
    header = ("metric", "value", "unit", "epochs", "rank", "source")
    table(header, [_line(bench, m, epochs, seed) for m in metrics])
    click.echo()
    table(("notation", "written as"), texts.items())


def _metric(bench: Table, name: str, metric: Metric, row: int, epochs: int | None, seed: int | None) -> dict[str, Any]:
    """One metric of one architecture with where it comes from; epochs, split and seed are None where they mean nothing.

    A seed of None with epochs given is the mean over the table's seeds.
    """
    split, _, what = name.partition("_")
    return {
        "name": name,
        "value": float(_column(bench, name, epochs, seed)[row]),
        "unit": metric.unit,
        "epochs": bench.epochs_of(name, epochs),
        "split": SPLITS.get(split) if what in ("acc", "loss") else None,
        "seed": seed if metric.curve else None,
        "source": metric.source,
    }


def _column(bench: Table, name: str, epochs: int | None, seed: int | None) -> np.ndarray:
    return bench.column(name, epochs, seed if bench.metrics[name].curve else None)


def _line(bench: Table, m: dict[str, Any], epochs: int | None, seed: int | None) -> tuple[str, ...]:
    column, goal = _column(bench, m["name"], epochs, seed), bench.metrics[m["name"]].goal
    place = "" if np.isnan(m["value"]) else f"{stats.rank(column, m['value'], goal):,}"
    return (m["name"], number(m["value"], 4), m["unit"], str(m["epochs"] or ""), place, m["source"])
