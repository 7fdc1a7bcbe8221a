"""What the strategies of weight sharing on the topology space have in common: the supernet of its cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nas_core.datasets import KINDS
from nas_core.plugins import param
from nas_core.strategies._weight_sharing import WeightSharing

if TYPE_CHECKING:
    from torch import nn


class CellSharing(WeightSharing):
    """Base: trains `nas_core.nets.supernet.Supernet`, which holds all five operations on every edge of its cells."""

    works_on = ("topology",)
    reads = tuple(KINDS)
    quick = WeightSharing.quick | {"channels": 2}

    channels: int = param(4, "channels of the supernet after its first layer", low=1, high=64)
    cells: int = param(1, "cells in each of the three stages", low=1, high=5)

    def network(self) -> nn.Module:
        from nas_core.nets.supernet import Supernet

        return Supernet(self.data.classes, self.channels, self.cells, **self.data.inputs)
