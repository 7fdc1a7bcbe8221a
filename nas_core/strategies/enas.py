"""ENAS: efficient search by parameter sharing (Pham et al., ICML 2018, arXiv:1802.03268), as in NAS-Bench-201."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nas_core.plugins import param
from nas_core.strategies._cell_sharing import CellSharing
from nas_core.types import Arch

if TYPE_CHECKING:
    from nas_core.nets.shared_weights import Batch

FORGET = 0.99  # how slowly the average reward forgets
ENTROPY = 1e-4  # worth of a nat of entropy, in reward
CLIP = 5.0  # longest gradient


class Enas(CellSharing):
    """A recurrent controller writes cells; by turns, they train the shared weights and their accuracy trains it.

    The reward is the accuracy of a cell on one validation batch with the shared weights; what does better than the
    running average becomes more likely. The cell it names is the best of a hundred that it writes.
    """

    label = "ENAS"
    aliases = ("efficient NAS",)
    paper = "Pham et al. 2018, arXiv:1802.03268"
    choice = "the best of the cells that the controller writes, judged with the shared weights"
    preference = "how often the controller chooses the operation"
    quick = CellSharing.quick | {"controller_steps": 2, "cells_a_step": 2, "candidates": 3}

    controller_steps: int = param(50, "updates of the controller after each epoch", low=1, high=1000)
    cells_a_step: int = param(20, "cells that it writes for one update", low=1, high=100)
    candidates: int = param(100, "cells that it writes at last and of which it takes the best", low=1, high=10_000)

    def prepare(self) -> None:
        import torch

        from nas_core.nets.controller import Controller

        self.controller = Controller(
            len(self.space.options), len(self.space.options[0])
        )  # so small that the CPU is the place for it
        self.adam = torch.optim.Adam(self.controller.parameters(), lr=1e-3, betas=(0.9, 0.999), eps=1e-3)
        self.average: float | None = None  # of the rewards
        self.rewarded_on = 0  # position among the validation batches

    def step(self, train: Batch, val: Batch) -> tuple[float, float]:
        from nas_core.nets.shared_weights import loss_and_accuracy

        loss, accuracy = loss_and_accuracy(self.shared.net(train[0], arch=self.sample_cell()), train[1])
        self.shared.descend(loss)
        return loss.item(), accuracy

    def sample_cell(self) -> Arch:
        """A cell from the controller as it is."""
        import torch

        with torch.no_grad():
            return self.controller.write(self.rng)[0]

    def derive(self) -> Arch:
        return self.ranked([self.sample_cell() for _ in range(self.candidates)])[0]

    def end_epoch(self) -> None:
        """Train the controller: REINFORCE with a running average as baseline."""
        import torch

        for _ in range(self.controller_steps):
            losses = []
            for cell, log_probability, entropy, _ in (
                self.controller.write(self.rng) for _ in range(self.cells_a_step)
            ):
                reward = self.reward(cell) + ENTROPY * entropy.item()
                average = reward if self.average is None else FORGET * self.average + (1 - FORGET) * reward
                losses.append(-log_probability * (reward - average))
                self.average = average
            self.adam.zero_grad()
            torch.stack(losses).mean().backward()
            torch.nn.utils.clip_grad_norm_(self.controller.parameters(), CLIP)
            self.adam.step()

    def reward(self, cell: Arch) -> float:
        """Share of right answers, 0 to 1, on the next validation batch."""
        import torch

        from nas_core.nets.shared_weights import loss_and_accuracy
        from nas_core.nets.supernet import batch_statistics

        images, labels = self.shared.val
        start, size = self.rewarded_on, self.shared.batch
        self.rewarded_on = start + size if start + 2 * size <= len(labels) else 0
        with torch.no_grad(), batch_statistics(self.shared.net):
            logits = self.shared.net(images[start : start + size], arch=cell)
        return loss_and_accuracy(logits, labels[start : start + size])[1] / 100

    def preferences(self) -> list[list[float]]:
        import torch

        with torch.no_grad():
            probabilities = [self.controller.write(self.rng)[3].numpy() for _ in range(self.candidates)]
        return np.mean(probabilities, axis=0).astype(float).round(4).tolist()

    def state(self) -> dict[str, Any]:
        return {
            "controller": self.controller.state_dict(),
            "adam": self.adam.state_dict(),
            "average": self.average,
            "rewarded_on": self.rewarded_on,
        }

    def restore(self, state: dict[str, Any]) -> None:
        self.controller.load_state_dict(state["controller"])
        self.adam.load_state_dict(state["adam"])
        self.average, self.rewarded_on = state["average"], state["rewarded_on"]
