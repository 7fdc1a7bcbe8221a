"""The one test: exact where nothing differs, its interval says what it claims, and what it does with odd numbers."""

import tracemalloc
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from nas_core.studies.compare import pairs
from nas_core.studies.compare.pairs import BITS, LEVEL, chance, compare, least, shifts

FINITE = st.floats(-50, 50).map(lambda x: round(x, 2))
few = settings(max_examples=40, deadline=None)
RACES = 1000


@st.composite
def columns(draw, k=None):
    """{strategy: values} of k (or 2 to 4) strategies at 1 to 12 seeds."""
    seeds, count = draw(st.integers(1, 12)), k or draw(st.integers(2, 4))
    return {f"s{i}": np.array(draw(st.lists(FINITE, min_size=seeds, max_size=seeds))) for i in range(count)}


def one(a, b):
    (pair,) = compare({"A": np.array(a, float), "B": np.array(b, float)})
    return pair


def races(strategies, kind, seeds=30):
    """float64[RACES, strategies, seeds] of strategies that do not differ, and what they end with."""
    rng = np.random.default_rng(strategies)
    own, shared = rng.standard_normal((RACES, strategies, seeds)), rng.standard_normal((RACES, 1, seeds))
    if kind == "independent":
        return own
    if kind == "correlated":  # as far as equal seeds are at most
        return np.sqrt(0.54) * shared + np.sqrt(0.46) * own
    return np.minimum(rng.exponential(1.0, own.shape) + 0.3 * shared, 1.5).round(1)  # skewed, a third at the optimum


