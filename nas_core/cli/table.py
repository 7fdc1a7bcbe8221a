"""`table`: a table of one's own, from a CSV or Parquet file, as on the Data page."""

from __future__ import annotations

from pathlib import Path

import click

from nas_core.benchmarks.tables import added_columns
from nas_core.benchmarks.tables.own import add
from nas_core.cli._options import pairs_option
from nas_core.cli._output import emit, json_option
from nas_core.sources import user_columns, user_table
from nas_core.sources.user_table import ACCURACY, SCALES, Main, TableDraft
from nas_core.spaces import DEFAULT

LINES = 10  # lines that are left out


@click.command("table")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--space", default=DEFAULT, show_default=True, help="What the file is of; see: list spaces.")
@click.option("--name", help="What the table is called afterwards. [default: the name of the file]")
@pairs_option(
    "--column",
    "columns",
    "The column of the file that is meant by NAME, such as val_acc=acc_on_10k",
    "NAME=COLUMN",
)
@click.option("--notation", default="", help="Of architectures that do not say it themselves, as nats:1 does.")
@click.option("--accuracies", "scale", type=click.Choice(SCALES), help="How to read accuracies that are all at most 1.")
@click.option("--epochs", type=click.IntRange(1, 99_999), default=1, show_default=True, help="Of the full training.")
@click.option("--add-to", metavar="NAME", help="Put the columns into a table of yours, such as scores by a proxy.")
@click.option("--everywhere", is_flag=True, help="Put the columns into every table of the space, NATS-Bench's too.")
@click.option("--main", help="The metric that searches are on, such as val_f1 or perplexity. [default: val_acc]")
@click.option("--goal", type=click.Choice(["max", "min"]), help="Whether more or less of it is better. [default: max]")
@click.option("--unit", help="What it is measured in. [default: %, if it is an accuracy]")
@click.option("--minimise", multiple=True, metavar="NAME", help="A metric of which less is better. [default: by name]")
@click.option("--source", default="", help="Where the numbers come from; shown wherever they are.")
@json_option
def command(
    file: Path,
    space: str,
    name: str | None,
    columns: dict[str, str],
    notation: str,
    scale: str | None,
    epochs: int,
    add_to: str | None,
    everywhere: bool,
    main: str | None,
    goal: str | None,
    unit: str | None,
    minimise: tuple[str, ...],
    source: str,
    as_json: bool,
) -> None:
    """Take FILE, CSV or Parquet, as a table of your own; every command and page then offers it.

    It needs a column arch and, unless it adds columns to existing tables, one of its main metric. Columns with
    "test" in their names are for reports: no search sees them. Lines that cannot be used are left out and listed.
    """
    if (goal or unit) and not main:
        raise click.UsageError("--goal and --unit are of the main metric; name it with --main")
    if (add_to or everywhere) and (name or main or (add_to and everywhere)):
        raise click.UsageError(
            "--add-to and --everywhere add to tables that exist: give one of them, and leave out --name and --main"
        )
    searched = Main(main, goal or "max", unit or "") if main else ACCURACY
    content = user_table.load(file)
    draft = user_table.read(content, file.name, space, notation, columns, None if add_to or everywhere else searched)
    if draft.fractions and scale is None:
        which = ", ".join(draft.fractions)
        raise click.UsageError(f"{which}: no value above 1; say --accuracies fractions or --accuracies percent")
    if unknown := sorted(set(minimise) - set(draft.metrics)):
        raise click.UsageError(f"no metric {unknown[0]!r} to minimise; there are: {', '.join(draft.metrics)}")
    least = minimise or None
    if everywhere:
        target = added_columns.add(draft, source or file.name, least, scale or "")
    elif add_to:
        target = add(draft, add_to, source or file.name, least, scale or "")
    else:
        target = user_table.save(draft, name or user_table.suggested(file.name), source, epochs, least, scale or "")
    if as_json:
        emit(_record(draft, target))
    else:
        _show(draft, target)


def _show(draft: TableDraft, target: Path) -> None:
    if target.parent == user_columns.folder():
        names = ", ".join(f"{added_columns.MARK}{name}" for name in draft.metrics)
        click.echo(f"Every table of these architectures has {names} now.")
    click.echo(f"{target.stem}: {draft.count:,} architectures of the {draft.space} space\n  {target}")
    for sentence in draft.remarks():
        click.echo(f"  {sentence}.")
    if draft.left_out:
        click.echo(f"{draft.left_out:,} lines are left out:", err=True)
    for problem in draft.problems[:LINES]:
        click.echo(f"  line {problem.line}: {problem.text}", err=True)


def _record(draft: TableDraft, target: Path) -> dict[str, object]:
    return {
        "table": target.stem,
        "architectures": draft.count,
        "left_out": draft.left_out,
        "test_metrics": draft.tests,
        "read_as": draft.names,
        "problems": [vars(problem) for problem in draft.problems],
        "file": str(target),
    }
