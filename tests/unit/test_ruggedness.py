"""Landscape measures against their definitions, on a small space and by plain loops."""

import numpy as np
import pytest

from nas_core.spaces.size import Size
from nas_core.studies.ruggedness import (
    autocorrelation,
    climbs,
    distance_correlation,
    distances,
    local_optima,
    neutral_share,
    one_edit,
)
from tests.tiny import Blocks

SPACE = Blocks()
RNG = np.random.default_rng(0)


@pytest.fixture(params=["rugged", "ties", "missing", "flat"])
def values(request):
    found = RNG.permutation(len(SPACE)).astype(float)
    if request.param == "ties":
        found = found // 5
    if request.param == "missing":
        found[::5] = np.nan
    return np.zeros(len(SPACE)) if request.param == "flat" else found


def around(row):
    return [SPACE.index(a) for a in SPACE.neighbors(SPACE.arch(row))]


def test_neighbours_are_those_of_the_space():
    assert one_edit(SPACE).shape == (24, 1 + 2 + 3)
    for row in range(len(SPACE)):
        assert sorted(one_edit(SPACE)[row].tolist()) == sorted(around(row))


@pytest.mark.parametrize("goal", ["max", "min"])
def test_local_optima_by_definition(values, goal):
    sign = 1 if goal == "max" else -1
    for strict in (False, True):
        found = local_optima(values, SPACE, goal, strict)
        for row in range(len(SPACE)):
            known = [sign * values[n] for n in around(row) if not np.isnan(values[n])]
            best = max(known, default=-np.inf)
            here = sign * values[row]
            expected = not np.isnan(here) and (here > best if strict else here >= best)
            assert found[row] == expected


def test_climbs_by_walking(values):
    result = climbs(values, SPACE)
    for row in range(len(SPACE)):
        here, steps = row, 0
        if np.isnan(values[row]):
            assert (result.end[row], result.steps[row]) == (-1, 0)
            continue
        while True:
            known = [n for n in one_edit(SPACE)[here].tolist() if not np.isnan(values[n])]
            up = max(known, key=lambda n: values[n], default=here)
            if not known or not values[up] > values[here]:
                break
            here, steps = up, steps + 1
        assert (result.end[row], result.steps[row]) == (here, steps)
    assert sum(result.basin(row) for row in range(len(SPACE))) == pytest.approx(1)


@pytest.mark.parametrize("missing", [0, 5])
def test_autocorrelation_by_all_walks(missing):
    values = RNG.normal(size=len(SPACE))
    values[:missing] = np.nan
    known = [row for row in range(len(SPACE)) if not np.isnan(values[row])]
    step = np.zeros((len(SPACE), len(SPACE)))
    for row in known:
        step[row, [n for n in around(row) if n in known]] = 1
    often = step.sum(1) / step.sum()  # where a long walk is
    assert missing or np.allclose(often, 1 / len(SPACE))
    step = step[known][:, known] / step[known].sum(1, keepdims=True)
    often, values = often[known], values[known]
    centred = values - often @ values
    walks = np.eye(len(known))
    for lag, found in enumerate(autocorrelation(np.append(np.full(missing, np.nan), values), SPACE, 4), 1):
        walks = walks @ step
        assert found == pytest.approx((often * centred) @ walks @ centred / (often @ centred**2)), lag


def test_neutral_share_by_counting(values):
    pairs = [(row, n) for row in range(len(SPACE)) for n in around(row) if not np.isnan(values[[row, n]]).any()]
    assert neutral_share(values, SPACE) == pytest.approx(np.mean([values[a] == values[b] for a, b in pairs]))


def test_distances_by_counting_differences():
    archs, rows = SPACE.all(), np.array([3, 17])
    expected = np.min([(archs != archs[row]).sum(1) for row in rows], axis=0)
    assert np.array_equal(distances(SPACE, rows), expected)


@pytest.mark.parametrize("goal", ["max", "min"])
def test_distance_correlation_by_definition(goal):
    values = RNG.permutation(len(SPACE)) // 5 + 1.0
    best = np.flatnonzero(values == (values.max() if goal == "max" else values.min()))
    values[7 if 7 not in best else 8] = np.nan
    known, sign = ~np.isnan(values), 1 if goal == "max" else -1
    expected = np.corrcoef(sign * values[known], distances(SPACE, best)[known])[0, 1]
    assert distance_correlation(values, SPACE, goal) == pytest.approx(expected)


def test_one_max_has_one_optimum_and_the_closed_form_of_walks():
    """Of q options a decision, d decisions: one edit keeps 1 - q / (d (q - 1)) of the correlation."""
    space = Size(widths="8:16:24")
    ones = (space.all() == 2).sum(1)
    assert np.flatnonzero(local_optima(ones, space)).tolist() == [len(space) - 1]
    result = climbs(ones, space)
    assert result.basin(len(space) - 1) == 1 and np.array_equal(result.steps, 5 - ones)
    assert np.allclose(autocorrelation(ones, space, 4), (1 - 3 / (5 * 2)) ** np.arange(1, 5))
    assert distance_correlation(ones, space) == pytest.approx(-1)


def test_a_random_table_has_as_many_optima_as_chance_gives():
    """One is the best of itself and its k neighbours with chance 1 / (k + 1), and walks forget at once."""
    space = Size(widths="8:16:24:32:40:48")
    values = np.random.default_rng(1).normal(size=len(space))
    expected = len(space) / (one_edit(space).shape[1] + 1)
    assert abs(local_optima(values, space).sum() - expected) < 3 * np.sqrt(expected)
    assert abs(autocorrelation(values, space, 1)[0]) < 0.02


@pytest.mark.parametrize("value", [0.1, np.nan])
def test_a_table_without_differences_has_no_correlation(value):
    values = np.full(len(SPACE), value)
    assert np.isnan(autocorrelation(values, SPACE, 2)).all() and np.isnan(distance_correlation(values, SPACE))
    assert neutral_share(values, SPACE) == 1 if value == 0.1 else np.isnan(neutral_share(values, SPACE))
