"""Landscape measures against their definitions, on a small space and by plain loops."""

import numpy as np
import pytest

from nas_core.studies import ruggedness
from nas_core.studies.ruggedness import autocorrelation, climbs, local_optima, main_effects, neutral_share, one_edit
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
    found = climbs(values, SPACE)
    for row in range(len(SPACE)):
        here, steps = row, 0
        while True:
            known = [n for n in one_edit(SPACE)[here].tolist() if not np.isnan(values[n])]
            up = max(known, key=lambda n: values[n], default=here)
            if not known or not (np.isnan(values[here]) or values[up] > values[here]):
                break
            here, steps = up, steps + 1
        assert (found.end[row], found.steps[row]) == (here, steps)
    assert sum(found.basin(row) for row in range(len(SPACE))) == pytest.approx(1)


def test_autocorrelation_by_all_walks():
    values = RNG.normal(size=len(SPACE))
    centred = (values - values.mean()) / values.std()
    walks = np.eye(len(SPACE))
    step = np.zeros((len(SPACE), len(SPACE)))
    for row in range(len(SPACE)):
        for n in around(row):
            step[row, n] += 1 / len(around(row))
    for lag, found in enumerate(autocorrelation(values, SPACE, 4), 1):
        walks = walks @ step
        assert found == pytest.approx(centred @ walks @ centred / len(SPACE)), lag


def test_neutral_share_by_counting(values):
    pairs = [(row, n) for row in range(len(SPACE)) for n in around(row)]
    assert neutral_share(values, SPACE) == pytest.approx(np.mean([values[a] == values[b] for a, b in pairs]))


def test_effects_add_up():
    values = RNG.normal(size=len(SPACE))
    effects = main_effects(values, SPACE)
    assert effects.shape == (3, 4)
    for decision, options in enumerate(SPACE.radix):
        rows = SPACE.all()[:, decision]
        expected = [values[rows == o].mean() - values.mean() for o in range(options)]
        assert np.allclose(effects[decision, :options], expected) and np.isnan(effects[decision, options:]).all()
        assert np.nansum(effects[decision]) == pytest.approx(0)


def test_a_table_of_one_decision_is_explained_by_it():
    values = SPACE.all()[:, 1].astype(float)
    assert np.allclose(ruggedness.explained(values, SPACE), [0, 1, 0])
    assert np.isnan(ruggedness.explained(np.zeros(len(SPACE)), SPACE)).all()
    assert np.isnan(autocorrelation(np.zeros(len(SPACE)), SPACE, 2)).all()
