"""Effects of decisions against their definitions, additive formulas and a plain inclusion and exclusion."""

import itertools

import numpy as np
import pytest

from nas_core.studies.effects import main_effects, variance
from nas_core.studies.ruggedness import autocorrelation
from tests.tiny import Blocks

SPACE = Blocks()
ARCHS = SPACE.all().astype(int)
RNG = np.random.default_rng(0)


def sobol(values, decisions):
    """The variance of exactly these decisions together, by the definition: what no smaller set of them explains."""
    grid, closed = values.reshape(SPACE.radix), 0.0
    for size in range(len(decisions) + 1):
        for part in itertools.combinations(decisions, size):
            means = grid.mean(tuple(i for i in range(grid.ndim) if i not in part))
            closed += (-1) ** (len(decisions) - size) * np.var(means)
    return closed / np.var(values)


def test_main_effects_by_definition():
    values = RNG.normal(size=len(SPACE))
    effects = main_effects(values, SPACE)
    assert effects.shape == (3, 4)
    for decision, options in enumerate(SPACE.radix):
        expected = [values[ARCHS[:, decision] == o].mean() - values.mean() for o in range(options)]
        assert np.allclose(effects[decision, :options], expected) and np.isnan(effects[decision, options:]).all()
        assert np.nansum(effects[decision]) == pytest.approx(0)


def test_main_effects_of_the_values_there_are():
    values = RNG.normal(size=len(SPACE))
    values[::5] = np.nan
    values[ARCHS[:, 2] == 3] = np.nan
    effects = main_effects(values, SPACE)
    assert effects[1, 2] == pytest.approx(np.nanmean(values[ARCHS[:, 1] == 2]) - np.nanmean(values))
    assert np.isnan(effects[2, 3])


def test_an_additive_table_has_its_own_effects_and_no_interactions():
    parts = [RNG.normal(size=options) for options in SPACE.radix]
    parts = [part - part.mean() for part in parts]
    values = 70 + sum(part[ARCHS[:, i]] for i, part in enumerate(parts))
    for i, part in enumerate(parts):
        assert np.allclose(main_effects(values, SPACE)[i, : len(part)], part)
    found = variance(values, SPACE)
    total = sum(np.var(part) for part in parts)
    assert np.allclose(found.alone, [np.var(part) / total for part in parts])
    assert np.allclose(found.pairs, 0) and found.more == pytest.approx(0)


def test_the_parts_of_any_table_by_inclusion_and_exclusion():
    values = RNG.normal(size=len(SPACE))
    parts = variance(values, SPACE)
    assert np.allclose(parts.alone, [sobol(values, (i,)) for i in range(3)])
    for i, j in itertools.combinations(range(3), 2):
        assert parts.pairs[i, j] == parts.pairs[j, i] == pytest.approx(sobol(values, (i, j)))
    assert np.all(np.diag(parts.pairs) == 0)
    assert parts.more == pytest.approx(sobol(values, (0, 1, 2)))


def test_a_product_of_two_decisions_is_their_interaction():
    signs = np.where(ARCHS % 2, 1.0, -1.0)
    values = signs[:, 0] * signs[:, 2]  # both have as many even as odd options
    parts = variance(values, SPACE)
    assert np.allclose(parts.alone, 0)
    assert parts.pairs[0, 2] == pytest.approx(1) and parts.together == pytest.approx(1)


def test_walks_follow_from_the_parts():
    """One edit keeps, of what a set of decisions explains, (K - sum of their options) / K, for K neighbours in all."""
    values, count = RNG.normal(size=len(SPACE)), sum(SPACE.radix) - len(SPACE.radix)
    sets = [s for size in (1, 2, 3) for s in itertools.combinations(range(3), size)]
    for lag, found in enumerate(autocorrelation(values, SPACE, 4), 1):
        kept = [(count - sum(SPACE.radix[i] for i in s)) / count for s in sets]
        assert found == pytest.approx(sum(sobol(values, s) * k**lag for s, k in zip(sets, kept, strict=True)))


def test_parts_of_a_table_with_missing_values_by_definition():
    values = RNG.normal(size=len(SPACE))
    values[::5] = np.nan
    known = ~np.isnan(values)
    means = np.array([np.nanmean(values[ARCHS[:, 1] == o]) for o in range(3)])[ARCHS[known, 1]]
    assert variance(values, SPACE).alone[1] == pytest.approx(np.var(means) / np.var(values[known]))


@pytest.mark.parametrize("value", [0.1, np.nan])
def test_nothing_explains_a_table_without_differences(value):
    parts = variance(np.full(len(SPACE), value), SPACE)
    assert np.isnan(parts.alone).all() and np.isnan(parts.pairs).all() and np.isnan(parts.more)
