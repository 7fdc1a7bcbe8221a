"""The embedded table of the topology space: every cell really trained on cluttered digits."""

from __future__ import annotations

from pathlib import Path

from nas_core.benchmarks._pocket import PocketTable
from nas_core.spaces.topology import Topology


class PocketTopology(PocketTable):
    """15,625 cells trained for real on a small image task; works without a network connection."""

    space = Topology()
    file = Path(__file__).with_suffix(".parquet")
