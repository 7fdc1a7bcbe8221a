"""How far zero-cost proxies can be trusted: how each ranks the networks of a study, and whether better than size."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nas_core import stats
from nas_core.benchmarks import Table
from nas_core.proxies import ranks
from nas_core.studies.proxy_study import BASELINES, ProxyScores

FEWEST_BEST = 10  # networks in the best tenth below which nothing is said of them


@dataclass(frozen=True)
class ProxyQuality:
    """How one proxy ranks the networks; correlations are with the truth, means over seeds."""

    name: str
    n: int  # networks it has scored
    spearman: float
    kendall: float
    best: float  # Spearman among the truly best tenth; nan where those are few
    partial: float  # Spearman once FLOPs are taken out
    spread: float  # standard deviation of Spearman over seeds; nan for one seed
    failed: float  # percent of scores that are not finite
    seconds: float  # of one network
    pick: int  # row of the highest score, first seed
    regret: float  # points by which the pick misses the best of these networks
    above_size: float  # standard errors by which it beats the better of the baselines; nan for a baseline


def judge(scores: ProxyScores) -> list[ProxyQuality]:
    """Every proxy that has scored at least three networks, the best Spearman first."""
    by_name = {name: _ranks(values) for name, values in scores.columns.items()}
    qualities = [_quality(scores, by_name, name) for name in scores.names if np.sum(~np.isnan(by_name[name][0])) >= 3]
    return sorted(qualities, key=lambda j: (math.isnan(j.spearman), -j.spearman))


def _ranks(values: np.ndarray) -> np.ndarray:
    """float64[seeds, n]: ranks, what is not finite last; nan where not scored."""
    out = np.full(values.shape, np.nan)
    for seed, column in enumerate(values):
        valid = ~np.isnan(column)
        out[seed, valid] = ranks(column[valid])
    return out


def _quality(scores: ProxyScores, by_name: Mapping[str, np.ndarray], name: str) -> ProxyQuality:
    mine, truth, raw = by_name[name], scores.truth, scores.columns[name]
    flops = by_name.get("flops", np.empty(0)) if name != "flops" else np.empty(0)
    valid = ~np.isnan(mine[0])
    top = valid & (truth >= np.quantile(truth[valid], 0.9))
    by_seed = np.array([stats.spearman(r, truth) for r in mine])
    pick = int(np.nanargmax(mine[0]))
    spearman = _mean(by_seed)
    return ProxyQuality(
        name,
        int(valid.sum()),
        spearman,
        _mean([stats.kendall(r, truth) for r in mine]),
        _mean([stats.spearman(r[top], truth[top]) for r in mine]) if top.sum() >= FEWEST_BEST else math.nan,
        _mean([stats.partial_spearman(r, truth, flops[0]) for r in mine]) if len(flops) else math.nan,
        float(np.nanstd(by_seed, ddof=1)) if np.isfinite(by_seed).sum() > 1 else math.nan,
        float(100 * np.mean(~np.isfinite(raw[~np.isnan(raw)]))),
        scores.seconds.get(name, math.nan),
        int(scores.rows[pick]),
        float(truth[valid].max() - truth[pick]),
        _above_size(by_name, truth, name, spearman) if name not in BASELINES else math.nan,
    )


def _above_size(by_name: Mapping[str, np.ndarray], truth: np.ndarray, name: str, spearman: float) -> float:
    """The smaller of the gaps to parameters and to FLOPs, in standard errors; nan where neither is there."""
    gaps = []
    for size in (b for b in BASELINES if b in by_name):
        both = ~(np.isnan(by_name[name][0]) | np.isnan(by_name[size][0]))
        bar = stats.spearman(by_name[size][0][both], truth[both])
        between = stats.spearman(by_name[name][0], by_name[size][0])
        gaps.append(stats.correlation_gap(spearman, bar, between, int(both.sum())))
    return min(gaps) if gaps and not np.isnan(gaps).any() else math.nan


def _mean(values: Sequence[float] | np.ndarray) -> float:
    values = np.asarray(values, float)
    return float(np.mean(values[np.isfinite(values)])) if np.isfinite(values).any() else math.nan


def agreement(scores: ProxyScores) -> tuple[list[str], np.ndarray]:
    """(proxies, float64[p, p]): Spearman between every two of them, first seed."""
    names = scores.names
    columns = [_ranks(scores.columns[name])[0] for name in names]
    return names, np.array([[stats.spearman(a, b) for b in columns] for a in columns])


def preferences(scores: ProxyScores, table: Table, name: str = "") -> np.ndarray:
    """float64[decisions, options]: mean percentile (0 to 100) of the networks with each option at each decision, by
    the proxy `name` or, without one, by their true accuracy; nan where no network has it."""
    space = table.space
    values = scores.truth if not name else _ranks(scores.columns[name])[0]
    valid = ~np.isnan(values)
    percentile = 100 * (ranks(values[valid]) - 0.5) / max(valid.sum(), 1)
    archs = np.array([space.arch(int(row)) for row in scores.rows[valid]], int).reshape(-1, len(space.radix))
    out = np.full((len(space.radix), max(space.radix)), np.nan)
    for decision, count in enumerate(space.radix):
        for option in range(count):
            has = archs[:, decision] == option
            if has.any():
                out[decision, option] = percentile[has].mean()
    return out
