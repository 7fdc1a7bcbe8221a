"""Guided evolution: its two limits are its two parents."""

from collections import Counter

import numpy as np
import pytest

from nas_core import strategies
from tests.play import TOPOLOGY, begin, matches, play

TARGET = (3, 3, 3, 1, 3, 2)


def test_with_no_population_it_is_reinforce():
    options = {"learning_rate": 0.1, "baseline_momentum": 0.8}
    hybrid = play(begin(strategies.create("guided_evolution", population_size=0, **options)), matches(TARGET), 150)
    plain = play(begin(strategies.create("reinforce", **options)), matches(TARGET), 150)
    assert [t.arch for t in hybrid] == [t.arch for t in plain]


def test_without_learning_it_mutates_as_regularized_evolution_does():
    strategy = begin(strategies.create("guided_evolution", learning_rate=0.0))
    play(strategy, matches(TARGET), 50)
    n = 24_000
    counts = Counter(strategy._mutate(TARGET) for _ in range(n))
    assert set(counts) == set(TOPOLOGY.neighbors(TARGET))
    expected = n / 24
    chi_square = sum((c - expected) ** 2 / expected for c in counts.values())
    assert chi_square < 49.7  # the 99.9 % point with 23 degrees of freedom


def test_a_learned_policy_changes_the_undecided_edge_to_the_likely_option():
    strategy = begin(strategies.create("guided_evolution"))
    strategy.policy.logits[:] = 0.0
    strategy.policy.logits[:5, 3] = 30.0  # five edges have made up their mind
    strategy.policy.logits[5] = [2.0, 0.0, 0.0, 0.0, 0.0]
    counts = Counter(strategy._mutate((3,) * 6) for _ in range(2000))
    assert {tuple(np.flatnonzero(np.array(child) != 3)) for child in counts} == {(5,)}
    share = counts[(3, 3, 3, 3, 3, 0)] / 2000
    expected = np.exp(2) / (np.exp(2) + 3)  # of what is not the present option
    assert share == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / 2000))


def test_every_trial_trains_the_policy():
    strategy = begin(strategies.create("guided_evolution", learning_rate=0.1))
    play(strategy, matches(TARGET), 400)
    assert strategy.policy.probabilities()[np.arange(6), TARGET].mean() > 0.4  # 0.2 at the start
