"""`import`: data of one's own, the official archives of NATS-Bench, or a copy of a dataset that is on this machine."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from nas_core.cli._output import emit, json_option, progress, table
from nas_core.cli._steps import follow
from nas_core.cli.fetch import show_place
from nas_core.sources import nats, official, own_data
from nas_core.sources.external import EXTERNAL
from nas_core.sources.own_data import Draft, Options

PATH = click.Path(path_type=Path)
SHOWN = 10  # files left out that are printed; --json has up to 1,000


@click.group("import")
def command() -> None:
    """Import data of your own (images, text, arrays), or a copy of published data that is on this machine.

    Each of these takes --json.
    """


def _own(kind: str, about: str, *options: Callable[..., Any]) -> None:
    """Add the command that imports data of one's own of that kind."""

    def run(path: Path, name: str, check: bool, as_json: bool, **options: Any) -> None:
        draft = _read(path, Options(kind, **{k: v for k, v in options.items() if v is not None}), as_json)
        try:
            dataset = "" if check else own_data.save(draft, name or path.stem)
        finally:
            own_data.discard(draft)  # what was saved has moved
        _show(draft, dataset, as_json)

    shared = (
        click.option("--name", default="", help="What the dataset is called. [default: the name of the file]"),
        click.option("--check", is_flag=True, help="Report only, and keep nothing."),
        click.option("--split", metavar="COLUMN", help="What says the part of each example: train, val or test."),
        click.option("--group", metavar="COLUMN", help="Examples that are equal in it stay in one part."),
        click.option("--label", metavar="COLUMN", help="What holds the classes, if it has no usual name."),
        click.option("--without", metavar="CLASS", multiple=True, help="A class to leave out; may be given again."),
        click.option("--val-share", type=float, help="Share of the examples that validate. [default: 0.2]"),
        click.option("--test-share", type=float, help="Share of the examples that test. [default: 0.2]"),
        click.option("--seed", type=int, help="Of the choice of these examples. [default: 0]"),
        json_option,
    )
    for option in reversed((click.argument("path", type=PATH), *options, *shared)):
        run = option(run)
    command.command(kind, help=about)(run)


_own(
    "images",
    "Import images: a folder or .zip with a folder for each class (and train, val, test above them, if you like), or a "
    "Parquet file as Hugging Face writes it. The middle of each image is kept and scaled to a square.",
    click.option("--size", type=int, help="Pixels a side. [default: as they are if all are equal, else 32]"),
    click.option("--colour", type=click.Choice(["grey", "colour"]), help="[default: grey if all images are]"),
    click.option("--image", metavar="COLUMN", help="What holds the images of a Parquet file. [default: image]"),
)
_own(
    "text",
    "Import texts: CSV, JSON lines or Parquet with a column of texts and one of labels, or a folder with train.csv, "
    "test.csv and perhaps val.csv.",
    click.option("--text", metavar="COLUMN", help="What holds the texts, if it has no usual name."),
    click.option("--length", type=int, help="Words of a text that are read. [default: enough for 95 % of them]"),
    click.option("--words", type=int, help="Different words that are told apart. [default: 1024]"),
)
_own(
    "arrays",
    "Import arrays: an .npz file with x, signals [n, channels, length] or images [n, channels, size, size], and y, a "
    "label for each.",
    click.option("--image", metavar="NAME", help="The array of inputs. [default: x]"),
)


def _read(path: Path, options: Options, as_json: bool) -> Draft:
    with closing(own_data.read(path, options)) as steps:
        bar: Any = None
        for step in steps:
            if isinstance(step, Draft):
                return step
            if not as_json:
                bar = bar or progress(step.text, step.total)
                bar.update(step.done - bar.pos)
    raise RuntimeError(f"{path.name} could not be read")  # `read` ends with a draft


def _show(draft: Draft, name: str, as_json: bool) -> None:
    if as_json:
        report = {"counts": draft.counts, "remarks": draft.remarks, "left_out": draft.n_left_out}
        emit({"dataset": name or None, "about": draft.info["about"], **report, "reasons": dict(draft.left_out)})
        return
    click.echo(f"{draft.summary}\n")
    rows = [(c, *(str(draft.counts[part].get(c, 0)) for part in draft.counts)) for c in draft.info["classes"]]
    table(("class", *draft.counts), rows)
    for remark in draft.remarks:
        click.echo(f"\n{remark}.")
    for file, why in draft.left_out[:SHOWN]:
        click.echo(f"left out: {file}: {why}")
    if draft.n_left_out > SHOWN:
        click.echo(f"and {draft.n_left_out - SHOWN:,} more; all reasons: --json")
    if name:
        click.echo(
            f"\nKept as {name}. Search on it with: python -m nas_core run --benchmark live_topology --dataset {name}"
        )


@command.command("nats")
@click.argument("path", type=PATH)
@json_option
def nats_(path: Path, as_json: bool) -> None:
    """Import the official NATS-Bench archives unpacked at PATH (the ones whose names end in -simple).

    They add every seed, learning curve and time to the tables. An interrupted import goes on where it stopped.
    """
    follow(official.import_archives(path), as_json, "what was read is kept, and the same command goes on from there")
    records = [_record(archive) for archive in official.archives(path)]
    if as_json:
        emit({"imported": "nats", "tables": records})
        return
    for one in records:
        click.echo(f"{one['name']}: {one['architectures']:,} of {one['of']:,} architectures\n  {one['file']}")


def _record(archive: official.Archive) -> dict[str, object]:
    count = len(official.imported(archive.table))
    file = nats.official_file(archive.table)
    return {"name": archive.table, "architectures": count, "of": len(archive.rows), "file": str(file)}


def _published(name: str) -> None:
    """Add the command that takes a copy of published data."""

    @click.argument("path", type=PATH)
    @json_option
    def run(path: Path, as_json: bool) -> None:
        follow(EXTERNAL[name].take(path), as_json, "nothing was replaced")
        show_place(name, "imported", as_json)

    about = f"Import {EXTERNAL[name].title} from PATH: the published file, or the folder that holds it or them."
    command.command(name, help=about)(run)


for _name in EXTERNAL:
    _published(_name)
