"""`build TABLE`: a table from real trainings on this machine."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import click

from nas_core import sources
from nas_core.cli._options import open_benchmark
from nas_core.cli._output import emit, json_option
from nas_core.cli._steps import follow
from nas_core.sources._pocket import Pocket


@click.command("build")
@click.argument("table")
@click.option(
    "--workers", type=click.IntRange(1, 256), default=2, show_default=True, help="Processes, at low priority."
)
@click.option(
    "--engine", default="", help="Trainer: fused (C++), torch or batched. [default: the fastest for a CPU here]"
)
@click.option("--device", default="cpu", show_default=True, help="Where to train: cpu, cuda, cuda:N or mps.")
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), help="Where unfinished work is kept.")
@json_option
def command(table: str, workers: int, engine: str, device: str, folder: Path | None, as_json: bool) -> None:
    """Train every architecture of TABLE and write it beside its benchmark. Takes hours; needs torch.

    What is done is kept: stop it at any moment, and the same command goes on from there.
    """
    pocket = _pocket(table)
    steps = importlib.import_module(f"nas_core.sources.{table}").build(workers, engine, folder, device)
    follow(steps, as_json, "what is trained is kept, and the same command goes on from there")
    built = open_benchmark(table, pocket.recipe.dataset)
    if as_json:
        emit({"table": table, "architectures": len(built.space), "fingerprint": built.fingerprint()})
    else:
        click.echo(f"{table} is complete: {len(built.space):,} architectures. Its page of numbers is docs/{table}.md.")


def _pocket(table: str) -> Pocket:
    """What decides the table; ValueError that lists the tables that can be built if it is none of them."""
    names = [m.name for m in pkgutil.iter_modules(sources.__path__) if m.name.startswith("pocket_")]
    if table not in names:
        raise ValueError(f"no table named {table!r} can be built; there are: {', '.join(names)}")
    return importlib.import_module(f"nas_core.sources.{table}").POCKET
