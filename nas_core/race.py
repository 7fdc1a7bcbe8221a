"""Several searches side by side: their incumbents over time, and a table of results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TypeVar

import numpy as np

from nas_core import fitness, stats, strategies
from nas_core.benchmarks import Table
from nas_core.history import History
from nas_core.spaces import SearchSpace
from nas_core.types import Constraint, Objective, RunSpec, counted

POINTS = 240  # of a grid on which curves are compared
FITNESS = "fitness"  # how an expression is called where its text would be too long
WINDOW = 10  # trials whose options count as "now": the default population of regularized evolution


@dataclass(frozen=True, eq=False)
class Trace:
    """The course of one run, small enough to keep thousands in memory.

    Its n points are its trials, and before them the cells that a weight-sharing strategy derived at its epochs: such a
    cell counts as the incumbent, and has no measured value.
    """

    spec: RunSpec
    end: np.ndarray  # float64[n], seconds on the run's clock at each point
    incumbent: np.ndarray  # int32[n], `space.index` of the best so far by what the strategy saw; -1 before any success
    values: np.ndarray  # float64[n], its first objective as the search measured it; nan before any success
    shares: np.ndarray  # float64[decisions, options], share of each option among the last WINDOW trials
    stop_reason: str  # why it ended; "" if it has not
    n_derived: int = field(default=0, kw_only=True)  # points that come before the first trial
    n_failures: int = field(default=0, kw_only=True)  # trials that failed or lack a value of an objective
    first_error: str = field(default="", kw_only=True)  # why the first of them did

    def __len__(self) -> int:
        return len(self.end)

    @property
    def has_incumbent(self) -> bool:
        """True once there is an incumbent."""
        return bool(np.any(self.incumbent >= 0))

    @property
    def trials(self) -> np.ndarray:
        """int64[n]: how many trials had finished at each point."""
        return np.maximum(np.arange(1, len(self) + 1) - self.n_derived, 0)

    @classmethod
    def of(cls, history: History, space: SearchSpace) -> Trace:
        """From the history of a run in `space`."""
        derived = [(at, space.index(s.arch)) for at, s in history.derived]
        rows = np.array([space.index(arch) for arch in history.archs], np.int32)
        best = history.incumbent()
        success = best >= 0
        losses = history.losses[:, 0]
        shares = history.option_shares(max(space.radix), WINDOW)
        failures, error = history.failures()
        return cls(
            history.spec,
            np.concatenate([[at for at, _ in derived], history.end]),
            np.concatenate([[row for _, row in derived], np.where(success, rows[best], -1)]).astype(np.int32),
            np.concatenate(
                [
                    np.full(len(derived), np.nan),
                    np.where(success, [history.spec.objectives[0].value(loss) for loss in losses[best]], np.nan),
                ]
            ),
            shares[-1] if len(history) else np.zeros((len(space.radix), max(space.radix))),
            history.stop_reason,
            n_derived=len(derived),
            n_failures=failures,
            first_error=error,
        )


T = TypeVar("T", bound=Trace)


@dataclass(frozen=True, eq=False)
class Signal:
    """What a curve shows of each incumbent."""

    title: str
    unit: str
    goal: str  # "max" or "min"
    column: np.ndarray  # float64[len(space)], the value of every architecture; nan where missing
    at_search: bool = False  # True: what the search itself measured; `column` is then what it would measure of each
    allowed: np.ndarray | None = None  # bool[len(space)], what the limits of the searches leave; None: everything

    def under(self, table: Table, constraints: Sequence[Constraint]) -> Signal:
        """The same for searches under `constraints`: the best value is then the best of those that meet them."""
        return replace(self, allowed=table.within(constraints)) if constraints else self

    @property
    def reachable(self) -> np.ndarray:
        """float64[n]: the values of the architectures that the limits allow."""
        return self.column if self.allowed is None else self.column[self.allowed]

    @property
    def best(self) -> float:
        """The best value any allowed architecture has; nan if none is known."""
        return float((np.fmax if self.goal == "max" else np.fmin).reduce(self.reachable, initial=np.nan))

    def of(self, trace: Trace) -> np.ndarray:
        """float64[n]: the incumbent's value after each trial; nan before any success."""
        if self.at_search:
            return trace.values
        return np.where(trace.incumbent >= 0, self.column[trace.incumbent], np.nan)

    def regret(self, values: np.ndarray) -> np.ndarray:
        """float64[n]: how much worse than the best each value is; negative only through noise in what was measured."""
        return self.best - values if self.goal == "max" else values - self.best


