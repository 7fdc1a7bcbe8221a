"""The trainer itself as a benchmark of the size space in small."""

from __future__ import annotations

from nas_core.benchmarks._live import LiveTraining
from nas_core.sources.pocket_size import RECIPE


class LiveSize(LiveTraining):
    """Trains each choice of widths for real, by the recipe of the embedded table; searches take that long."""

    space = RECIPE.make_space()
    followed = "pocket_size"
