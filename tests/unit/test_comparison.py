"""Paired statistics: what they must hold for any numbers, and published constants."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, wilcoxon
from scipy.stats import t as student

from nas_core import stats
from nas_core.studies import comparison
from nas_core.studies.comparison import against, all_pairs, critical_difference, holm, paired, ranking, verdict

FINITE = st.floats(-50, 50).map(lambda x: round(x, 2))
few = settings(max_examples=40, deadline=None)


@st.composite
def columns(draw, k=None):
    """Values of k (or 2 to 4) strategies over 1 to 12 seeds."""
    seeds = draw(st.integers(1, 12))
    count = k or draw(st.integers(2, 4))
    return [draw(st.lists(FINITE, min_size=seeds, max_size=seeds)) for _ in range(count)]


def named(table):
    return {f"s{i}": np.array(column) for i, column in enumerate(table)}


@few
@given(columns(k=2))
def test_swapping_the_two_turns_everything_round(table):
    a, b = table
    forth, back = paired("A", a, "B", b), paired("B", b, "A", a)
    assert (forth.wins, forth.losses) == (back.losses, back.wins)
    np.testing.assert_allclose(forth.p, back.p)
    np.testing.assert_allclose([forth.difference, forth.low, forth.high], [-back.difference, -back.high, -back.low])
    assert forth.shown == back.shown
    assert paired("A", a, "B", b, "min").wins == forth.losses
    if forth.pairs > 1:
        assert forth.low - 1e-9 <= forth.difference <= forth.high + 1e-9


@few
@given(columns(k=2), FINITE)
def test_a_constant_added_to_one_is_a_constant_added_to_the_difference(table, shift):
    a, b = map(np.array, table)
    before, after = paired("A", a, "B", b), paired("A", a + shift, "B", b)
    np.testing.assert_allclose(after.difference, before.difference + shift, atol=1e-9)
    np.testing.assert_allclose([after.low, after.high], np.array([before.low, before.high]) + shift, atol=1e-9)


def test_bootstrap_interval_covers_the_true_mean_about_as_often_as_it_says():
    rng = np.random.default_rng(0)
    inside = 0
    for _ in range(200):
        pair = paired("A", rng.normal(0.5, 1, 40), "B", np.zeros(40), resamples=500)
        inside += pair.low <= 0.5 <= pair.high
    assert 0.88 <= inside / 200 <= 0.99


def test_a_chance_difference_is_rarely_claimed_and_a_real_one_is_found():
    rng = np.random.default_rng(1)
    claims = [paired("A", rng.normal(size=30), "B", rng.normal(size=30), resamples=300).shown for _ in range(200)]
    assert np.mean(claims) < 0.08
    assert paired("A", rng.normal(1, 1, 30), "B", rng.normal(size=30)).shown


@few
@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_is_the_definition(p):
    adjusted = holm(p)
    order = sorted(range(len(p)), key=lambda i: (p[i], i))
    for place, i in enumerate(order):
        expected = max((len(p) - j) * p[order[j]] for j in range(place + 1))
        assert adjusted[i] == pytest.approx(min(1.0, expected))
        assert adjusted[i] >= p[i]


def test_nemenyi_against_the_table_of_demsar():
    published = {2: 1.960, 3: 2.343, 4: 2.569, 5: 2.728, 6: 2.850, 7: 2.949, 8: 3.031, 9: 3.102, 10: 3.164}
    for k, q in published.items():
        assert critical_difference(k, 20) == pytest.approx(q * np.sqrt(k * (k + 1) / 120), rel=1e-3)


@few
@given(columns())
def test_ranks_share_out_what_there_is_and_better_is_lower(table):
    found = ranking(named(table))
    k = len(table)
    assert sum(found.ranks) == pytest.approx(k * (k + 1) / 2)
    assert list(found.ranks) == sorted(found.ranks)
    turned = ranking(named(table), "min")
    assert dict(zip(turned.names, turned.ranks)) == pytest.approx(
        {name: k + 1 - rank for name, rank in zip(found.names, found.ranks)}
    )
    for first, last in found.groups:
        assert found.ranks[last] - found.ranks[first] <= found.critical_difference + 1e-9
    for (a, b), (c, d) in itertools.pairwise(found.groups):
        assert a < c and b < d


def test_ranking_leaves_out_seeds_at_which_something_is_missing():
    values = {"A": np.array([3.0, 3, np.nan, 3]), "B": np.array([2.0, 2, 2, 2]), "C": np.array([1.0, 1, 9, 1])}
    found = ranking(values)
    assert found.names == ("A", "B", "C") and found.ranks == (1.0, 2.0, 3.0) and found.seeds == 3
    assert found.p < 0.06
    nothing = ranking({"A": np.array([np.nan]), "B": np.array([1.0])})
    assert nothing.seeds == 0 and np.isnan(nothing.critical_difference) and nothing.groups == ()


def test_ranks_tell_two_apart_by_the_critical_difference_if_friedman_allows_it():
    found = replace(
        ranking(named([[0.0] * 9] * 3)), names=("A", "B", "C"), ranks=(1.0, 2.0, 3.0), critical_difference=1.5
    )
    rejected = replace(found, p=0.04)
    assert rejected.apart("A", "C") and rejected.apart("C", "A") and not rejected.apart("A", "B")
    assert not replace(found, p=0.06).apart("A", "C") and not replace(found, p=float("nan")).apart("A", "C")


def test_verdict_says_who_where_how_often_and_how_much():
    rng = np.random.default_rng(0)
    b = rng.normal(90, 1, 100)
    a = b + np.where(np.arange(100) < 93, 0.45, -0.2) + rng.normal(0, 0.01, 100)
    said = verdict(paired("evolution", a, "random search", b), "points", "20,000 s")
    assert said.startswith("evolution beats random search at 20,000 s on 93 of 100 seeds, difference 0.4 points, 95 % ")
    assert verdict(paired("random search", b, "evolution", a), "points", "20,000 s") == said
    loss = verdict(paired("evolution", 100 - a, "random search", 100 - b, "min"), "points", "20,000 s")
    assert loss == said


def test_verdict_counts_what_is_equal():
    a = np.concatenate([np.zeros(70), np.full(30, 2.0)])
    said = verdict(paired("A", a, "B", np.zeros(100)))
    assert said.startswith("A beats B on 30 of 100 seeds (70 are equal), difference 0.6 points")


@few
@given(columns(k=2))
def test_verdict_never_claims_what_was_not_shown(table):
    pair = paired("A", table[0], "B", table[1])
    said = verdict(pair)
    assert (" beats " in said) == pair.shown
    if pair.pairs < 6:
        assert " beats " not in said  # Wilcoxon's smallest p for five pairs is 0.0625
    if pair.pairs < 2:
        assert "at least two seeds" in said


def test_a_mean_carried_by_one_seed_is_no_win():
    a, b = np.full(40, 1.0), np.full(40, 1.1)
    a[0] = 1000.0
    assert not paired("A", a, "B", b).shown


def test_equal_values_and_missing_ones():
    same = paired("A", [1.0, 1, 1], "B", [1.0, 1, 1])
    assert (same.p, same.difference, same.low, same.high) == (1.0, 0.0, 0.0, 0.0)
    assert verdict(same).startswith("No difference shown between A and B: A is ahead on 0 and B on 0 of 3 seeds")
    assert paired("A", [1.0, np.nan], "B", [0.0, 0.0]).pairs == 1
    with pytest.raises(ValueError, match="need the same seeds: A has 2 and B has 1"):
        paired("A", [1.0, 2.0], "B", [1.0])


def test_an_interval_without_zero_that_is_not_enough_says_why():
    pair = replace(paired("A", np.linspace(0.1, 1, 10), "B", np.zeros(10)), p=0.07)
    assert pair.low > 0 and not pair.shown
    assert verdict(pair).endswith("but with all comparisons made here that may be chance (p 0.07).")


def test_all_pairs_correct_for_their_number():
    rng = np.random.default_rng(0)
    values = {name: rng.normal(i / 4, 1, 40) for i, name in enumerate("ABC")}
    pairs = all_pairs(values)
    assert [(p.first, p.second) for p in pairs] == [("A", "B"), ("A", "C"), ("B", "C")]
    alone = [paired(p.first, values[p.first], p.second, values[p.second]).p for p in pairs]
    assert [p.p for p in pairs] == pytest.approx(comparison.holm(alone))


@few
@given(st.lists(st.lists(FINITE, min_size=3, max_size=3), min_size=1, max_size=10), FINITE)
def test_share_that_reached_a_value(rows, threshold):
    rows = np.maximum.accumulate(np.array(rows), axis=1)
    low, share, high = stats.reached(rows, threshold)
    np.testing.assert_allclose(share, (rows >= threshold).mean(0))
    assert (np.diff(share) >= 0).all()
    assert (low >= 0).all() and (low <= share).all() and (share <= high).all() and (high <= 1).all()


def test_its_interval_is_wilsons():
    low, share, high = stats.reached(np.repeat([[1.0], [0.0]], [15, 133], axis=0), 0.5)[:, 0]
    assert share == pytest.approx(15 / 148)
    assert (low, high) == pytest.approx(tuple(binomtest(15, 148).proportion_ci(method="wilson")))


@few
@given(st.lists(FINITE, min_size=1, max_size=60), st.floats(0, 100))
def test_as_many_reach_the_top_as_it_says(column, percent):
    column = np.array(column)
    reach = np.sum(column >= stats.top_threshold(column, percent))
    assert reach >= max(1, int(len(column) * percent / 100))
    assert stats.top_threshold(column, 0) == column.max()


def test_interval_of_a_mean_is_students():
    values = np.array([[1.0, 2.0, 4.0, np.nan], [3.0, np.nan, np.nan, np.nan], [np.nan] * 4])
    low, mean, high = stats.mean_interval(values)
    expected = student.interval(0.95, 2, 7 / 3, np.std([1, 2, 4], ddof=1) / np.sqrt(3))
    assert (low[0], high[0]) == pytest.approx(expected)
    np.testing.assert_allclose(mean, [7 / 3, 3.0, np.nan])
    assert np.isnan([low[1], high[1], low[2], high[2]]).all()


def test_area_under_a_step_curve():
    grid = np.array([0.0, 1.0, 4.0])
    rows = np.array([[3.0, 1.0, 0.0], [2.0, 2.0, 2.0], [np.nan, 1.0, 0.0]])
    np.testing.assert_allclose(stats.area_under(grid, rows), [(3 * 1 + 1 * 3) / 4, 2.0, np.nan])


@few
@given(st.lists(st.tuples(FINITE, FINITE), min_size=3, max_size=40))
def test_kendall_counts_pairs(points):
    a, b = np.array(points).T
    tau = stats.kendall(a, b)
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        assert np.isnan(tau)
        return
    signs = [(np.sign(x - u), np.sign(y - v)) for (x, y), (u, v) in itertools.combinations(points, 2)]
    agree = sum(s * t for s, t in signs)
    expected = agree / np.sqrt(sum(s != 0 for s, _ in signs) * sum(t != 0 for _, t in signs))
    assert tau == pytest.approx(expected, abs=1e-9)


def test_kendall_of_the_best_looks_at_the_best_only():
    true = np.arange(100.0)
    predicted = np.where(true >= 90, -true, true)
    assert stats.kendall_of_best(predicted, true) == pytest.approx(-1.0)
    assert stats.kendall_of_best(true, true, 0.2) == pytest.approx(1.0)
    assert np.isnan(stats.kendall_of_best(predicted, np.full(100, np.nan)))


@pytest.mark.parametrize("goal", ["max", "min"])
def test_only_the_better_ones_beat_the_base(goal):
    rng = np.random.default_rng(0)
    base = rng.normal(size=30)
    values = {"base": base, "better": base + 1 + rng.normal(size=30), "worse": base - 1, "like": rng.normal(size=30)}
    if goal == "min":
        values = {name: -column for name, column in values.items()}
    better, worse, like = against("base", values, goal)
    assert (better.first, better.second) == ("better", "base")
    assert better.p < 0.05 and worse.p > 0.99 and like.p > 0.05
    gap = values["better"] - values["base"]
    alone = wilcoxon(gap if goal == "max" else -gap, alternative="greater").pvalue
    assert better.p == pytest.approx(3 * alone)  # the smallest of three, after Holm
