"""`worlds`: do strategies keep their order from one table to the next?"""

from __future__ import annotations

from typing import Any

import click
import numpy as np

from nas_core import datasets, plugins, race
from nas_core.benchmarks import Benchmark, Table
from nas_core.cli._options import open_table, processes_option, run_folder
from nas_core.cli._output import emit, json_option, number, table
from nas_core.cli._searches import entries_of, follow, seed_list, seeds_option
from nas_core.race import Trace
from nas_core.studies.compare.worlds import Worlds


@click.command("worlds")
@click.option("--strategies", required=True, help="Names or aliases separated by commas; see: list strategies.")
@click.option(
    "--tasks", help="Such as pocket_topology/banking77,nas_bench_graph/cora. [default: every table that is here]"
)
@seeds_option
@click.option("--trials", type=click.IntRange(min=1), required=True, help="Trainings of each search.")
@processes_option
@json_option
def command(strategies: str, tasks: str | None, seeds: str, trials: int, processes: int, as_json: bool) -> None:
    """Rank strategies on many tasks by what their incumbents reach in full training, and say whether the order holds.

    On each task the mean over seeds decides. What was searched before, also by `sweep`, is not repeated.
    """
    options = {"trials": trials, "seconds": None, "workers": 1, "limits": ()}
    options |= dict.fromkeys(("objective", "fitness", "warm_start"))
    tables = {f"{benchmark}/{dataset}": open_table(benchmark, dataset) for benchmark, dataset in _tasks(tasks)}
    plans = {name: entries_of(strategies, options, bench) for name, bench in tables.items()}  # checked before any runs
    if len(next(iter(plans.values()))) < 2:
        raise ValueError(f"an order needs two strategies; --strategies names only {strategies}")
    means = {}
    for name, entries in plans.items():
        groups = follow(entries, seed_list(seeds), processes, run_folder("sweeps"), name)
        means[name] = {label: _mean(tables[name], traces) for label, traces in groups.items()}
    _show(means, tables, as_json)


def _tasks(text: str | None) -> list[tuple[str, str]]:
    """(benchmark, dataset) of each; ValueError for what is not written so."""
    if text is None:
        tables: dict[str, type[Benchmark]] = plugins.find(Benchmark)  # type: ignore[type-abstract]
        here = {name: plugin for name, plugin in tables.items() if issubclass(plugin, Table)}
        worlds = [(name, d) for name, plugin in here.items() for d in plugin.datasets if datasets.original(d) == d]
        return [(name, d) for name, d in worlds if not here[name].missing(d)]
    tasks = [tuple(part.strip().split("/")) for part in text.split(",")]
    if wrong := [task for task in tasks if len(task) != 2]:
        raise ValueError(f"{'/'.join(wrong[0])!r} is not a task; write benchmark/dataset, such as nas_bench_graph/cora")
    return [(benchmark, dataset) for benchmark, dataset in tasks]


def _mean(bench: Table, traces: list[Trace]) -> float:
    """Over seeds, of what is reported of the incumbents."""
    signal = race.report_signal(bench, bench.reported)
    return float(np.nanmean([signal.of(trace)[-1] for trace in traces if len(trace)]))


def _show(means: dict[str, dict[str, float]], tables: dict[str, Table], as_json: bool) -> None:
    signs = {name: 1 if bench.metrics[bench.reported].goal == "max" else -1 for name, bench in tables.items()}
    order = Worlds.of({name: {s: signs[name] * v for s, v in row.items()} for name, row in means.items()})
    if as_json:
        emit(
            {
                "tasks": means,
                "ranks": {name: ranks.tolist() for name, ranks in order.ranks.items()},
                "mean_ranks": order.means,
                "critical_difference": order.critical,
                "agreement": order.agreement,
                "p": order.p,
            }
        )
        return
    rows: list[Any] = []
    for name, ranks in order.ranks.items():
        apart = [other for other, mean in order.means.items() if mean > ranks.mean() + order.critical]
        rows.append((name, number(ranks.mean()), f"{ranks.min():g} to {ranks.max():g}", ", ".join(apart)))
    click.echo(f"Ranks on {len(order.tasks)} tasks, 1 is best\n")
    table(("strategy", "mean rank", "from", "ahead of"), rows)
    click.echo(
        f"\nMean ranks that lie {order.critical:.2f} apart differ (Nemenyi, 5 %). That all strategies are the same has "
        f"p {order.p:.2g} (Friedman). The orders agree with Kendall's W {order.agreement:.2f}; 1 is the same order "
        "everywhere."
    )
