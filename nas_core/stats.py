"""Statistics over runs and tables; thin over NumPy and SciPy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

QUARTILES = (0.25, 0.5, 0.75)
MOST_DRAWS = 2_000_000  # of simulated random searches
RESAMPLED = 1000  # times that the examples of a confusion matrix are drawn again


def at_times(times: np.ndarray, values: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """float64[len(grid)]: the step function that takes values[i] from times[i] on; nan before times[0].

    times float64[n] non-decreasing, values float64[n].
    """
    position = np.searchsorted(times, grid, side="right") - 1
    return (
        np.where(position >= 0, np.asarray(values, float)[np.maximum(position, 0)], np.nan)
        if len(times)
        else (np.full(len(grid), np.nan))
    )


def band(rows: np.ndarray) -> np.ndarray:
    """float64[3, g]: first quartile, median and third quartile over rows float64[runs, g]; nan where all rows are."""
    out = np.full((3, rows.shape[1]), np.nan)
    present = ~np.isnan(rows)
    some, every = present.any(0), present.all(0)
    for columns, quantile in ((some & every, np.quantile), (some & ~every, np.nanquantile)):  # the last goes one by one
        if columns.any():
            out[:, columns] = quantile(rows[:, columns], QUARTILES, axis=0)
    return out


def mean_interval(values: np.ndarray) -> np.ndarray:
    """float64[3, …]: low end of Student's 95 % interval, mean, high end, over the last axis of values float64[…, n].

    nan is left out; nan comes back where nothing is known, and as both ends where only one value is.
    """
    from scipy.stats import t

    present = ~np.isnan(values)
    n = present.sum(-1)
    mean = np.where(n > 0, np.where(present, values, 0).sum(-1) / np.maximum(n, 1), np.nan)
    squares = np.where(present, (values - mean[..., None]) ** 2, 0).sum(-1)
    error = np.sqrt(squares / np.maximum(n - 1, 1) / np.maximum(n, 1))
    half = np.where(n > 1, t.ppf(0.975, np.maximum(n - 1, 1)) * error, np.nan)
    return np.stack([mean - half, mean, mean + half])


def best_of_n(signal: np.ndarray, report: np.ndarray, n: Sequence[int] | np.ndarray) -> np.ndarray:
    """float64[len(n)]: exact mean report value of the best of n uniform draws with replacement, best by `signal`.

    signal, report float[N], higher signal is better; equal signals share their chance. Missing (nan) signals are
    failed trials: they are never best unless all n fail, and then the value counts as missing (nan if certain), as it
    does where the best has no report value.
    The closed form behind random search: P(best among the k worst) = (k/N)^n.
    """
    signal, report, n = np.asarray(signal, float), np.asarray(report, float), np.asarray(n, float)
    good = ~np.isnan(signal)
    levels, level = np.unique(signal[good], return_inverse=True)
    if not len(levels):
        return np.full(len(n), np.nan)
    counts, values = np.bincount(level), report[good]
    known = np.bincount(level, weights=~np.isnan(values)) / counts
    means = np.bincount(level, weights=np.nan_to_num(values)) / counts
    below = (np.sum(~good) + np.concatenate([[0], np.cumsum(counts)])) / len(signal)
    chance = below[None, 1:] ** n[:, None] - below[None, :-1] ** n[:, None]
    with np.errstate(invalid="ignore"):
        return chance @ means / (chance @ known)


def best_by_time(signal: np.ndarray, report: np.ndarray, costs: np.ndarray, workers: int, at: np.ndarray) -> np.ndarray:
    """float64[len(at)]: mean report value of the best so far of uniform draws with replacement, best by `signal`, that
    each take their own time on one of `workers`; nan before anything has ended.

    signal, report, costs float[N], higher signal is better; at float64[g] ascending. Simulated, since a sum of times
    has no closed form: always the same 1,000 runs, or as many as make MOST_DRAWS.
    """
    draws = workers * int(1.5 * at[-1] / np.nanmean(costs) + 10)
    rng, curves = np.random.default_rng(0), []
    costs = np.where(np.isnan(costs), np.nanmean(costs), costs)
    signal = np.where(np.isnan(signal), -np.inf, signal)
    for _ in range(min(1000, max(100, MOST_DRAWS // draws))):
        rows = rng.integers(0, len(signal), (workers, draws // workers))
        while (ends := costs[rows].cumsum(1))[:, -1].min() <= at[-1]:
            rows = np.hstack([rows, rng.integers(0, len(signal), rows.shape)])
        order = np.argsort(ends, axis=None, kind="stable")
        rows, ends = rows.flat[order], ends.flat[order]
        best = np.maximum.accumulate(signal[rows])
        first = np.maximum.accumulate(np.where(best > np.append(-np.inf, best[:-1]), np.arange(len(rows)), 0))
        curves.append(at_times(ends, np.where(np.isfinite(best), report[rows[first]], np.nan), at))
    present = ~np.isnan(curves)
    return np.where(present.any(0), np.where(present, curves, 0).sum(0) / np.maximum(present.sum(0), 1), np.nan)


def percentile(column: np.ndarray, value: float, goal: str = "max") -> float:
    """Percent of the known values of `column`, float[n], that `value` is at least as good as; nan for nan."""
    values = column[~np.isnan(column)]
    if np.isnan(value) or not len(values):
        return float("nan")
    return float(100 * np.mean(values <= value if goal == "max" else values >= value))


def percentiles(values: np.ndarray) -> np.ndarray:
    """float64[n]: percent of the known `values` that are at most each of them; nan for nan."""
    ordered = np.sort(values[~np.isnan(values)])
    share = 100 * np.searchsorted(ordered, values, side="right") / max(len(ordered), 1)
    return np.where(np.isnan(values), np.nan, share)


def rank(column: np.ndarray, value: float, goal: str = "max") -> int:
    """1 for the best: one more than the number of known values of `column`, float[n], that are strictly better; 0 where
    `value` is nan."""
    if np.isnan(value):
        return 0
    return 1 + int(np.sum(column > value if goal == "max" else column < value))


def spearman(a: np.ndarray, b: np.ndarray) -> float:
    """Spearman's rank correlation of a and b, float[n] each, where both are known; nan for fewer than 3 or a constant
    side."""
    from scipy.stats import spearmanr

    both = ~(np.isnan(a) | np.isnan(b))
    if both.sum() < 3 or np.ptp(a[both]) == 0 or np.ptp(b[both]) == 0:
        return float("nan")
    return float(spearmanr(a[both], b[both]).statistic)


def partial_spearman(a: np.ndarray, b: np.ndarray, control: np.ndarray) -> float:
    """Spearman's correlation of a and b once what both share with `control` is taken out, float[n] each; nan where one
    is undefined, and where `control` says all there is to say about either."""
    present = ~(np.isnan(a) | np.isnan(b) | np.isnan(control))
    ab, ag, bg = (spearman(x[present], y[present]) for x, y in ((a, b), (a, control), (b, control)))
    rest = (1 - ag**2) * (1 - bg**2)
    return (ab - ag * bg) / np.sqrt(rest) if rest > 1e-9 else float("nan")


def correlation_gap(first: float, second: float, between: float, n: int) -> float:
    """How many standard errors correlation `first` lies above `second`, both with the same third thing on n cases.

    between: the correlation of the two with each other. Meng, Rosenthal & Rubin 1992, doi:10.1037/0033-2909.111.1.172;
    for rank correlations an approximation. nan for fewer than 10 cases or two that are the same.
    """
    if n < 10 or not between < 1 - 1e-9:
        return float("nan")
    square = min((first**2 + second**2) / 2, 1 - 1e-9)
    f = min((1 - between) / (2 * (1 - square)), 1.0)
    h = (1 - f * square) / (1 - square)
    one, two = np.arctanh(np.clip([first, second], -1 + 1e-9, 1 - 1e-9))
    return float((one - two) * np.sqrt((n - 3) / (2 * (1 - between) * h)))


def kendall(a: np.ndarray, b: np.ndarray) -> float:
    """Kendall's tau-b of a and b, float[n] each, where both are known; nan for fewer than 3 or a constant side."""
    from scipy.stats import kendalltau

    both = ~(np.isnan(a) | np.isnan(b))
    if both.sum() < 3 or np.ptp(a[both]) == 0 or np.ptp(b[both]) == 0:
        return float("nan")
    return float(kendalltau(a[both], b[both]).statistic)


