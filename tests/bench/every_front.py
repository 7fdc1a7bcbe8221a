"""Is any multi-objective strategy worse than random search somewhere? Every pair of objectives and three triples.

    python -m tests.bench.every_front --benchmark nats_topology --dataset cifar10
    python -m tests.bench.every_front --benchmark pocket_topology --dataset cluttered_digits

Shares of the attainable hypervolume at the end, seed by seed; p is Wilcoxon's, two-sided, after Holm's correction over
the tasks of a strategy. Some twenty minutes for the five quick strategies; ParEGO needs seconds a search.
"""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

import click
import numpy as np
from scipy.stats import bootstrap, wilcoxon

from nas_core import benchmarks, searches
from nas_core.benchmarks import Table
from nas_core.cli.sweep import seed_list
from nas_core.studies import front_search
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


class Gap(NamedTuple):
    """How much more than random search a strategy covers, over paired seeds."""

    mean: float
    low: float  # 95 % bootstrap interval
    high: float
    p: float  # Wilcoxon's signed-rank test, two-sided


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
            said = "  ".join(f"{gap.mean:+6.2f} ({gap.low:+.2f} to {gap.high:+.2f})" for gap in found[-1])
            click.echo(f"{','.join(metrics):55}{said}")
    for name, gaps in zip(names, zip(*found, strict=True), strict=True):
        p, means = holm([gap.p for gap in gaps]), np.array([gap.mean for gap in gaps])
        better, worse = int(np.sum((p < 0.05) & (means > 0))), int(np.sum((p < 0.05) & (means < 0)))
        lowest = f"mean {means.mean():+.2f}, lowest {means.min():+.2f} with p {p[means.argmin()]:.2g}"
        click.echo(f"{name:30}better {better}, no different {len(p) - better - worse}, worse {worse}; {lowest}")


def tasks(table: Table) -> list[tuple[str, ...]]:
    """Every pair of what a search sees of a training or a cost, and the triples."""
    accuracies_and_costs = [name for name in table.searchable if table.metrics[name].unit]  # a proxy has no unit
    return [*combinations(accuracies_and_costs, 2), *TRIPLES[table.name]]


def against_random(
    table: Table, metrics: tuple[str, ...], names: list[str], seeds: list[int], trials: int
) -> list[Gap]:
    """Each strategy compared with random search on these objectives."""
    task = Task(table, tuple(Objective(name, table.metrics[name].goal) for name in metrics))
    ends = {
        name: np.array([task.share(searches.trace(s, front_search.FrontTrace.of).front()) for s in specs])
        for name in (BASELINE, *names)
        for specs in [front_search.specs(task, [name], seeds, trials, {})]
    }
    return [gap(ends[name] - ends[BASELINE]) for name in names]


def gap(differences: np.ndarray) -> Gap:
    """Of differences float64[seeds], two seeds at least."""
    if np.ptp(differences) == 0:
        return Gap(differences[0], differences[0], differences[0], 1.0)
    drawn = bootstrap((differences,), np.mean, n_resamples=5000, method="percentile", rng=np.random.default_rng(0))
    return Gap(differences.mean(), *drawn.confidence_interval, wilcoxon(differences[differences != 0]).pvalue)


def holm(p: list[float]) -> np.ndarray:
    """float64[n]: p after Holm's step-down correction (1979)."""
    order, adjusted = np.argsort(p), np.empty(len(p))
    adjusted[order] = np.minimum(np.maximum.accumulate(np.sort(p) * np.arange(len(p), 0, -1)), 1.0)
    return adjusted


if __name__ == "__main__":
    main()
