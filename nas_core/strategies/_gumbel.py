"""What GDAS and FBNetV2 share: draws by the Gumbel softmax, which let a gradient through (arXiv:1611.01144)."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from nas_core.plugins import param
from nas_core.strategies._differentiable import Differentiable

if TYPE_CHECKING:
    from torch import Tensor

    from nas_core.nets.shared_weights import Batch


class Gumbel(Differentiable):
    """Base: weights and architecture are updated one after the other, each with a draw of its own.

    The temperature of the draws falls from epoch to epoch. A subclass gives `draw`.
    """

    first_temperature: float = param(10.0, "temperature of the draws in the first epoch", low=0.01, high=100.0)
    last_temperature: float = param(0.1, "temperature of the draws in the last epoch", low=0.01, high=100.0)

    @property
    def temperature(self) -> float:
        """Linear from the first to the last epoch."""
        share = self.epoch / max(self.epochs - 1, 1)
        return self.first_temperature + share * (self.last_temperature - self.first_temperature)

    def soft_draw(self) -> Tensor:
        """float32[decisions, options]: softmax((log softmax(alpha) + Gumbel noise) / temperature); rows sum to 1."""
        import torch

        while True:
            uniform = torch.from_numpy(self.rng.random(tuple(self.alpha.shape))).to(self.alpha)
            gumbel = -torch.log(-torch.log(uniform))
            soft = ((self.alpha.log_softmax(1) + gumbel) / self.temperature).softmax(1)
            if torch.isfinite(soft).all() and torch.isfinite(gumbel).all():
                return soft

    @abstractmethod
    def draw(self) -> tuple[Any, ...]:
        """What the supernet takes besides the images, as a tuple."""

    def penalty(self) -> Any:
        """Added to the validation loss from which the architecture learns: a number, or a tensor that knows `alpha`."""
        return 0.0

    def step(self, train: Batch, val: Batch) -> tuple[float, float]:
        from nas_core.nets.shared_weights import loss_and_accuracy

        net = self.shared.net
        loss, accuracy = loss_and_accuracy(net(train[0], *self.draw()), train[1])
        self.shared.descend(loss)
        self.adam.zero_grad()
        (loss_and_accuracy(net(val[0], *self.draw()), val[1])[0] + self.penalty()).backward()
        self.adam.step()
        return loss.item(), accuracy
