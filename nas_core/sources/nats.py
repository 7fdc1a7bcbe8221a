"""NATS-Bench on this machine: fetch the pinned files, merge them into tables, and say what is here.

Nothing is replaced before its successor is complete and has passed its own checks, so whatever happens on the way the
old table can still be used.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from nas_core.sources import catalogue, nats_scores, nats_size, nats_topology, tables
from nas_core.sources.catalogue import PinnedFile
from nas_core.sources.download import Progress, download, path

COMMAND = "python -m nas_core fetch nats"


@dataclass(frozen=True)
class TableRecipe:
    """How one table is made of pinned files."""

    table: str  # the name of its file, which is that of a benchmark where it is one's table
    space: str
    files: Sequence[PinnedFile]
    build: Callable[[Callable[[PinnedFile], Path]], dict[str, np.ndarray]]
    provenance: Mapping[str, str]


RECIPES = (
    TableRecipe("nats_topology", "topology", catalogue.TOPOLOGY_FILES, nats_topology.build, nats_topology.PROVENANCE),
    TableRecipe("nats_size", "size", catalogue.SIZE_FILES, nats_size.build, nats_size.PROVENANCE),
)
SCORES = TableRecipe("nats_scores", "topology", catalogue.SCORE_FILES, nats_scores.build, nats_scores.PROVENANCE)


def file(table: str) -> Path:
    """Where the table made of the pinned files is, or will be."""
    return tables.tables_dir() / f"{table}.parquet"


def command(table: str) -> str:
    """The command that gets the table made of pinned files."""
    return COMMAND if table in [recipe.table for recipe in RECIPES] else f"python -m nas_core fetch {table}"


def official_file(table: str) -> Path:
    """Where the table made of the official archives is, or will be (`nas_core.sources.official`)."""
    return tables.tables_dir() / f"{table}_official.parquet"


def fetch(mirror: str = "", recipes: Sequence[TableRecipe] = (*RECIPES, SCORES)) -> Generator[Progress]:
    """Download what is missing, merge, check and save the tables; SourceError in one sentence if it fails.

    mirror: scheme and host that serve the pinned paths instead of GitHub; ValueError if it is not a web address.
    """
    yield from download([file for recipe in recipes for file in recipe.files], mirror)
    yield from merge(recipes, path)


def merge(recipes: Sequence[TableRecipe], place: Callable[[PinnedFile], Path]) -> Generator[Progress]:
    """Make, check and save the tables of files that are here; `place` says where each lies."""
    for number, recipe in enumerate(recipes):
        yield Progress(f"merging {recipe.table}", number, len(recipes), "tables")
        columns = recipe.build(place)
        tables.write(file(recipe.table), columns, _provenance(recipe), sources=[vars(f) for f in recipe.files])
    yield Progress("all is ready", len(recipes), len(recipes), "tables")


def _provenance(recipe: TableRecipe) -> dict[str, str]:
    repositories = ", ".join(dict.fromkeys(f"{f.repository} ({f.licence})" for f in recipe.files))
    today = datetime.now(UTC).date().isoformat()
    return {**recipe.provenance, "merged from": f"{repositories}; each file pinned by commit and checksum; on {today}"}
