"""A study of zero-cost proxies: their scores beside the accuracies of the same networks after training."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace

import numpy as np

from nas_core import benchmarks, plugins, scoring
from nas_core.benchmarks import Table
from nas_core.benchmarks.tables import proxy_scores
from nas_core.proxies import Ensemble, Proxy
from nas_core.sources.scores import SECONDS, ScoreRow, Scoring
from nas_core.studies import landscape
from nas_core.values import digest

TRUTH = "test_acc"  # at full training
BASELINES = ("params", "flops")
USUAL = ("synflow", "naswot", "jacob_cov", "zico", "zen", "snip", "grad_norm", "az_nas", *BASELINES)  # at first
SeedScores = tuple[int, ScoreRow]  # seed, and one network's scores


@dataclass(frozen=True)
class ProxyStudy:
    """Which proxies score how many networks of a table, and how."""

    benchmark: str
    dataset: str
    names: tuple[str, ...]  # of proxies
    scoring: Scoring
    count: int = 100  # networks
    seeds: int = 1  # of weights and images; seed k is scoring.seed + k
    once: bool = True  # isomorphic architectures count once
    device: str = "cpu"  # see `scoring.sweep`

    def __post_init__(self) -> None:
        if not self.names:
            raise ValueError("choose at least one proxy")

    @property
    def key(self) -> str:
        """12 hex digits: equal studies have equal ones."""
        return digest(self)

    @property
    def all_names(self) -> tuple[str, ...]:
        """The proxies of the study and the baselines, which are always measured."""
        return tuple(dict.fromkeys((*BASELINES, *self.names)))

    @property
    def scorings(self) -> list[Scoring]:
        """One for each seed."""
        return [replace(self.scoring, seed=self.scoring.seed + k) for k in range(self.seeds)]

    @property
    def table(self) -> Table:
        """Where the accuracies come from."""
        return benchmarks.table(self.benchmark, self.dataset)

    def pool(self) -> np.ndarray:
        """int64[n]: the rows whose accuracy is known, isomorphic ones once if the study counts so."""
        table = self.table
        rows = np.flatnonzero(np.isfinite(table.column(TRUTH)))
        if self.once:
            rows = np.intersect1d(rows, np.flatnonzero(landscape.distinct(table.space)))
        return rows

    def rows(self) -> list[int]:
        """The networks that are scored: the first of `pool` in an order that is the same for every study."""
        pool = set(self.pool().tolist())
        everything = scoring.sample(self.scoring, len(self.table.space))
        return [row for row in everything if row in pool][: self.count]

    @property
    def words(self) -> str:
        """The options of the command line that scores the same networks and more, at the first seed."""
        plain, own = Scoring(), self.scoring
        options = [
            f"--{f} {getattr(own, f)}"
            for f in ("space", "net", "data", "batch", "seed")
            if getattr(own, f) != getattr(plain, f)
        ]
        options += ["--device cuda"] if self.device == "cuda" else []
        return " ".join([*options, f"--proxies {','.join(self.all_names)}", "--all"])

    @property
    def steps(self) -> int:
        """How many items `run` yields."""
        return self.seeds * len(scoring.tasks(self.scoring, self.rows(), scoring.single(self.all_names)))


def run(study: ProxyStudy) -> Generator[SeedScores]:
    """Score the networks of the study, seed by seed; needs torch. What was scored before comes first."""
    rows, names = study.rows(), scoring.single(study.all_names)
    for settings in study.scorings:
        with closing(scoring.sweep(settings, rows, names, device=study.device)) as scores:
            for one in scores:
                yield settings.seed, one


@dataclass(frozen=True)
class ProxyScores:
    """The scores of n networks by several proxies, with their true accuracies."""

    rows: np.ndarray  # int64[n]
    truth: np.ndarray  # float64[n], percent
    columns: Mapping[str, np.ndarray]  # float64[seeds, n] a proxy; nan: not scored, -inf: not finite
    seconds: Mapping[str, float]  # mean of one network; nan where unknown
    reasons: Mapping[str, Mapping[str, int]]  # {proxy: {why a score is not finite: how often}}

    @property
    def names(self) -> list[str]:
        """The proxies of which there is a score."""
        return [name for name, values in self.columns.items() if not np.isnan(values).all()]


def from_run(study: ProxyStudy, items: Iterable[SeedScores]) -> ProxyScores:
    """What `run` has yielded so far."""
    rows, singles, own = study.rows(), scoring.single(study.all_names), scoring.individual_proxies()
    space = study.table.space
    place: dict[int, list[int]] = {}
    for i, row in enumerate(rows):
        for at in {row, space.index(space.canonical(space.arch(row)))}:
            place.setdefault(at, []).append(i)
    columns = {name: np.full((study.seeds, len(rows)), np.nan) for name in singles}
    seconds: dict[str, list[float]] = {name: [] for name in singles}
    reasons: dict[str, dict[str, int]] = {}
    for seed, one in items:
        for name in (n for n in singles if n in one.values):
            value = one.values[name] if math.isfinite(one.values[name]) else -math.inf
            for i in place.get(one.row, ()):
                if name not in own or rows[i] == one.row:
                    columns[name][seed - study.scoring.seed, i] = value
            seconds[name].append(one.seconds[name])
            if reason := one.errors.get(name):
                reasons.setdefault(name, {})
                reasons[name][reason] = reasons[name].get(reason, 0) + 1
    each = {n: float(np.nanmean(s)) if np.isfinite(s).any() else math.nan for n, s in seconds.items()}
    return _scores_of(study, np.array(rows, int), columns, each, reasons)


def published(study: ProxyStudy) -> ProxyScores | None:
    """What others published of all networks of the table, with their sizes by the table; None if that is nothing."""
    table, rows = study.table, study.pool()
    looks = table.published_scores()
    if not looks:
        return None
    columns = {name: values[rows][None] for name, (values, _) in looks.items()}
    seconds = {name: float(np.mean(durations)) for name, (_, durations) in looks.items()}
    columns |= {b: table.column(f"{b}_m")[rows].astype(float)[None] for b in BASELINES if f"{b}_m" in table.metrics}
    return ProxyScores(rows, table.column(TRUTH)[rows].astype(float), columns, seconds, {})


def from_table(study: ProxyStudy) -> ProxyScores | None:
    """What is saved with these settings about the table's networks, or their sizes alone; None if that is nothing."""
    on_disk = study.scoring in proxy_scores.scorings(study.table.space)
    on_record, rows, table = proxy_scores.columns(study.scoring) if on_disk else {}, study.pool(), study.table
    singles = [n for n in scoring.single(study.all_names) if n in on_record]
    columns = {name: on_record[name][rows].astype(float)[None] for name in singles}
    seconds = {n: float(np.nanmean(on_record[n + SECONDS])) for n in singles}
    there = ~np.all([np.isnan(c[0]) for c in columns.values()], 0) if columns else np.zeros(len(rows), bool)
    sizes = [b for b in BASELINES if f"{b}_m" in table.metrics]
    if there.any():
        sizes = [
            b for b in sizes if study.scoring.net in table.name.split("_")
        ]  # those of the networks that are scored
    elif sizes:
        columns, there = {}, np.ones(len(rows), bool)
    else:
        return None
    for name in sizes:
        columns[name] = table.column(f"{name}_m")[rows].astype(float)[None]  # the same count, of every network
    return _scores_of(study, rows[there], {n: c[:, there] for n, c in columns.items()}, seconds, {})


def _scores_of(
    study: ProxyStudy,
    rows: np.ndarray,
    columns: dict[str, np.ndarray],
    seconds: dict[str, float],
    reasons: Mapping[str, Mapping[str, int]],
) -> ProxyScores:
    """With the ensembles that were asked for, and without members that were not."""
    joined: dict[str, np.ndarray] = {}
    for name in study.all_names:
        plugin = plugins.get(Proxy, name)
        if name in columns:
            joined[name] = columns[name]
        elif issubclass(plugin, Ensemble) and all(m in columns for m in plugin.members):
            each = [
                proxy_scores.ensembles({m: columns[m][s] for m in plugin.members})[name]
                for s in range(study.seeds)
                if s < len(columns[plugin.members[0]])
            ]
            joined[name] = np.stack(each)
            seconds[name] = sum(seconds.get(m, math.nan) for m in plugin.members)
    truth = study.table.column(TRUTH)[rows].astype(float)
    return ProxyScores(rows, truth, joined, seconds, reasons)
