"""Second-order DARTS on a problem whose answer is known: both losses quadratic in the weights."""

import pytest

torch = pytest.importorskip("torch")

from nas_core.nets.bilevel import unrolled_gradient

RATE, DECAY, MOMENTUM = 0.1, 0.03, 0.9
CURVATURE = torch.tensor([[2.0, 0.5], [0.5, 1.0]], dtype=torch.float64)
TIE = torch.tensor([[1.0, -2.0, 0.3], [0.4, 0.7, -1.1]], dtype=torch.float64)
TARGET = torch.tensor([0.3, -0.8], dtype=torch.float64)


def problem():
    """Training: (w - T a)' C (w - T a) / 2; validation: |w - t|² / 2 + |a|² / 4."""
    w = torch.tensor([1.5, -0.4], dtype=torch.float64, requires_grad=True)
    a = torch.tensor([0.2, -0.5, 0.9], dtype=torch.float64, requires_grad=True)
    sgd = torch.optim.SGD([w], RATE, MOMENTUM, weight_decay=DECAY)
    return (
        w,
        a,
        sgd,
        lambda: (w - TIE @ a) @ CURVATURE @ (w - TIE @ a) / 2,
        lambda: ((w - TARGET) ** 2).sum() / 2 + (a**2).sum() / 4,
    )


def closed_form(w, a, buffer):
    ahead = w - RATE * (CURVATURE @ (w - TIE @ a) + DECAY * w + MOMENTUM * buffer)
    return a / 2 + RATE * TIE.T @ CURVATURE @ (ahead - TARGET)


@pytest.mark.parametrize("steps", [0, 3], ids=["no momentum yet", "after three steps"])
def test_the_gradient_is_that_of_the_closed_form(steps):
    w, a, sgd, train, val = problem()
    for _ in range(steps):
        sgd.zero_grad()
        train().backward()
        sgd.step()
    buffer = sgd.state[w]["momentum_buffer"].clone() if steps else torch.zeros_like(w)
    before = w.detach().clone()
    found = unrolled_gradient([w], a, train, val, sgd)
    expected = closed_form(before, a.detach(), buffer)
    assert torch.allclose(found, expected, atol=1e-4)
    assert not torch.allclose(found, a.detach() / 2, atol=1e-2)  # first order would say this
    assert torch.equal(w, before)
    assert not steps or torch.equal(sgd.state[w]["momentum_buffer"], buffer)


def test_a_validation_loss_that_does_not_name_the_outer_variable_still_moves_it():
    w, a, sgd, train, _ = problem()
    found = unrolled_gradient([w], a, train, lambda: ((w - TARGET) ** 2).sum() / 2, sgd)
    zero = torch.zeros_like(w)
    assert torch.allclose(found, closed_form(w.detach(), a.detach(), zero) - a.detach() / 2, atol=1e-4)
