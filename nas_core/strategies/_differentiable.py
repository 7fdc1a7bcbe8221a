"""What DARTS, GDAS and FBNetV2 share: weights of the options, learned by gradient, and the choice of the largest."""

from __future__ import annotations

from typing import Any

from nas_core.plugins import param
from nas_core.strategies.weight_sharing import WeightSharing
from nas_core.types import Arch

BETAS, DECAY = (0.5, 0.999), 1e-3  # of Adam on alpha, as in DARTS and NAS-Bench-201


class Differentiable(WeightSharing):
    """Base: `alpha` float32[decisions, options] starts at 0.001 N(0, 1) and follows Adam."""

    preference = "softmax of the architecture weights"
    choice = "made of the option that is preferred most at each place"

    alpha_rate: float = param(
        3e-3,
        "step size of Adam on the architecture weights; the papers' 3e-4 is meant for ten times as many steps",
        low=0.0,
        high=1.0,
    )

    def prepare(self) -> None:
        import torch

        shape = len(self.space.options), len(self.space.options[0])
        self.alpha = torch.nn.Parameter(1e-3 * torch.randn(shape, device=self.device))
        self.adam = torch.optim.Adam([self.alpha], self.alpha_rate, BETAS, weight_decay=DECAY)

    def derive(self) -> Arch:
        return tuple(self.alpha.argmax(1).tolist())

    def preferences(self) -> list[list[float]]:
        return self.alpha.detach().softmax(1).double().cpu().numpy().round(4).tolist()

    def state(self) -> dict[str, Any]:
        return {"alpha": self.alpha.detach(), "adam": self.adam.state_dict()}

    def restore(self, state: dict[str, Any]) -> None:
        self.alpha.data.copy_(state["alpha"])
        self.adam.load_state_dict(state["adam"])
