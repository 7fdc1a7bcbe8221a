"""The report of a search: its incumbent at full training, and the regret.

A strategy sees validation accuracy at the search fidelity; the report shows test accuracy at full training. A search on
a fitness is reported by the same fitness, with test accuracy in the place of validation accuracy.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from nas_core import fitness, pareto, race
from nas_core.benchmarks import Benchmark, Table
from nas_core.history import History
from nas_core.types import Arch, Constraint, Event, Objective, Stopped, Told, Trial


@dataclass(frozen=True)
class Report:
    """The numbers of one run: nan where the benchmark does not know; the incumbent is None while no trial within the
    run's limits has succeeded."""

    incumbent: Arch | None
    main: float  # the main metric, as the strategy saw it: at `search_epochs`
    reported: float  # the metric by which it is reported, at full training: `report_epochs`
    regret: float  # from the best such value, or fitness, that the run's limits leave; both at full training
    search_epochs: int
    report_epochs: int
    trials: int  # finished ones that count
    n_failures: int  # of them
    first_error: str  # why the first of these failed
    seconds: float  # on the run's clock, at its last event
    search_value: float = math.nan  # the first objective, as the strategy saw it
    fitness: float = math.nan  # of a search on one: its value at full training, by test metrics


def report(events: Iterable[Event], benchmark: Benchmark) -> Report:
    """The report of a run, or of as much of it as there is; the incumbent is the best by the first objective.

    ValueError if `events` do not begin with Started.
    """
    events = list(events)
    history, trials = History.of(events), trainings(events)
    position = int(history.incumbent()[-1]) if trials else -1
    search_epochs = benchmark.search_epochs if isinstance(benchmark, Table) else benchmark.fidelities[-1]
    full, counts = benchmark.fidelities[-1], (len(trials), *history.failures(), _clock(events))
    if position < 0:
        return Report(None, math.nan, math.nan, math.nan, search_epochs, full, *counts)
    best = trials[position]
    limits = history.spec.constraints
    tested = benchmark.reported if isinstance(benchmark, Table) else benchmark.main
    reported, regret = _at_full_training(benchmark, tested, best.arch, limits)
    main = float(best.metrics.get(benchmark.main, math.nan))
    epochs = best.suggestion.epochs or search_epochs
    objective, value = history.spec.objectives[0], math.nan
    if not fitness.is_name(objective.metric):
        value, regret = _at_full_training(benchmark, objective.metric, best.arch, limits)
    search_value = objective.value(best.loss)
    return Report(best.arch, main, reported, regret, epochs, full, *counts, search_value, value)


def _at_full_training(benchmark: Benchmark, text: str, arch: Arch, limits: Sequence[Constraint]) -> tuple[float, float]:
    """(value, regret) of a metric or fitness, from the best within `limits`; nan where the benchmark does not know."""
    if not isinstance(benchmark, Table) or (fitness.is_name(text) and text not in benchmark.metrics):
        return math.nan, math.nan
    signal = race.report_signal(benchmark, text).under(benchmark, limits)
    value = float(signal.column[benchmark.space.index(arch)])
    return value, float(signal.regret(np.array(value)))


def trainings(events: Iterable[Event]) -> list[Trial]:
    """The finished trials that count against a budget, in the order they finished: the rows of a History."""
    return [e.trial for e in events if isinstance(e, Told) and e.trial.suggestion.measure == "train"]


def failure(events: Iterable[Event]) -> str:
    """ "20 of 20 trainings failed: …" with the first reason, if there were trials and none succeeded; else ""."""
    history = History.of(events)
    if not len(history) or np.isfinite(history.losses[:, 0]).any():
        return ""
    return f"{len(history):,} of {len(history):,} trainings failed: {history.failures()[1]}"


def front(events: Iterable[Event]) -> list[Trial]:
    """The trials within the run's limits that no other of them beats on all objectives; one of each architecture."""
    events = list(events)
    inside = History.of(events).feasible()
    trials = list({t.arch: t for t, ok in zip(trainings(events), inside, strict=True) if ok}.values())
    if not trials:
        return []
    keep = pareto.non_dominated(np.array([t.losses for t in trials], float))
    return [t for t, on_front in zip(trials, keep, strict=True) if on_front]


def worst_losses(objectives: Sequence[Objective], table: Table) -> np.ndarray:
    """float64[m]: the worst loss of each objective in the whole table, as a search sees it.

    As a reference point it is the same for every strategy and seed, so hypervolumes can be compared.
    """
    names = {name for o in objectives for name in fitness.parse(o.metric, table.metrics).names}
    values = {name: table.search_column(name) for name in names}
    return np.array([np.nanmax(o.loss(fitness.parse(o.metric, values)(values))) for o in objectives])


def _clock(events: Sequence[Event]) -> float:
    last = events[-1]
    if isinstance(last, Stopped):
        return last.at
    return max((e.trial.end for e in events if isinstance(e, Told)), default=0.0)
