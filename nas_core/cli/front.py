"""`front`: the exact Pareto front of a table, what each step along it costs, and how much of it searches find."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import click
import numpy as np

from nas_core import fitness, searches
from nas_core.child import TICK
from nas_core.cli import _claims
from nas_core.cli._options import (
    benchmark_options,
    benchmark_set_option,
    benchmark_settings,
    indices,
    limit_option,
    objectives_of,
    open_table,
    processes_option,
    run_folder,
    shelf,
    warm_start_option,
)
from nas_core.cli._output import emit, json_option, number, table
from nas_core.cli._searches import mean_and_std, seed_list, seeds_option, with_results
from nas_core.cli._steps import following
from nas_core.experiment_file import Experiment
from nas_core.strategies import resolve
from nas_core.studies.compare.claims import Claims
from nas_core.studies.compare.pairs import Pair
from nas_core.studies.compare.sentences import failure, fruitless, nothing
from nas_core.studies.front_clock import Clock
from nas_core.studies.front_search import SHARE, FrontTrace, specs
from nas_core.studies.fronts import MOST_OBJECTIVES, FrontTask, trade
from nas_core.sweep import Compact
from nas_core.types import RunSpec

BASELINE = "random_search"
TRIALS = 200  # of each search, where nothing else is said


@click.command("front")
@benchmark_options
@benchmark_set_option
@click.option(
    "--objectives",
    help="Two to four metrics separated by commas; validation metrics are those that a search sees. flops_m:max turns "
    "one around. [default: test_acc,flops_m, or the main metric of a table without them]",
)
@limit_option
@click.option(
    "--reference",
    metavar="A,B,…",
    help="Where the hypervolume begins, a number an objective. [default: the worst of the table]",
)
@click.option(
    "--strategies", help="Also search with these, separated by commas, and say how much of the front they find."
)
@seeds_option
@click.option("--trials", type=click.IntRange(min=1), help=f"Trials of each search. [default: {TRIALS}, or no limit]")
@click.option("--seconds", type=click.FloatRange(min=0), help="Budget of each search in seconds on its own clock.")
@click.option("--workers", type=click.IntRange(min=1), default=1, show_default=True, help="Trials at a time.")
@warm_start_option
@processes_option
@click.option("--fresh", is_flag=True, help="Repeat searches even if they are saved.")
@click.option("--name", help="Keep the searches as an experiment of this name; see: experiment.")
@json_option
def command(
    benchmark: str,
    dataset: str | None,
    benchmark_params: dict[str, str],
    objectives: str | None,
    limits: tuple[str, ...],
    reference: str | None,
    strategies: str | None,
    seeds: str,
    trials: int | None,
    seconds: float | None,
    workers: int,
    warm_start: str | None,
    processes: int,
    fresh: bool,
    name: str | None,
    as_json: bool,
) -> None:
    """Show the architectures that no other one beats on all objectives.

    With --strategies: the share of the exact front's hypervolume that each covers in the end, over all seeds, and
    whether it beats random search: two-sided, corrected for all pairs of the strategies, as on the page Search.
    """
    bench = open_table(benchmark, dataset, benchmark_params)
    objectives = objectives or f"{bench.reported},flops_m"
    objective_list = objectives_of(bench, objectives, None)
    if not 2 <= len({o.metric for o in objective_list}) == len(objective_list) <= MOST_OBJECTIVES:
        raise ValueError(f"a front needs 2 to {MOST_OBJECTIVES} different objectives, not {objectives!r}")
    constraints = fitness.limits(limits, bench.metrics)
    task = FrontTask(bench, objective_list, constraints, worst=_numbers(reference, len(objective_list)))
    if task.empty:
        raise RuntimeError(task.empty)
    if strategies and task.outside:
        raise (ValueError if reference else RuntimeError)(task.outside)
    if name is not None and not strategies:
        raise ValueError("--name keeps searches; say with --strategies which")
    by_strategy = {}
    if strategies:
        names = dict.fromkeys(resolve(name.strip()) for name in strategies.split(","))
        trials = TRIALS if trials is None and seconds is None else trials
        budget = dict(max_trials=trials, max_seconds=seconds, workers=workers)
        plan = specs(task, [*names], benchmark_settings(bench), **budget)
        if warm_start:
            plan = with_results(plan, warm_start, bench)
        by_strategy = _search(plan, task, seed_list(seeds), processes, fresh, name)
    rows = _rows(task, by_strategy) if by_strategy else []
    if as_json:
        emit(_record(task) | ({"rows": rows} if rows else {}))
        return
    _show(task)
    if rows:
        _show_searches(rows, Clock.of([t for runs in by_strategy.values() for t in runs]))
        for strategy, runs in by_strategy.items():
            if sentence := failure(runs):
                click.echo(f"{strategy}: {sentence}")


def _numbers(text: str | None, count: int) -> tuple[float, ...]:
    if text is None:
        return ()
    try:
        numbers = tuple(float(part) for part in text.split(","))
    except ValueError:
        numbers = ()
    if len(numbers) != count or not all(map(math.isfinite, numbers)):
        raise ValueError(f"--reference {text!r} must be {count} numbers separated by commas, one for each objective")
    return numbers


def _record(task: FrontTask) -> dict[str, Any]:
    space = task.table.space
    reference = [o.value(x) for o, x in zip(task.objectives, task.reference.tolist(), strict=True)]
    return {
        "objectives": [o.metric for o in task.objectives],
        "epochs": [task.epochs(i) for i in range(len(task.objectives))],
        "points": [
            {"arch": space.text(arch), **indices(space, arch), "values": task.values[row].tolist()}
            for row, arch in ((row, space.arch(row)) for row in task.front.tolist())
        ],
        "hypervolume": task.attainable,
        "reference": reference,
        "knee": space.text(space.arch(task.knee)),
    }


def _search(
    settings: Mapping[str, RunSpec],
    task: FrontTask,
    seeds: list[int],
    processes: int,
    fresh: bool,
    experiment: str | None,
) -> dict[str, list[FrontTrace]]:
    """{strategy: its runs in order of seed}; RuntimeError if no trial of any has succeeded.

    experiment: the name under which the searches are kept.
    """
    traces: dict[str, list[FrontTrace]] = {name: [] for name in settings}
    plan = [replace(spec, seed=seed) for spec in settings.values() for seed in seeds]
    if experiment is not None:
        shelf().keep(Experiment(experiment, dict(settings), tuple(seeds)))
    sink = Compact(run_folder("sweeps"), FrontTrace)
    if fresh:
        sink.delete(plan)
    stream = searches.traces(searches.each(plan, read=FrontTrace.of, sink=sink, processes=processes))
    with following(stream, "searching", len(plan)) as bar:
        for trace in filter(lambda item: item is not TICK, stream):
            traces[trace.spec.strategy].append(trace)
            bar.update(1)
    runs = [trace for group in traces.values() for trace in group]
    if fruitless(runs):
        raise RuntimeError(nothing(runs, SHARE, task.table))
    return {name: sorted(group, key=lambda trace: trace.spec.seed) for name, group in traces.items()}


def _rows(task: FrontTask, by_strategy: Mapping[str, Sequence[FrontTrace]]) -> list[dict[str, Any]]:
    """A row for each strategy, of the percent of the attainable hypervolume that its runs cover at their end."""
    ends = {name: {c.spec.seed: task.share(c.front()) for c in runs} for name, runs in by_strategy.items()}
    pairs = Claims.of(ends).against(BASELINE)
    rows = [_row(name, np.array(list(shares.values())), pairs.get(name)) for name, shares in ends.items()]
    return [row | {"failures": sum(c.n_failures for c in by_strategy[row["strategy"]])} for row in rows]


def _row(name: str, values: np.ndarray, pair: Pair | None) -> dict[str, Any]:
    row = {"strategy": name, "n": len(values), "median": float(np.median(values)), **mean_and_std(values)}
    return row | _claims.fields(pair)


def _show_searches(rows: Sequence[Mapping[str, Any]], clock: Clock) -> None:
    after = f"{clock.last:,} {'seconds' if clock.by_time else 'trials'}"
    click.echo(f"\nShare of the attainable hypervolume after {after}, in percent\n")
    lines = []
    for row in rows:
        numbers = (number(row[n]) for n in ("median", "mean", "std"))
        lines.append((row["strategy"], str(row["n"]), *numbers, *_claims.cells(row)))
    compared = _claims.header(BASELINE) if any("p" in row for row in rows) else ()
    table(("strategy", "n", "median", "mean", "std", *compared), lines)


def _show(task: FrontTask) -> None:
    space, front = task.table.space, task.front.tolist()
    header = (
        *(task.label(i) for i in range(len(task.objectives))),
        "",
        "architecture",
        "numbers",
        "from the one before",
    )
    rows = []
    for position, row in enumerate(front):
        step = trade(task, front[position - 1], row) if position else ""
        values = (number(v, 4) for v in task.values[row].tolist())
        arch = space.arch(row)
        rows.append((*values, "knee" if row == task.knee else "", space.text(arch), space.number_label(arch), step))
    table(header, rows)
    ends = ", ".join(number(o.value(x), 4) for o, x in zip(task.objectives, task.reference.tolist(), strict=True))
    volume = task.outside or f"hypervolume {task.attainable:.6g} up to the reference point {ends}"
    click.echo(f"\n{len(front)} {'architecture' if len(front) == 1 else 'architectures'}, {volume}")
