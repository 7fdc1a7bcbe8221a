"""Is any multi-objective strategy worse than random search somewhere? Every pair of objectives and three triples.

    python -m tests.bench.every_front --benchmark nats_topology --dataset cifar10
    python -m tests.bench.every_front --benchmark pocket_topology --dataset cluttered_digits

Shares of the attainable hypervolume at the end, compared as the Pareto page and `front` compare them: each task is one
comparison of all the strategies. Some twenty minutes for the five quick strategies; ParEGO takes 3 s a search,
two hours in all. What was searched is kept in the data folder, so the same command goes on where it was stopped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import click
import numpy as np

from nas_core import benchmarks, searches
from nas_core.benchmarks import Table
from nas_core.child import TICK
from nas_core.cli._options import run_folder
from nas_core.cli._searches import seed_list
from nas_core.studies import front_search
from nas_core.studies.compare.pairs import Pair
from nas_core.studies.front_search import FrontTrace
from nas_core.studies.fronts import FrontTask
from nas_core.sweep import Compact
from nas_core.types import Objective, RunSpec

BASELINE = "random_search"
TRIPLES = {
    "nats_topology": (
        ("val_acc", "flops_m", "energy_edgegpu_mj"),
        ("val_acc", "params_m", "latency_raspi4_ms"),
        ("val_acc", "latency_edgegpu_ms", "energy_eyeriss_mj"),
    ),
    "pocket_topology": (
        ("val_acc", "flops_m", "latency_cpu_ms"),
        ("val_acc", "params_m", "memory_mb"),
        ("val_loss", "energy_model_uj", "train_s"),
    ),
}


@click.command()
@click.option("--benchmark", type=click.Choice(list(TRIPLES)), default="pocket_topology")
@click.option("--dataset", default="cluttered_digits")
@click.option("--strategies", default="nsga2,moead,mo_regularized_evolution,pareto_local_search")
@click.option("--seeds", default="0:20")
@click.option("--trials", default=150)
@click.option("--processes", default=1)
@click.option("--having", default="", help="Only tasks with this objective.")
def main(benchmark: str, dataset: str, strategies: str, seeds: str, trials: int, processes: int, having: str) -> None:
    """A line a task, then how often each strategy is better, no different and worse."""
    table, names, found = benchmarks.table(benchmark, dataset), strategies.split(","), []
    sink = Compact(run_folder("sweeps"), FrontTrace)
    for metrics in tasks(table):
        if not having or having in metrics:
            task = FrontTask(table, tuple(Objective(name, table.metrics[name].goal) for name in metrics))
            settings = front_search.specs(task, [BASELINE, *names], {}, max_trials=trials)
            plan = [replace(spec, seed=seed) for spec in settings.values() for seed in seed_list(seeds)]
            pairs = against_random(task, plan, sink, processes)
            found.append([pairs[name] for name in names])
            said = "  ".join(f"{pair.difference:+6.2f} ({pair.low:+.2f} to {pair.high:+.2f})" for pair in found[-1])
            click.echo(f"{','.join(metrics):55}{said}")
    for name, of_name in zip(names, zip(*found, strict=True), strict=True):
        better, worse = (sum(winner == pair.winner for pair in of_name) for winner in (name, BASELINE))
        lowest = min(of_name, key=lambda pair: pair.difference)
        click.echo(
            f"{name:30}better {better}, no different {len(found) - better - worse}, worse {worse}; "
            f"mean {np.mean([pair.difference for pair in of_name]):+.2f}, "
            f"lowest {lowest.difference:+.2f} with p {lowest.p:.2g}"
        )


def tasks(table: Table) -> list[tuple[str, ...]]:
    """Every pair of what a search sees of a training or a cost, and the triples."""
    accuracies_and_costs = [name for name in table.searchable if table.metrics[name].unit]  # a proxy has no unit
    return [*combinations(accuracies_and_costs, 2), *TRIPLES[table.name]]


def against_random(task: FrontTask, plan: Sequence[RunSpec], sink: Compact, processes: int) -> dict[str, Pair]:
    """Each strategy compared with random search on this task, beside all the others."""
    stream = searches.traces(searches.each(plan, read=FrontTrace.of, sink=sink, processes=processes))
    found = {trace.spec.id: trace for trace in stream if trace is not TICK}
    groups: dict[str, list[FrontTrace]] = {}
    for spec in plan:
        groups.setdefault(spec.strategy, []).append(found[spec.id])
    ends = {name: np.array([task.share(trace.front()) for trace in traces]) for name, traces in groups.items()}
    return front_search.claims(groups, ends, f"{plan[0].max_trials} trainings").against(BASELINE)


if __name__ == "__main__":
    main()
