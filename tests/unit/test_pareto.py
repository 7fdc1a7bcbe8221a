"""Fronts, crowding and hypervolume against brute force, inclusion-exclusion and Monte Carlo."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nas_core import pareto

small = st.integers(1, 3).flatmap(
    lambda m: arrays(float, st.tuples(st.integers(1, 7), st.just(m)), elements=st.integers(0, 4).map(float))
)


def dominates(a, b):
    return (a <= b).all() and (a < b).any()


def brute(losses):
    return np.array([not any(dominates(other, row) for other in losses) for row in losses])


def inclusion_exclusion(losses, reference):
    total = 0.0
    for size in range(1, len(losses) + 1):
        for some in itertools.combinations(losses, size):
            total -= (-1) ** size * float(np.prod(np.maximum(reference - np.max(some, axis=0), 0.0)))
    return total


@settings(max_examples=60, deadline=None)
@given(small)
def test_fronts_are_the_definition(losses):
    np.testing.assert_array_equal(pareto.non_dominated(losses), brute(losses))
    ranks, left, depth = pareto.fronts(losses), np.arange(len(losses)), 0
    while len(left):
        best = brute(losses[left])
        assert (ranks[left[best]] == depth).all()
        left, depth = left[~best], depth + 1


@settings(max_examples=60, deadline=None)
@given(small)
def test_hypervolume_is_inclusion_exclusion(losses):
    reference = np.full(losses.shape[1], 5.0)
    assert pareto.hypervolume(losses, reference) == pytest.approx(inclusion_exclusion(losses, reference))
    history = [pareto.hypervolume(losses[:n], reference) for n in range(1, len(losses) + 1)]
    assert (np.diff(history) >= -1e-9).all()


def test_hypervolume_is_the_share_of_random_points_dominated():
    rng = np.random.default_rng(0)
    losses, points = rng.random((12, 3)), rng.random((40_000, 3))
    share = np.mean([(losses <= p).all(1).any() for p in points])
    error = np.sqrt(share * (1 - share) / len(points))
    assert abs(pareto.hypervolume(losses, np.ones(3)) - share) < 4 * error


def test_failed_rows_are_dominated_and_rows_outside_the_reference_add_nothing():
    losses = np.array([[1.0, np.inf], [np.nan, 0.0], [2.0, 2.0], [3.0, 3.0]])
    np.testing.assert_array_equal(pareto.non_dominated(losses), [False, False, True, False])
    np.testing.assert_array_equal(pareto.fronts(losses), [2, 2, 0, 1])
    assert pareto.hypervolume(losses, np.array([2.0, 2.0])) == 0.0
    volumes = [pareto.hypervolume(losses[:n], np.array([4.0, 4.0])) for n in (1, 2, 3, 4)]
    assert volumes == [0.0, 0.0, 4.0, 4.0]


def test_crowding_by_hand():
    # Three points between the ends (0, 4) and (4, 0): widths over both axes, each of range 4.
    losses = np.array([[0.0, 4.0], [1.0, 2.0], [2.0, 1.0], [4.0, 0.0]])
    assert pareto.crowding(losses).tolist() == [np.inf, (2 + 3) / 4, (3 + 2) / 4, np.inf]
    order = [2, 0, 3, 1]
    np.testing.assert_array_equal(pareto.crowding(losses[order]), pareto.crowding(losses)[order])


def test_knee_is_the_bend():
    assert pareto.knee(np.array([[0.0, 10.0], [1.0, 1.0], [10.0, 0.0]])) == 1
    assert pareto.knee(np.empty((0, 2))) == -1
    assert pareto.knee(np.array([[3.0, 3.0]])) == 0


def test_feasible_rows_come_first_then_less_violation():
    losses = np.array([[9.0, 9.0], [1.0, 1.0], [2.0, 2.0], [0.0, 0.0], [0.0, 0.0]])
    ranks = pareto.constrained_fronts(losses, np.array([0.0, 0.5, 0.0, 0.1, 0.5]))
    assert ranks.tolist() == [1, 3, 0, 2, 3]
    assert pareto.constrained_fronts(losses, np.ones(5)).tolist() == [0] * 5


def test_one_row_may_be_flat_and_what_does_not_fit_is_one_sentence():
    assert pareto.hypervolume([1, 2], [3, 3]) == pareto.hypervolume([[1, 2]], [3, 3]) == 2.0
    assert pareto.hypervolume(np.empty((0, 2)), [3, 3]) == pareto.hypervolume([], [3, 3]) == 0.0
    for losses, reference in (([1, 2, 3], [3, 3]), ([[1, 2]], [3, 3, 3]), ([[1, 2]], 3.0), ([[[1, 2]]], [3, 3])):
        with pytest.raises(ValueError, match="rows of as many numbers as the reference point has; they are"):
            pareto.hypervolume(losses, reference)