def kendall_of_best(predicted: np.ndarray, true: np.ndarray, share: float = 0.1) -> float:
    """Kendall's tau, of float[n] each, among those whose true value (higher is better) lies in the best `share` of the
    known ones."""
    if np.isnan(true).all():
        return float("nan")
    best = true >= np.nanquantile(true, 1 - share)
    return kendall(predicted[best], true[best])


def share_at_least(rows: np.ndarray, threshold: float) -> np.ndarray:
    """float64[3, g]: 95 % Wilson interval's low end, share, and high end of runs whose value is at least `threshold`.

    rows float64[runs, g]; nan (nothing found yet) has not reached it. nan where there are no runs.
    """
    runs = len(rows)
    if not runs:
        return np.full((3, rows.shape[1]), np.nan)
    return wilson(np.sum(rows >= threshold, axis=0), runs)


def wilson(right: np.ndarray | int, count: int) -> np.ndarray:
    """float64[3, …]: 95 % Wilson interval's low end, share, and high end of `right` out of `count` (at least 1)."""
    from scipy.stats import norm

    share, z = np.asarray(right) / count, norm.ppf(0.975)
    middle = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z * np.sqrt(share * (1 - share) / count + z**2 / (4 * count**2)) / (1 + z**2 / count)
    return np.stack([np.clip(middle - half, 0, share), share, np.clip(middle + half, share, 1)])


