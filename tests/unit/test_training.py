"""The torch trainer: what it yields, what it depends on, and that it can be stopped."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")

from torch import nn

from nas_core.datasets import Split
from nas_core.training import Epoch, Protocol, evaluate, train

KEYS = {f"{split}_{what}" for split in ("train", "val", "test") for what in ("acc", "loss")}


class Watched(nn.Module):
    """A linear classifier that notes the images it is given; pixel 0 of image i is i."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.linear = nn.Linear(4, 2)
        self.seen: list[list[int]] = []

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.training:
            self.seen.append(x[:, 0, 0, 0].int().tolist())
        return self.linear(x.flatten(1) / 50)


def _split(n: int, seed: int = 0) -> Split:
    images = np.random.default_rng(seed).normal(size=(n, 1, 2, 2)).astype(np.float32)
    images[:, 0, 0, 0] = np.arange(n)
    return Split(images, (images[:, 0, 1, 1] > 0).astype(np.int64))


DATA = {"train": _split(50), "val": _split(30, 1), "test": _split(20, 2)}


def _run(**protocol) -> tuple[Watched, list[Epoch]]:
    net = Watched()
    return net, list(train(net, DATA, Protocol(**{"epochs": 3, "batch": 8, **protocol})))


def test_an_epoch_has_every_metric_of_every_split():
    _, epochs = _run()
    assert [e.number for e in epochs] == [1, 2, 3]
    for epoch in epochs:
        assert epoch.metrics.keys() == KEYS
        assert all(value.shape == (1,) and value.dtype == np.float64 for value in epoch.metrics.values())
        assert all(0 <= epoch.metrics[f"{split}_acc"][0] <= 100 for split in DATA)
        assert epoch.seconds > 0


def test_a_split_that_is_not_given_is_not_measured():
    (epoch,) = train(Watched(), {"train": DATA["train"]}, Protocol(epochs=1, batch=8))
    assert epoch.metrics.keys() == {"train_acc", "train_loss"}


def test_the_same_seed_gives_the_same_curve():
    first, second = _run(seed=4)[1], _run(seed=4)[1]
    assert [{k: v.tolist() for k, v in e.metrics.items()} for e in first] == [
        {k: v.tolist() for k, v in e.metrics.items()} for e in second
    ]


def test_the_order_of_images_depends_on_the_protocols_seed_only():
    torch.manual_seed(1)
    one, _ = _run(seed=1)
    torch.manual_seed(2)
    same, _ = _run(seed=1, lr=0.5)
    other, _ = _run(seed=2)
    assert one.seen == same.seen
    assert one.seen != other.seen


def test_every_epoch_takes_whole_batches_of_different_images():
    net, _ = _run()
    epochs = np.array(net.seen).reshape(3, 6, 8)  # 50 images: six batches of eight, two images are left out
    assert all(len(np.unique(epoch)) == 48 for epoch in epochs)
    assert not np.array_equal(epochs[0], epochs[1])


def test_the_learning_rate_ends_at_zero():
    """With the same steps taken at a rate near zero, the last epoch changes the weights far less than the first."""
    net, changes = Watched(), []
    before = net.linear.weight.detach().clone()
    for _ in train(net, DATA, Protocol(epochs=10, batch=8, momentum=0.1)):
        changes.append(float((net.linear.weight.detach() - before).norm()))
        before = net.linear.weight.detach().clone()
    assert changes[-1] < 0.1 * changes[0]


def test_closing_stops_the_training():
    net = Watched()
    epochs = train(net, DATA, Protocol(epochs=3, batch=8))
    next(epochs)
    epochs.close()
    assert len(net.seen) == 6
    assert list(epochs) == []


def test_the_first_step_is_sgd_with_nesterov_momentum_and_weight_decay():
    net, protocol = Watched(), Protocol(epochs=1, batch=50, lr=0.1, momentum=0.9, weight_decay=0.01)
    weight = net.linear.weight.detach().clone()
    images, labels = (torch.from_numpy(a.copy()) for a in (DATA["train"].images, DATA["train"].labels))
    loss = nn.functional.cross_entropy(net.linear(images.flatten(1) / 50), labels)
    (gradient,) = torch.autograd.grad(loss, net.linear.weight)
    list(train(net, {"train": DATA["train"]}, protocol))
    step = gradient + 0.01 * weight
    torch.testing.assert_close(net.linear.weight.detach(), weight - 0.1 * (step + 0.9 * step))


def test_evaluation_is_the_mean_over_images_whatever_the_batch():
    net = Watched()
    images, labels = (torch.from_numpy(a.copy()) for a in (DATA["val"].images, DATA["val"].labels))
    logits = net(images)
    right, loss = evaluate(net, images, labels, batch=7)[:, 0]
    assert right == pytest.approx(float((logits.argmax(1) == labels).float().mean()), abs=1e-6)
    assert loss == pytest.approx(float(nn.functional.cross_entropy(logits, labels).detach()), abs=1e-6)


def test_many_networks_in_one_are_measured_each():
    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.tensor([[[1.0, -1.0]], [[-1.0, 1.0]]]))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.flatten(1)[None, :, 3:] * self.weight  # [k, n, classes]; the second is the first turned round

    (epoch,) = train(Two(), DATA, Protocol(epochs=1, batch=50, lr=0.0))
    first, second = epoch.metrics["val_acc"]
    assert {round(first), round(second)} == {0, 100}
