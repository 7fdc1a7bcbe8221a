"""The gradient of a bilevel problem by one unrolled step of the inner one: second-order DARTS (arXiv:1806.09055, §2.3).

The outer variable alpha is to minimise the validation loss at the weights that minimise the training loss for it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch

Loss = Callable[[], torch.Tensor]  # evaluated at whatever the weights and alpha hold at the moment of the call
STEP = 0.01  # of the finite difference, divided by the length of the gradient along which it is taken


def unrolled_gradient(
    weights: Sequence[torch.Tensor], alpha: torch.Tensor, train_loss: Loss, val_loss: Loss, sgd: torch.optim.SGD
) -> torch.Tensor:
    """The gradient of the validation loss by `alpha`, in its shape, through a step of `sgd` on the training loss.

    With w' = w - rate (gradient + momentum buffer + decay w) it is the gradient by alpha at w', minus rate times the
    mixed second derivative of the training loss times the gradient by w'; that product is a central difference of
    gradients by alpha. The weights and the buffers of `sgd` are left as they were.
    """
    rate = sgd.param_groups[0]["lr"]
    step = _next_step(weights, train_loss, sgd)
    with _shifted(weights, step, -rate):
        gradients = torch.autograd.grad(val_loss(), [*weights, alpha], allow_unused=True)
    *directions, by_alpha = (
        torch.zeros_like(of) if g is None else g for of, g in zip([*weights, alpha], gradients, strict=True)
    )
    length = math.sqrt(sum(float((d**2).sum()) for d in directions))
    epsilon = STEP / max(length, 1e-12)
    sides = []
    for sign in (1.0, -1.0):
        with _shifted(weights, directions, sign * epsilon):
            sides.append(torch.autograd.grad(train_loss(), alpha)[0])
    return by_alpha - rate * (sides[0] - sides[1]) / (2 * epsilon)


def _next_step(weights: Sequence[torch.Tensor], train_loss: Loss, sgd: torch.optim.SGD) -> list[torch.Tensor]:
    """What `sgd` without Nesterov's look-ahead would subtract, divided by its rate."""
    group = sgd.param_groups[0]
    gradients = torch.autograd.grad(train_loss(), weights, allow_unused=True)
    steps = []
    for w, gradient in zip(weights, gradients, strict=True):
        buffer = sgd.state[w].get("momentum_buffer") if w in sgd.state else None
        step = group["weight_decay"] * w.detach() + (0.0 if gradient is None else gradient)
        steps.append(step if buffer is None else step + group["momentum"] * buffer)
    return steps


@contextmanager
def _shifted(weights: Sequence[torch.Tensor], directions: Sequence[torch.Tensor], size: float) -> Iterator[None]:
    """Meanwhile the weights are moved along `directions`; afterwards they are exactly what they were."""
    before = [w.detach().clone() for w in weights]
    try:
        with torch.no_grad():
            for w, direction in zip(weights, directions, strict=True):
                w.add_(direction, alpha=size)
        yield
    finally:
        with torch.no_grad():
            for w, old in zip(weights, before, strict=True):
                w.copy_(old)
