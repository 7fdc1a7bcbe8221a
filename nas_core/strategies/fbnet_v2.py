"""FBNetV2's channel masking (Wan et al., CVPR 2020, arXiv:2004.05565), as NATS-Bench uses it to search for sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nas_core.plugins import param
from nas_core.strategies._gumbel import Gumbel

if TYPE_CHECKING:
    from torch import Tensor, nn

TOLERANCE = 0.05  # of the target, in either direction, within which the cost is right


class FbnetV2(Gumbel):
    """Masks the channels of one wide network and learns by gradient how wide each of its layers should be.

    At every step a layer has the mixed mask of all its widths, weighted by a draw, so one pass trains them all. Weights
    and widths learn by turns, step by step, with the temperatures of NATS-Bench's reference (arXiv:2009.00437);
    FBNetV2 itself alternates in longer spans and cools exponentially. Accuracy alone favours width. A target turns on
    the cost loss of TAS (arXiv:1905.09717, section 3.1): the logarithm of the expected FLOPs, added while the preferred
    widths cost too much and subtracted while they cost too little.
    """

    label = "FBNetV2"
    aliases = ("DMaskingNAS",)
    paper = "Wan et al. 2020, arXiv:2004.05565"
    shares = "widths"

    target_mflops: float = param(
        0.0,
        "million multiply-adds that the network should cost for one image; 0 asks for accuracy alone",
        low=0.0,
        high=10_000.0,
    )
    cost_weight: float = param(2.0, "weight of the cost loss beside the validation loss", low=0.0, high=100.0)

    @property
    def widths(self) -> tuple[int, ...]:
        """The candidates of every layer, ascending."""
        return tuple(map(int, self.space.options[0]))

    def network(self) -> nn.Module:
        return self.space.supernet(self.data.classes, **self.data.inputs)  # type: ignore[no-any-return]

    def draw(self) -> tuple[Any, ...]:
        return (self.soft_draw(),)

    def penalty(self) -> Any:
        if not self.target_mflops:
            return 0.0
        preferred = self.alpha.new_zeros(self.alpha.shape).scatter_(1, self.alpha.argmax(1, keepdim=True), 1.0)
        excess = float(self.mflops(preferred)) / self.target_mflops - 1
        if abs(excess) <= TOLERANCE:
            return 0.0
        return (self.cost_weight if excess > 0 else -self.cost_weight) * self.mflops(self.alpha.softmax(1)).log()

    def mflops(self, weights: Tensor) -> Tensor:
        """Expected multiply-adds in millions, a tensor; see `expected_macs`."""
        from nas_core.nets.masked_supernet import expected_macs

        size = self.shared.train[0].shape[-1]
        return expected_macs(weights, self.widths, self.data.classes, self.data.channels, size) / 1e6
