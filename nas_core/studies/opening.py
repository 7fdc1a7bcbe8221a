"""How a search begins with what is known of its space: candidates that the tables of other datasets rank highest, or a
zero-cost proxy; each with a random one beside it, so that the search itself says whether that paid."""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from itertools import islice

import numpy as np

from nas_core import benchmarks, datasets, plugins, proxies, scoring
from nas_core.benchmarks import Benchmark, Table
from nas_core.datasets import Dataset
from nas_core.history import History
from nas_core.sources import scores
from nas_core.sources.scores import ScoreRow, Scoring
from nas_core.spaces import SearchSpace
from nas_core.studies import landscape
from nas_core.studies.compare import pairs
from nas_core.types import Arch
from nas_core.warm_start import ORIGINS

TABLES = "tables"  # the name under which tables propose
USUAL = pairs.least(1)  # pairs; with fewer no difference can be shown
MOST = 50  # pairs
POOL = 100  # candidates that a proxy ranks


def tables(space: SearchSpace, dataset: str) -> list[Table]:
    """The tables of that space on other datasets of the same kind of input that know most of it.

    What is best on texts is worse than chance on images, and what is best on images no better on texts.
    """
    alike: list[Table] = []
    for name, plugin in plugins.find(Benchmark).items():  # type: ignore[type-abstract]
        if issubclass(plugin, Table) and plugin.space.same(space):
            others = [d for d in plugin.datasets if datasets.original(d) == d != datasets.original(dataset)]
            same_kind = [d for d in others if _kind(space, d) == _kind(space, dataset)]
            ready = [benchmarks.table(name, d) for d in same_kind if not plugin.missing(d)]
            alike += [table for table in ready if 2 * table.n_architectures > len(space)]
    return alike


def _kind(space: SearchSpace, dataset: str) -> str:
    """Of its inputs; those that are not plugins belong to published tables."""
    plugin = plugins.find(Dataset).get(dataset)  # type: ignore[type-abstract]
    return plugin.kind if plugin else next(iter(space.kinds), "")


def titles(tables: Sequence[Table]) -> str:
    """The datasets of these tables, in words."""
    return ", ".join(dict.fromkeys(datasets.title(t.dataset, t.dataset_titles) for t in tables))


def proposers(space: SearchSpace, dataset: str) -> list[str]:
    """What can propose there: tables, proxies that rank the best of these, and proxies alone."""
    scored = space.exhaustive and space.kinds and scores.for_search(space, dataset)
    single = list(proxies.alone()) if scored else []
    return ([TABLES, *(f"{TABLES},{name}" for name in single)] if tables(space, dataset) else []) + single


def ranking(tables: Sequence[Table], count: int) -> np.ndarray:
    """int64[<=count]: rows of the architectures that all tables know, one of each isomorphism class, by their mean rank
    in the main metrics after full training; the best first."""
    space = tables[0].space
    total = np.zeros(len(space))
    for table in tables:
        order = landscape.best(table, table.main, len(space))
        rank = np.full(len(space), np.nan)
        rank[order] = np.arange(len(order)) / len(order)
        total += rank
    order = landscape.top(total, "min", len(space))
    first = (row for row in order if space.index(space.canonical(space.arch(int(row)))) == row)  # of its class
    return np.fromiter(islice(first, count), int)


def _candidates(space: SearchSpace, dataset: str, by: str) -> np.ndarray:
    """int64[n]: rows, the best first where tables rank them; ValueError for what cannot propose."""
    if by not in (names := proposers(space, dataset)):
        text = ", ".join(name for name in names if "," not in name) or "nothing"
        raise ValueError(f"{by!r} cannot propose candidates of the {space.title()} space here; there are: {text}")
    if by.startswith(TABLES):
        return ranking(tables(space, dataset), POOL)
    return np.random.default_rng(7).permutation(np.flatnonzero(landscape.distinct(space)))[:POOL]


