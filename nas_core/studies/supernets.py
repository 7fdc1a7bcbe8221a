"""A run that trains a supernet, as columns over its epochs, and what they say: collapse, ranking, what it names."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nas_core import plugins, stats, strategies
from nas_core.benchmarks import Table
from nas_core.spaces import SearchSpace
from nas_core.strategies import Strategy
from nas_core.studies import stopping
from nas_core.types import Asked, Event, RunSpec, Started, Stopped, Told, counted

REPORTED = "test_acc"
TOP = 0.1  # share of the scored architectures among which a search has to choose
MODES = {"statistics of the batch": "batch", "running averages": "running"}  # how normalisation is evaluated
COLLAPSED = 2 / 3  # share of the places with the easy option from which on an architecture counts as collapsed


@dataclass(frozen=True, eq=False)
class SupernetScores:
    """How well the same m architectures, drawn at random, did with the shared weights after some epoch."""

    epoch: int
    rows: np.ndarray  # int64[m], `space.index`
    batch: np.ndarray  # float64[m], percent right on validation images; normalised with their own statistics
    running: np.ndarray  # float64[m], the same images, normalised with the running averages of the training

    def kendall(self, truth: np.ndarray, mode: str) -> tuple[float, float]:
        """Kendall's tau with `truth` float[len(space)], of all and of the truly best TOP of them; nan if few."""
        guess, accuracy = getattr(self, mode), truth[self.rows].astype(float)
        return stats.kendall(guess, accuracy), stats.kendall_of_best(guess, accuracy, TOP)


@dataclass(frozen=True, eq=False)
class SupernetRun:
    """The n epochs of one run."""

    spec: RunSpec
    space: SearchSpace
    seconds: np.ndarray  # float64[n], real seconds of all epochs so far
    alpha: np.ndarray  # float64[n, decisions, options], preference for each option; rows sum to 1
    rows: np.ndarray  # int64[n], the architecture it names, `space.index`
    loss: np.ndarray  # float64[n], mean over the training batches, nats
    accuracy: np.ndarray  # float64[n], likewise, percent
    eigenvalue: np.ndarray  # float64[n], largest of the validation loss's Hessian by alpha; nan where it was not noted
    scores: tuple[SupernetScores, ...]
    over: bool

    def __len__(self) -> int:
        return len(self.rows)

    @classmethod
    def of(cls, events: Iterable[Event], space: SearchSpace) -> SupernetRun:
        """From the events of a run, or as many of them as there are; ValueError if they begin with no Started.

        space: that of the benchmark on which it ran.
        """
        events = list(events)
        if not events or not isinstance(events[0], Started):
            raise ValueError("the events of a run must begin with Started")
        suggestions = [e.suggestion for e in events if isinstance(e, Asked) and e.suggestion.measure == "derive"]
        infos = [s.info for s in suggestions]
        return cls(
            events[0].spec,
            space,
            np.cumsum([s.seconds for s in suggestions]),
            np.array([i["alpha"] for i in infos], float).reshape(-1, len(space.options), len(space.options[0])),
            np.array([space.index(s.arch) for s in suggestions], int),
            np.array([i["loss"] for i in infos], float),
            np.array([i["accuracy"] for i in infos], float),
            np.array([i.get("eigenvalue", np.nan) for i in infos], float),
            tuple(_scores(i) for i in infos if "scores" in i),
            isinstance(events[-1], Stopped) or any(isinstance(e, Told) for e in events),
        )

    @classmethod
    def so_far(cls, events: Sequence[Event], space: SearchSpace) -> SupernetRun | None:
        """Likewise; None before its first epoch has ended."""
        run = cls.of(events, space) if events else None
        return run if run is not None and len(run) else None

    @property
    def planned_epochs(self) -> int:
        """How many epochs it is to have."""
        return strategies.create(self.spec.strategy, **self.spec.params).epochs  # type: ignore[attr-defined]

    @property
    def label(self) -> str:
        """See `label`."""
        return label(self.spec)

    @property
    def easy_weight(self) -> np.ndarray:
        """float64[n], percent: mean preference for the easy option over the decisions; nan if the space has none."""
        easy = self.space.easy
        return 100 * self.alpha[:, :, easy.option].mean(1) if easy else np.full(len(self), np.nan)

    @property
    def margin(self) -> np.ndarray:
        """float64[n], points: mean over the decisions of how far the preferred option leads the second."""
        ordered = np.sort(self.alpha, axis=2)
        return 100 * (ordered[:, :, -1] - ordered[:, :, -2]).mean(1)

    @property
    def easy_count(self) -> np.ndarray:
        """int64[n]: how often the easy option occurs in the architecture it names; 0 if the space has none."""
        if self.space.easy is None:
            return np.zeros(len(self), int)
        options = range(len(self.space.options[0]))
        return (self.space.all()[self.rows] == options[self.space.easy.option]).sum(1)


def _scores(info: Mapping[str, Any]) -> SupernetScores:
    scores = info["scores"]
    return SupernetScores(
        info["epoch"], np.array(scores["cells"], int), np.array(scores["batch"]), np.array(scores["running"])
    )


def label(spec: RunSpec, other: RunSpec | None = None) -> str:
    """A run in a few words: "DARTS, 200 epochs, seed 1"; beside an `other` run, only what differs."""
    settings = {**spec.params, "seed": spec.seed}
    if other is not None:
        same = {**other.params, "seed": other.seed}
        settings = {name: value for name, value in settings.items() if value != same.get(name)}
    return ", ".join([strategies.title(spec.strategy), *strategies.settings(settings)])


