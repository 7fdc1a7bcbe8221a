"""Statistics against simulation, against a case worked out by hand, and against SciPy."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from nas_core import stats
from nas_core.stats import at_times, band, best_of_n, percentile, rank, spearman

NAN = math.nan
FINITE = st.floats(-50, 50).map(lambda x: round(x, 2))
few = settings(max_examples=40, deadline=None)


def test_best_of_n_by_hand():
    # two draws from (1, 2, 3) by signal: best is 1 with chance 1/9, 2 with 3/9, 3 with 5/9
    signal, report = np.array([1.0, 2.0, 3.0]), np.array([10.0, 40.0, 20.0])
    got = best_of_n(signal, report, [1, 2, 1000])
    np.testing.assert_allclose(got, [70 / 3, (10 * 1 + 40 * 3 + 20 * 5) / 9, 20.0])


def test_best_of_n_shares_the_chance_among_ties_and_leaves_failed_trials_out():
    # of two draws, (none, a or b, c): both fail 1/16, the best is the pair with 8/16, c with 7/16
    signal, report = np.array([NAN, 1.0, 1.0, 2.0]), np.array([NAN, 10.0, 30.0, 50.0])
    np.testing.assert_allclose(best_of_n(signal, report, [2]), [(20 * 8 + 50 * 7) / 15])
    assert np.isnan(best_of_n(np.full(3, NAN), np.ones(3), [1, 5])).all()


def test_best_of_n_leaves_out_what_is_not_reported():
    signal, report = np.array([1.0, 2.0, 3.0]), np.array([10.0, NAN, 40.0])
    np.testing.assert_allclose(best_of_n(signal, report, [1, 2]), [25.0, (10 * 1 + 40 * 5) / 6])
    assert np.isnan(best_of_n(signal, np.full(3, NAN), [1])).all()


@pytest.mark.parametrize("levels", [5, 200])
def test_best_of_n_agrees_with_simulation(levels):
    rng = np.random.default_rng(0)
    signal = rng.integers(0, levels, 200).astype(float)
    report = signal + rng.normal(0, 20, 200)
    signal[rng.random(200) < 0.1] = NAN
    n, runs = 7, 40_000
    draws = rng.integers(0, 200, (runs, n))
    seen = np.where(np.isnan(signal), -np.inf, signal)[draws]
    best = draws[np.arange(runs), seen.argmax(1)]  # among equals the first drawn: each equally likely
    some = np.isfinite(seen.max(1))
    simulated = report[best[some]]
    error = simulated.std() / math.sqrt(len(simulated))
    assert abs(best_of_n(signal, report, [n])[0] - simulated.mean()) < 4 * error


def test_best_of_n_never_falls_where_the_signal_is_what_is_reported():
    column = np.random.default_rng(1).normal(size=500)
    curve = best_of_n(column, column, np.arange(1, 3000, 50))
    assert (np.diff(curve) >= -1e-12).all()
    assert curve[0] == pytest.approx(column.mean())
    assert best_of_n(column, column, [10**7])[0] == pytest.approx(column.max())


def test_a_step_function_holds_its_value_until_the_next_and_is_missing_before_the_first():
    times, values = np.array([1.0, 2.0, 2.0, 5.0]), np.array([10.0, 20.0, 25.0, 50.0])
    got = at_times(times, values, np.array([0.5, 1.0, 1.99, 2.0, 4.0, 5.0, 99.0]))
    np.testing.assert_array_equal(got, [NAN, 10, 10, 25, 25, 50, 50])
    assert np.isnan(at_times(np.zeros(0), np.zeros(0), np.array([1.0, 2.0]))).all()


def test_a_band_of_runs_leaves_missing_ones_out():
    rows = np.array([[1.0, NAN, 5.0], [3.0, NAN, NAN], [2.0, NAN, 7.0]])
    got = band(rows)
    np.testing.assert_allclose(got[:, 0], np.quantile([1, 2, 3], [0.25, 0.5, 0.75]))
    assert np.isnan(got[:, 1]).all()
    np.testing.assert_allclose(got[1, 2], 6.0)
    assert (got[0, [0, 2]] <= got[1, [0, 2]]).all() and (got[1, [0, 2]] <= got[2, [0, 2]]).all()


def test_rank_and_percentile_count_ties_once_and_missing_never():
    column = np.array([1.0, 2.0, 2.0, 4.0, NAN])
    assert [rank(column, v) for v in (4.0, 2.0, 1.0, 9.0)] == [1, 2, 4, 1]
    assert [rank(column, v, "min") for v in (4.0, 2.0, 1.0)] == [4, 2, 1]
    assert [percentile(column, v) for v in (4.0, 2.0, 1.0)] == [100.0, 75.0, 25.0]
    assert percentile(column, 1.0, "min") == 100.0
    assert rank(column, NAN) == 0
    assert math.isnan(percentile(column, NAN))
    assert math.isnan(percentile(np.full(3, NAN), 1.0))


def test_spearman_is_scipys_on_the_pairs_that_are_known():
    rng = np.random.default_rng(2)
    a = rng.integers(0, 9, 60).astype(float)
    b = a + rng.normal(0, 3, 60)
    expected = scipy_stats.spearmanr(a[5:], b[5:]).statistic
    a[:3], b[3:5] = NAN, NAN
    assert spearman(a, b) == pytest.approx(expected)
    assert spearman(a, -b) == pytest.approx(-expected)


@pytest.mark.parametrize(("a", "b"), [([1.0, 2.0], [1.0, 2.0]), ([1.0, 1.0, 1.0], [1.0, 2.0, 3.0]), ([], [])])
def test_a_correlation_that_means_nothing_is_missing(a, b):
    assert math.isnan(spearman(np.array(a), np.array(b)))


@few
@given(st.lists(st.lists(FINITE, min_size=3, max_size=3), min_size=1, max_size=10), FINITE)
def test_share_that_reached_a_value(rows, threshold):
    rows = np.maximum.accumulate(np.array(rows), axis=1)
    low, share, high = stats.share_at_least(rows, threshold)
    np.testing.assert_allclose(share, (rows >= threshold).mean(0))
    assert (np.diff(share) >= 0).all()
    assert (low >= 0).all() and (low <= share).all() and (share <= high).all() and (high <= 1).all()


def test_its_interval_is_wilsons():
    low, share, high = stats.share_at_least(np.repeat([[1.0], [0.0]], [15, 133], axis=0), 0.5)[:, 0]
    assert share == pytest.approx(15 / 148)
    assert (low, high) == pytest.approx(tuple(scipy_stats.binomtest(15, 148).proportion_ci(method="wilson")))


def matrix(*right, there):
    """A confusion matrix whose wrong answers go round the other classes."""
    out = np.diag(right)
    for row, (good, all) in enumerate(zip(right, there, strict=True)):
        for wrong in range(all - good):
            out[row, (row + 1 + wrong % (len(right) - 1)) % len(right)] += 1
    return out


def bonett(right, there):
    """The interval of Price & Bonett 2004 of a mean of shares: two right and two wrong more, spread over classes."""
    right, there = np.array(right), np.array(there)
    share = (right + 2 / len(right)) / (there + 4 / len(right))
    half = 1.96 * np.sqrt((share * (1 - share) / (there + 4 / len(right))).sum()) / len(right)
    return share.mean() - half, min(1.0, share.mean() + half)


@pytest.mark.parametrize(
    "right, there",
    [
        ((170, 18), (200, 20)),
        ((95, 90, 80), (100, 100, 100)),
        ((33, 30, 36, 35) * 5, (36,) * 20),
        ((200, 60), (200, 80)),
    ],
)
def test_balanced_accuracy_has_the_interval_of_a_mean_of_shares(right, there):
    found = stats.by_class_intervals(matrix(*right, there=there))[:, 0]
    assert found[1] == pytest.approx(np.mean(np.divide(right, there)))
    assert found[[0, 2]] == pytest.approx(bonett(right, there), abs=0.2 * (found[2] - found[0]))


@pytest.mark.parametrize(
    "right, there", [((90,) * 4, (100,) * 4), ((19, 19, 19), (20, 20, 20)), ((70,) * 10, (90,) * 10)]
)
def test_of_classes_of_equal_size_and_difficulty_both_have_the_interval_of_the_accuracy(right, there):
    low, share, high = stats.wilson(sum(right), sum(there))
    assert stats.by_class_intervals(matrix(*right, there=there)) == pytest.approx(
        np.array([[low] * 2, [share] * 2, [high] * 2]), abs=0.15 * (high - low)
    )


@pytest.mark.parametrize("right, there", [(45, 50), (190, 200), (24, 80), (60, 60)])
def test_of_one_class_it_is_the_interval_of_a_share(right, there):
    found = stats.by_class_intervals(matrix(right, 0, 0, there=(there, 0, 0)))[:, 0]
    expected = stats.wilson(right, there)
    assert found[1] == expected[1]  # and the ends differ by an example at most, and a little
    assert found == pytest.approx(expected, abs=1 / there + 0.15 * (expected[2] - expected[0]))


def test_no_wrong_answer_has_an_interval_too_and_every_value_is_inside():
    perfect = stats.by_class_intervals(np.diag([20, 20, 20]))
    assert (perfect[1:] == 1).all() and (perfect[0] > 0.8).all() and (perfect[0] < 0.98).all()
    for wrong in (np.diag([3, 0, 0]), [[0, 5], [5, 0]], [[7]], [[1, 0, 0], [0, 0, 0], [2, 1, 0]]):
        low, share, high = stats.by_class_intervals(np.array(wrong))
        assert (low >= 0).all() and (low <= share).all() and (share <= high).all() and (high <= 1).all()


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
    expected = scipy_stats.t.interval(0.95, 2, 7 / 3, np.std([1, 2, 4], ddof=1) / np.sqrt(3))
    assert (low[0], high[0]) == pytest.approx(expected)
    np.testing.assert_allclose(mean, [7 / 3, 3.0, np.nan])
    assert np.isnan([low[1], high[1], low[2], high[2]]).all()


def test_area_under_a_step_curve():
    grid = np.array([0.0, 1.0, 4.0])
    rows = np.array([[3.0, 1.0, 0.0], [2.0, 2.0, 2.0], [np.nan, 1.0, 0.0]])
    np.testing.assert_allclose(stats.area_under(grid, rows), [(3 * 1 + 1 * 3) / 4, 2.0, np.nan])
    np.testing.assert_allclose(stats.area_under(np.full(3, 9.0), np.full((1, 3), 2.0)), [2.0])  # of one moment


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
