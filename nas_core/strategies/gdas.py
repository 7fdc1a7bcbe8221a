"""GDAS: searching for a robust architecture by Gumbel sampling (Dong & Yang, CVPR 2019, arXiv:1910.04465)."""

from __future__ import annotations

from nas_core.plugins import param
from nas_core.strategies._differentiable import Differentiable


class Gdas(Differentiable):
    """Draws one operation an edge at every step and trains only those, yet every operation's weight gets a gradient.

    The draw is a Gumbel softmax made hard: forwards it is one-hot, backwards it is soft. Weights and architecture are
    updated one after the other, each with a draw of its own. The temperature falls from epoch to epoch.
    """

    label = "GDAS"
    paper = "Dong & Yang 2019, arXiv:1910.04465"

    first_temperature: float = param(10.0, "temperature of the draws in the first epoch", low=0.01, high=100.0)
    last_temperature: float = param(0.1, "temperature of the draws in the last epoch", low=0.01, high=100.0)

    @property
    def temperature(self) -> float:
        """Linear from the first to the last epoch."""
        share = self.epoch / max(self.epochs - 1, 1)
        return self.first_temperature + share * (self.last_temperature - self.first_temperature)

    def draw(self):
        """(weights float32[6, 5], one-hot forwards and soft backwards; the drawn cell)."""
        import torch

        while True:
            uniform = torch.from_numpy(self.rng.random((6, 5))).to(self.alpha)
            gumbel = -torch.log(-torch.log(uniform))
            soft = ((self.alpha.log_softmax(1) + gumbel) / self.temperature).softmax(1)
            if torch.isfinite(soft).all() and torch.isfinite(gumbel).all():
                break
        cell = soft.argmax(1)
        hard = torch.nn.functional.one_hot(cell, 5).to(soft)
        return hard - soft.detach() + soft, tuple(cell.tolist())

    def step(self, train, val):
        from nas_core.nets.shared_weights import loss_and_accuracy

        net = self.shared.net
        loss, accuracy = loss_and_accuracy(net(train[0], *self.draw()), train[1])
        self.shared.descend(loss)
        self.adam.zero_grad()
        loss_and_accuracy(net(val[0], *self.draw()), val[1])[0].backward()
        self.adam.step()
        return loss.item(), accuracy
