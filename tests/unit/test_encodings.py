"""Architectures as vectors and graphs, and the gradients of the networks that read them."""

import numpy as np
import pytest

from nas_core import predictors, spaces
from nas_core.predictors import _encodings
from nas_core.predictors._network import _views
from nas_core.spaces._cell import CONV1, CONV3, EDGES, NONE, POOL, SKIP

SPACE = spaces.create("topology")
CHAIN = spaces.create("size")
RNG = np.random.default_rng(0)


def test_one_hot_is_the_space_s_own_and_a_thermometer_where_options_are_numbers():
    rows = SPACE.all()[::97]
    np.testing.assert_array_equal(_encodings.one_hot(SPACE, rows), SPACE.encode(rows))
    code = _encodings.one_hot(CHAIN, np.array([[0, 1, 7, 3, 2]])).reshape(5, 8)
    np.testing.assert_array_equal(code.sum(1), [1, 2, 8, 4, 3])
    assert (np.diff(code, axis=1) <= 0).all()


def test_path_encoding_has_a_column_for_each_sequence_of_operations():
    rows = SPACE.all()
    code = _encodings.paths(SPACE, rows)
    assert code.shape == (15625, 155)
    assert set(code.sum(1)) <= {3.0, 4.0}  # four paths; the two of length 2 may be the same sequence
    cell = SPACE.index((CONV3, SKIP, POOL, NONE, CONV1, POOL))
    expected = {
        NONE,  # 3←0
        5 + 5 * CONV3 + CONV1,  # over node 1
        5 + 5 * SKIP + POOL,  # over node 2
        30 + 25 * CONV3 + 5 * POOL + POOL,  # over nodes 1 and 2
    }
    assert set(np.flatnonzero(code[cell])) == expected


def test_a_chain_has_no_paths_to_tell_apart():
    rows = CHAIN.all()[:5]
    np.testing.assert_array_equal(_encodings.paths(CHAIN, rows), _encodings.one_hot(CHAIN, rows))
    both = _encodings.encode("one-hot and paths", SPACE, SPACE.all()[:3])
    assert both.shape == (3, 30 + 155)


def test_an_operation_node_feeds_those_that_read_its_target():
    adjacency = SPACE.flow(SPACE.all()[:1])[0]
    for i, (target, source) in enumerate(EDGES):
        assert adjacency[0, i + 1] == (source == 0) and adjacency[i + 1, -1] == (target == 3)
        for j, (_, other_source) in enumerate(EDGES):
            assert adjacency[i + 1, j + 1] == (target == other_source)
    chain = CHAIN.flow(CHAIN.all()[:1])[0]
    np.testing.assert_array_equal(chain, np.eye(7, k=1, dtype=bool))


def test_only_nodes_on_a_path_without_none_live():
    rows = np.array(
        [[CONV3, NONE, NONE, NONE, CONV1, POOL], [SKIP] * 6, [NONE] * 6, [POOL, NONE, NONE, NONE, NONE, SKIP]]
    )
    living = _encodings.alive(SPACE, rows)
    assert living[:, [0, -1]].all()
    np.testing.assert_array_equal(living[:, 1:-1].astype(int), [[1, 0, 0, 0, 1, 0], [1] * 6, [0] * 6, [0] * 6])
    assert _encodings.alive(CHAIN, CHAIN.all()[:4]).all()


@pytest.mark.parametrize("name", ["mlp_ensemble", "gcn"])
def test_network_gradients_against_finite_differences(name):
    predictor = predictors.create(name, SPACE, members=2, width=5)
    rows = SPACE.all()[RNG.integers(0, len(SPACE), 7)].astype(np.int64)
    inputs = [np.broadcast_to(p, (2, *p.shape)).astype(float) for p in predictor._inputs(rows)]
    shapes = [(2, i, o) for i, o in predictor._sizes(predictor._inputs(rows))]
    weights = RNG.normal(0, 0.5, sum(m * (i + 1) * o for m, i, o in shapes))
    target = RNG.normal(size=(2, 7, 1))

    def loss(flat):
        return 0.5 * np.sum((predictor._forward(_views(flat, shapes), *inputs)[0] - target) ** 2)

    slope = np.zeros_like(weights)
    output, kept = predictor._forward(_views(weights, shapes), *inputs)
    predictor._backward(_views(weights, shapes), _views(slope, shapes), kept, output - target)
    for i in RNG.choice(len(weights), 60, replace=False):
        step = np.eye(1, len(weights), i).ravel() * 1e-6
        assert slope[i] == pytest.approx((loss(weights + step) - loss(weights - step)) / 2e-6, rel=1e-4, abs=1e-6)


def test_the_graph_network_does_not_see_the_numbers_of_nodes_or_what_is_dead():
    archs = SPACE.all()[RNG.integers(0, len(SPACE), 40)]
    gcn = predictors.create("gcn", SPACE, merge_isomorphic=False, epochs=20).fit(archs, archs.sum(1))
    one, other = (CONV3, NONE, NONE, NONE, CONV1, NONE), (NONE, CONV3, NONE, NONE, NONE, CONV1)
    dead = (NONE, CONV3, POOL, NONE, NONE, CONV1)
    mean, _ = gcn.predict([one, other, dead])
    assert np.ptp(mean) < 1e-5
    assert np.ptp(gcn.predict(archs)[0]) > 0.1
