"""Drives a strategy without a benchmark: for tests of what a strategy asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from nas_core.spaces import SearchSpace
from nas_core.spaces.topology import Topology
from nas_core.strategies import Problem, Strategy
from nas_core.types import Arch, Suggestion, Trial

TOPOLOGY = Topology()


def begin(strategy: Strategy, space: SearchSpace = TOPOLOGY, seed: int = 0, **problem: Any) -> Strategy:
    """`strategy`, started; `problem` are fields of Problem."""
    strategy.start(Problem(space, **problem), np.random.default_rng([seed, 0]))
    return strategy


def answer(strategy: Strategy, number: int, suggestion: Suggestion, reward: float) -> Trial:
    """Tell the strategy that trial `number` earned `reward` (higher is better)."""
    trial = Trial(number, suggestion, number, number + 1.0, {}, (-float(reward),))
    strategy.tell(trial)
    return trial


def play(strategy: Strategy, reward: Callable[[Arch], float], trials: int) -> list[Trial]:
    """The first `trials` trials of a started strategy with one worker; fewer if it stops asking."""
    told: list[Trial] = []
    while len(told) < trials and (suggestion := strategy.ask()) is not None:
        told.append(answer(strategy, len(told), suggestion, reward(suggestion.arch)))
    return told


def matches(target: Arch) -> Callable[[Arch], float]:
    """A reward: the number of decisions that agree with `target`."""
    return lambda arch: float(sum(a == b for a, b in zip(arch, target, strict=True)))