def by_class_intervals(confusion: np.ndarray) -> np.ndarray:
    """float64[3, 2]: low end of a 95 % interval, share, and high end, of balanced accuracy and of macro F1.

    confusion int64[k, k]: rows are the truth, columns the answers. A class without examples is left out of the first,
    and of the second too if it was never answered.

    By a percentile bootstrap over the examples, class by class, with the same draws every time. It draws from the
    matrix with two right and two wrong answers more, spread evenly over its cells, as Agresti & Coull (1998,
    doi:10.1080/00031305.1998.10480550) add them to a share and Price & Bonett (2004, Computational Statistics & Data
    Analysis 45, 449-456) to a mean of shares. Without them no wrong answer would mean an interval without width.
    """
    matrix, there, rng = np.asarray(confusion, float), np.sum(confusion, 1), np.random.default_rng(0)
    classes, rows = len(matrix), np.flatnonzero(there)
    more = np.full(matrix.shape, 2 / len(rows) / max(classes - 1, 1))
    np.fill_diagonal(more, 2 / len(rows))
    chances = (matrix + more) / (matrix + more).sum(1, keepdims=True)
    right, answered = np.zeros((RESAMPLED, classes)), np.zeros((RESAMPLED, classes))
    for row in rows:
        samples = rng.multinomial(there[row], chances[row], RESAMPLED)
        right[:, row] = samples[:, row]
        answered += samples
    low, high = np.quantile(_by_class(right, there, answered), [0.025, 0.975], axis=1)
    share = _by_class(np.diag(matrix), there, matrix.sum(0))
    return np.stack([np.minimum(low, share), share, np.maximum(high, share)])


def mistakes(confusion: np.ndarray, count: int) -> list[tuple[int, int, int]]:
    """(class, class that it is taken for, how often) of the `count` most frequent, the most frequent first.

    confusion: int64[classes, classes]: rows are the truth, columns the answers.
    """
    wrong = np.where(np.eye(len(confusion), dtype=bool), 0, confusion)
    order = np.argsort(-wrong, axis=None, kind="stable")[:count]
    places = zip(*np.unravel_index(order, wrong.shape), strict=True)
    return [(int(i), int(j), int(wrong[i, j])) for i, j in places if wrong[i, j]]


def _by_class(right: np.ndarray, there: np.ndarray, answered: np.ndarray) -> np.ndarray:
    """float64[2, …]: balanced accuracy and macro F1, from how often each class [..., k] was each of these."""
    with np.errstate(invalid="ignore"):
        return np.stack([np.nanmean(right / there, -1), np.nanmean(2 * right / (there + answered), -1)])


def top_threshold(column: np.ndarray, percent: float) -> float:
    """The value of `column`, float[n] (higher is better), from which on one belongs to the best `percent` of the known
    values; 0 means the optimum alone. nan if nothing is known."""
    values = np.sort(column[~np.isnan(column)])[::-1]
    return float(values[max(0, int(len(values) * percent / 100) - 1)]) if len(values) else float("nan")


def area_under(grid: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """float64[runs]: mean height over the grid's span of the step curves that take rows[:, i] from grid[i] on.

    With rows the regret this is the area under the anytime regret curve, divided by its width so that it keeps the
    unit of regret. grid float64[g] ascending; nan for a row that is nan anywhere before the last point.
    """
    width = np.diff(grid)
    return rows[:, :-1] @ width / width.sum() if width.any() else rows[:, 0]
