"""The model.py of an architecture: the same parameters and the same logits as the network that the space builds."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="torch is not installed")

from nas_core import spaces
from nas_core.export import code
from nas_core.spaces._cell import CONV1, CONV3, EDGES, OPS

TOPOLOGY = spaces.create("topology")
KINDS = {
    "image": (dict(in_channels=2), torch.randn(2, 2, 8, 8)),
    "sequence": (dict(in_channels=2, kind="sequence"), torch.randn(2, 2, 8)),
    "tokens": (dict(in_channels=9, kind="tokens", embedding=5), torch.randint(0, 9, (2, 8))),
}
few = settings(max_examples=25, deadline=None)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("model")


def _trained(net):
    """With statistics and scales as after a training, and not the zeros and ones that hide mistakes."""
    for layer in net.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.running_mean.normal_()
            layer.running_var.uniform_(0.5, 2.0)
            torch.nn.init.normal_(layer.weight)
            torch.nn.init.normal_(layer.bias)
    return net.eval()


def _written(net, folder):
    """(the Network of its model.py with the weights of `net`, the text)."""
    source = code.model_source(net, "A network.")
    (folder / "model.py").write_text(source, encoding="utf-8")
    written = code.network_of(folder / "model.py")
    written.load_state_dict(code.live_state(net, written))
    return written.eval(), source


def _check(net, folder, x):
    with torch.no_grad():
        written, source = _written(_trained(net), folder)
        assert torch.equal(net(x), written(x))
    return written, source


@few
@given(row=st.integers(0, len(TOPOLOGY) - 1), kind=st.sampled_from(sorted(KINDS)))
def test_any_cell_is_written_as_it_is_built(folder, row, kind):
    inputs, x = KINDS[kind]
    arch = TOPOLOGY.arch(row)
    net = TOPOLOGY.build(arch, 3, channels=2, cells=1, **inputs)
    written, _ = _check(net, folder, x)
    dropped = set(net.state_dict()) - set(written.state_dict())
    assert {name.split(".")[2] for name in dropped} <= {"edges"}
    with torch.no_grad():
        before = net(x)
        for name in dropped:
            net.state_dict()[name].fill_(7)
        assert torch.equal(net(x), before)  # what is left out reaches no output


@few
@given(arch=st.tuples(*[st.integers(0, 7)] * 5))
def test_any_widths_are_written_as_they_are_built(folder, arch):
    net = spaces.create("size").build(arch, 3, in_channels=2)
    written, _ = _check(net, folder, KINDS["image"][1])
    assert set(net.state_dict()) == set(written.state_dict())


@few
@given(arch=st.tuples(*[st.integers(0, 2)] * 8))
def test_any_blocks_are_written_as_they_are_built(folder, arch):
    net = spaces.create("macro").build(arch, 3, channels=2, features=8, in_channels=2)
    written, _ = _check(net, folder, KINDS["image"][1])
    assert set(net.state_dict()) == set(written.state_dict())


def test_no_branch_is_dead_in_what_is_trained():
    """So the weights of a training, which is of the first of each class, are all in the file."""
    for row in np.unique(spaces.representatives(TOPOLOGY)):
        arch = TOPOLOGY.arch(int(row))
        convolutions = {i for i, op in enumerate(arch) if op in (CONV1, CONV3)}
        assert convolutions <= set(code.live_edges([OPS[op] for op in arch]))


def test_an_edge_that_adds_nothing_is_not_in_the_text(folder):
    cell = TOPOLOGY.parse("|none~0|+|nor_conv_3x3~0|skip_connect~1|+|none~0|nor_conv_1x1~1|none~2|")
    _, source = _check(TOPOLOGY.build(cell, 3, channels=2, cells=2, in_channels=2), folder, KINDS["image"][1])
    assert re.findall(r'"(\d)":', source) == ["4"]  # node 2 reaches nothing; a convolution of nothing adds its shift
    assert EDGES[4] == (3, 1) and "torch.zeros_like(node_0)" in source and "average" not in source
    assert "*(Cell(2) for _ in range(2))," in source


def test_the_text_needs_nothing_of_ours_and_has_no_class_without_use(folder):
    for space, arch, network in (
        (TOPOLOGY, TOPOLOGY.arch(9000), dict(channels=2, cells=1)),
        (spaces.create("size"), (0, 1, 2, 2, 2), {}),
        (spaces.create("macro"), (0, 1, 2, 0, 1, 2, 2, 0), dict(channels=2, features=8)),
    ):
        source = code.model_source(space.build(arch, 3, **network), "A network.")
        imports = re.findall(r"^(?:import|from) ([\w.]+)", source, re.MULTILINE)
        assert set(imports) <= {"torch", "torch.nn.functional"}
        for name in re.findall(r"^(?:class|def) (\w+)", source, re.MULTILINE):
            assert name == "Network" or len(re.findall(rf"\b{name}\(", source)) > 1, name
        assert max(map(len, source.splitlines())) <= 120


def test_a_network_of_other_blocks_is_refused_in_words():
    net = torch.nn.Module()
    net.body, net.head = torch.nn.Sequential(torch.nn.Tanh()), torch.nn.Linear(2, 2)
    with pytest.raises(ValueError, match=r"no model\.py can be written for a network with a Tanh"):
        code.model_source(net, "A network.")
