"""`sweep`: several strategies at many seeds, in processes, continued if it was interrupted."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import click
import numpy as np

from nas_core import fitness, race
from nas_core.benchmarks import Table
from nas_core.cli import _claims
from nas_core.cli._options import (
    benchmark_options,
    budget_options,
    fitness_option,
    limit_option,
    open_table,
    processes_option,
    run_folder,
    shelf,
    text_of,
    warm_start_option,
)
from nas_core.cli._output import emit, json_option, number, table
from nas_core.cli._searches import entries_of, follow, mean_and_std, seed_list, seeds_option
from nas_core.experiment_file import Experiment
from nas_core.race import Trace
from nas_core.strategies import resolve
from nas_core.studies.compare import races
from nas_core.studies.compare.claims import Claims
from nas_core.studies.compare.sentences import failure, fruitless, nothing
from nas_core.sweep import Compact
from nas_core.types import Constraint, Objective, RunSpec

FROM_FILE = (
    "benchmark",
    "dataset",
    "benchmark_params",
    "strategies",
    "objective",
    "fitness",
    "limits",
    "warm_start",
    "seeds",
    "trials",
    "seconds",
    "workers",
)


@click.command("sweep")
@benchmark_options
@click.option("--strategies", help="Names or aliases separated by commas; see: list strategies.")
@click.option("--objective", help="The metric to search on. [default: the main one]")
@fitness_option
@limit_option
@warm_start_option
@seeds_option
@budget_options
@click.option(
    "--spec",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A TOML file with all of the above; its tables [strategies.LABEL] also set parameters.",
)
@processes_option
@click.option("--fresh", is_flag=True, help="Repeat runs even if they are saved.")
@click.option("--name", help="Keep the sweep as an experiment of this name; see: experiment.")
@click.option(
    "--report",
    help="A metric at full training; or seen, what the search saw; or fitness, that of --fitness at full training with "
    "test metrics. [default: that of the main one, such as test_acc, or fitness where there is one]",
)
@click.option(
    "--against",
    help="Say of every other strategy whether it beats this one: two-sided, corrected for all pairs of the sweep.",
)
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    spec: Path | None,
    processes: int,
    fresh: bool,
    name: str | None,
    report: str | None,
    against: str | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Compare strategies: mean and standard deviation over seeds of the test accuracy their incumbents reach.

    Accuracy is that of full training. A sweep that was interrupted goes on where it stopped, and more seeds later
    cost only those.
    """
    if spec is not None:
        options |= _read(spec, ctx)
    bench = open_table(options["benchmark"], options["dataset"], options["benchmark_params"])
    entries = entries_of(options["strategies"], options, bench)
    if against is not None:
        against = _base(against, entries)
    (objective,) = {entry.objectives[0] for entry in entries.values()}
    report = report or (bench.reported if fitness.is_name(objective.metric) else "fitness")
    signal = _signal(bench, report, objective)
    seeds = seed_list(str(options["seeds"]))
    folder = run_folder("sweeps")
    if name is not None:
        shelf().keep(Experiment(name, entries, tuple(seeds)))
    if fresh:
        Compact(folder).delete(entries.values())
    groups = follow(entries, seeds, processes, folder)
    traces = [trace for group in groups.values() for trace in group]
    if fruitless(traces):
        raise RuntimeError(nothing(traces, signal, bench))
    rows = [_row(label, traces, signal) for label, traces in groups.items()]
    if against is not None:
        _compare(rows, groups, signal, against)
    if as_json:
        epochs = bench.search_epochs if signal.at_search else bench.fidelities[-1]
        emit({"rows": rows, "metric": report, "unit": signal.unit, "epochs": epochs, "against": against})
    else:
        _show(rows, groups, signal, next(iter(entries.values())).constraints, against)


