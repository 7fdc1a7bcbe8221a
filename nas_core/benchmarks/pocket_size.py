"""The embedded table of the size space: every choice of widths really trained on cluttered digits."""

from __future__ import annotations

from pathlib import Path

from nas_core.benchmarks.tables.pocket import PocketTable
from nas_core.sources.pocket_size import RECIPE


class PocketSize(PocketTable):
    """1,024 choices of five layer widths trained for real on a small image task; works without a network connection."""

    space = RECIPE.make_space()
    file = Path(__file__).with_suffix(".parquet")