def search_signal(table: Table, text: str, goal: str = "") -> Signal:
    """What a search on the metric or fitness `text` measures, at its own fidelity; ValueError for a test metric.

    goal: "max" or "min"; by default the metric's own, and "max" for a fitness.
    """
    how = "as the search saw it"
    if fitness.is_name(text):
        m, column, epochs = table.metrics[text], table.search_column(text), table.search_epochs_of(text)
        after = f", {counted(epochs, 'epoch')}" if epochs else ""
        return Signal(f"{m.title or text} {how}{after}", m.unit, goal or m.goal, column, True)
    expression = fitness.searchable(text, table.metrics)
    column = _fitness(table, expression, {name: table.search_column(name) for name in expression.names})
    return Signal(f"{FITNESS} {how}, {counted(table.search_epochs, 'epoch')}", "", goal or "max", column, True)


def report_signal(table: Table, text: str, goal: str = "") -> Signal:
    """The same architectures at full training by a metric; no search sees it if it is a test metric.

    A fitness is reported with the test metrics in the place of the validation ones; `goal` as in `search_signal`.
    """
    if fitness.is_name(text):
        m, column = table.metrics[text], table.column(text).astype(np.float64)
        return Signal(f"{m.title or text}{_full(table, [text])}", m.unit, goal or m.goal, column)
    expression = fitness.searchable(text, table.metrics)
    stands = {name: table.twin(name) for name in expression.names}
    column = _fitness(table, expression, {n: table.column(m).astype(np.float64) for n, m in stands.items()})
    images = " on test images" if any(n != m for n, m in stands.items()) else ""
    return Signal(f"{FITNESS}{images}{_full(table, stands.values())}", "", goal or "max", column)


def _fitness(table: Table, expression: fitness.Expression, columns: Mapping[str, np.ndarray]) -> np.ndarray:
    """float64[len(space)]; nan where the expression is undefined."""
    return np.broadcast_to(expression(columns), len(table.space))


def _full(table: Table, metrics: Iterable[str]) -> str:
    has_epochs = any(table.epochs_of(m) for m in metrics)
    return f" after full training, {counted(table.fidelities[-1], 'epoch')}" if has_epochs else ""


def entrants(traces: Sequence[T]) -> dict[str, list[T]]:
    """Runs that differ only in their seed, together, under a label that distinguishes them from the others."""
    groups: dict[str, list[T]] = {}
    for trace in traces:
        groups.setdefault(replace(trace.spec, seed=0).id, []).append(trace)
    return dict(zip(labels([g[0].spec for g in groups.values()]), groups.values(), strict=True))


def labels(specs: Sequence[RunSpec]) -> list[str]:
    """A short name for each spec: its strategy and parameters, and whatever else differs among them.

    Where all that have several objectives have the same, only those with a single one say theirs.
    """
    others = [
        f.name for f in fields(RunSpec) if f.name not in ("strategy", "params", "seed", "warm_source", "opening_source")
    ]
    differing = [name for name in others if len({repr(getattr(s, name)) for s in specs}) > 1]
    several = {spec.objectives for spec in specs if len(spec.objectives) > 1}
    usual = several if len(several) == 1 else set[tuple[Objective, ...]]()
    return [_label(s, [n for n in differing if n != "objectives" or s.objectives not in usual]) for s in specs]


def _label(spec: RunSpec, differing: Sequence[str]) -> str:
    notes = strategies.settings(spec.params)
    for name in differing:
        value = getattr(spec, name)
        if name == "objectives":
            notes.append("searching on " + ", ".join(f"{'least ' * (o.goal == 'min')}{o.metric}" for o in value))
        elif name == "constraints":
            notes.append(f"under {' and '.join(map(str, value))}" if value else "without limits")
        elif name == "warm_start":
            notes.append(f"warm start from {spec.warm_source or f'{len(value):,} results'}" if value else "cold start")
        elif name == "opening":
            notes.append(f"{len(value) // 2} pairs first" if value else "nothing first")
        elif name == "max_trials" and value:
            notes.append(f"{value:,} trainings")
        elif name == "max_seconds" and value:
            notes.append(f"{value:,g} s")
        elif isinstance(value, Mapping):
            notes += _table_notes(value)
        elif value is not None:
            notes.append(f"{_words(name)} {value}")
    return strategies.title(spec.strategy) + (f" ({', '.join(notes)})" if notes else "")


