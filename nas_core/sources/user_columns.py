"""Where the columns are that a user has added to every table of a space."""

from __future__ import annotations

from pathlib import Path

from nas_core import places


def folder() -> Path:
    """One file for each space."""
    return places.data_place() / "columns"


def file(space_name: str) -> Path:
    """The columns for the tables of that space."""
    return folder() / f"{space_name}.parquet"
