"""Iso-lines of an expression: on the level everywhere, whole, and at round values."""

import numpy as np
import pytest

from nas_core.studies import contours

BOX = (0.0, 4.0, -1.0, 3.0)


def circle(x, y):
    return (x - 2) ** 2 + (y - 1) ** 2


def test_every_piece_lies_on_the_level_and_the_pieces_are_the_whole_line():
    pieces = contours.lines(circle, BOX, 1.0)
    assert np.abs(circle(pieces[..., 0], pieces[..., 1]) - 1).max() < 0.01
    assert np.linalg.norm(pieces[:, 1] - pieces[:, 0], axis=1).sum() == pytest.approx(2 * np.pi, rel=0.01)


def test_a_saddle_and_a_straight_line():
    saddle = contours.lines(lambda x, y: (x - 2) * (y - 1), BOX, 0.5)
    assert np.abs((saddle[..., 0] - 2) * (saddle[..., 1] - 1) - 0.5).max() < 0.01
    pattern = contours.lines(lambda x, y: np.cos(40 * x) * np.cos(40 * y), BOX, 0.0)  # saddles at every turn
    assert len(pattern) > 1000 and np.isfinite(pattern).all()
    straight = contours.lines(lambda x, y: x + 0 * y, BOX, 1.25)
    np.testing.assert_allclose(straight[..., 0], 1.25)
    assert np.abs(np.diff(straight[..., 1])).sum() == pytest.approx(4.0)


def test_undefined_places_have_no_line_and_a_level_outside_has_none():
    half = contours.lines(lambda x, y: np.where(x > 2, np.nan, x + 0 * y), BOX, 1.0)
    assert len(half) and half[..., 0].max() <= 2
    assert contours.lines(circle, BOX, 99.0).shape == (0, 2, 2)


def test_levels_are_round_and_lie_in_the_upper_half():
    found = contours.levels(np.linspace(50, 74, 1000))
    assert found == [62.0, 64.0, 66.0, 68.0, 70.0, 72.0, 74.0][: len(found)] and 4 <= len(found) <= 7
    assert contours.levels(np.array([3.0, 3.0, np.nan])) == []
    assert contours.levels(np.array([])) == []
    assert contours.levels(np.array([1.0, 1.0, 1.0, 2.0]))[-1] == 2.0
