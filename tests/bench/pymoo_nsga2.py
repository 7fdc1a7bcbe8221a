"""NSGA-II as pymoo has it, on a table: ours, pymoo's and random search after the same number of trainings.

    python -m tests.bench.pymoo_nsga2 --seeds 0:30 --trials 300

pymoo's own selection, crossover and survival, with the rates of ours: uniform crossover of 0.9, and each decision
changes with 1/6. It draws children again that are equal as strings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import click
import numpy as np
from pymoo.algorithms.moo.nsga2 import NSGA2
from pymoo.core.mutation import Mutation
from pymoo.core.problem import Problem
from pymoo.operators.crossover.ux import UX
from pymoo.operators.sampling.rnd import IntegerRandomSampling
from pymoo.optimize import minimize

from nas_core import benchmarks, searches
from nas_core.cli._searches import seed_list
from nas_core.studies import front_search
from nas_core.studies.fronts import FrontTask
from nas_core.types import Objective

TASKS = (
    ("nats_topology", "cifar10", ("val_acc", "flops_m")),
    ("nats_topology", "cifar10", ("val_acc", "latency_edgegpu_ms")),
    ("nats_topology", "cifar10", ("flops_m", "energy_edgegpu_mj")),
    ("nats_topology", "cifar10", ("val_acc", "flops_m", "energy_edgegpu_mj")),
    ("pocket_topology", "cluttered_digits", ("val_acc", "flops_m")),
    ("pocket_topology", "cluttered_digits", ("val_acc", "latency_cpu_ms")),
)


class OnTable(Problem):
    """The losses of a task, looked up."""

    def __init__(self, task: FrontTask) -> None:
        self.task, self.rows = task, []
        radix = task.table.space.radix
        super().__init__(n_var=len(radix), n_obj=len(task.objectives), xl=0, xu=np.array(radix) - 1, vtype=int)

    def _evaluate(self, x, out, *args, **kwargs):
        rows = [self.task.table.space.index(tuple(arch)) for arch in np.asarray(x, int).tolist()]
        self.rows += rows
        out["F"] = np.where(np.isfinite(self.task.losses[rows]), self.task.losses[rows], 1e9)


class Reset(Mutation):
    """Each decision becomes another option with chance 1/6."""

    def _do(self, problem, X, random_state=None, **kwargs):
        other = (X + random_state.integers(1, problem.xu + 1, X.shape)) % (problem.xu + 1)
        return np.where(random_state.random(X.shape) < 1 / 6, other, X).astype(int)


def pymoo_ends(task: FrontTask, seeds: Sequence[int], trials: int) -> np.ndarray:
    """float64[seeds]: percent of the attainable hypervolume that pymoo's NSGA-II covers after `trials`, a multiple of
    20, evaluations."""
    out = []
    for seed in seeds:
        problem = OnTable(task)
        peer = NSGA2(20, IntegerRandomSampling(), crossover=UX(prob=0.9), mutation=Reset(), eliminate_duplicates=True)
        minimize(problem, peer, ("n_eval", trials), seed=seed)
        assert len(problem.rows) == trials
        out.append(task.share(problem.rows))
    return np.array(out)


def our_ends(task: FrontTask, name: str, seeds: Sequence[int], trials: int) -> np.ndarray:
    """Likewise of the strategy `name`."""
    spec = front_search.specs(task, [name], {}, max_trials=trials)[name]
    traces = [searches.trace(replace(spec, seed=seed), front_search.FrontTrace.of) for seed in seeds]
    return np.array([task.share(trace.front()) for trace in traces])


def task_of(benchmark: str, dataset: str, metrics: Sequence[str]) -> FrontTask:
    """The task with the usual goals of these metrics."""
    table = benchmarks.table(benchmark, dataset)
    return FrontTask(table, tuple(Objective(name, table.metrics[name].goal) for name in metrics))


@click.command()
@click.option("--seeds", default="0:30")
@click.option("--trials", default=300)
def main(seeds: str, trials: int) -> None:
    """A line for each task: mean share and its standard error."""
    numbers = seed_list(seeds)
    for benchmark, dataset, metrics in TASKS:
        task = task_of(benchmark, dataset, metrics)
        groups = [our_ends(task, name, numbers, trials) for name in ("random_search", "nsga2")]
        groups.append(pymoo_ends(task, numbers, trials))
        said = (f"{ends.mean():7.2f} ± {ends.std(ddof=1) / len(ends) ** 0.5:.2f}" for ends in groups)
        click.echo(f"{benchmark:16} {', '.join(metrics):45}random, NSGA-II, pymoo's:{''.join(said)}")


if __name__ == "__main__":
    main()
