"""The trainer itself as a benchmark of the macro space."""

from __future__ import annotations

from nas_core.benchmarks.live import LiveTraining
from nas_core.plugins import param
from nas_core.spaces.macro import PUBLISHED, Macro


class LiveMacro(LiveTraining):
    """Trains each macro network for real, by a recipe that fits the data; a search takes as long as its trainings."""

    space = Macro()

    depths: str = param(PUBLISHED, "blocks of each stage, joined by colons; NAS-Bench-Macro has 2:3:3")
    channels: int = param(8, "channels of the network after its first layer; NAS-Bench-Macro has 32", low=1, high=64)
    features: int = param(64, "channels of its last convolution; NAS-Bench-Macro has 1280", low=1, high=1280)

    @property
    def network(self):
        return {"channels": self.channels, "features": self.features}