def labels(runs: Sequence[SupernetRun]) -> list[str]:
    """Names for one run or two, in as few words as tell them apart."""
    others = [*runs[1:], runs[0]]
    return [label(run.spec, other.spec) for run, other in zip(runs, others, strict=True)]


def methods(space: SearchSpace | type[SearchSpace] | None = None) -> dict[str, type[Strategy]]:
    """{name: strategy} of those that train a supernet, of that space or of any."""
    classes = plugins.find(Strategy)
    return {n: s for n, s in classes.items() if s.trains_weights and (space is None or s.searches(space))}


def reading(run: SupernetRun, table: Table, mode: str = "batch") -> list[str]:
    """What the run shows, in sentences that follow from its numbers: its choice, collapse, the worth of its ranking."""
    column = table.column(REPORTED).astype(float)
    value = float(column[run.rows[-1]])
    title, after = strategies.title(run.spec.strategy), counted(len(run), "epoch")
    choice = f"After {after}, {title} names {_choice(run, column, value)}."
    return [choice, *_cost(run, table), *_collapse(run), *_stopped(run, column), *_worth(run, column, mode)]


def reading_alone(run: SupernetRun, accuracy: float | None) -> list[str]:
    """Likewise on data of which there is no table. accuracy: percent of the validation examples that what it names
    answers, once that was trained by itself; None before."""
    title, label = strategies.title(run.spec.strategy), run.space.number_label(run.space.arch(int(run.rows[-1])))
    after = counted(len(run), "epoch")
    and_trained = (
        ""
        if accuracy is None
        else f", which trained by itself answers {accuracy:.1f} % of the validation examples right"
    )
    return [f"After {after}, {title} names {run.space.noun} {label}{and_trained}.", *_collapse(run)]


def _choice(run: SupernetRun, column: np.ndarray, value: float) -> str:
    """Its final choice, and how that ranks among all architectures of the table."""
    noun, best = run.space.noun, np.nanmax(column)
    if np.isnan(value):
        label = run.space.number_label(run.space.arch(int(run.rows[-1])))
        return f"{noun} {label}, of which the table knows nothing"
    if value == best:
        return f"the best {noun} of all: {value:.2f} %"
    worse = math.floor(100 * np.mean(column[~np.isnan(column)] < value))  # the last of a percent is not rounded up
    return f"a {noun} that is better than {worse} % of all: {value:.2f} %, where the best has {best:.2f} %"


def _cost(run: SupernetRun, table: Table) -> list[str]:
    """What the network costs, where the options are sizes and the search is for cost too."""
    if not run.space.option_unit or "flops_m" not in table.metrics:
        return []
    column, target = table.column("flops_m"), run.spec.params.get("target_mflops")
    goal = f" Its target was {target:g} MFLOPs." if target else ""
    return [f"It costs {column[run.rows[-1]]:.2f} MFLOPs, of at most {np.nanmax(column):.2f} in this space.{goal}"]


def _collapse(run: SupernetRun) -> list[str]:
    """Whether it has taken the easy option nearly everywhere; nothing for a space that has none."""
    easy, count = run.space.easy, int(run.easy_count[-1])
    if easy is None:
        return []
    _, places, options = run.alpha.shape
    where = f"of the {places} {run.space.decision_noun}s"
    share = f"{count} {where} {easy.predicate}"
    if count >= COLLAPSED * places:
        return [f"It has {easy.collapse}: {share}, {easy.why}."]
    preferred = int((run.alpha[-1].argmax(1) == easy.option % options).sum())
    if preferred >= COLLAPSED * places:  # of a method that does not name what it prefers most
        return [
            f"It has all but {easy.collapse}: the {easy.name} is preferred on {preferred} {where}, and {share} in the "
            f"{run.space.noun} it names."
        ]
    weight, start = run.easy_weight[-1], run.easy_weight[0]
    trend = "grew" if weight > start + 1 else "fell" if weight < start - 1 else "stayed"
    return [
        f"It has not {easy.collapse}: {share}; the mean preference for the {easy.name} {trend} "
        f"{'at' if trend == 'stayed' else f'from {start:.0f} % to'} {weight:.0f} %."
    ]


def _stopped(run: SupernetRun, column: np.ndarray) -> list[str]:
    """What early stopping by curvature would have returned, where curvature was recorded."""
    if np.isnan(run.eigenvalue).all():
        return []
    stop = stopping.stop(run.eigenvalue)
    if stop is None:
        return ["Its loss never bent so much more sharply within five epochs that this would have been a sign to stop."]
    noun, then = run.space.noun, float(column[run.rows[stop.choice - 1]])
    worth = ", of which the table knows nothing" if np.isnan(then) else f": {then:.2f} %"
    return [
        f"After epoch {stop.epoch} its loss bends so much more sharply with the mixture than before that Zela et al. "
        f"(2020) would stop and keep the {noun} of epoch {stop.choice}{worth}."
    ]


def _worth(run: SupernetRun, column: np.ndarray, mode: str) -> list[str]:
    if not run.scores:
        return []
    last = run.scores[-1]
    everything, top = last.kendall(column, mode)
    if np.isnan(everything):
        return []
    best = "" if np.isnan(top) else f", and {top:.2f} among the tenth that is truly best"
    several = f"{len(last.rows)} random {run.space.noun}s"
    return [
        f"With the shared weights of epoch {last.epoch}, {several} are ranked with a Kendall's tau of "
        f"{everything:.2f}{best}; 1 would be the order of the table, 0 no relation."
    ]