def claims(samples, comparisons):
    """bool[k]: which pairs are claimed to differ, where so many are compared at once.

    Those that the first rearrangements alone rule out, since the others only add to their p, are not tested in full.
    """
    make = pairs._signs if len(samples) == 1 else pairs._halves
    packed, same = make(*(sample.shape[1] for sample in samples), BITS)
    take = next(pairs._unpack(packed))[:, :1000]
    most = LEVEL / comparisons / 2 * 2**BITS
    out = np.zeros(len(samples[0]), bool)
    for part in np.array_split(np.arange(len(out)), 1 + len(out) // 4000):
        total = sum(sample[part].sum(1, keepdims=True) for sample in samples[:-1])
        moved = total - np.concatenate(samples, 1)[part] @ take if len(samples) > 1 else (samples[0][part] @ take)
        few = np.minimum((moved < -1e-6).sum(1), (moved > 1e-6).sum(1))
        rest = part[few + same < most]
        for some in np.array_split(rest, 1 + len(rest) // 60):
            p = chance(*shifts([sample[some] for sample in samples]))
            out[some] = p * comparisons <= LEVEL
    return out


@pytest.mark.parametrize(
    ("strategies", "kind"),
    [(k, kind) for k in (3, 6, 18) for kind in ("independent", "correlated")] + [(6, "ties")],
)
def test_where_nothing_differs_the_chance_of_any_claim_is_at_most_the_level(strategies, kind):
    values = races(strategies, kind)
    first, second = np.array(list(combinations(range(strategies), 2))).T
    found = claims([(values[:, first] - values[:, second]).reshape(-1, 30)], len(first))
    false = int(found.reshape(RACES, -1).any(1).sum())
    assert stats.binomtest(false, RACES, LEVEL, "greater").pvalue > 0.01
    assert false >= 0.2 * LEVEL * RACES  # and it is no test that never claims anything


def test_seeds_that_are_not_shared_raise_no_false_claims_either():
    values = races(3, "ties")
    first, second = np.array(list(combinations(range(3), 2))).T
    found = claims([values[:, side].reshape(-1, 30) for side in (first, second)], 3)
    assert stats.binomtest(int(found.reshape(RACES, -1).any(1).sum()), RACES, LEVEL, "greater").pvalue > 0.01


def test_a_real_difference_is_found():
    rng = np.random.default_rng(1)
    shared = rng.standard_normal(30)
    values = {name: i * 1.2 + 0.7 * shared + 0.7 * rng.standard_normal(30) for i, name in enumerate("abc")}
    assert {(pair.winner, pair.loser) for pair in compare(values)} == {("b", "a"), ("c", "a"), ("c", "b")}


@few
@given(columns())
def test_the_interval_leaves_out_zero_exactly_where_a_difference_is_claimed(values):
    for pair in compare(values):
        assert (pair.p <= LEVEL) == bool(pair.winner) == (pair.low > 0 or pair.high < 0)
        assert pair.loser == ("" if not pair.winner else pair.second if pair.winner == pair.first else pair.first)
        if not np.isnan(pair.low):
            assert pair.low - 1e-9 <= pair.difference <= pair.high + 1e-9
        if pair.winner:
            assert (pair.difference > 0) == (pair.winner == pair.first)
        if pair.size < least(len(values) * (len(values) - 1) // 2):
            assert np.isnan([pair.low, pair.high]).all() and not pair.winner


@few
@given(columns(k=2))
def test_swapping_the_two_turns_everything_round(values):
    forth, back = one(values["s0"], values["s1"]), one(values["s1"], values["s0"])
    assert (forth.ahead, forth.behind, forth.p) == (back.behind, back.ahead, back.p)
    np.testing.assert_allclose([forth.difference, forth.low, forth.high], [-back.difference, -back.high, -back.low])
    turned = back.swap()
    assert (turned.first, turned.second, turned.ahead, turned.p) == ("B", "A", forth.ahead, forth.p)
    np.testing.assert_allclose([turned.difference, turned.low, turned.high], [forth.difference, forth.low, forth.high])


@few
@given(columns(k=2), FINITE)
def test_a_constant_added_to_one_is_a_constant_added_to_the_difference(values, shift):
    a, b = values.values()
    before, after = one(a, b), one(a + shift, b)
    np.testing.assert_allclose(after.difference, before.difference + shift, atol=1e-7)
    np.testing.assert_allclose([after.low, after.high], np.array([before.low, before.high]) + shift, atol=1e-7)


@pytest.mark.parametrize("n", [8, 30])
def test_by_seed_it_is_scipys_permutation_test_and_close_to_students_interval(n):
    rng = np.random.default_rng(n)
    a, b = rng.normal(0.5, 1, n), rng.normal(0, 1, n)
    pair = one(a, b)
    peer = stats.permutation_test(
        (a, b),
        lambda x, y, axis: x.mean(axis) - y.mean(axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=100_000,
        rng=0,
    )
    assert pair.p == pytest.approx(peer.pvalue, abs=1e-12 if n == 8 else 0.01)
    student = tuple(stats.ttest_rel(a, b).confidence_interval())
    assert (pair.low, pair.high) == pytest.approx(student, abs=0.4 if n == 8 else 0.05)


def test_two_samples_are_scipys_permutation_test_too():
    rng = np.random.default_rng(0)
    a, b = rng.normal(0.6, 1, 30), rng.normal(0, 1, 20)
    pair = one(np.concatenate([a, np.full(20, np.nan)]), np.concatenate([np.full(30, np.nan), b]))
    peer = stats.permutation_test(
        (a, b), lambda x, y, axis: x.mean(axis) - y.mean(axis), vectorized=True, n_resamples=100_000, rng=0
    )
    assert not pair.by_seed and pair.size == 600 and pair.ahead == np.sum(a[:, None] > b)
    assert pair.p == pytest.approx(peer.pvalue, abs=0.01)
    assert (pair.low, pair.high) == pytest.approx(tuple(stats.ttest_ind(a, b).confidence_interval()), abs=0.05)


def test_the_interval_covers_the_true_difference_about_as_often_as_it_says():
    rng = np.random.default_rng(0)
    found = [one(rng.normal(0.5, 1, 12), np.zeros(12)) for _ in range(200)]
    assert 0.9 <= np.mean([pair.low <= 0.5 <= pair.high for pair in found]) <= 0.99


def test_all_pairs_are_corrected_for_their_number():
    rng = np.random.default_rng(0)
    values = {name: rng.normal(i / 4, 1, 40) for i, name in enumerate("ABC")}
    together = compare(values)
    assert [(pair.first, pair.second) for pair in together] == [("A", "B"), ("A", "C"), ("B", "C")]
    for pair in together:
        alone = one(values[pair.first], values[pair.second])
        assert pair.p == pytest.approx(min(1.0, 3 * alone.p))
        assert pair.low < alone.low < alone.high < pair.high


@pytest.mark.parametrize(("strategies", "seeds"), [(2, 6), (3, 7), (6, 10), (18, 13)])
def test_the_fewest_seeds_at_which_a_claim_is_possible(strategies, seeds):
    def claimed(n):
        return any(pair.winner for pair in compare({f"s{i}": i + np.arange(n) / 100 for i in range(strategies)}))

    assert least(strategies * (strategies - 1) // 2) == seeds
    assert claimed(seeds) and not claimed(seeds - 1)


def test_more_pairs_than_rearrangements_are_met_with_more_of_them(monkeypatch):
    monkeypatch.setattr(pairs, "BITS", 6)
    values = {name: i + np.arange(20) / 100 for i, name in enumerate("abcd")}
    assert least(6) == 8 > pairs.BITS
    assert all(pair.winner for pair in compare(values))


def test_a_mean_carried_by_one_seed_is_no_win():
    a, b = np.full(40, 1.0), np.full(40, 1.1)
    a[0] = 1000.0
    assert not one(a, b).winner


def test_equal_values_and_missing_ones():
    same = one(np.ones(9), np.ones(9))
    assert (same.p, same.difference, same.low, same.high, same.winner) == (1.0, 0.0, 0.0, 0.0, "")
    assert one([1.0, np.nan], [0.0, 0.0]).size == 1
    empty = one([np.nan, np.nan], [0.0, 0.0])
    assert (empty.size, empty.p) == (0, 1.0) and np.isnan([empty.difference, empty.low, empty.high]).all()
    with pytest.raises(ValueError, match="need the same seeds, nan where one is missing; A has 2, B has 1"):
        compare({"A": np.zeros(2), "B": np.zeros(1)})


def test_many_equal_seeds_do_not_hide_that_one_is_never_behind():
    pair = one(np.repeat([0.0, 2.0], [70, 30]), np.zeros(100))
    assert pair.winner == "A" and (pair.ahead, pair.behind, pair.size) == (30, 0, 100)
    assert 0.3 < pair.low < 0.6 < pair.high < 0.9


def test_half_of_the_smaller_one_must_be_shared_to_be_paired():
    def sharing(shared):
        a, b = np.full(40, np.nan), np.full(40, np.nan)
        a[:20], b[20 - shared : 30 - shared] = 1.0, 2.0
        return one(a, b)

    assert sharing(5).by_seed and sharing(5).size == 5
    assert not sharing(4).by_seed and sharing(4).size == 200


@pytest.mark.parametrize("apart", [False, True], ids=["by seed", "two samples"])
def test_hundreds_of_seeds_take_little_memory(apart):
    """As floats at once the rearrangements of 500 seeds are 260 MB, those of two samples of 500 twice that."""
    values = np.random.default_rng(0).standard_normal((2, 500))
    if apart:
        values = np.stack([np.append(values[0], values[0] * np.nan), np.append(values[1] * np.nan, values[1])])
    tracemalloc.start()
    try:
        (pair,) = pairs.compare(dict(zip("ab", values, strict=True)))
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert pair.by_seed is not apart and pair.low < 0 < pair.high
    assert most < 150e6
