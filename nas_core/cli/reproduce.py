"""`reproduce`: published numbers about NATS-Bench beside ours."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict

import click

from nas_core.cli._options import processes_option, run_folder
from nas_core.cli._output import emit, json_option, number, table
from nas_core.cli._steps import following
from nas_core.sources.catalogue import DATASETS
from nas_core.studies import reproduce
from nas_core.studies.published import MARKS, RUNS
from nas_core.studies.reproduce import RESULTS, Reproduction


@click.command("reproduce")
@click.option("--dataset", type=click.Choice(DATASETS), help="Only numbers about this one. [default: all three]")
@click.option("--runs", type=click.IntRange(2, 10_000), default=RUNS, show_default=True, help="Seeds of every search.")
@processes_option
@json_option
def command(dataset: str | None, runs: int, processes: int, as_json: bool) -> None:
    """Run the published searches again, count the published facts again, and say where they agree.

    What was run before is not repeated; an interrupted reproduction goes on where it stopped.
    """
    steps = reproduce.reproduce((dataset,) if dataset else DATASETS, runs, processes, run_folder("sweeps"))
    rows: list[Reproduction] = []
    with following(steps, "searching", 100) as bar:
        for step in steps:
            if isinstance(step, Reproduction):
                rows.append(step)
            else:
                bar.label = step.text
                bar.update(100 * step.done // step.total - bar.pos)
    if as_json:
        emit({"rows": [{**asdict(row), "z": row.z, "result": row.result} for row in rows]})
        return
    header = ("number", "dataset", "published", "ours", "± se", "z", "result", "mark")
    table(header, [_line(row) for row in rows])
    counts = Counter(row.result for row in rows)
    click.echo("\n" + ", ".join(f"{counts[result]} {result}" for result in RESULTS))
    click.echo("; ".join(f"{mark}: {words}" for mark, words in MARKS.items()))


def _line(row: Reproduction) -> tuple[str, ...]:
    z = number(row.z, 1) if row.z == row.z else ""
    digits = 2 if row.published >= 1 else 3
    se = number(row.se, digits + 1) if row.se > 0 else ""
    return row.name, row.dataset, number(row.published, digits), number(row.ours, digits), se, z, row.result, row.mark
