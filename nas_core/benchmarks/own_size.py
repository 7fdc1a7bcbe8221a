"""Tables of the size space that a user imported."""

from __future__ import annotations

from nas_core.benchmarks._own import OwnTable
from nas_core.spaces.size import Size


class OwnSize(OwnTable):
    """Your own numbers for the size space, from a CSV or Parquet file; import them on the page Data."""

    space = Size()
