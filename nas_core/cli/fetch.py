"""`fetch`: the real NATS-Bench numbers from pinned public files, or a dataset."""

from __future__ import annotations

import click

from nas_core import benchmarks
from nas_core.cli._output import emit, json_option, say
from nas_core.cli._steps import follow
from nas_core.sources import nats
from nas_core.sources.catalogue import DATASETS, FILES
from nas_core.sources.external import EXTERNAL


@click.command("fetch")
@click.argument("what", type=click.Choice(["nats", *EXTERNAL]))
@click.option("--from", "mirror", default="", metavar="URL", help="Scheme and host to use instead of the files' own.")
@json_option
def command(what: str, mirror: str, as_json: bool) -> None:
    """Download NATS-Bench and make its tables (30 MB), the tables of NAS-Bench-Macro (1 MB) and HW-NAS-Bench-360
    (3 MB), the images of CIFAR-10 or CIFAR-100 (170 MB each), or the questions of Banking77 (1 MB).

    What is already here and intact is not downloaded again. An interrupted download goes on where it stopped.
    """
    if what in EXTERNAL:
        follow(EXTERNAL[what].fetch(mirror), as_json, "nothing was replaced, the same command tries again")
        show_place(what, "fetched", as_json)
        return
    follow(nats.fetch(mirror), as_json, "nothing was replaced, and the same command goes on from there")
    tables = [_record(recipe.table) for recipe in nats.RECIPES]
    if as_json:
        emit({"fetched": what, "files": len(FILES), "tables": tables})
        return
    for table in tables:
        click.echo(f"{table['name']}: {table['rows']:,} architectures on {', '.join(DATASETS)}\n  {table['file']}")


def show_place(name: str, verb: str, as_json: bool) -> None:
    """Print which dataset or table is here now and where; `verb` is what happened to it, such as "fetched"."""
    external = EXTERNAL[name]
    say(f"{external.title} is here\n  {external.place()}", {verb: name, "file": str(external.place())}, as_json)


def _record(name: str) -> dict[str, object]:
    table = benchmarks.create(name, DATASETS[0])
    return {"name": name, "rows": len(table.space), "fingerprint": table.fingerprint(), "file": str(nats.file(name))}
