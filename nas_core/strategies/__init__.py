"""Search strategies. A strategy decides what to evaluate next, and learns from results."""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from nas_core import plugins
from nas_core.spaces import SearchSpace
from nas_core.types import Arch, Constraint, Objective, Suggestion, Trial, counted

ABBREVIATION = re.compile("[A-Z][A-Z-]{1,7}")


@dataclass(frozen=True)
class Problem:
    """All a strategy may know of the task: never the benchmark's table."""

    space: SearchSpace
    objectives: tuple[Objective, ...] = (Objective("val_acc"),)
    constraints: tuple[Constraint, ...] = ()
    fidelities: tuple[int, ...] = ()
    resumable: bool = False
    max_trials: int | None = None
    max_seconds: float | None = None
    proxies: tuple[str, ...] = ()
    dataset: str = ""
    dataset_params: Mapping[str, Any] = field(default_factory=dict)  # with which `datasets.create` makes its images
    shared: frozenset[str] = frozenset({"val_acc"})  # objectives and limits that isomorphic architectures share

    @cached_property
    def merges_isomorphic(self) -> bool:
        """True if isomorphic architectures are one to this search, because they share all its objectives and limits."""
        criteria = [o.metric for o in self.objectives] + [c.metric for c in self.constraints]
        return self.shared.issuperset(criteria)

    def key(self, arch: Arch) -> Arch:
        """The same for two architectures if and only if this search need not tell them apart."""
        return self.space.canonical(arch) if self.merges_isomorphic else arch

    def violation(self, trial: Trial) -> float:
        """By how much a trial breaks the constraints, summed; 0 where feasible, inf for a failed trial."""
        if trial.error:
            return math.inf
        return sum(c.violation(trial.metrics.get(c.metric, math.nan)) for c in self.constraints)


class Strategy(plugins.Plugin, ABC):
    """Ask-and-tell search; the fields made with `param` are its parameters.

    The contract, checked for every file of this folder by tests/conformance/test_strategies.py:

    1. All randomness comes from `self.rng`: same seed and same tells, same asks.
    2. `ask` may be called again before earlier asks are told (parallel workers).
    3. `ask` returns None to wait for results and then leaves no trace; None with nothing pending ends the run.
    4. `tell` takes trials in any order; a failed trial has infinite losses.
    5. With one objective, a trial outside the problem's constraints has infinite losses as well, and `rank` tells it
       from a failed one. A strategy for many objectives is told its losses and reads `Problem.violation`.
    """

    family: ClassVar[str] = "other"  # the heading it stands under in menus
    paper: ClassVar[str] = ""  # e.g. "Real et al. 2019, arXiv:1802.01548"
    many_objectives: ClassVar[bool] = False  # True if it uses more than the first objective
    shares: ClassVar[str] = ""  # the `SearchSpace.shares` of the spaces it can search; "" for every space
    trains_weights: ClassVar[bool] = False  # True if it trains for real and is saved by checkpoints, see `save`
    asks_proxies: ClassVar[bool] = False  # True if it asks for scores by proxies: only then `Problem.proxies` names any
    takes_minutes: ClassVar[bool] = False  # True if a handful of usual runs keeps a processor busy for minutes
    warm_starts: ClassVar[bool] = True  # False if results that it did not ask for teach it nothing
    quick: ClassVar[Mapping[str, Any]] = {}  # parameters with which the conformance suite is fast

    def start(self, problem: Problem, rng: np.random.Generator) -> None:
        """Called once before the first `ask`; override to set up state, calling super first."""
        self.problem, self.space, self.rng = problem, problem.space, rng

    @abstractmethod
    def ask(self) -> Suggestion | None:
        """What to evaluate next, or None."""

    def tell(self, trial: Trial) -> None:
        """Learn from one finished trial."""

    def warm_start(self, trials: Sequence[Trial]) -> None:
        """Learn, before the first `ask`, from results that it did not ask for; their numbers are below 0.

        One result an architecture; override where `tell` expects what was asked, or keeps the latest and not the best.
        """
        for trial in trials:
            self.tell(trial)

    def rank(self, trial: Trial) -> tuple[float, float]:
        """The order in which trials are better: feasible ones by loss, then the others by violation (Deb et al. 2002).

        Without constraints this is the order of their losses.
        """
        return (self.problem.violation(trial) if self.problem.constraints else 0.0), trial.loss

    @classmethod
    def searches(cls, space: SearchSpace | type[SearchSpace]) -> bool:
        """True if it can search that space."""
        return cls.shares in ("", space.shares)

    @classmethod
    def entry(cls) -> str:
        """As a menu lists it: "regularized evolution (REA, aging evolution) · evolution"."""
        also = f" ({', '.join(cls.aliases)})" if cls.aliases else ""
        return " · ".join([cls.title() + also, cls.family, *cls.demands()])

    @classmethod
    def demands(cls) -> list[str]:
        """What to know before choosing it: "needs PyTorch", "takes minutes"."""
        return ["needs PyTorch"] * ("torch" in cls.requires) + ["takes minutes"] * cls.takes_minutes

    def save(self, path: Path) -> None:
        """Only for a strategy that trains weights: its checkpoint."""

    def load(self, path: Path) -> None:
        """Inverse of `save`."""


def names() -> list[str]:
    """Every strategy, in the order of menus."""
    return list(plugins.find(Strategy))  # type: ignore[type-abstract]


def resolve(text: str) -> str:
    """The name of the strategy that people mean by `text`, such as "REA"; see `plugins.resolve`."""
    return plugins.resolve(Strategy, text).name  # type: ignore[type-abstract]


def title(name: str) -> str:
    """The strategy's name as people read it; also of one that is not installed but named by an imported run."""
    strategies = plugins.find(Strategy)  # type: ignore[type-abstract]
    return strategies[name].title() if name in strategies else name.replace("_", " ")


def short(name: str) -> str:
    """Its abbreviation, as "REA"; its title where it has none."""
    plugin = plugins.find(Strategy).get(name)  # type: ignore[type-abstract]
    aliases = plugin.aliases if plugin else ()
    return next((alias for alias in aliases if ABBREVIATION.fullmatch(alias)), title(name))


def settings(params: Mapping[str, Any]) -> list[str]:
    """Parameters as people say them: "population size 20", "no repeats", "200 epochs", "target 4 MFLOPs"."""
    return [_setting(name.replace("_", " "), value) for name, value in params.items()]


def _setting(words: str, value: Any) -> str:
    if isinstance(value, bool):
        return words if value else f"without {words}"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and words.endswith("s") and " " not in words:
        return counted(value, words[:-1])
    what = words.removesuffix(" mflops")
    return f"{words} {value}" if what == words else f"{what} {value} MFLOPs"


def create(name: str, /, **params: Any) -> Strategy:
    """Make the strategy `name`."""
    return plugins.create(Strategy, name, **params)