def _base(text: str, entries: Mapping[str, RunSpec]) -> str:
    """The label of the strategy that `text` names, by label, name or alias; ValueError if it is not in the sweep."""
    label = text
    if text not in entries:
        with suppress(ValueError):
            label = resolve(text)
    if label not in entries:
        raise ValueError(f"--against names {label!r}, which is not in this sweep; it has: {', '.join(entries)}")
    return label


def _signal(bench: Table, report: str, objective: Objective) -> race.Signal:
    """What is reported of the incumbents; ValueError if there is none such."""
    if report == "seen":
        return race.search_signal(bench, objective.metric, objective.goal)
    if report == "fitness" and not fitness.is_name(objective.metric):
        return race.report_signal(bench, objective.metric, objective.goal)
    if report not in bench.metrics:
        raise ValueError(f"there is no metric {report!r} to report; there are: seen, {', '.join(bench.metrics)}")
    return race.report_signal(bench, report)


def _compare(rows: list[dict[str, Any]], groups: Mapping[str, list[Trace]], signal: race.Signal, base: str) -> None:
    """Add to each row but that of `base` how it does against that, seed by seed."""
    pairs = Claims.of(races.ends(groups, signal), signal.goal).against(base)
    for row in rows:
        row |= _claims.fields(pairs.get(row["strategy"]))


def _show(
    rows: Sequence[Mapping[str, Any]],
    groups: Mapping[str, list[Trace]],
    signal: race.Signal,
    limits: Sequence[Constraint],
    against: str | None,
) -> None:
    within = f" within {' and '.join(map(str, limits))}" if limits else ""
    click.echo(f"{signal.title}, of the incumbent{within}: mean and standard deviation over seeds\n")
    header = ("strategy", "mean", "std", "n", *(_claims.header(against) if against else ()))
    numbers = ((row["strategy"], number(row["mean"]), number(row["std"]), str(row["n"])) for row in rows)
    table(header, [(*cells, *_claims.cells(row)) for cells, row in zip(numbers, rows, strict=True)])
    for label, traces in groups.items():
        if limits and (empty := sum(not trace.has_incumbent for trace in traces)):
            click.echo(f"{label}: {empty} of {len(traces)} runs found nothing within the limits")
        if sentence := failure(traces):
            click.echo(f"{label}: {sentence}")


def _read(path: Path, ctx: click.Context) -> dict[str, Any]:
    """What the file says, by option name; ValueError for what it may not say, or what the command line says too."""
    try:
        data = tomllib.loads(text_of(path))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path} is not a TOML file: {error}") from None
    if unknown := [key for key in data if key not in FROM_FILE]:
        raise ValueError(f"{path} says {unknown[0]!r}; a sweep file takes: {', '.join(FROM_FILE)}")
    source = click.core.ParameterSource.COMMANDLINE
    if twice := [key for key in FROM_FILE if ctx.get_parameter_source(key) == source]:
        option = {"benchmark_params": "benchmark-set", "limits": "limit", "warm_start": "warm-start"}.get(
            twice[0], twice[0]
        )
        raise ValueError(f"--{option} and --spec exclude each other; write it into {path}")
    if not isinstance(data.get("benchmark_params", {}), dict):
        raise ValueError(f"{path}: benchmark_params must be a table, [benchmark_params]")
    if not isinstance(limits := data.get("limits", []), list) or not all(isinstance(text, str) for text in limits):
        raise ValueError(f'{path}: limits must be a list of texts such as ["flops_m<=100"], not {limits!r}')
    for key in ("benchmark", "dataset", "objective", "fitness", "warm_start"):
        if not isinstance(data.get(key, ""), str):
            raise ValueError(f"{path}: {key} must be a text, not {data[key]!r}")
    return data


def _row(label: str, traces: list[Trace], signal: race.Signal) -> dict[str, Any]:
    """Over the runs whose incumbent the table knows."""
    ends = np.array([signal.of(t)[-1] for t in traces if len(t)])
    values = ends[~np.isnan(ends)]
    failures = sum(t.n_failures for t in traces)
    return {"strategy": label, **mean_and_std(values), "n": len(values), "failures": failures}
