"""`sweep`: several strategies at many seeds, in processes, continued if it was interrupted."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import click
import numpy as np

from nas_core import fitness, race
from nas_core import warm_start as results
from nas_core.benchmarks import Table
from nas_core.cli import Interrupted
from nas_core.cli._options import (
    benchmark_options,
    budget_options,
    fitness_option,
    limit_option,
    make_spec,
    objectives_of,
    open_table,
    processes_option,
    run_folder,
    shelf,
    text_of,
    warm_start_option,
)
from nas_core.cli._output import emit, json_option, number, progress, table
from nas_core.experiment_file import Experiment
from nas_core.race import Trace
from nas_core.strategies import named
from nas_core.studies.compare import races
from nas_core.studies.compare.claims import Claims
from nas_core.studies.compare.sentences import failure, fruitless, nothing
from nas_core.sweep import Compact, sweep
from nas_core.types import Objective, RunSpec

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
RANGE = "a range such as 0:100 (without 100), numbers such as 0,1,2, or one number"


@click.command("sweep")
@benchmark_options
@click.option("--strategies", help="Names or aliases separated by commas; see: list strategies.")
@click.option("--objective", help="The metric to search on. [default: the main one]")
@fitness_option
@limit_option
@warm_start_option
@click.option("--seeds", default="0:10", show_default=True, help=f"{RANGE[0].upper()}{RANGE[1:]}.")
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
    if against is not None and against not in entries:
        with suppress(ValueError):
            against = named(against)
    if against is not None and against not in entries:
        raise ValueError(f"--against names {against!r}, which is not in this sweep; it has: {', '.join(entries)}")
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
        limits = next(iter(entries.values())).constraints
        within = f" within {' and '.join(map(str, limits))}" if limits else ""
        click.echo(f"{signal.title}, of the incumbent{within}: mean and standard deviation over seeds\n")
        compared = (f"beats {against}", "seeds ahead", "difference", "95 %", "p") if against else ()
        table(("strategy", "mean", "std", "n", *compared), [_line(row) for row in rows])
        for label, traces in groups.items():
            if limits and (empty := sum(not trace.has_incumbent for trace in traces)):
                click.echo(f"{label}: {empty} of {len(traces)} runs found nothing within the limits")
            if sentence := failure(traces):
                click.echo(f"{label}: {sentence}")


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
        if pair := pairs.get(row["strategy"]):
            row |= {
                "better": pair.winner == pair.first,
                "worse": pair.winner == pair.second,
                "ahead": pair.ahead,
                "behind": pair.behind,
                "difference": pair.difference,
                "low": pair.low,
                "high": pair.high,
                "p": pair.p,
            }


def _line(row: Mapping[str, Any]) -> tuple[str, ...]:
    cells = row["strategy"], number(row["mean"]), number(row["std"]), str(row["n"])
    if "p" not in row:
        return cells
    p = "< 0.0001" if row["p"] < 0.0001 else f"{row['p']:.4f}"
    interval = f"{number(row['low'])} to {number(row['high'])}"
    ahead = f"{row['ahead']} of {row['ahead'] + row['behind']}"
    better = "yes" if row["better"] else "no, worse" if row["worse"] else "not shown"
    return *cells, better, ahead, number(row["difference"]), interval, p


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


def entries_of(strategies: Any, options: Mapping[str, Any], bench: Table) -> dict[str, RunSpec]:
    """{label: spec} of "a,b", or of {label: {"strategy": name if it is not the label, parameter: value}}.

    There "warm_start", a source of results or "" for none, stands for that of the whole sweep, without which a
    strategy begins that learns nothing from it.
    """
    if isinstance(strategies, str):
        strategies = {named(name.strip()): {} for name in strategies.split(",")}
    if not isinstance(strategies, dict) or not all(isinstance(p, dict) for p in strategies.values()) or not strategies:
        raise ValueError("a sweep needs strategies: --strategies a,b or, in a file, a table [strategies.NAME] for each")
    objective_list = objectives_of(bench, options["objective"], options["fitness"])
    if len(objective_list) > 1:
        raise ValueError(
            f"a sweep searches on one objective, not on {len(objective_list)}; for several use the command front"
        )
    budget = dict(max_trials=options["trials"], max_seconds=options["seconds"], workers=options["workers"])
    out = {}
    for label, params in strategies.items():
        params = dict(params)
        name, source = params.pop("strategy", label), params.pop("warm_start", None)
        out[label] = make_spec(bench, name, params, objective_list, options["limits"], **budget)
        if source is None and options["warm_start"] and not results.learns(out[label].strategy):
            click.echo(f"{label} learns nothing from the results of {options['warm_start']}: a cold start", err=True)
        elif source := options["warm_start"] if source is None else source:
            out[label] = shelf().warm(out[label], str(source), bench)
    return out


def seed_list(text: str) -> list[int]:
    """The seeds that `text` names; ValueError if it names none."""
    if match := re.fullmatch(r"\s*(\d{1,9})\s*:\s*(\d{1,9})\s*", text):
        seeds = list(range(int(match[1]), int(match[2])))
    elif re.fullmatch(r"\s*\d{1,9}(\s*,\s*\d{1,9})*\s*", text):
        seeds = list(dict.fromkeys(int(part) for part in text.split(",")))
    else:
        seeds = []
    if not seeds:
        raise ValueError(f"{text!r} names no seeds; give {RANGE}")
    return seeds


def follow(
    entries: Mapping[str, RunSpec], seeds: list[int], processes: int, folder: Path, title: str = "sweep"
) -> dict[str, list[Trace]]:
    """{label: traces in order of seed}, with a bar; Interrupted if the user stops it."""
    groups: dict[str, list[Trace]] = {label: [] for label in entries}
    total = len(entries) * len(seeds)
    stream = sweep(entries, seeds, processes, folder)
    with closing(stream), progress(title, total) as bar:
        try:
            for label, _, trace in stream:
                groups[label].append(trace)
                bar.update(1)
        except KeyboardInterrupt:
            done = sum(map(len, groups.values()))
            raise Interrupted(
                f"interrupted after {done:,} of {total:,} runs; the same command goes on from there"
            ) from None
    return {label: sorted(traces, key=lambda t: t.spec.seed) for label, traces in groups.items()}


def _row(label: str, traces: list[Trace], signal: race.Signal) -> dict[str, Any]:
    """Over the runs whose incumbent the table knows; std is the sample's (n - 1), nan for fewer than two."""
    ends = np.array([signal.of(t)[-1] for t in traces if len(t)])
    values = ends[~np.isnan(ends)]
    return {
        "strategy": label,
        "mean": float(values.mean()) if len(values) else float("nan"),
        "std": float(values.std(ddof=1)) if len(values) > 1 else float("nan"),
        "n": len(values),
        "failures": sum(t.n_failures for t in traces),
    }
