"""How different architectures are: distances, exact chance, groups, counts."""

import itertools

import numpy as np
import pytest

from nas_core.charts import diversity as charts
from nas_core.spaces.topology import Topology
from nas_core.studies import diversity
from tests.tiny import Blocks

SPACE = Topology()


def rows(*archs):
    return np.array([SPACE.index(a) for a in archs])


def test_distances_count_different_decisions():
    some = rows((0,) * 6, (0, 0, 0, 0, 0, 1), (1,) * 6)
    assert diversity.distances(SPACE, some).tolist() == [[0, 1, 6], [1, 0, 5], [6, 5, 0]]
    np.testing.assert_allclose(diversity.pairs(SPACE, some), [0, 1 / 3, 0, 0, 0, 1 / 3, 1 / 3])
    assert np.isnan(diversity.pairs(SPACE, some[:1])).all()


def test_chance_is_the_mean_over_all_pairs_of_the_space():
    space = Blocks()
    archs = space.all()
    found = [int((a != b).sum()) for a, b in itertools.product(archs, archs)]
    np.testing.assert_allclose(diversity.by_chance(space), np.bincount(found) / len(found))


def test_groups_are_joined_by_single_changes_and_the_largest_comes_first():
    lonely, a, b, c = (4,) * 6, (0,) * 6, (1, 0, 0, 0, 0, 0), (1, 1, 0, 0, 0, 0)
    some = rows(lonely, a, c, b)
    assert diversity.groups(SPACE, some).tolist() == [1, 0, 0, 0]
    assert diversity.groups(SPACE, np.array([], int)).tolist() == []


def test_counts_of_operations():
    found = diversity.counts(SPACE, rows((0, 1, 1, 3, 4, 2), (3,) * 6))
    assert found.tolist() == [[1, 2, 1, 1, 1], [0, 0, 0, 6, 0]]


@pytest.mark.parametrize(
    ("archs", "words"),
    [
        (((0,) * 6,), "only one architecture"),
        (((0,) * 6, (1, 0, 0, 0, 0, 0)), "more alike than chance. As a neighbourhood, one can walk"),
        (
            ((0,) * 6, (1,) * 6, (2,) * 6),
            "more different than chance. As a neighbourhood, no two of them are a single change apart",
        ),
    ],
)
def test_it_is_said_in_words(archs, words):
    assert words in diversity.summary(SPACE, rows(*archs))


def test_the_pictures_hold_the_numbers():
    some = rows((0,) * 6, (1, 0, 0, 0, 0, 0), (3,) * 6)
    bars = charts.composition(SPACE, some).to_dict()
    drawn = next(iter(bars["datasets"].values()))
    assert sum(bar["count"] for bar in drawn) == 18 and {bar["option"] for bar in drawn} == {"none", "skip", "conv 3×3"}
    apart = charts.apart(SPACE, some, "front").to_dict()
    shares = [d for d in next(iter(apart["datasets"].values())) if d["which"] == "front"]
    assert sum(d["percent"] for d in shares) == pytest.approx(100)
