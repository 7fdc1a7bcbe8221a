"""`import`: the official archives of NATS-Bench, or a copy of a dataset that is on this machine."""

from __future__ import annotations

from pathlib import Path

import click

from nas_core.cli._output import emit, json_option
from nas_core.cli._steps import follow
from nas_core.cli.fetch import show_place
from nas_core.sources import nats, official
from nas_core.sources.external import EXTERNAL


@click.command("import")
@click.argument("what", type=click.Choice(["nats", *EXTERNAL]))
@click.argument("path", type=click.Path(path_type=Path))
@json_option
def command(what: str, path: Path, as_json: bool) -> None:
    """Import the official NATS-Bench archives unpacked at PATH (the ones whose names end in -simple).

    They add every seed, learning curve and time to the tables. An interrupted import goes on where it stopped.
    With cifar10 or cifar100, PATH is the published archive (cifar-10-python.tar.gz) or the folder it was unpacked to;
    with banking77 a folder that holds train.csv, test.csv and categories.json, with nas_bench_macro the published
    file or its folder.
    """
    if what in EXTERNAL:
        follow(EXTERNAL[what].take(path), as_json, "nothing was replaced")
        show_place(what, "imported", as_json)
        return
    follow(official.import_archives(path), as_json, "what was read is kept, and the same command goes on from there")
    records = [_record(archive) for archive in official.archives(path)]
    if as_json:
        emit({"imported": what, "tables": records})
        return
    for table in records:
        click.echo(f"{table['name']}: {table['architectures']:,} of {table['of']:,} architectures\n  {table['file']}")


def _record(archive: official.Archive) -> dict[str, object]:
    count = len(official.imported(archive.table))
    file = nats.official_file(archive.table)
    return {"name": archive.table, "architectures": count, "of": len(archive.rows), "file": str(file)}