def most(space: SearchSpace) -> int:
    """How many pairs there can be: all their networks differ, and isomorphic architectures are one network."""
    return min(MOST, int(landscape.distinct(space).sum()) // 2)


def _plan(space: SearchSpace, dataset: str) -> Scoring:
    """How a proxy scores candidates; ValueError where it cannot."""
    if (plan := scores.for_search(space, dataset)) is None:
        raise ValueError(f"proxies cannot score networks of the {space.title()} space")
    return plan


def _scores(space: SearchSpace, dataset: str, by: str, rows: Sequence[int]) -> np.ndarray:
    """float64[rows]: what the proxy of `by` says of them; inf where that is not known yet, nan where it failed."""
    name, plan = by.rpartition(",")[2], _plan(space, dataset)
    scored_rows = scores.read(plan)
    at = [scoring.parts(plan, row, [name])[0][0] for row in rows]
    return np.array([scored_rows[row].values.get(name, np.inf) if row in scored_rows else np.inf for row in at])


def missing(space: SearchSpace, dataset: str, by: str) -> int:
    """How many candidates a proxy has still to score before `opening`; see `score`."""
    if by == TABLES:
        return 0
    return int(np.isposinf(_scores(space, dataset, by, _candidates(space, dataset, by).tolist())).sum())


def score(space: SearchSpace, dataset: str, by: str) -> Generator[ScoreRow]:
    """Score the candidates that are `missing`; needs torch. ValueError with fewer than two batches of data."""
    rows = _candidates(space, dataset, by).tolist()
    yield from scoring.sweep(_plan(space, dataset), rows, [by.rpartition(",")[2]])


def opening(space: SearchSpace, dataset: str, count: int, by: str, seed: int) -> tuple[Arch, ...]:
    """2 * count architectures for `RunSpec.opening`: in turn one that `by` proposes, and a random one.

    by: one of `proposers`; none may be `missing`. seed: of the search, draws the random ones. ValueError for more pairs
    than `most`, or than candidates are proposed.
    """
    if count > (limit := most(space)):
        raise ValueError(
            f"{count} pairs need {2 * count} different networks, and the {space.title()} space has "
            f"{int(landscape.distinct(space).sum())}; take at most {limit}"
        )
    if lacking := missing(space, dataset, by):
        raise ValueError(f"{lacking} candidates have no score by {by.rpartition(',')[2]} yet; let it score them first")
    rows = _candidates(space, dataset, by)
    if by != TABLES:
        rows = rows[landscape.top(_scores(space, dataset, by, rows.tolist()), "max", count)]
    if len(rows) < count:
        raise ValueError(f"{words(by)} can rank only {len(rows)} candidates; take at most as many pairs, not {count}")
    candidates = [space.arch(int(row)) for row in rows[:count]]
    keys, rng, out = {space.canonical(arch) for arch in candidates}, np.random.default_rng([seed, 2]), list[Arch]()
    for arch in candidates:
        while (key := space.canonical(other := space.sample(rng))) in keys:
            pass
        keys.add(key)
        out += [arch, other]
    return tuple(out)


def advantage(history: History) -> pairs.Pair | None:
    """What was proposed against what was random, in the first objective; None before both of any pair were trained.

    The difference is positive if what was proposed is better, in the unit of the objective.
    """
    losses: dict[Arch, float] = {}
    for arch, loss in zip(history.archs, history.losses[:, 0].tolist(), strict=True):
        losses.setdefault(arch, loss)
    values = -np.array([losses.get(arch, np.nan) for arch in history.spec.opening], float).reshape(-1, 2)
    values = values[np.isfinite(values).all(1)]
    return pairs.compare(dict(zip(ORIGINS, values.T, strict=True)))[0] if len(values) else None


def words(by: str) -> str:
    """What proposes, as people read it: "tables of other datasets, then the proxy naswot"."""
    return ", then ".join(
        "tables of other datasets" if name == TABLES else f"the proxy {name}" for name in by.split(",")
    )


def sentence(history: History, benchmark: Benchmark) -> str:
    """Whether beginning with what was proposed has paid, in a sentence that claims no more than the pairs show."""
    spec, pair = history.spec, advantage(history)
    what = f"by {words(spec.opening_source)}" if spec.opening_source else "before the search"
    if pair is None:
        return f"{len(spec.opening) // 2} candidates were proposed {what}; no pair of them has been trained yet."
    metric = benchmark.metrics.get(spec.objectives[0].metric)
    unit = "" if metric is None else " points" if metric.unit == "%" else f" {metric.unit}".rstrip()
    digits = ".2f" if unit == " points" else ".3g"
    size, low, high = (format(x, digits) for x in (abs(pair.difference), pair.low, pair.high))
    how = f"{size}{unit} {'better' if pair.difference >= 0 else 'worse'}"
    interval = "" if math.isnan(pair.low) else f", 95 % interval of the difference {low} to {high}"
    verdict = "Whether that paid cannot be told" + (f" from fewer than {USUAL} pairs" if math.isnan(pair.low) else "")
    if pair.winner:
        verdict = "That paid" if pair.winner == ORIGINS[0] else "That did not pay"
    return (
        f"{verdict}: candidates proposed {what} are on average {how} than the random ones beside them "
        f"(ahead in {pair.ahead} of {pair.size} pairs{interval})."
    )
