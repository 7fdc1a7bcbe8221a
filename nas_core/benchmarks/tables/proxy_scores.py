"""Scores by zero-cost proxies as part of a table: further metrics, and cheap looks that a search pays for in seconds.

They come from the sweeps of `nas_core.scoring` on this machine. Each pocket table has a file of them beside it; it
serves looks and the page of proxies, and its columns become metrics once something is scored with its settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np

from nas_core import plugins
from nas_core.arrays import read_only
from nas_core.benchmarks import Metric, _table
from nas_core.benchmarks.tables import added_columns
from nas_core.proxies import Ensemble, Proxy
from nas_core.sources import scores
from nas_core.sources.scores import SECONDS, Scoring
from nas_core.spaces import SearchSpace


def _shipped(file: Path) -> Scoring:
    """What is in a file beside a pocket table: pocket_topology_scores, or with the dataset pocket_size_mine_scores."""
    _, space, *dataset, _ = file.stem.split("_")
    return Scoring(space, "pocket", "_".join(dataset) or "cluttered_digits")


def _sample_of(file: Path) -> Scoring:
    """What is in a file with scores of some networks of a space: nats_size_sample, by its network and space."""
    net, space, _ = file.stem.split("_")
    return Scoring(space, net, "cluttered_digits")


_HERE = Path(__file__).parents[1]
SHIPPED = {
    **{_shipped(file): file for file in sorted(_HERE.glob("pocket_*_scores.parquet"), reverse=True)},
    **{_sample_of(file): file for file in _HERE.glob("*_sample.parquet")},  # for the page of proxies
}
_Options = tuple[tuple[str, ...], ...]
Look = tuple[np.ndarray, np.ndarray]  # float64[len(space)] each: the score, and the seconds it costs


def metrics(space: SearchSpace) -> dict[str, Metric]:
    """{proxy_settings: Metric} of everything that was scored for `space`, and what the user added to its tables."""
    return _alone(version(), space.name, space.options) | added_columns.metrics(space)


@lru_cache(maxsize=16)
def _alone(version: tuple[str, int], name: str, options: _Options) -> dict[str, Metric]:
    return {metric: entry for metric, (entry, _, _) in _metrics(version, name, options).items()}


@lru_cache(maxsize=16)
def _metrics(_version: tuple[str, int], name: str, options: _Options) -> dict[str, tuple[Metric, str, Scoring]]:
    """{metric's name: (metric, proxy, settings)}"""
    proxies = plugins.find(Proxy)
    return {
        f"{proxy}_{scoring.name}": (
            Metric(
                "",
                "max",
                proxies[proxy].summary(),
                f"measured here: {scoring.words}, untrained",
                f"{proxies[proxy].title()} ({scoring.net} network, {scores.title(scoring.data)}{_unusual(scoring)})",
                local=True,
                shared=proxies[proxy].shared,
            ),
            proxy,
            scoring,
        )
        for scoring in _scorings(_version, name, options)
        if scoring.file.exists()
        for proxy in columns(scoring)
        if proxy in proxies
    }


def _unusual(scoring: Scoring) -> str:
    plain = Scoring(scoring.space, scoring.net, scoring.data)
    return scoring.name.removeprefix(plain.name).replace("_b", ", batch ").replace("_s", ", seed ")


def column(space: SearchSpace, metric: str) -> np.ndarray:
    """float[len(space)] of a name of `metrics`, as it was stored: nan where not scored or not finite."""
    if metric not in (metrics := _metrics(version(), space.name, space.options)):
        return added_columns.column(space, metric)
    _, proxy, scoring = metrics[metric]
    values = columns(scoring)[proxy]
    return read_only(np.where(np.isfinite(values), values, np.nan))


def damage(space: SearchSpace) -> str:
    """One sentence if a table of scores of `space` is damaged, else ""."""
    try:
        return next(filter(None, (_table.damage(file) for s in scorings(space) for file in _files(s))), "")
    except OSError:  # the folder for scores cannot be made; saving reports that
        return ""


def looks(scoring: Scoring) -> dict[str, Look]:
    """{proxy: Look} of those that know every architecture; minus infinity where a score is not finite.

    What comes with the table counts more than what was scored here, which would change runs of before.
    """
    if not _files(scoring):
        return {}
    columns = _columns(_versions(_files(scoring)[::-1]))
    return {
        name: (values.astype(float), np.nan_to_num(columns[name + SECONDS].astype(float)))
        for name, values in columns.items()
        if name + SECONDS in columns and not np.isnan(values).any()
    }


def scorings(space: SearchSpace) -> list[Scoring]:
    """All settings with which architectures of `space` are scored."""
    return _scorings(version(), space.name, space.options)


@lru_cache(maxsize=16)
def _scorings(_version: tuple[str, int], name: str, options: _Options) -> list[Scoring]:
    shipped = [s for s, file in SHIPPED.items() if file.exists()]
    scorings = dict.fromkeys([*shipped, *(scores.on_disk(name) if _version[1] else ())])
    return [s for s in scorings if s.space == name and s.make_space().options == options]


def version() -> tuple[str, int]:
    """What changes when a table of scores or a column of the user's is written; 0 where nothing was or can be."""
    folder, column_version = scores.folder(), added_columns.version()
    try:
        return str(folder), folder.stat().st_mtime_ns + column_version
    except OSError:
        return (str(folder), column_version) if column_version else ("", 0)


def columns(scoring: Scoring) -> Mapping[str, np.ndarray]:
    """float[len(space)] by proxy, ensembles included, and by proxy + SECONDS; see `scores.columns`."""
    return _columns(_versions(_files(scoring)))


def _versions(files: list[Path]) -> tuple[tuple[Path, int], ...]:
    return tuple((file, file.stat().st_mtime_ns) for file in files)


def _files(scoring: Scoring) -> list[Path]:
    """Those that exist, the one that counts more last."""
    return [f for f in (SHIPPED.get(scoring), scoring.file) if f is not None and f.exists()]


@lru_cache(maxsize=16)
def _columns(files: tuple[tuple[Path, int], ...]) -> Mapping[str, np.ndarray]:
    out: dict[str, np.ndarray] = {}
    for file, _ in files:
        for name, values in _table.columns(file).items():
            out[name] = np.where(np.isnan(values), out[name], values) if name in out else values
    return out | ensembles(out)


def ensembles(columns: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """{ensemble: float[n]} of those whose members are all in `known`; nan where a member is, ranked among the rest."""
    out = {}
    for name, plugin in plugins.find(Proxy).items():
        if issubclass(plugin, Ensemble) and all(m in columns for m in plugin.members):
            there = ~np.any([np.isnan(columns[m]) for m in plugin.members], 0)
            out[name] = np.full(len(there), np.nan)
            if there.any():
                out[name][there] = plugin().combine({m: columns[m][there] for m in plugin.members})
    return out
