"""Runs a strategy on a benchmark and yields the events.

`run` is a generator of events. Nothing happens unless it is iterated; closing it stops the run; a file, a page, a
progress bar and a test all read the same stream. Given the events of an interrupted run it
replays them to the strategy, checks that it would ask the same again, and goes on.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

import nas_core
from nas_core import benchmarks, fitness, marks, plugins, strategies, warm_start
from nas_core.benchmarks import Benchmark
from nas_core.benchmarks.tables.noise import of_run
from nas_core.checkpoints import Checkpoints
from nas_core.executors import SerialExecutor
from nas_core.losses import Losses, criteria, metrics_of
from nas_core.pools import ExecutorPool, SimulatedPool, TrialSeeds
from nas_core.strategies import Strategy
from nas_core.types import Asked, Event, Outcome, RunSpec, Started, Stopped, Suggestion, Told, Trial, is_test

P = TypeVar("P", Strategy, Benchmark)
STANDSTILL = 10_000  # trials in a row that take no time, after which a budget in seconds is taken to be endless


class ReplayError(RuntimeError):
    """A saved run no longer follows from its spec."""


def check(spec: RunSpec) -> Benchmark:
    """The benchmark of `spec`; ValueError in one sentence if any part of the spec cannot run."""
    return _parts(spec)[1]


def _parts(
    spec: RunSpec, strategy: Strategy | None = None, benchmark: Benchmark | None = None
) -> tuple[Strategy, Benchmark]:
    """The strategy and the benchmark of a spec that can run, or those given if they are what it describes."""
    strategy = _check_description(strategy, spec.strategy, spec.params) or strategies.create(
        spec.strategy, **spec.params
    )
    where = {**spec.benchmark_params, "dataset": spec.dataset}
    benchmark = _check_description(benchmark, spec.benchmark, where) or benchmarks.create(
        spec.benchmark, spec.dataset, **spec.benchmark_params
    )
    if spec.max_trials is None and not benchmark.timed:
        raise ValueError(
            f"{spec.benchmark} does not know how long trainings take, so a budget in seconds is meaningless; "
            f"give max_trials"
        )
    if len(spec.objectives) > 1 and not strategy.many_objectives:
        raise ValueError(
            f"{spec.strategy} searches on one objective, not on {len(spec.objectives)}; "
            f"choose a multi-objective strategy such as nsga2, or combine the objectives into one"
        )
    if spec.constraints and strategy.trains_weights:
        raise ValueError(
            f"{spec.strategy} chooses by shared weights alone and cannot respect a limit; remove the limit"
        )
    if wrong := next((c.metric for c in spec.constraints if not fitness.is_name(c.metric)), ""):
        raise ValueError(f"a limit is set on one metric, and {wrong!r} is an expression; search on that instead")
    warm_start.check(spec, strategy, benchmark)
    metrics: list[str] = []
    for text in criteria(spec):
        metrics += (text,) if fitness.is_name(text) else fitness.searchable(text, benchmark.metrics).names
    for metric in metrics:
        if is_test(metric):
            raise ValueError(f"a search may not see {metric}; search on val_acc and report {metric} afterwards")
        if metric not in benchmark.metrics:
            names = ", ".join(benchmark.searchable)
            raise ValueError(f"{spec.benchmark} has no metric {metric!r} to search on; there are: {names}")
    return strategy, of_run(benchmark, spec.seed).with_local(metrics)


def _check_description(plugin: P | None, name: str, params: Mapping[str, Any]) -> P | None:
    """`plugin`; ValueError if it is not the one that a spec describes by `name` and `params`."""
    if plugin is None:
        return None
    described = plugins.settings(type(plugin)(**params))
    if (plugin.name, actual := plugins.settings(plugin)) != (name, described):
        raise ValueError(f"the spec describes {name} with {described}, but {plugin.name} with {actual} was given")
    return plugin


def run(
    spec: RunSpec,
    executor: Executor | None = None,
    log: Iterable[Event] = (),
    checkpoints: Checkpoints | None = None,
    strategy: Strategy | None = None,
    benchmark: Benchmark | None = None,
) -> Iterator[Event]:
    """Yield the events of the run that `spec` describes; events already in `log` are replayed and not yielded again.

    A simulated benchmark needs no executor. A strategy that trains weights is saved to `checkpoints` after every event
    that was taken, and continues from there; without them, replay trains it again. `strategy` and `benchmark` are
    instances to use instead of new ones, such as of classes that no menu lists; they must be what `spec` describes.
    Raises ValueError for a spec that cannot run, ReplayError if `log` does not follow from it.
    """
    strategy, benchmark = _parts(spec, strategy, benchmark)
    if benchmark.simulated:
        pool: SimulatedPool | ExecutorPool = SimulatedPool(benchmark)
    else:
        pool = ExecutorPool(benchmark, executor or SerialExecutor())
    problem = strategies.Problem(
        benchmark.space,
        spec.objectives,
        spec.constraints,
        benchmark.fidelities,
        benchmark.resumable,
        spec.max_trials,
        spec.max_seconds,
        benchmark.proxies if strategy.asks_proxies else (),
        spec.dataset,
        benchmark.dataset_params,
        frozenset(text for text in criteria(spec) if all(benchmark.metrics[name].shared for name in metrics_of(text))),
    )
    strategy.start(problem, np.random.default_rng([spec.seed, 0]))
    loop = _Loop(spec, strategy, pool)
    if spec.opening:
        loop.strategy = warm_start.Opening(strategy, spec, benchmark, loop.visible)
    elif spec.warm_start:
        strategy.warm_start([loop.visible(trial) for trial in warm_start.trials(spec, benchmark)])
    log = list(log)
    checkpoints = checkpoints if strategy.trains_weights else None
    if loop.replay(log, checkpoints.load(strategy, len(log)) if checkpoints else 0):
        return
    if not log:
        yield Started(spec, nas_core.__version__, marks.mark(benchmark))
    try:
        for count, event in enumerate(loop.go(), max(len(log), 1) + 1):
            yield event
            if checkpoints:
                checkpoints.save(strategy, count)
        if checkpoints:
            checkpoints.clear()
    finally:
        pool.close()


class _Loop:
    """The state of a run between two events."""

    def __init__(self, spec: RunSpec, strategy: strategies.Strategy, pool: SimulatedPool | ExecutorPool) -> None:
        self.spec, self.pool = spec, pool
        self.strategy: strategies.Strategy | warm_start.Opening = strategy
        self.pending: dict[int, Asked] = {}
        self.n_asks = self.trials = 0  # all asks; those that count against max_trials
        self.losses, self.seeds = Losses(spec), TrialSeeds(spec.seed, pool.benchmark)
        self.over = False  # the strategy has spent the rest of the budget itself
        self.still = 0  # trials in a row that took no time
        self.max_seconds = math.inf if spec.max_seconds is None else spec.max_seconds
        self.max_trials = math.inf if spec.max_trials is None else spec.max_trials

    def replay(self, log: list[Event], n_events: int = 0) -> bool:
        """Bring the strategy to where `log` ends; True if the run is over. It has seen the first `n_events` events."""
        now = 0.0
        for position, event in enumerate(log):
            match event:
                case Started(spec, _, table):
                    self._check_start(spec, table)
                case Asked(number, suggestion, at):
                    if number != self.n_asks:
                        raise ReplayError(f"run {self.spec.id} is damaged: trial {self.n_asks} is missing")
                    if position >= n_events:
                        self._ask_again(number, suggestion)
                    self._count(event)
                    now = max(now, at)
                case Told(trial):
                    if self.pending.pop(trial.number, None) is None:
                        raise ReplayError(
                            f"run {self.spec.id} is damaged: trial {trial.number} was answered but not asked"
                        )
                    if position >= n_events:
                        self._tell(trial)
                    now = max(now, trial.end)
                case Stopped():
                    return True
        self.pool.now = now
        for number, event in sorted(self.pending.items()):  # evaluations that were interrupted
            self.pool.retry(number, event.suggestion, self.seeds.of(number), event.at)
        return False

    def _ask_again(self, number: int, suggestion: Suggestion) -> None:
        again = self.strategy.ask()
        if again is None or not suggestion.same_question(again):
            raise ReplayError(
                f"run {self.spec.id} cannot be continued: trial {number} asked for {suggestion.arch} and "
                f"{self.spec.strategy} would now ask for {again.arch if again else 'nothing'}. The "
                f"strategy has changed since; run it again with --fresh."
            )

    def _check_start(self, spec: RunSpec, table: str) -> None:
        if spec.id != self.spec.id:
            raise ReplayError(f"run {self.spec.id} cannot be continued with the events of run {spec.id}")
        if reason := marks.replaced(self.pool.benchmark, table):
            raise ReplayError(
                f"run {spec.id} cannot be continued: {reason} since it was started. Run it again with --fresh."
            )

    def _count(self, event: Asked) -> None:
        self.n_asks = event.number + 1
        self.seeds.note(event.number, event.suggestion)
        self.trials += event.suggestion.measure == "train"
        if event.suggestion.measure != "derive":
            self.pending[event.number] = event

    def go(self) -> Iterator[Event]:
        while True:
            while len(self.pending) < self.spec.workers and self.trials < self.max_trials and not self.over:
                if (suggestion := self.strategy.ask()) is None:
                    break
                self.pool.spend(suggestion.seconds)
                if self.pool.now > self.max_seconds:
                    self.over = True
                    break
                event = Asked(self.n_asks, suggestion, self.pool.now)
                self._count(event)
                yield event
                if suggestion.measure != "derive":
                    self.pool.submit(event.number, suggestion, self.seeds.of(event.number), event.at)
            if not self.pending:
                reason = "budget" if self.over or self.trials >= self.max_trials else "exhausted"
                yield Stopped(reason, min(self.pool.now, self.max_seconds))
                return
            finished = self.pool.wait(self.max_seconds)
            if finished is None:  # a trial that would end after the budget is dropped
                yield Stopped("budget", self.max_seconds)
                return
            trial = self._trial(*finished)
            self._tell(trial)
            yield Told(trial)
            self._check_clock(trial)

    def _tell(self, trial: Trial) -> None:
        self.strategy.tell(self.visible(trial))

    def visible(self, trial: Trial) -> Trial:
        """The trial as the strategy is told: with one objective, a trial that breaks a limit counts as failed."""
        limits = () if self.strategy.many_objectives or not trial.losses else self.spec.constraints
        if any(c.violation(trial.metrics.get(c.metric, math.nan)) for c in limits):
            return replace(trial, losses=(math.inf,) * len(trial.losses))
        return trial

    def _trial(self, number: int, end: float, outcome: Outcome, error: str) -> Trial:
        event = self.pending.pop(number)
        losses: tuple[float, ...] = ()
        if event.suggestion.measure == "train":
            losses, error = self.losses.of(outcome, error)
        return Trial(number, event.suggestion, event.at, end, outcome.metrics, losses, error)

    def _check_clock(self, trial: Trial) -> None:
        self.still = self.still + 1 if trial.end == trial.start else 0
        if self.still >= STANDSTILL and math.isinf(self.max_trials):
            raise RuntimeError(
                f"the last {self.still:,} trials took no time, so {self.max_seconds:g} seconds never pass; "
                f"give max_trials as well"
            )
