"""The two GP kernels, and what makes a GP a GP."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import check_grad

from nas_core import predictors, spaces
from nas_core.predictors import _gp
from nas_core.predictors._encodings import weisfeiler_lehman

SPACE = spaces.create("topology")
CELL = st.integers(0, len(SPACE) - 1).map(SPACE.arch)


def fitted(name, n=40, seed=0):
    rng = np.random.default_rng(seed)
    archs = [SPACE.sample(rng) for _ in range(n)]
    y = np.array([70 + 5 * arch.count(3) - 2 * arch.count(0) for arch in map(SPACE.canonical, archs)], float)
    return predictors.create(name, SPACE).fit(archs, y), archs, y


GPS = {name: fitted(name) for name in ("gp_hamming", "gp_wl")}


@pytest.mark.parametrize("name", GPS)
@settings(max_examples=30, deadline=None)
@given(st.lists(CELL, min_size=2, max_size=30))
def test_kernel_is_symmetric_and_positive_semi_definite(name, cells):
    kernel = GPS[name][0].kernel(cells, cells)
    np.testing.assert_allclose(kernel, kernel.T, rtol=1e-12)
    assert np.linalg.eigvalsh(kernel).min() > -1e-9 * len(cells)
    np.testing.assert_allclose(np.diag(kernel), kernel[0, 0])  # the prior has one variance everywhere
    assert kernel.max() <= kernel[0, 0] * (1 + 1e-12)


@pytest.mark.parametrize("name", GPS)
@settings(max_examples=30, deadline=None)
@given(CELL, CELL)
def test_isomorphic_cells_are_one_point(name, a, b):
    gp = GPS[name][0]
    np.testing.assert_allclose(gp.kernel([a], [b]), gp.kernel([SPACE.canonical(a)], [b]), rtol=1e-12)
    if SPACE.canonical(a) == SPACE.canonical(b):
        np.testing.assert_allclose(gp.kernel([a], [b]), gp.kernel([a], [a]), rtol=1e-12)


def test_the_graph_kernel_needs_no_merging_to_ignore_dead_edges_and_the_numbers_of_nodes():
    gp = predictors.create("gp_wl", SPACE, merge_isomorphic=False).fit(*GPS["gp_wl"][1:])
    same = {
        (3, 0, 0, 0, 2, 0): (0, 3, 0, 0, 0, 2),  # the path leads over node 1 or node 2
        (0, 0, 0, 1, 3, 0): (0, 0, 4, 1, 0, 2),  # what no input reaches does not count
    }
    for a, b in same.items():
        np.testing.assert_allclose(gp.kernel([a], [b]), gp.kernel([a], [a]), rtol=1e-12)
    assert gp.kernel([(3, 0, 0, 0, 2, 0)], [(2, 0, 0, 0, 3, 0)]) < gp.kernel([(0,) * 6], [(0,) * 6])


def test_all_cells_of_different_networks_are_told_apart_by_depth_two():
    classes = sorted({SPACE.canonical(arch) for arch in map(SPACE.arch, range(len(SPACE)))})
    bags = np.sort(weisfeiler_lehman(SPACE, np.array(classes), 2).reshape(len(classes), -1), axis=1)
    assert len(np.unique(bags, axis=0)) == len(classes)


@pytest.mark.parametrize("name", GPS)
def test_noise_free_data_are_interpolated_and_the_doubt_grows_away_from_them(name):
    gp, archs, y = GPS[name]
    mean, std = gp.predict(archs)
    np.testing.assert_allclose(mean, y, atol=1.0)
    _, elsewhere = gp.predict(SPACE.all())
    assert std.max() < np.quantile(elsewhere, 0.9)


@pytest.mark.parametrize("name", GPS)
def test_update_is_fit_without_learning_the_kernel_anew(name):
    rng = np.random.default_rng(3)
    _, archs, y = GPS[name]
    late, _, _ = fitted(name)
    more = [SPACE.sample(rng) for _ in range(5)]
    before = late.predict(more)[1]
    kernel = late.kernel(archs, more)
    late.update(more, [75.0] * 5)
    mean, std = late.predict(more)
    assert (std < before + 1e-9).all() and np.abs(mean - 75).max() < 8
    np.testing.assert_allclose(late.kernel(archs, more), kernel)
    assert np.isfinite(late.predict(archs)[0]).all() and len(late.predict(archs)[0]) == len(y)


@pytest.mark.parametrize("name", GPS)
def test_of_a_large_training_set_a_sample_decides_the_kernel_and_all_of_it_the_prediction(name, monkeypatch):
    sizes, likelihood = set(), _gp._negative_log_posterior

    def spy(theta, prior, apart, z):
        sizes.add((apart.shape[1:], len(z)))
        return likelihood(theta, prior, apart, z)

    monkeypatch.setattr(_gp, "_negative_log_posterior", spy)
    monkeypatch.setattr(_gp, "SAMPLE", 50)
    gp, archs, y = fitted(name, 80)
    assert sizes == {((50, 50), 50)}
    np.testing.assert_allclose(gp.predict(archs)[0], y, atol=1.0)
    sizes.clear()
    fitted(name, 50)
    assert sizes == {((50, 50), 50)}


def test_gradient_of_the_marginal_likelihood():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(3, 12))
    apart = np.abs(points[:, :, None] - points[:, None, :])
    z, prior = rng.normal(size=12), np.array([0.0, -1, -1, -1, -3])
    at = prior + rng.normal(size=5) * 0.3

    def part(i):
        return lambda theta: _gp._negative_log_posterior(theta, prior, apart, z)[i]

    assert check_grad(part(0), part(1), at) < 1e-4
