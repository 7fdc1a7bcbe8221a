"""Columns of yours in every table of a space, NATS-Bench's and those that come with the code too: numbers for its
architectures, such as scores by a proxy that others published. No table's own file is touched, and no run changes that
does not name them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from nas_core import places, spaces
from nas_core.benchmarks import _table
from nas_core.benchmarks._metric import Metric
from nas_core.sources import tables, user_columns, user_table
from nas_core.sources.download import SourceError
from nas_core.sources.user_table import TableDraft
from nas_core.spaces import SearchSpace

MARK = "my_"  # begins their names, so that none is taken for a metric of the table


def metrics(space: SearchSpace) -> dict[str, Metric]:
    """{name: Metric} of what was added for the tables of `space`."""
    if not _fits(space):
        return {}
    meta = _table.meta(user_columns.file(space.name))
    sources = json.loads(meta["provenance"])
    return {
        f"{MARK}{name}": Metric(
            "", goal, "a column that you added", sources[name], f"{_words(name)} (yours)", local=True
        )
        for name, goal in user_table.goals(meta).items()
    }


def column(space: SearchSpace, metric: str) -> np.ndarray:
    """float64[len(space)] of a name of `metrics`, read-only; nan where the file has nothing."""
    return _table.columns(user_columns.file(space.name))[metric.removeprefix(MARK)]


def names(space_name: str) -> list[str]:
    """What was added for the tables of that space; nothing where the file is damaged."""
    file = user_columns.file(space_name)
    return sorted(user_table.goals(_table.meta(file))) if file.is_file() and not damage(space_name) else []


def add(draft: TableDraft, source: str = "", fewer_is_better: Iterable[str] | None = None, scale: str = "") -> Path:
    """Add the columns of `draft`, those of the same names are replaced. The other arguments are those of
    `user_table.save`; ValueError for columns that say their epochs, which are a table's matter."""
    if late := next((n for n in draft.columns if "@" in n), ""):
        raise ValueError(f"{late} says its epochs, and tables have epochs of their own; rename the column of the file")
    if not draft.count:
        raise ValueError("no line of the file can be used, so there is nothing to add")
    file = user_columns.file(draft.space)
    there = names(draft.space)
    others = {n: values for n, values in _table.columns(file).items() if n not in draft.columns} if there else {}
    about = f"{source or 'source not given'}, added by you on {datetime.now(UTC).date().isoformat()}"
    goals, provenance = user_table.goals_of(draft, fewer_is_better), dict.fromkeys(draft.metrics, about)
    if others:
        goals, provenance = (_of(file, "goals") | goals, _of(file, "provenance") | provenance)
    tables.write(file, {**others, **user_table.in_percent(draft, scale)}, provenance, np.float64, goals=goals)
    return file


def remove(space_name: str, name: str) -> None:
    """Remove one of them; SourceError if there is none of that name."""
    places.check_own()
    if name not in (there := names(space_name)):
        raise SourceError(f"no column {name!r} was added for the {space_name} space; there are: {', '.join(there)}")
    file = user_columns.file(space_name)
    if there == [name]:
        remove_all(space_name)
        return
    others = {n: values for n, values in _table.columns(file).items() if n != name}
    goals, provenance = ({n: v for n, v in _of(file, what).items() if n != name} for what in ("goals", "provenance"))
    tables.write(file, others, provenance, np.float64, goals=goals)


def remove_all(space_name: str) -> None:
    """Remove all of them, also from a damaged file."""
    places.check_own()
    user_columns.file(space_name).unlink(missing_ok=True)


def damage(space_name: str) -> str:
    """One sentence if the file is damaged, else ""; the tables are as good as before, but without these columns."""
    return _table.damage(user_columns.file(space_name))


def version() -> int:
    """What changes when columns are added or removed; 0 before any."""
    try:
        return user_columns.folder().stat().st_mtime_ns
    except OSError:
        return 0


def _fits(space: SearchSpace) -> bool:
    """True if there is a whole file for these architectures: a space can have the same name and other options."""
    return bool(names(space.name)) and spaces.create(space.name).options == space.options


def _of(file: Path, what: str) -> dict[str, str]:
    return json.loads(_table.meta(file)[what])


def _words(name: str) -> str:
    return name.replace("_", " ")
