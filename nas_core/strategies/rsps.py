"""Random search with parameter sharing (Li & Talwalkar, UAI 2019, arXiv:1902.07638), as in NAS-Bench-201."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nas_core.plugins import param
from nas_core.strategies._cell_sharing import CellSharing
from nas_core.types import Arch

if TYPE_CHECKING:
    from nas_core.nets.shared_weights import Batch

TOP = 10  # candidates whose operations are shown


class Rsps(CellSharing):
    """Trains a cell drawn at random at every step, and at last takes the best of a hundred by the shared weights.

    It learns nothing about which cells are good until then, so it shows what the shared weights alone are worth. All
    candidates are judged on the same validation images: on others the order would be another one.
    """

    label = "RSPS"
    aliases = ("random search with parameter sharing",)
    paper = "Li & Talwalkar 2019, arXiv:1902.07638"
    choice = "the best of cells drawn at random, judged with the shared weights"
    preference = "share among the ten best of all candidates, judged with the shared weights"
    quick = CellSharing.quick | {"candidates": 3}

    candidates: int = param(100, "cells drawn at random of which it takes the best", low=1, high=10_000)

    def draw(self) -> Arch:
        """A cell drawn uniformly among those in which every node reads something."""
        while not self.space.connected(cell := self.space.sample(self.rng)):
            pass
        return cell

    def step(self, train: Batch, val: Batch) -> tuple[float, float]:
        from nas_core.nets.shared_weights import loss_and_accuracy

        loss, accuracy = loss_and_accuracy(self.shared.net(train[0], arch=self.draw()), train[1])
        self.shared.descend(loss)
        return loss.item(), accuracy

    def derive(self) -> Arch:
        self.top = self.ranked([self.draw() for _ in range(self.candidates)])[:TOP]
        return self.top[0]

    def preferences(self) -> list[list[float]]:
        return np.eye(len(self.space.options[0]))[np.array(self.top)].mean(0).tolist()
