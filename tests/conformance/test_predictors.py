"""Every file of nas_core/predictors keeps the contract of its base class."""

import importlib.util

import numpy as np
import pytest
from scipy.stats import kendalltau

from nas_core import plugins, predictors, spaces

PREDICTORS = plugins.find(predictors.Predictor)
SPACES = {name: spaces.create(name) for name in plugins.find(spaces.SearchSpace)}


def make(name, space="topology", **params):
    for package in PREDICTORS[name].requires:
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{name} needs {package}, which is not installed")
    return predictors.create(name, SPACES[space], **{**PREDICTORS[name].quick, **params})


def toy(space, n, seed=0):
    """n random architectures and an additive target: each option of each decision has its own worth.

    Where operations are on nodes, an operation is worth the same on each: which node comes first means nothing there.
    """
    rng = np.random.default_rng(seed)
    worth = np.random.default_rng(1).normal(size=(len(space.radix), max(space.radix)))
    if type(space).cells is spaces.SearchSpace.cells:
        worth = worth[[space.options.index(options) for options in space.options]]
    archs = [space.canonical(space.sample(rng)) for _ in range(n)]
    return archs, np.array([sum(worth[i, o] for i, o in enumerate(arch)) for arch in archs])


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("name", PREDICTORS)
def test_beats_the_mean_on_unseen_architectures(name, space):
    archs, y = toy(SPACES[space], 120)
    unseen, truth = toy(SPACES[space], 200, seed=1)
    mean, std = make(name, space).fit(archs, y).predict(unseen)
    assert mean.shape == std.shape == (200,)
    assert np.isfinite(mean).all() and np.isfinite(std).all() and (std >= 0).all()
    assert np.mean((mean - truth) ** 2) < 0.8 * np.mean((np.mean(y) - truth) ** 2)
    assert kendalltau(mean, truth).statistic > 0.3


@pytest.mark.parametrize("name", PREDICTORS)
def test_same_data_same_prediction_in_any_order(name):
    archs, y = toy(SPACES["topology"], 30)
    order = np.random.default_rng(2).permutation(30)
    unseen, _ = toy(SPACES["topology"], 20, seed=1)
    first = make(name).fit(archs, y).predict(unseen)
    shuffled = make(name).fit([archs[i] for i in order], y[order]).predict(unseen)
    np.testing.assert_allclose(first, shuffled, rtol=1e-6, atol=1e-9)
    reused = make(name).fit(archs[:10], y[:10]).fit(archs, y).predict(unseen)
    np.testing.assert_allclose(first, reused, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("name", PREDICTORS)
def test_a_prediction_does_not_depend_on_the_others_asked_for(name):
    archs, y = toy(SPACES["topology"], 30)
    predictor = make(name).fit(archs, y)
    together = predictor.predict(archs)
    alone = [predictor.predict([arch]) for arch in archs[:5]]
    np.testing.assert_allclose(np.array(together)[:, :5], np.squeeze(alone, 2).T, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", PREDICTORS)
@pytest.mark.parametrize("values", [[90.0], [10.0, 90.0], [70.0, 70.0, 70.0], [np.pi] * 12])
def test_few_or_constant_values(name, values):
    archs, _ = toy(SPACES["topology"], len(values))
    unseen, _ = toy(SPACES["topology"], 50, seed=1)
    mean, std = make(name).fit(archs, values).predict(unseen)
    assert np.isfinite(mean).all() and np.isfinite(std).all() and (std >= 0).all()
    if len(set(values)) == 1:
        np.testing.assert_allclose(mean, values[0], atol=0.4)  # a network wanders a little where it saw nothing
    assert (np.abs(mean - np.mean(values)) <= 3 * np.ptp(values) + 1).all()


@pytest.mark.parametrize("name", PREDICTORS)
def test_repeated_architectures_with_different_values(name):
    archs, y = toy(SPACES["topology"], 10)
    mean, _ = make(name).fit([*archs, *archs], [*(y + 1), *(y - 1)]).predict(archs)
    assert np.isfinite(mean).all()


@pytest.mark.parametrize("name", PREDICTORS)
def test_isomorphic_cells_get_one_prediction_unless_asked_otherwise(name):
    space = SPACES["topology"]
    archs, y = toy(space, 60)
    class_of = {}
    for arch in map(space.arch, range(0, len(space), 7)):
        class_of.setdefault(space.canonical(arch), []).append(arch)
    twins = next(cells for cells in class_of.values() if len(cells) > 5)
    merged = make(name).fit(archs, y).predict(twins)
    assert np.ptp(merged, axis=1).max() < 1e-6
    apart, _ = make(name, merge_isomorphic=False).fit(twins, range(len(twins))).predict(twins)
    assert np.isfinite(apart).all()


@pytest.mark.parametrize("name", PREDICTORS)
def test_wrong_input_is_answered_in_words(name):
    archs, y = toy(SPACES["topology"], 3)
    with pytest.raises(RuntimeError, match="call fit first"):
        make(name).predict(archs)
    with pytest.raises(ValueError, match="one value an architecture"):
        make(name).fit(archs, y[:2])
    with pytest.raises(ValueError, match="at least one"):
        make(name).fit([], [])
    with pytest.raises(ValueError, match="finite values only; leave out the 1"):
        make(name).fit(archs, [1.0, np.nan, 2.0])
    assert [len(part) for part in make(name).fit(archs, y).predict([])] == [0, 0]


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(ValueError, match="gp_hamming"):
        predictors.create("gp_haming", SPACES["topology"])
