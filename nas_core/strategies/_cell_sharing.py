"""What the strategies have in common that choose between operations in a supernet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas_core.datasets import KINDS
from nas_core.plugins import param
from nas_core.strategies.weight_sharing import WeightSharing

if TYPE_CHECKING:
    from torch import nn


class CellSharing(WeightSharing):
    """Base: trains the supernet of a space that holds all operations at every place, as that of the topology space.

    Made for a CPU, it is much smaller than NAS-Bench-201's of 16 channels and 5 cells a stage.
    """

    shares = "operations"
    reads = tuple(KINDS)
    quick = WeightSharing.quick | {"channels": 2}

    channels: int = param(4, "channels of the supernet after its first layer", low=1, high=64)
    cells: int = param(1, "cells in each of the three stages", low=1, high=5)

    def network(self) -> nn.Module:
        size = {"channels": self.channels, "cells": self.cells}
        return self.space.supernet(self.data.classes, **size, **self.data.inputs)  # type: ignore[no-any-return]