def _table_notes(params: Mapping[str, object]) -> list[str]:
    """The parameters of a benchmark in words; those of errors as one: "frozen errors of 2"."""
    rest = dict(params)
    noise, size, seed = (rest.pop(n, None) for n in ("reward_noise", "noise_size", "noise_seed"))
    notes = [f"{_words(k)} {v}" for k, v in rest.items()]
    if noise:
        notes.append(f"{noise} errors of {size or 0:g}" + (f", seed {seed}" if seed not in (None, 0, -1) else ""))
    return notes


def _words(name: str) -> str:
    return name.replace("_", " ")


def grid(traces: Sequence[Trace], axis: str) -> np.ndarray:
    """float64[<=POINTS]: where curves on that axis ("trials" or "seconds") are compared, up to the longest run."""
    if axis == "trials":
        last = max((int(t.trials[-1]) for t in traces if len(t)), default=0)
        return np.unique(np.linspace(1, max(last, 1), min(POINTS, max(last, 1))).round())
    ends = [t.spec.max_seconds if t.stop_reason and t.spec.max_seconds else t.end[-1] for t in traces if len(t)]
    first = min((t.end[0] for t in traces if len(t)), default=0.0)
    return np.linspace(first, max(ends, default=first), POINTS)


def curves(traces: Sequence[Trace], signal: Signal, axis: str, at: np.ndarray) -> np.ndarray:
    """float64[runs, len(at)]: the incumbent's value; a finished run keeps its last, an unfinished one ends in nan."""
    rows = np.full((len(traces), len(at)), np.nan)
    for row, trace in zip(rows, traces, strict=True):
        times = trace.trials if axis == "trials" else trace.end
        row[:] = stats.at_times(times, signal.of(trace), at)
        if not trace.stop_reason and len(times):
            row[at > times[-1]] = np.nan
    return rows


def random_curve(table: Table, spec: RunSpec, signal: Signal, axis: str, at: np.ndarray) -> np.ndarray:
    """float64[len(at)]: the mean of random search; nan before its first trial ends.

    Exact in trials (`stats.best_of_n`), the mean of simulated runs in seconds (`stats.best_by_time`). Errors that are
    redrawn at every evaluation are left out. Draws beyond the run's limits are never the best. Only for one objective.
    """
    objective = spec.objectives[0]
    losses = np.array([objective.loss(v) for v in search_signal(table, objective.metric).column])
    losses[~table.within(spec.constraints)] = np.nan
    if axis == "seconds":
        return stats.best_by_time(-losses, signal.column, table.seconds(table.search_epochs), spec.workers, at)
    out = np.full(len(at), np.nan)
    out[at >= 1] = stats.best_of_n(-losses, signal.column, at[at >= 1])
    return out


@dataclass(frozen=True, eq=False)
class RaceResult:
    """One row of the results table: the runs of one entrant that found anything, at their end."""

    label: str
    runs: int
    values: np.ndarray  # float64[runs], the signal at the end of each
    regret: float  # mean
    trials: float  # mean
    seconds: float  # mean, on the runs' clock
    best_run: int  # position, among all the entrant's runs, of the one with the best value

    def quantiles(self) -> tuple[float, float, float]:
        """First quartile, median, third quartile."""
        low, mid, high = np.quantile(self.values, [0.25, 0.5, 0.75])
        return float(low), float(mid), float(high)


def results(
    groups: Mapping[str, Sequence[Trace]], signal: Signal, at_end: Mapping[str, np.ndarray] | None = None
) -> list[RaceResult]:
    """A row for each entrant with at least one run that found something, best median first.

    at_end: {entrant: float64[runs]}, the signal at the end of its runs, where it is not one of incumbents.
    """
    rows = []
    for label, traces in groups.items():
        ends = at_end[label] if at_end else np.array([signal.of(t)[-1] if len(t) else np.nan for t in traces])
        present = ~np.isnan(ends)
        if not present.any():
            continue
        best = int(np.nanargmax(ends) if signal.goal == "max" else np.nanargmin(ends))
        successful = [t for t, known in zip(traces, present, strict=True) if known]
        rows.append(
            RaceResult(
                label,
                int(present.sum()),
                ends[present],
                float(np.mean(signal.regret(ends[present]))),
                float(np.mean([t.trials[-1] for t in successful])),
                float(np.mean([t.end[-1] for t in successful])),
                best,
            )
        )
    return sorted(rows, key=lambda r: signal.regret(np.array(r.quantiles()[1])))
