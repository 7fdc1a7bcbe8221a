"""Predictors on NATS-Bench, CIFAR-10 test accuracy at full training, against a forest on the one-hot encoding."""

import numpy as np
import pytest
from scipy.stats import kendalltau

from nas_core import benchmarks, plugins, predictors

PREDICTORS = plugins.find(predictors.Predictor)
FOREST = {100: 0.41, 400: 0.65}  # Kendall's tau of that forest on one split, measured on the same numbers before


@pytest.fixture
def table(nats_tables):
    return benchmarks.table("nats_topology", "cifar10")


@pytest.mark.parametrize("size", FOREST)
@pytest.mark.parametrize("name", PREDICTORS)
def test_every_predictor_ranks_unseen_cells_better_than_a_plain_forest(table, name, size):
    accuracy = table.column("test_acc").astype(float)
    archs = table.space.all().astype(int)
    order = np.random.default_rng([size, 7]).permutation(len(archs))
    train, test = order[:size], order[size::5]
    guess, _ = predictors.create(name, table.space).fit(archs[train], accuracy[train]).predict(archs[test])
    assert kendalltau(guess, accuracy[test]).statistic > FOREST[size]
