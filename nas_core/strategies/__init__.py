"""Search strategies. A strategy decides what to evaluate next, and learns from results."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from nas_core import plugins
from nas_core.spaces import SearchSpace
from nas_core.types import Constraint, Objective, Suggestion, Trial


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


class Strategy(plugins.Plugin, ABC):
    """Ask-and-tell search; the fields made with `param` are its parameters.

    The contract, checked for every file of this folder by tests/conformance/test_strategies.py:

    1. All randomness comes from `self.rng`: same seed and same tells, same asks.
    2. `ask` may be called again before earlier asks are told (parallel workers).
    3. `ask` returns None to wait for results and then leaves no trace; None with nothing pending ends the run.
    4. `tell` takes trials in any order; a failed trial has infinite losses.
    """

    family: ClassVar[str] = "other"  # the heading it stands under in menus
    paper: ClassVar[str] = ""  # e.g. "Real et al. 2019, arXiv:1802.01548"
    many_objectives: ClassVar[bool] = False  # True if it uses more than the first objective
    works_on: ClassVar[tuple[str, ...]] = ()  # names of the spaces it can search; () for every space
    trains_weights: ClassVar[bool] = False  # True if it trains for real and is saved by checkpoints, see `save`
    asks_proxies: ClassVar[bool] = False  # True if it asks for scores by proxies: only then `Problem.proxies` names any
    quick: ClassVar[Mapping[str, Any]] = {}  # parameters with which the conformance suite is fast

    def start(self, problem: Problem, rng: np.random.Generator) -> None:
        """Called once before the first `ask`; override to set up state, calling super first."""
        self.problem, self.space, self.rng = problem, problem.space, rng

    @abstractmethod
    def ask(self) -> Suggestion | None:
        """What to evaluate next, or None."""

    def tell(self, trial: Trial) -> None:
        """Learn from one finished trial."""

    @classmethod
    def searches(cls, space: str) -> bool:
        """True if it can search the space of that name."""
        return not cls.works_on or space in cls.works_on

    def save(self, path: Path) -> None:
        """Only for a strategy that trains weights: its checkpoint."""

    def load(self, path: Path) -> None:
        """Inverse of `save`."""


def title(name: str) -> str:
    """The strategy's name as people read it; also of one that an imported run names and that is not here."""
    found = plugins.find(Strategy)  # type: ignore[type-abstract]
    return found[name].title() if name in found else name.replace("_", " ")


def create(name: str, /, **params: Any) -> Strategy:
    """Make the strategy `name`."""
    return plugins.create(Strategy, name, **params)
