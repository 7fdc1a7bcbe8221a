"""Whether an imported run follows from its spec and the table here: every number of it is checked.

Whether its strategy would have asked for these architectures is not checked: a strategy may have changed since, and
one with a model may choose differently on another machine.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from nas_core import marks, plugins, runner
from nas_core.benchmarks import Benchmark
from nas_core.losses import Losses
from nas_core.pools import TrialSeeds, attempt
from nas_core.store import Store
from nas_core.types import Asked, Event, RunSpec, Started, Suggestion, Told, Trial
from nas_core.values import quote

OTHER = "does not match the table here"
UNKNOWN = "cannot be checked here"


def check(events: Sequence[Event]) -> str:
    """ "" if the run matches, else what does not, or why it cannot be checked; `events` begin with Started."""
    first = events[0]
    if not isinstance(first, Started):
        raise ValueError("a check needs the events of a run, beginning with Started")
    spec = first.spec
    try:
        plugin = plugins.get(Benchmark, spec.benchmark)
        if missing := plugin.missing(spec.dataset):
            return f"{UNKNOWN}: {missing.rstrip('.')}"
        benchmark = runner.check(spec)
        reason = marks.replaced(benchmark, first.table)
    except (ValueError, RuntimeError, OSError) as error:
        return f"{UNKNOWN}: {str(error).rstrip('.')}"
    if reason:
        return f"{OTHER}: {reason}"
    wrong = _results(spec, benchmark) or _questions(events, benchmark) or _answers(events, benchmark)
    return f"{OTHER}: {wrong}" if wrong else ""


def replaced(store: Store, specs: Sequence[RunSpec]) -> str:
    """What of the user's is no longer what it was when saved runs of one task and aim read it, in words; "" if nothing.

    Of tables, which cannot be replaced so easily, `check` says it.
    """
    try:
        benchmark = runner.check(specs[0])
    except (ValueError, RuntimeError, OSError):
        return ""  # which is said where it is searched on
    if "+" not in marks.mark(benchmark):
        return ""
    firsts = (next(iter(store.read(spec.id)), None) for spec in specs)
    reasons = (marks.replaced(benchmark, first.table) for first in firsts if isinstance(first, Started))
    return next(filter(None, reasons), "")


def _results(spec: RunSpec, benchmark: Benchmark) -> str:
    """The first result it was warm-started with that the benchmark would not give; "" where that varies."""
    if benchmark.random or not benchmark.simulated:
        return ""
    for result in spec.warm_start:
        outcome, _ = attempt(benchmark, Suggestion(result.arch), [spec.seed])
        if wrong := _other(result.metrics, outcome.metrics, result.metrics):
            return f"its warm start {wrong} for {result.arch}"
    return ""


def _questions(events: Sequence[Event], benchmark: Benchmark) -> str:
    """The first fault in the order of asks and answers."""
    pending: dict[int, Asked] = {}
    number = 0
    for event in events:
        if isinstance(event, Asked):
            if event.number != number:
                return f"trial {number} is missing"
            if not benchmark.space.valid(event.suggestion.arch):
                return f"trial {number} asks for {quote(event.suggestion.arch)}, which is not in its space"
            number += 1
            pending[event.number] = event
        elif isinstance(event, Told):
            question = pending.pop(event.trial.number, None)
            if question is None or question.suggestion != event.trial.suggestion or question.at != event.trial.start:
                return f"trial {event.trial.number} was answered differently from how it was asked"
    return ""


def _answers(events: Sequence[Event], benchmark: Benchmark) -> str:
    """The first answer that the benchmark would not give; "" where it trains for real, which cannot be checked."""
    spec = events[0].spec  # type: ignore[union-attr]
    trials = [e.trial for e in events if isinstance(e, Told)]
    most, last = spec.max_trials or math.inf, math.inf if spec.max_seconds is None else spec.max_seconds
    if sum(t.suggestion.measure == "train" for t in trials) > most or any(t.end > last for t in trials):
        return "it continues after its budget"
    losses, seeds = Losses(spec), TrialSeeds(spec.seed, benchmark)
    for event in events:
        if isinstance(event, Asked):
            seeds.note(event.number, event.suggestion)
    return next(filter(None, (_answer(t, benchmark, losses, seeds.of(t.number)) for t in trials)), "")


def _answer(trial: Trial, benchmark: Benchmark, losses: Losses, seed: list[int]) -> str:
    if not benchmark.simulated:
        return ""
    outcome, error = attempt(benchmark, trial.suggestion, seed)
    expected: tuple[float, ...] = ()
    if trial.suggestion.measure == "train":
        expected, error = losses.of(outcome, error)
    if bool(error) != bool(trial.error):
        return f"trial {trial.number} {'failed' if trial.error else 'succeeded'} there but not here"
    if wrong := _other(trial.metrics, outcome.metrics, outcome.metrics):
        return f"trial {trial.number} {wrong}"
    if not all(map(_same, trial.losses, expected)):
        return f"trial {trial.number} has losses that do not follow from its metrics"
    if not math.isclose(trial.end - trial.start, outcome.seconds, rel_tol=1e-6, abs_tol=1e-6 + 1e-9 * trial.end):
        return f"trial {trial.number} took {trial.end - trial.start:g} s; by the table it takes {outcome.seconds:g} s"
    return ""


def _other(claimed: Mapping[str, float], true: Mapping[str, float], names: Iterable[str]) -> str:
    """ "says val_acc 99, the table says 70" of the first of `names` in which they differ; else ""."""
    for name in names:
        one, other = claimed.get(name, math.nan), true.get(name, math.nan)
        if not _same(one, other):
            return f"says {name} {one:g}, the table says {other:g}"
    return ""


def _same(one: float, other: float) -> bool:
    """Equal except for the last digits; all values that are not finite count as equal, as in a file."""
    return math.isclose(one, other, rel_tol=1e-6) or not (math.isfinite(one) or math.isfinite(other))
