"""The fused trainer gives the torch trainer's numbers."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")

from nas_core import datasets, machine, spaces, training
from nas_core.datasets import Split
from nas_core.nets import fused
from nas_core.nets.fused import library
from nas_core.training import Protocol

if not fused.available():
    pytest.skip("no C++ compiler on the PATH: g++ or clang++", allow_module_level=True)

CELLS = {
    "all none": (0, 0, 0, 0, 0, 0),
    "all skip": (1, 1, 1, 1, 1, 1),
    "all conv 3×3": (3, 3, 3, 3, 3, 3),
    "all pool": (4, 4, 4, 4, 4, 4),
    "one of each": (2, 4, 1, 3, 0, 2),
    "dead branches": (3, 2, 0, 1, 0, 0),  # nodes 1 and 2 have an input and lead nowhere
    "reads a node without input": (0, 3, 2, 1, 3, 4),
}


def _cell(arch, channels=8):
    torch.manual_seed(3)
    return spaces.create("topology").build(arch, 10, channels=channels, cells=1, in_channels=1)


def _sized(widths):
    torch.manual_seed(3)
    space = spaces.create("size", widths="3:4:6:8:12")
    return space.build(space.parse(widths), 10, in_channels=1)


def _digits(train, held_out=64):
    return datasets.create("cluttered_digits", train=train, held_out=held_out).load()


def _text(arch, **more):
    torch.manual_seed(3)
    shape = dict(channels=8, cells=1, in_channels=50, kind="tokens", embedding=6) | more
    return spaces.create("topology").build(arch, 10, **shape)


def _sentences(count, length=12):
    rng = np.random.default_rng(0)
    return {
        name: Split(rng.integers(0, 50, (n, length)), rng.integers(0, 10, n))
        for name, n in {"train": count, "val": 40, "test": 64}.items()
    }


def _same(net, data, protocol, loss, accuracy):
    for mine, theirs in zip(fused.train(net, data, protocol), training.train(net, data, protocol), strict=True):
        assert mine.number == theirs.number and mine.metrics.keys() == theirs.metrics.keys()
        for name, value in theirs.metrics.items():
            tolerance = loss if name.endswith("loss") else accuracy
            assert mine.metrics[name] == pytest.approx(value, abs=tolerance), (mine.number, name)


@pytest.mark.parametrize("arch", CELLS.values(), ids=CELLS)
def test_one_step_agrees(arch):
    _same(_cell(arch), _digits(64), Protocol(epochs=1, batch=64), loss=1e-5, accuracy=1e-4)


@pytest.mark.parametrize("widths", ["8:8:8:8:8", "4:8:12:8:4", "3:6:4:12:3"])
def test_one_step_of_the_size_network_agrees(widths):
    _same(_sized(widths), _digits(64), Protocol(epochs=1, batch=64), loss=1e-5, accuracy=1e-4)


@pytest.mark.parametrize("length", [12, 16])
@pytest.mark.parametrize("arch", CELLS.values(), ids=CELLS)
def test_one_step_of_a_text_network_agrees(arch, length):
    """Seen in the losses of other texts after the step: those of the training texts are from before it."""
    _same(_text(arch), _sentences(64, length), Protocol(epochs=1, batch=64), loss=2e-5, accuracy=1e-4)


def test_the_embedding_learns_as_torchs():
    """Every word of a batch once more in others: nothing but its vector tells a text that was not trained on."""
    protocol = Protocol(epochs=3, batch=32, lr=0.05, weight_decay=0.01)
    _same(_text(CELLS["one of each"]), _sentences(64), protocol, loss=2e-3, accuracy=400 / 40)


def test_epochs_of_sequences_agree_nearly():
    rng = np.random.default_rng(1)
    data = {
        n: Split(rng.normal(size=(64, 3, 12)).astype(np.float32), rng.integers(0, 10, 64)) for n in ("train", "val")
    }
    net = _text(CELLS["one of each"], in_channels=3, kind="sequence")
    _same(net, data, Protocol(epochs=2, batch=32, lr=0.02), loss=1e-3, accuracy=200 / 64)


def test_channels_that_fill_no_register_agree():
    _same(_cell((3, 3, 2, 1, 4, 3), channels=5), _digits(64), Protocol(epochs=1, batch=32), loss=1e-4, accuracy=1e-4)


def test_epochs_agree_nearly():
    """Over many steps rounding grows, so accuracies may differ by some images of the 128."""
    protocol = Protocol(epochs=2, batch=32, lr=0.02)
    _same(_cell(CELLS["one of each"]), _digits(256, 128), protocol, loss=0.02, accuracy=400 / 128)


def test_an_incomplete_last_batch_is_measured_in_full():
    data = _digits(64, 100)
    short = {**data, "val": Split(data["val"].images[:67], data["val"].labels[:67])}
    _same(_cell(CELLS["all skip"]), short, Protocol(epochs=1, batch=64), loss=1e-5, accuracy=1e-4)


def test_the_network_is_left_as_it_came():
    net = _cell(CELLS["all conv 3×3"])
    before = [p.detach().clone() for p in net.parameters()]
    list(fused.train(net, _digits(64), Protocol(epochs=1, batch=64)))
    assert all(torch.equal(a, b) for a, b in zip(before, net.parameters(), strict=True))


def test_the_same_training_twice_is_the_same_to_the_last_bit():
    runs = [list(fused.train(_cell((2, 4, 1, 3, 0, 2)), _digits(128), Protocol(epochs=2, batch=64))) for _ in range(2)]
    for one, other in zip(*runs, strict=True):
        assert all(np.array_equal(value, other.metrics[name]) for name, value in one.metrics.items())


@pytest.mark.parametrize("batch, message", [(24, "multiple of 16, not 24"), (128, "a full batch of 128 .* are 64")])
def test_impossible_batches_are_refused(batch, message):
    with pytest.raises(ValueError, match=message):
        next(fused.train(_cell((1,) * 6), _digits(64), Protocol(epochs=1, batch=batch)))


def test_an_unknown_block_is_refused():
    net = _cell((1,) * 6)
    net.body.append(torch.nn.ReLU())
    with pytest.raises(TypeError, match="cannot hold a ReLU"):
        next(fused.train(net, _digits(64), Protocol(epochs=1, batch=64)))


def test_another_processor_or_compiler_gets_a_library_of_its_own(tmp_path, monkeypatch):
    one = tmp_path / "g++"
    one.write_text("#!/bin/sh\necho 13.1\n")
    one.chmod(0o755)
    names = [library._digest(str(one)), library._digest(str(one))]
    monkeypatch.setattr(machine, "processor", lambda: "another")
    names.append(library._digest(str(one)))
    one.write_text("#!/bin/sh\necho 14.2\n")
    names.append(library._digest(str(one)))
    assert names[0] == names[1] and len(set(names)) == 3
