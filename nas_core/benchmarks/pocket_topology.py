"""The embedded tables of the topology space: every cell really trained on cluttered digits and on Banking77."""

from __future__ import annotations

from pathlib import Path

from nas_core.benchmarks.tables.pocket import PocketTable
from nas_core.spaces.topology import Topology


class PocketTopology(PocketTable):
    """15,625 cells trained for real on small tasks; works without a network connection."""

    space = Topology()
    file = Path(__file__).with_suffix(".parquet")


PocketTopology.datasets += tuple(d for d in ("banking77", "cluttered_digits_2") if PocketTopology.file_of(d).exists())
