"""Tables of the topology space that a user imported."""

from __future__ import annotations

from nas_core.benchmarks._own import OwnTable
from nas_core.spaces.topology import Topology


class OwnTopology(OwnTable):
    """Your own numbers for the topology space, from a CSV or Parquet file; import them on the page Data."""

    space = Topology()
