"""`run`: one search, saved as it goes, continued if it was interrupted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import numpy as np

from nas_core import benchmarks, executors, fitness, jobs, marks, pareto, runner
from nas_core.benchmarks import Benchmark, Table
from nas_core.cli._options import (
    benchmark_options,
    budget_options,
    fitness_option,
    indices,
    limit_option,
    make_spec,
    objectives_of,
    open_benchmark,
    run_folder,
    set_option,
    shelf,
    warm_start_option,
)
from nas_core.cli._output import emit, json_option, number, progress
from nas_core.cli._steps import following
from nas_core.history import History
from nas_core.reports import Report, failure, front, report, worst_losses
from nas_core.store import Store
from nas_core.studies import opening
from nas_core.types import Event, RunSpec, Started, Told, counted


@click.command("run")
@benchmark_options
@click.option("--strategy", required=True, help="How to search: a name or alias; see: list strategies.")
@set_option
@budget_options
@click.option(
    "--objectives",
    help="Metrics to search on, separated by commas; flops_m:max turns one around. [default: the main one]",
)
@fitness_option
@limit_option
@warm_start_option
@click.option(
    "--opening",
    "pairs",
    type=click.IntRange(0, opening.MOST),
    default=0,
    show_default=True,
    metavar="PAIRS",
    help="Begin with this many proposed architectures, and as many random ones; the result says whether that paid, "
    f"which takes at least {opening.USUAL} pairs.",
)
@click.option(
    "--opening-by",
    default=opening.TABLES,
    show_default=True,
    metavar="WHAT",
    help=f"What proposes: {opening.TABLES} of other datasets, a proxy such as naswot, or {opening.TABLES},naswot.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of all randomness.")
@click.option(
    "--executor",
    default="serial",
    show_default=True,
    metavar="KIND",
    help=f"Where real trainings run: {executors.KINDS}. A table needs none.",
)
@click.option("--fresh", is_flag=True, help="Repeat the search even if it is saved.")
@json_option
def command(
    benchmark: str,
    dataset: str | None,
    strategy: str,
    params: dict[str, str],
    benchmark_params: dict[str, str],
    objectives: str | None,
    fitness: str | None,
    limits: tuple[str, ...],
    warm_start: str | None,
    pairs: int,
    opening_by: str,
    trials: int | None,
    seconds: float | None,
    workers: int,
    seed: int,
    executor: str,
    fresh: bool,
    as_json: bool,
) -> None:
    """Search with one strategy.

    The same options give the same result. A search that was interrupted goes on where it stopped, and one that is
    finished is shown again.
    """
    bench = open_benchmark(benchmark, dataset, benchmark_params)
    objective_list = objectives_of(bench, objectives, fitness)
    budget = dict(max_trials=trials, max_seconds=seconds, workers=workers, seed=seed)
    spec = make_spec(bench, strategy, params, objective_list, limits, **budget)
    if not bench.simulated:  # what was left to the size of the data is said now
        bench = benchmarks.create(spec.benchmark, spec.dataset, **spec.benchmark_params)
    store = Store(run_folder("runs"))
    if warm_start is not None:
        spec = shelf().warm(spec, warm_start, bench)
    if pairs:
        spec = _open(spec, bench, pairs, opening_by)
    with executors.create(executor) as pool:
        events = _follow(jobs.search(store, spec, fresh, pool), spec)
    _show(events, spec, bench, store.path(spec.id), as_json)


def _open(spec: RunSpec, bench: Benchmark, pairs: int, by: str) -> RunSpec:
    """The search that begins with so many pairs; a proxy scores its candidates now, unless it has."""
    if missing := opening.missing(bench.space, spec.dataset, by):
        run_folder("scores")
        with progress("score", missing) as bar:
            for _ in opening.score(bench.space, spec.dataset, by):
                bar.update(1)
    archs = opening.opening(bench.space, spec.dataset, pairs, by, spec.seed)
    return replace(spec, opening=archs, opening_source=by)


def _follow(stream: Any, spec: RunSpec) -> list[Event]:
    """All events, with a bar; Interrupted if the user stops it."""
    events: list[Event] = []
    length = spec.max_trials or int(spec.max_seconds or 0)
    trials = position = 0
    with following(stream, spec.strategy, length, lambda: f" after {trials:,} trials") as bar:
        for event in stream:
            events.append(event)
            if isinstance(event, Told):
                trials += 1
                now = trials if spec.max_trials is not None else int(event.trial.end)
                bar.update(now - position)
                position = now
    if isinstance(events[0], Started) and (reason := marks.replaced(runner.check(spec), events[0].table)):
        click.echo(f"Note: {reason} since this run was saved; --fresh repeats it.", err=True)
    return events


def _show(events: list[Event], spec: RunSpec, bench: Benchmark, path: Path, as_json: bool) -> None:
    if sentence := failure(events):
        raise RuntimeError(sentence)
    result = report(events, bench)
    if as_json:
        emit(_record(result, events, spec, bench))
        return
    space = bench.space
    arch = space.text(result.incumbent) if result.incumbent else _nothing(spec, result)
    click.echo(f"{spec.strategy} on {spec.benchmark}, {spec.dataset}, seed {spec.seed}\n")
    click.echo(f"incumbent  {arch}")
    if result.incumbent:
        click.echo(f"           {space.number_label(result.incumbent)}")
    if spec.constraints:
        click.echo(f"limits     {', '.join(map(str, spec.constraints))}")
    if spec.warm_start:
        click.echo(f"warm start {len(spec.warm_start):,} results of {spec.warm_source}, told before the first trial")
    if spec.opening:
        click.echo(f"opening    {opening.sentence(History.of(events), bench)}")
    value = _with_unit(bench, bench.main, result.main)
    click.echo(f"{bench.main:10} {value} at {counted(result.search_epochs, 'epoch')}, as the search saw it")
    if isinstance(bench, Table):
        _of_table(result, spec, bench)
    else:
        click.echo("test       not looked at by a search; the command train says what it has reached")
    failed = f", {result.n_failures:,} of them failed: {result.first_error}" if result.n_failures else ""
    click.echo(f"trials     {result.trials:,}{failed}\nseconds    {number(result.seconds, 1)}\nsaved in   {path}")


def _of_table(result: Report, spec: RunSpec, bench: Table) -> None:
    """What the table says of the incumbent at full training."""
    metric, name = bench.metrics[bench.reported], bench.reported
    value = _with_unit(bench, name, result.reported)
    click.echo(f"{name:10} {value} at {counted(result.report_epochs, 'epoch')}, full training")
    if own := _fitness(spec):
        click.echo(
            f"fitness    {own}: {number(result.search_value, 4)} as the search saw it, "
            f"{number(result.fitness, 4)} with test metrics at full training"
        )
        click.echo(f"regret     {number(result.regret, 4)} below the best such fitness of the table")
    else:
        among = "within the limits" if spec.constraints else "of the table"
        unit = "points" if metric.unit == "%" else metric.unit
        away = f"{number(result.regret)} {unit}".strip() + (" below" if metric.goal == "max" else " above")
        click.echo(f"regret     {away} the best {metric.title} {among}")


def _with_unit(bench: Benchmark, name: str, value: float) -> str:
    """A value of the metric `name` with its unit."""
    return f"{number(value)} {bench.metrics[name].unit}".strip()


def _nothing(spec: RunSpec, result: Report) -> str:
    if spec.constraints and result.trials:
        limits = " and ".join(map(str, spec.constraints))
        return f"none: none of {result.trials:,} trials keeps {limits}; widen the limit or search longer"
    return "none: no trial ended in this budget"


def _fitness(spec: RunSpec) -> str:
    """The expression that was maximised; "" for metrics."""
    text = spec.objectives[0].metric
    return "" if fitness.is_name(text) else text


def _record(result: Report, events: list[Event], spec: RunSpec, bench: Benchmark) -> dict[str, Any]:
    """The last line of --json: the incumbent, or with several objectives the front."""
    space = bench.space
    tail = {name: getattr(result, name) for name in ("search_epochs", "report_epochs", "trials", "seconds")}
    tail["failures"] = result.n_failures
    if spec.warm_start:
        tail["warm_start"] = {"source": spec.warm_source, "results": len(spec.warm_start)}
    if spec.opening and (pair := opening.advantage(History.of(events))):
        tail["opening"] = {"by": spec.opening_source, "pairs": pair.size, "ahead": pair.ahead, "behind": pair.behind}
        tail["opening"] |= {"difference": pair.difference, "low": pair.low, "high": pair.high}
    if len(spec.objectives) == 1:
        arch = space.text(result.incumbent) if result.incumbent else None
        tested = bench.reported if isinstance(bench, Table) else "test_acc"
        accuracies: dict[str, Any] = {tested: result.reported, "regret": result.regret}
        accuracies = {bench.main: result.main, **{n: v for n, v in accuracies.items() if n != bench.main}}
        if own := _fitness(spec):
            accuracies["fitness"] = {"expression": own, "seen": result.search_value, "reported": result.fitness}
        return {"run": spec.id, "incumbent": arch, **accuracies, **tail}
    best = front(events)
    points = [
        {
            "arch": space.text(t.arch),
            **indices(space, t.arch),
            "values": [o.value(x) for o, x in zip(spec.objectives, t.losses, strict=True)],
        }
        for t in best
    ]
    if isinstance(bench, Table):
        worst = worst_losses(spec.objectives, bench)
        tail["hypervolume"] = pareto.hypervolume(np.array([t.losses for t in best]), worst) if best else 0.0
        tail["reference"] = [o.value(x) for o, x in zip(spec.objectives, worst.tolist(), strict=True)]
    return {"run": spec.id, "objectives": [o.metric for o in spec.objectives], "front": points, **tail}
