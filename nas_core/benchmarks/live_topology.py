"""The trainer itself as a benchmark of the topology space."""

from __future__ import annotations

from nas_core.benchmarks.live import LiveTraining
from nas_core.plugins import param
from nas_core.spaces.topology import Topology


class LiveTopology(LiveTraining):
    """Trains each cell for real, by the recipe of the embedded table; a search takes as long as its trainings."""

    space = Topology()

    channels: int = param(8, "channels of the network after its first layer", low=1, high=64)
    cells: int = param(1, "cells in each of the three stages", low=1, high=5)

    @property
    def network(self):
        return {"channels": self.channels, "cells": self.cells}
