"""`fetch`: the real NATS-Bench numbers from pinned public files, or the images of CIFAR."""

from __future__ import annotations

import click

from nas_core import benchmarks
from nas_core.cli._output import emit, json_option
from nas_core.cli._steps import follow
from nas_core.sources import cifar, nats
from nas_core.sources.catalogue import DATASETS, FILES


@click.command("fetch")
@click.argument("what", type=click.Choice(["nats", *cifar.KNOWN]))
@click.option("--from", "mirror", default="", metavar="URL", help="Scheme and host to use instead of the files' own.")
@json_option
def command(what: str, mirror: str, as_json: bool) -> None:
    """Download NATS-Bench and make its tables (24 MB), or the images of CIFAR-10 or CIFAR-100 (170 MB each).

    What is already here and intact is not downloaded again. An interrupted download goes on where it stopped.
    """
    if what in cifar.KNOWN:
        follow(cifar.fetch(what, mirror), as_json, "nothing was replaced, the same command tries again")
        show_images(what, "fetched", as_json)
        return
    follow(nats.fetch(mirror), as_json, "nothing was replaced, and the same command goes on from there")
    tables = [_said(recipe.table) for recipe in nats.RECIPES]
    if as_json:
        emit({"fetched": what, "files": len(FILES), "tables": tables})
        return
    for table in tables:
        click.echo(f"{table['name']}: {table['rows']:,} architectures on {', '.join(DATASETS)}\n  {table['file']}")


def show_images(dataset: str, done: str, as_json: bool) -> None:
    """Say what images are here now and where; `done` is what happened to them."""
    if as_json:
        emit({done: dataset, "file": str(cifar.file(dataset))})
    else:
        click.echo(f"{cifar.KNOWN[dataset].title} is here\n  {cifar.file(dataset)}")


def _said(name: str) -> dict[str, object]:
    table = benchmarks.create(name, DATASETS[0])
    return {"name": name, "rows": len(table.space), "fingerprint": table.fingerprint(), "file": str(nats.file(name))}
