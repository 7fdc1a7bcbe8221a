"""`fetch nats`: the real NATS-Bench numbers, from pinned public files."""

from __future__ import annotations

import click

from nas_core import benchmarks
from nas_core.cli._output import emit, json_option
from nas_core.cli._steps import follow
from nas_core.sources import nats
from nas_core.sources.catalogue import DATASETS, FILES


@click.command("fetch")
@click.argument("what", type=click.Choice(["nats"]))
@click.option("--from", "mirror", default="", metavar="URL", help="Scheme and host to use instead of GitHub's.")
@json_option
def command(what: str, mirror: str, as_json: bool) -> None:
    """Download NATS-Bench and make its tables: 24 MB, once.

    What is already here and intact is not downloaded again. An interrupted download goes on where it stopped.
    """
    follow(nats.fetch(mirror), as_json, "nothing was replaced, and the same command goes on from there")
    tables = [_said(recipe.table) for recipe in nats.RECIPES]
    if as_json:
        emit({"fetched": what, "files": len(FILES), "tables": tables})
        return
    for table in tables:
        click.echo(f"{table['name']}: {table['rows']:,} architectures on {', '.join(DATASETS)}\n  {table['file']}")


def _said(name: str) -> dict[str, object]:
    table = benchmarks.create(name, DATASETS[0])
    return {"name": name, "rows": len(table.space), "fingerprint": table.fingerprint(), "file": str(nats.file(name))}
