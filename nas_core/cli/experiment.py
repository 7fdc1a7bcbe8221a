"""`experiment`: searches that belong together, under a name: listed, shown, renamed, deleted, sent to others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from nas_core import archives, experiment_archive
from nas_core.cli._options import run_folder, shelf
from nas_core.cli._output import emit, json_option, say, table
from nas_core.cli._steps import following
from nas_core.experiment_file import Experiment
from nas_core.store import Store
from nas_core.sweep import Compact

which = click.argument("experiment")


@click.group("experiment")
def command() -> None:
    """Keep searches together under a name; EXPERIMENT is an id or a name. `sweep --name` and `front --name` make one.

    Run files that belong to none are listed too, those that share everything but the seed as one. Each of these takes
    --json.
    """


@command.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List all experiments, the latest first, and on stderr what cannot be read."""
    experiments, faults = shelf().all()
    if as_json:
        emit({"experiments": [_record(one) for one in experiments], "faults": faults})
        return
    rows = [(one.id, one.date[:10], str(one.runs), ", ".join(one.settings), one.name) for one in experiments]
    if rows:
        table(("id", "date", "runs", "strategies", "name"), rows)
    else:
        click.echo("There are no experiments yet; make one with: sweep --name NAME, or front --name NAME")
    for sentence in faults.values():
        click.echo(sentence, err=True)


@command.command("show")
@which
@json_option
def show(experiment: str, as_json: bool) -> None:
    """Show what EXPERIMENT consists of and how much of it is saved."""
    one = shelf().open(experiment)
    counts = _count_saved(one)
    if as_json:
        emit(_record(one) | {"note": one.note, "done": counts, "ids": [spec.id for _, spec in one.specs]})
        return
    click.echo(f"{one.name} ({one.id}), {one.date}" + (f"\n{one.note}" if one.note else "") + "\n")
    rows = []
    for label, spec in one.settings.items():
        params = ", ".join(f"{k}={v}" for k, v in {**spec.params, **spec.benchmark_params}.items())
        where = f"{spec.benchmark}, {spec.dataset}"
        aims = ", ".join(f"{o.metric}:{o.goal}" for o in spec.objectives)
        rows.append((label, spec.strategy, where, aims, f"{counts[label]} of {len(one.seeds)}", params))
    table(("label", "strategy", "benchmark", "objectives", "runs saved", "parameters"), rows)


@command.command("rename")
@which
@click.argument("name")
@json_option
def rename(experiment: str, name: str, as_json: bool) -> None:
    """Call EXPERIMENT by another NAME."""
    _say(shelf().change(shelf().open(experiment).id, name=name), "renamed", as_json)


@command.command("duplicate")
@which
@click.argument("name", default="")
@json_option
def duplicate(experiment: str, name: str, as_json: bool) -> None:
    """Make another experiment of the same searches, called NAME; the runs are shared."""
    _say(shelf().duplicate(shelf().open(experiment).id, name), "duplicated", as_json)


@command.command("delete")
@which
@click.option("--undo", is_flag=True, help="Bring back the deleted experiment of this id.")
@json_option
def delete(experiment: str, undo: bool, as_json: bool) -> None:
    """Put EXPERIMENT aside; its runs stay."""
    shelves = shelf()
    if undo:
        _say(shelves.restore(experiment), "brought back", as_json)
        return
    one = shelves.delete(shelves.open(experiment).id)
    _say(one, "deleted", as_json)
    click.echo(f"bring it back with: experiment delete --undo {one.id}", err=True)


@command.command("export")
@which
@click.option("--file", type=click.Path(path_type=Path), help="The archive to write. [default: experiment-ID.zip here]")
@json_option
def export(experiment: str, file: Path | None, as_json: bool) -> None:
    """Write EXPERIMENT into one archive: specs, every trial of every seed, provenance, the command that repeats it.

    Runs that a sweep saved only as traces are repeated for it.
    """
    one = shelf().open(experiment)
    file = file or Path(f"experiment-{one.id}.zip")
    steps = experiment_archive.pack(one, Store(run_folder("runs")), file)
    with following(steps, "packing", one.runs, goes_on="nothing was written") as bar:
        for _ in steps:
            bar.update(1)
    record = _record(one) | {"file": str(file), "bytes": file.stat().st_size}
    say(f"{one.name}: {one.runs:,} runs in {file}", record, as_json)


@command.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
def import_(file: Path, as_json: bool) -> None:
    """Import an exported experiment; every number is checked against the tables here."""
    if (size := file.stat().st_size) > archives.LARGEST:
        raise ValueError(f"{file} has {size >> 20:,} MB; an archive has at most {archives.LARGEST >> 20}")
    one, problems = experiment_archive.unpack(file.read_bytes(), shelf())
    if as_json:
        emit(_record(one) | {"problems": problems})
        return
    _say(one, "imported", as_json)
    if problems:
        first, why = next(iter(problems.items()))
        click.echo(f"{len(problems):,} of {one.runs:,} runs do not pass the check; run {first}: {why}", err=True)


def _say(one: Experiment, what: str, as_json: bool) -> None:
    say(f"{what}: {one.name} ({one.id})", {"done": what, **_record(one)}, as_json)


def _record(one: Experiment) -> dict[str, Any]:
    strategies = {label: spec.strategy for label, spec in one.settings.items()}
    return {
        "id": one.id,
        "name": one.name,
        "date": one.date,
        "runs": one.runs,
        "strategies": strategies,
        "seeds": one.seeds,
    }


def _count_saved(one: Experiment) -> dict[str, int]:
    """{label: how many of its runs are saved}, as traces of a sweep or with every event."""
    store, sweeps = Store(run_folder("runs")), Compact(run_folder("sweeps"))
    counts = dict.fromkeys(one.settings, 0)
    for label, spec in one.specs:
        counts[label] += store.has_ended(spec.id) or sweeps.find(spec) is not None
    return counts
