"""For notebooks: several strategies on one table, run at several seeds, compared by the test of the pages, drawn."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from nas_core import benchmarks, plugins, race, searches, strategies
from nas_core.benchmarks import Table
from nas_core.charts import race_lines
from nas_core.charts.curves import Frame
from nas_core.datasets import Dataset
from nas_core.race import Signal, Trace
from nas_core.strategies import Strategy
from nas_core.studies.compare import races, sentences
from nas_core.studies.compare.claims import Claims
from nas_core.types import RunSpec
from nas_core.values import capitalised

if TYPE_CHECKING:
    import altair as alt

AXES = {"trials": "networks trained", "seconds": "seconds"}


@dataclass(frozen=True, eq=False)
class Comparison:
    """Finished searches side by side. As the last line of a notebook cell it shows its chart; `print` says who won."""

    traces: list[Trace]
    table: Table

    @property
    def objective(self) -> str:
        """The metric or fitness that the searches looked at."""
        return self.traces[0].spec.objectives[0].metric

    @cached_property
    def signal(self) -> Signal:
        """The incumbent's value as the searches saw it."""
        return race.search_signal(self.table, self.objective, self.traces[0].spec.objectives[0].goal)

    @cached_property
    def groups(self) -> dict[str, list[Trace]]:
        """{label: the runs of one strategy}."""
        return race.entrants(self.traces)

    @cached_property
    def claims(self) -> Claims:
        """What the ends of the searches show: two-sided, paired by seed, corrected for all pairs."""
        return Claims.of(races.ends(self.groups, self.signal), self.signal.goal, self.signal.unit)

    @property
    def results(self) -> pd.DataFrame:
        """A row for each strategy, best median first: runs, mean, quartiles, mean regret, mean trials and seconds."""
        rows = []
        for row in race.results(self.groups, self.signal):
            low, median, high = row.quantiles()
            mean = float(row.values.mean())
            rows.append((row.label, row.runs, mean, low, median, high, row.regret, row.trials, row.seconds))
        columns = ["strategy", "runs", "mean", "quartile 1", "median", "quartile 3", "regret", "trials", "seconds"]
        return pd.DataFrame(rows, columns=columns).set_index("strategy")

    def chart(self, axis: str = "trials") -> alt.LayerChart:
        """Median and middle half of each strategy's runs over "trials" or "seconds"; ValueError for another axis."""
        if axis not in AXES:
            raise ValueError(f"the axis must be {' or '.join(AXES)}, not {axis!r}")
        at = race.grid(self.traces, axis)
        chart = race_lines.lines(self.groups, self.signal, axis, at, strategies.names())
        settled = len(at) // 25  # the first few trials would take half of the height
        low = min(float(np.nanmin(line.low[settled:])) for line in chart)
        high = max(float(np.nanmax(line.high[settled:])) for line in chart)
        frame = Frame(at, AXES[axis], self.signal.title, self.signal.unit, low=low, high=high)
        return race_lines.chart(chart, frame, sentences.headline(self.claims))

    def __str__(self) -> str:
        pairs = self.claims.pairs if len(self.claims.names) > 2 else []
        return "\n".join([sentences.headline(self.claims), *(capitalised(sentences.sentence(p)) for p in pairs)])

    def _repr_mimebundle_(self, *args: Any, **kwargs: Any) -> Any:
        return self.chart()._repr_mimebundle_(*args, **kwargs)


def compare(
    *entrants: str | type[Strategy],
    benchmark: str = "pocket_topology",
    dataset: str = "",
    seeds: int | Iterable[int] = 10,
    processes: int = 1,
    **spec: Any,
) -> Comparison:
    """Run every strategy at every seed, and compare the ends.

    entrants: names or aliases of strategies, or registered classes. benchmark: of a table. dataset: its first by
    default. seeds: how many, from 0 on, or which. spec: what else `RunSpec` takes, such as `max_trials` or
    `objectives`, the same for all. processes: how many search side by side; they do not know what a notebook
    has registered. ValueError for what cannot run; RuntimeError if a search fails.
    """
    if not entrants:
        raise ValueError(f"name at least one strategy; there are: {', '.join(strategies.names())}")
    dataset = dataset or plugins.get(benchmarks.Benchmark, benchmark).datasets[0]  # type: ignore[type-abstract]
    names = [strategies.resolve(entrant if isinstance(entrant, str) else entrant.name) for entrant in entrants]
    if processes > 1 and not hasattr(sys.modules["__main__"], "__file__"):  # a script runs anew in each of them
        _check_known_elsewhere(names, benchmark, dataset)
    table = benchmarks.table(benchmark, dataset, **spec.get("benchmark_params", {}))
    specs = [
        RunSpec(benchmark, dataset, strategy, seed=seed, **spec)
        for seed in (range(seeds) if isinstance(seeds, int) else seeds)
        for strategy in names
    ]
    if len(specs[0].objectives) > 1:
        raise ValueError("compare takes searches on one objective; for several use the command front")
    stream = searches.traces(searches.each(specs, processes=processes))
    return Comparison([trace for trace in stream if isinstance(trace, Trace)], table)


def _check_known_elsewhere(names: Sequence[str], benchmark: str, dataset: str) -> None:
    """ValueError in one sentence for what only this process knows."""
    used: list[tuple[Any, str]] = [(benchmarks.Benchmark, benchmark), (Dataset, dataset)]
    for base, name in [*used, *((Strategy, name) for name in names)]:
        plugin = plugins.find(base).get(name)
        if plugin is not None and plugins.registered(plugin):
            raise ValueError(
                f"{name} is registered in this notebook, and other processes do not know it; leave processes at 1, or "
                "put it into an installed package"
            )
