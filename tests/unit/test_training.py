"""The torch trainer: what it yields, what it depends on, and that it can be stopped."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")

from torch import nn

from nas_core import training
from nas_core.datasets import Split
from nas_core.training import Epoch, Protocol, State, evaluate, train

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


def _norm_net() -> nn.Module:
    torch.manual_seed(3)
    return nn.Sequential(nn.Conv2d(1, 3, 1), nn.BatchNorm2d(3), nn.Flatten(), nn.Linear(12, 2))


@pytest.mark.parametrize("more", [{}, {"steady": True, "whole": True, "flip": True, "crop": 1}])
def test_a_training_goes_on_from_its_state_to_the_same_end(more):
    protocol, state = Protocol(epochs=5, batch=8, **more), State()
    net = _norm_net()
    whole = [epoch.metrics for epoch in train(net, DATA, protocol)]
    begun = _norm_net()
    epochs = train(begun, DATA, protocol, state=state)
    parts = [next(epochs).metrics, next(epochs).metrics]
    epochs.close()
    resumed, saved = _norm_net(), State(state.epochs, state.rate, {k: v.clone() for k, v in state.momenta.items()})
    resumed.load_state_dict(begun.state_dict())
    parts += [epoch.metrics for epoch in train(resumed, DATA, protocol, state=saved)]
    assert len(parts) == 5 and saved.epochs == 5
    assert [{k: v.tolist() for k, v in m.items()} for m in parts] == [
        {k: v.tolist() for k, v in m.items()} for m in whole
    ]
    assert all(torch.equal(a, b) for a, b in zip(net.state_dict().values(), resumed.state_dict().values(), strict=True))


def _rates(**protocol) -> list[float]:
    """The learning rate of every step, seen in a network whose only gradient is 1."""

    class One(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight, self.values = nn.Parameter(torch.zeros(1)), []

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            if self.training:
                self.values.append(float(self.weight.detach()))
            return torch.stack([self.weight.expand(len(x)), -self.weight.expand(len(x))], 1)

    net, ones = One(), Split(np.zeros((20, 1, 2, 2), np.float32), np.zeros(20, np.int64))
    list(train(net, {"train": ones}, Protocol(momentum=1e-9, weight_decay=0.0, lr=1e-4, **protocol)))
    return (np.diff([*net.values, float(net.weight.detach())]) / 1e-4).tolist()


def test_a_steady_rate_changes_between_epochs_only():
    """NATS-Bench's: lr · (1 + cos(π e / epochs)) / 2 throughout epoch e, counted from 0."""
    expected = np.repeat([(1 + np.cos(np.pi * e / 3)) / 2 for e in range(3)], 5)
    assert _rates(epochs=3, batch=4, steady=True) == pytest.approx(expected.tolist(), abs=2e-3)
    every_step = [(1 + np.cos(np.pi * step / 15)) / 2 for step in range(15)]
    assert _rates(epochs=3, batch=4) == pytest.approx(every_step, abs=2e-3)


def test_a_whole_epoch_takes_every_image_once():
    net, epochs = _run(whole=True, lr=0.0)
    assert [len(batch) for batch in net.seen] == [8, 8, 8, 8, 8, 8, 2] * 3
    assert sorted(i for batch in net.seen[:7] for i in batch) == list(range(50))
    right, loss = evaluate(net, *training.tensors(DATA["train"]))[:, 0]  # whose weights never changed
    assert epochs[0].metrics["train_acc"][0] == pytest.approx(100 * right, abs=1e-4)
    assert epochs[0].metrics["train_loss"][0] == pytest.approx(loss, abs=1e-5)


def test_augmentation_mirrors_half_and_shifts_into_the_dark():
    image = torch.arange(1.0, 17).reshape(1, 1, 4, 4).repeat(400, 2, 1, 1)
    image[:, 1] += 20
    dark, random = torch.tensor([-1.0, -2.0]).reshape(1, 2, 1, 1), torch.Generator().manual_seed(0)
    mirrored = training._augmented(image, Protocol(flip=True), dark, random)
    turned = (mirrored == image.flip(3)).all((1, 2, 3))
    assert 160 < int(turned.sum()) < 240 and torch.equal(mirrored[~turned], image[~turned])
    shifted = training._augmented(image, Protocol(crop=2), dark, random)
    framed = nn.functional.pad(image[:1, :1], (2, 2, 2, 2), value=-1.0)
    places = {(y, x): framed[0, 0, y : y + 4, x : x + 4] for y in range(5) for x in range(5)}
    found = [next(p for p, cut in places.items() if torch.equal(cut, one[0])) for one in shifted]
    assert set(found) == set(places)  # every place occurs, and each image is one of them
    assert float(shifted[:, 1].min()) == -2.0
    assert torch.equal(training._augmented(image, Protocol(), dark, random), image)


def test_images_are_augmented_anew_in_every_epoch_and_the_same_for_a_seed():
    image = np.arange(4, dtype=np.float32).reshape(1, 1, 2, 2).repeat(16, 0)
    same = Split(image, np.arange(16) % 2)

    def shown(seed):
        net, seen = nn.Sequential(nn.Flatten(), nn.Linear(4, 2)), []
        net.register_forward_pre_hook(lambda _, x: seen.append(x[0].clone()) if net.training else None)
        list(train(net, {"train": same}, Protocol(epochs=2, batch=16, crop=1, flip=True, seed=seed)))
        return seen

    one, again, other = shown(0), shown(0), shown(1)
    assert all(torch.equal(a, b) for a, b in zip(one, again, strict=True))
    assert not torch.equal(one[0], one[1]) and not torch.equal(one[0], other[0])


def test_a_protocol_says_in_words_what_it_does():
    plain, nats = Protocol(), Protocol(epochs=200, batch=256, flip=True, crop=4, steady=True, whole=True)
    assert plain.words().endswith("learning rate 0.1 on a cosine to 0, weight decay 0.0005, no augmentation")
    assert nats.words().startswith("200 epochs of SGD with Nesterov momentum 0.9, batches of 256")
    assert nats.words().endswith("images mirrored at random and shifted by up to 4 pixels")
