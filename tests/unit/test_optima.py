"""Local optima and the network between them against their definitions, by plain loops."""

import numpy as np
import pytest

from nas_core.spaces.size import Size
from nas_core.studies import ruggedness
from nas_core.studies.optima import optima
from tests.tiny import Blocks

BLOCKS, FIVE = Blocks(), Size(widths="8:16")
RNG = np.random.default_rng(0)


def nk(space, k):
    """Kauffman's NK: what a decision adds depends on itself and on the k decisions after it; by brute force."""
    archs, count = space.all().astype(int), len(space.radix)
    total = np.zeros(len(space))
    for i in range(count):
        added = RNG.random((2,) * (k + 1))
        total += added[tuple(archs[:, (i + j) % count] for j in range(k + 1))]
    return total / count


def table(name):
    values = RNG.permutation(len(BLOCKS)).astype(float)
    return {
        "rugged": (BLOCKS, values),
        "ties": (BLOCKS, values // 6),
        "missing": (BLOCKS, np.where(values % 4 == 1, np.nan, values)),
        "nk": (FIVE, nk(FIVE, 3)),
        "flat": (BLOCKS, np.ones(len(BLOCKS))),
    }[name]


def by_hand(space, values, sign):
    """({frozenset of rows that are one optimum}, {row: that at which its climb ends}, {(optimum, optimum): share})."""
    around = {
        row: [n for n in ruggedness.one_edit(space)[row].tolist() if not np.isnan(values[n])]
        for row in range(len(space))
        if not np.isnan(values[row])
    }
    tops = {r for r, near in around.items() if all(sign * values[n] <= sign * values[r] for n in near)}
    whole, left = {}, set(tops)
    while left:
        group, edge = set(), [left.pop()]
        while edge:
            group.add(here := edge.pop())
            edge += (beside := set(around[here]) & left)
            left -= beside
        whole |= dict.fromkeys(group, frozenset(group))

    def climb(row):
        while row not in tops:
            row = max(around[row], key=lambda n: sign * values[n])
        return whole[row]

    end = {row: climb(row) for row in around}
    shares = {}
    for group in set(whole.values()):
        steps = [end[n] for row in group for n in around[row]]
        shares |= {(group, other): steps.count(other) / len(steps) for other in set(steps) - {group}}
    return set(whole.values()), end, shares


@pytest.mark.parametrize("goal", ["max", "min"])
@pytest.mark.parametrize("name", ["rugged", "ties", "missing", "nk", "flat"])
def test_the_network_by_hand(name, goal):
    space, values = table(name)
    sign = 1 if goal == "max" else -1
    groups, end, shares = by_hand(space, values, sign)
    peaks = optima(values, space, goal)
    mine = [next(g for g in groups if row in g) for row in peaks.rows]
    assert set(mine) == groups and len(peaks) == len(groups)
    assert peaks.width.tolist() == [len(g) for g in mine] and [min(g) for g in mine] == peaks.rows.tolist()
    assert np.all(np.diff(sign * peaks.values) <= 0)
    assert {row: mine[e] for row, e in enumerate(peaks.end) if e >= 0} == end
    assert peaks.basin.sum() == pytest.approx(1)
    assert peaks.basin.tolist() == pytest.approx([list(end.values()).count(g) / len(end) for g in mine])
    edges = {(mine[a], mine[b]): share for (a, b), share in zip(peaks.edges, peaks.escape, strict=True)}
    assert edges == pytest.approx(shares)
    better = {a for a, b in edges if sign * values[min(b)] > sign * values[min(a)]}
    assert {g for g, up in zip(mine, peaks.left_upwards, strict=True) if up} == better


def test_the_names_of_the_goals_do_not_matter_to_a_table_turned_over():
    space, values = table("nk")
    one, other = optima(values, space, "max"), optima(-values, space, "min")
    assert np.array_equal(one.rows, other.rows) and np.array_equal(one.edges, other.edges)


def test_nothing_is_coupled_in_nk_without_k_so_there_is_one_optimum():
    peaks = optima(nk(FIVE, 0), FIVE)
    assert len(peaks) == 1 and peaks.basin.tolist() == [1] and not len(peaks.edges)
    corners = [nk(FIVE, 4) for _ in range(50)]
    mean = np.mean([len(optima(values, FIVE)) for values in corners])
    assert mean == pytest.approx(2**5 / 6, abs=0.6)  # of Kauffman: N = 5, K = N - 1 is a random table


def test_an_empty_table_has_no_optima():
    peaks = optima(np.full(len(BLOCKS), np.nan), BLOCKS)
    assert len(peaks) == 0 and not len(peaks.edges) and not len(peaks.best) and not len(peaks.left_upwards)
    assert np.all(peaks.end == -1)


def test_architectures_without_known_neighbours_are_optima_of_their_own():
    values = np.full(len(BLOCKS), np.nan)
    values[[0, len(BLOCKS) - 1]] = 3.0, 4.0
    peaks = optima(values, BLOCKS)
    assert peaks.rows.tolist() == [len(BLOCKS) - 1, 0] and peaks.basin.tolist() == [0.5, 0.5]
    assert not len(peaks.edges) and not peaks.left_upwards.any()
