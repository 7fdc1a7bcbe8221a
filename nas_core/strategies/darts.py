"""DARTS: differentiable architecture search (Liu et al., ICLR 2019, arXiv:1806.09055), as in NAS-Bench-201."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nas_core.plugins import param
from nas_core.strategies._cell_sharing import CellSharing
from nas_core.strategies._differentiable import Differentiable

if TYPE_CHECKING:
    from torch import Tensor

    from nas_core.nets.shared_weights import Batch


class Darts(Differentiable, CellSharing):
    """Mixes all operations of every edge and learns the mixture by gradient; the heaviest operations are the cell.

    Alternates an update of the shared weights on a training batch and one of the mixture on a validation batch, in
    this order, as NATS-Bench's reference does. The second order takes the gradient through one step of the weights. A
    long search is known to end with skip connections everywhere: that is shown here, not mended.
    """

    label = "DARTS"
    aliases = ("differentiable architecture search",)
    paper = "Liu et al. 2019, arXiv:1806.09055"

    order: int = param(
        1, "1 takes the weights as they are, 2 looks one step of them ahead; about four times as slow", options=(1, 2)
    )
    curvature: bool = param(
        False,
        "note after each epoch how sharply the validation loss bends with the mixture, for charts: the largest "
        "eigenvalue of its second derivatives; takes as long as a dozen steps, which is not charged",
    )

    def step(self, train: Batch, val: Batch) -> tuple[float, float]:
        from nas_core.nets.bilevel import unrolled_gradient
        from nas_core.nets.shared_weights import loss_and_accuracy

        shared, net = self.shared, self.shared.net
        loss, accuracy = loss_and_accuracy(net(train[0], self.alpha.softmax(1)), train[1])
        shared.descend(loss)

        def loss_on(images: Tensor, labels: Tensor) -> Tensor:
            return loss_and_accuracy(net(images, self.alpha.softmax(1)), labels)[0]

        self.adam.zero_grad()
        if self.order == 1:
            loss_on(*val).backward()
        else:
            self.alpha.grad = unrolled_gradient(
                list(net.parameters()), self.alpha, lambda: loss_on(*train), lambda: loss_on(*val), shared.sgd
            )
        self.adam.step()
        return loss.item(), accuracy

    def extra_info(self) -> dict[str, Any]:
        """{"eigenvalue": of the Hessian of the loss by alpha on the first validation images, a batch of them}."""
        if not self.curvature:
            return {}
        from nas_core.nets.curvature import largest_eigenvalue
        from nas_core.nets.shared_weights import loss_and_accuracy
        from nas_core.nets.supernet import batch_statistics

        images, labels = (part[: self.batch] for part in self.shared.val)
        with batch_statistics(self.shared.net):
            eigenvalue = largest_eigenvalue(
                lambda alpha: loss_and_accuracy(self.shared.net(images, alpha.softmax(1)), labels)[0], self.alpha
            )
        return {"eigenvalue": round(eigenvalue, 6)}
