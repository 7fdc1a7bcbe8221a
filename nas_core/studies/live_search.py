"""A search that trains for real: its networks, how good they are, how sure that is, and how long it takes."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from nas_core import executors, jobs, pareto, plugins, runner, stats
from nas_core.benchmarks.live import HIGH, LOW, LiveTraining
from nas_core.history import History
from nas_core.pools import InfrastructureError
from nas_core.spaces import SearchSpace
from nas_core.store import Store
from nas_core.strategies import Strategy
from nas_core.types import Arch, Asked, Event, Objective, Outcome, RunSpec, Suggestion, Told

PROBES = 3  # networks of each size that are timed before a search
WORTH = 20  # trainings from which on a search is worth its name
MOST = 500  # trainings


@dataclass(frozen=True)
class Candidate:
    """A network that a search has trained; of several trainings the longest, and of those the best.

    Isomorphic architectures are one network.
    """

    training: int  # its number, from 1
    arch: Arch
    metrics: dict[str, float]
    epochs: int
    seconds: float
    error: str = ""  # why it failed


def search(store: Store, spec: RunSpec, processes: int = 1) -> Generator[Event]:
    """The events of a search whose networks are trained in so many processes, the saved ones first.

    One process is this one, unless a training did not end when the search ran last: it may be what ended it, as too
    little memory does, so it is tried once more where nothing else can die of it. If its process dies again it has
    failed, and the search goes on in new ones. InfrastructureError where processes die and nothing comes of it.
    """
    yielded, count = 0, -1
    while True:
        apart = processes > 1 or _open(store.read(spec.id))
        try:
            with executors.create(f"processes:{processes}" if apart else "serial") as pool:
                for event in islice(jobs.search(store, spec, executor=pool), yielded, None):
                    yielded += 1
                    yield event
            return
        except InfrastructureError:
            before, count = count, sum(isinstance(event, Told) for event in store.read(spec.id))
            if count == before:
                raise


def unfinished(events: Sequence[Event]) -> list[int]:
    """The trainings, counted from 1, that were running when the search ended."""
    trainings = [e.number for e in events if isinstance(e, Asked) and e.suggestion.measure == "train"]
    numbers = {event.number for event in _open(events)}
    return [place + 1 for place, number in enumerate(trainings) if number in numbers]


def ended(event: Event) -> bool:
    """True if a training has ended with it."""
    return isinstance(event, Told) and event.trial.suggestion.measure == "train"


def running(events: Sequence[Event]) -> list[Suggestion]:
    """The trainings that have begun and not ended."""
    return [event.suggestion for event in _open(events) if event.suggestion.measure == "train"]


def _open(events: Sequence[Event]) -> list[Asked]:
    """What was asked and is not answered yet."""
    ended_numbers = {event.trial.number for event in events if isinstance(event, Told)}
    requests = [event for event in events if isinstance(event, Asked) and event.suggestion.measure != "derive"]
    return [event for event in requests if event.number not in ended_numbers]


def candidates(history: History, space: SearchSpace, full: int) -> list[Candidate]:
    """Every network that was trained, the best by the first objective first, and those that failed last.

    full: epochs of a full training, which a trial means that says 0. Shorter trainings come after all full ones.
    """
    best: dict[Arch, tuple[tuple[bool, int, float], Candidate]] = {}
    for i, arch in enumerate(history.archs):
        epochs, error = int(history.epochs[i]) or full, history.errors[i]
        metrics = {name: float(values[i]) for name, values in history.metrics.items() if not np.isnan(values[i])}
        one = Candidate(i + 1, arch, metrics, epochs, float(history.end[i] - history.start[i]), error)
        place = bool(error), -epochs, float(history.losses[i, 0])
        network = space.canonical(arch)
        if network not in best or place < best[network][0]:
            best[network] = place, one
    return [one for _, one in sorted(best.values(), key=lambda pair: pair[0])]


def front(candidates: Sequence[Candidate], first: Objective, second: Objective) -> list[Candidate]:
    """Those for which no other is as good in both objectives; by rising values of the second."""
    metrics = first.metric, second.metric
    usable = [one for one in candidates if not one.error and all(name in one.metrics for name in metrics)]
    if not usable:
        return []
    losses = np.array([[each.loss(one.metrics[each.metric]) for each in (first, second)] for one in usable])
    members = [usable[i] for i in np.flatnonzero(pareto.non_dominated(losses))]
    return sorted(members, key=lambda one: one.metrics[second.metric])


def interval(metrics: Mapping[str, float], name: str, count: int) -> tuple[float, float] | None:
    """(low, high), in percent: the 95 % interval of one of the `metrics` over `count` validation examples.

    Of an accuracy it is Wilson's, of others the one that was measured with it; None where none was.
    """
    if name == "val_acc":
        low, _, high = 100 * stats.wilson(round(metrics[name] / 100 * count), count)
        return float(low), float(high)
    return (metrics[name + LOW], metrics[name + HIGH]) if name + LOW in metrics else None


@dataclass(frozen=True)
class Timing:
    """How long an epoch of a random network took."""

    channels: int  # of the network; 0 where its architecture says them
    seconds: float


@dataclass(frozen=True)
class LookCost:
    """The looks of a proxy that a search asks for besides its trainings."""

    count: int
    seconds: float  # of all of them together, where one process looks


@dataclass(frozen=True)
class FittingSearch:
    """A search that fits into some time."""

    trainings: int
    epochs: int
    channels: int
    seconds: float  # about what it takes


def sizes(live: LiveTraining) -> list[LiveTraining]:
    """It, and the same with half the channels where it has several."""
    channels = getattr(live, "channels", 0)
    return [live, replace(live, channels=channels // 2)] if channels > 1 else [live]  # type: ignore[call-arg]


def probe(live: LiveTraining, spec: RunSpec) -> Generator[Timing | LookCost]:
    """The time that an epoch takes of each of `PROBES` random networks, of each of `sizes`, and at last that of the
    looks of a search by `spec`, if it has any; needs torch."""
    rng = np.random.default_rng(0)
    shorts = [replace(one, epochs=1) for one in sizes(live)]
    shorts[0].evaluate(Suggestion(live.space.sample(rng)), rng)  # the first one also loads data and libraries
    archs = [live.space.sample(rng) for _ in range(PROBES)]
    for short in shorts:
        for arch in archs:
            began = time.perf_counter()
            short.evaluate(Suggestion(arch), rng)
            yield Timing(getattr(short, "channels", 0), time.perf_counter() - began)
    if counts := count_looks(live, spec):
        seconds = [live.evaluate(Suggestion(arch, measure=next(iter(counts))), rng).seconds for arch in archs]
        yield LookCost(counts.total(), counts.total() * float(np.median(seconds)))


def count_looks(live: LiveTraining, spec: RunSpec) -> Counter[str]:
    """{proxy: how often a search by `spec` looks by it}; counted by one whose trainings have accuracies by chance."""
    if not plugins.get(Strategy, spec.strategy).asks_proxies:
        return Counter()
    rng, counts = np.random.default_rng(0), Counter[str]()

    def answer(_live: LiveTraining, suggestion: Suggestion, _rng: np.random.Generator) -> Outcome:
        names = [o.metric for o in spec.objectives] if suggestion.measure == "train" else [suggestion.measure]
        counts.update(names * (suggestion.measure != "train"))
        return Outcome({name: float(rng.random()) for name in names}, 0.0)

    by_chance = type(live.name, (type(live),), {"name": live.name, "evaluate": answer})
    for _ in runner.run(spec, benchmark=by_chance(live.dataset, **spec.benchmark_params)):
        pass
    return counts


def epoch_seconds(items: Sequence[Timing | LookCost]) -> dict[int, float]:
    """{channels: the median time of an epoch}."""
    timings = [item for item in items if isinstance(item, Timing)]
    sizes = dict.fromkeys(timing.channels for timing in timings)
    return {size: float(np.median([t.seconds for t in timings if t.channels == size])) for size in sizes}


def plans(epoch: Mapping[int, float], usual: int, seconds: float, processes: int = 1) -> list[FittingSearch]:
    """Searches of `WORTH` trainings or more that fit into that time; the largest networks and longest trainings first.

    epoch: {channels: seconds of an epoch}. usual: epochs of a training, of which there are never more. Of each size one
    with as many trainings as fit, and one with half the epochs or, where fewer fit, with all that fit.
    """
    out = []
    for channels, each in epoch.items():
        total = int(seconds * processes / each)  # epochs that fit
        most = min(usual, total // WORTH)
        for epochs in dict.fromkeys([most, min(most, usual // 2)]):
            if epochs:
                trainings = min(MOST, total // epochs)
                out.append(FittingSearch(trainings, epochs, channels, trainings * epochs * each / processes))
    return out
