"""Is any multi-objective strategy worse than random search somewhere? Every pair of objectives and three triples.

    python -m tests.bench.every_front --benchmark nats_topology --dataset cifar10
    python -m tests.bench.every_front --benchmark pocket_topology --dataset cluttered_digits

Shares of the attainable hypervolume at the end, seed by seed; p is Wilcoxon's, two-sided, after Holm's correction over
the tasks of a strategy. Some twenty minutes for the five quick strategies; ParEGO needs seconds a search.
"""

from __future__ import annotations

from itertools import combinations

import click
import numpy as np

from nas_core import benchmarks
from nas_core.benchmarks import Table
from nas_core.cli.sweep import seed_list
from nas_core.studies import comparison, front_sweep
from nas_core.studies.fronts import Task
from nas_core.types import Objective

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
@click.option("--having", default="", help="Only tasks with this objective.")
def main(benchmark: str, dataset: str, strategies: str, seeds: str, trials: int, having: str) -> None:
    """A line a task, then how often each strategy is better, no different and worse."""
    table, names, found = benchmarks.table(benchmark, dataset), strategies.split(","), []
    for metrics in tasks(table):
        if not having or having in metrics:
            found.append(against_random(table, metrics, names, seed_list(seeds), trials))
            said = "  ".join(f"{p.difference:+6.2f} ({p.low:+.2f} to {p.high:+.2f})" for p in found[-1])
            click.echo(f"{','.join(metrics):55}{said}")
    for name, pairs in zip(names, zip(*found, strict=True), strict=True):
        corrected = np.array(comparison.holm([pair.p for pair in pairs]))
        gaps = np.array([pair.difference for pair in pairs])
        better, worse = int(np.sum((corrected < 0.05) & (gaps > 0))), int(np.sum((corrected < 0.05) & (gaps < 0)))
        lowest = f"mean {gaps.mean():+.2f}, lowest {gaps.min():+.2f} with p {corrected[gaps.argmin()]:.2g}"
        click.echo(f"{name:30}better {better}, no different {len(gaps) - better - worse}, worse {worse}; {lowest}")


def tasks(table: Table) -> list[tuple[str, ...]]:
    """Every pair of what a search sees of a training or a cost, and the triples."""
    costs_and_accuracies = [name for name in table.searchable if table.metrics[name].unit]  # a proxy has no unit
    return [*combinations(costs_and_accuracies, 2), *TRIPLES[table.name]]


def against_random(
    table: Table, metrics: tuple[str, ...], names: list[str], seeds: list[int], trials: int
) -> list[comparison.Paired]:
    """Each strategy compared with random search on these objectives."""
    task = Task(table, tuple(Objective(name, table.metrics[name].goal) for name in metrics))
    ends = {
        name: np.array([task.share(front_sweep.course(s).front()) for s in specs])
        for name in (BASELINE, *names)
        for specs in [front_sweep.specs(task, [name], seeds, trials, {})]
    }
    return [comparison.paired(name, ends[name], BASELINE, ends[BASELINE]) for name in names]


if __name__ == "__main__":
    main()
