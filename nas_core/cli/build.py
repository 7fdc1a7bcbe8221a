"""`build TABLE`: a table from real trainings on this machine."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import click

from nas_core import sources
from nas_core.cli._options import device_option, open_benchmark
from nas_core.cli._output import json_option, say
from nas_core.cli._steps import follow
from nas_core.sources import table_build
from nas_core.sources.pocket import Pocket


@click.command("build")
@click.argument("table")
@click.option("--dataset", default="", help="Which of the table's datasets; see: list datasets. [default: its first]")
@click.option(
    "--processes", type=click.IntRange(1, 256), default=2, show_default=True, help="How many train, at low priority."
)
@click.option(
    "--engine", default="", help="Trainer: fused (C++), torch or batched. [default: the fastest for a CPU here]"
)
@device_option
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), help="Where unfinished work is kept.")
@json_option
def command(
    table: str, dataset: str, processes: int, engine: str, device: str, folder: Path | None, as_json: bool
) -> None:
    """Train every architecture of TABLE and write it beside its benchmark. Takes hours; needs torch.

    What is done is kept: stop it at any moment, and the same command goes on from there.
    """
    pocket = _pocket(table, dataset)
    steps = table_build.build(pocket, processes, engine, folder, device)
    follow(steps, as_json, "what is trained is kept, and the same command goes on from there")
    bench = open_benchmark(table, pocket.recipe.dataset)
    sentence = f"{pocket.table} is complete: {len(bench.space):,} architectures."
    record = {"table": pocket.table, "architectures": len(bench.space), "fingerprint": bench.fingerprint()}
    say(f"{sentence} Its page of numbers is docs/{pocket.table}.md.", record, as_json)


def _pocket(table: str, dataset: str) -> Pocket:
    """What decides the table; ValueError that lists the tables and datasets there are if it is none of them."""
    names = [m.name for m in pkgutil.iter_modules(sources.__path__) if m.name.startswith("pocket_")]
    if table not in names:
        raise ValueError(f"no table named {table!r} can be built; there are: {', '.join(names)}")
    pockets: dict[str, Pocket] = importlib.import_module(f"nas_core.sources.{table}").POCKETS
    if dataset and dataset not in pockets:
        raise ValueError(f"{table} cannot be built on {dataset!r}; its datasets are: {', '.join(pockets)}")
    return pockets[dataset or next(iter(pockets))]
