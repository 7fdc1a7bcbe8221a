"""The supernet: one-hot it is the discrete network, and what each way of running it computes and trains."""

import pytest

torch = pytest.importorskip("torch")

from nas_core.nets.cell_network import Cell, CellNetwork
from nas_core.nets.supernet import MixedCell, Supernet, batch_statistics, running_statistics
from nas_core.spaces.topology import OPS, Topology

SPACE = Topology()
CELLS = [SPACE.arch(i) for i in (0, 4711, 9999, 15624)] + [(3, 1, 2, 4, 0, 3)]
every_cell = pytest.mark.parametrize("arch", CELLS, ids=str)


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def small(**more):
    return Supernet(**{"classes": 4, "channels": 3, "cells": 2, "in_channels": 2, **more})


def discrete(net, arch):
    """The network of one cell with copies of the supernet's weights."""
    alone = CellNetwork([OPS[op] for op in arch], 4, 3, 2, 2)
    with torch.no_grad():
        for mine, shared in zip(alone.body, net.body, strict=True):
            pairs = [(mine, shared)]
            if isinstance(mine, Cell):
                pairs = [(e, m.ops[op]) for e, m, op in zip(mine.edges, shared.edges, arch, strict=True)]
            for target, source in pairs:
                target.load_state_dict({**target.state_dict(), **source.state_dict()})
        alone.head.load_state_dict(net.head.state_dict())
    return alone


@every_cell
def test_one_hot_it_is_the_discrete_network_that_shares_its_weights(arch):
    net, images = small(), torch.randn(5, 2, 8, 8)
    one_hot = torch.nn.functional.one_hot(torch.tensor(arch), 5).float()
    expected = discrete(net, arch)(images)
    assert torch.allclose(net(images, arch=arch), expected, atol=1e-5)
    assert torch.allclose(net(images, one_hot), expected, atol=1e-5)
    assert torch.allclose(net(images, one_hot, arch), expected, atol=1e-5)


@pytest.mark.parametrize(("channels", "cells", "size"), [(1, 1, 4), (4, 3, 12), (2, 1, 36)])
def test_any_width_depth_and_image_size(channels, cells, size):
    net = Supernet(7, channels, cells, 3)
    assert net(torch.randn(2, 3, size, size), torch.full((6, 5), 0.2)).shape == (2, 7)


def test_the_gradient_of_the_architecture_weights_is_that_of_finite_differences():
    net, images = small(cells=1).double(), torch.randn(6, 2, 4, 4, dtype=torch.float64)
    alpha = (0.3 * torch.randn(6, 5, dtype=torch.float64)).requires_grad_()
    assert torch.autograd.gradcheck(lambda a: net(images, a.softmax(1)).square().mean(), (alpha,), atol=1e-6)


def test_all_architecture_weights_move():
    alpha = torch.zeros(6, 5, requires_grad=True)
    small()(torch.randn(4, 2, 8, 8), alpha.softmax(1)).square().mean().backward()
    assert (alpha.grad != 0).all()


def test_only_the_path_of_the_architecture_is_computed_and_trained():
    net, arch = small(), (3, 1, 2, 4, 0, 3)
    net(torch.randn(4, 2, 8, 8), arch=arch).sum().backward()
    for cell in (layer for layer in net.body if isinstance(layer, MixedCell)):
        for edge, chosen in zip(cell.edges, arch, strict=True):
            for number, op in enumerate(edge.ops):
                trained = [p.grad is not None for p in op.parameters()]
                assert all(trained) if number == chosen else not any(trained)
                seen = [m.num_batches_tracked.item() for m in op.modules() if hasattr(m, "num_batches_tracked")]
                assert seen in ([], [1 if number == chosen else 0])


def test_a_hard_sample_gives_every_weight_a_gradient():
    """GDAS: an operation that was not drawn counts as the number of its weight, as if it had answered 1."""
    net, images, arch = small(cells=1), torch.randn(4, 2, 8, 8), (3, 1, 2, 4, 1, 3)
    weights = torch.nn.functional.one_hot(torch.tensor(arch), 5).float().requires_grad_()
    net(images, weights, arch).square().mean().backward()
    assert (weights.grad != 0).all()
    for edge, chosen in enumerate(arch):
        others = [weights.grad[edge, op] for op in range(5) if op != chosen]
        assert max(others) == min(others)
    paths = [p.grad for layer in net.body if isinstance(layer, MixedCell) for p in layer.edges[0].ops[2].parameters()]
    assert paths and not any(p is not None for p in paths)  # the 1×1 convolution of the first edge was not computed


def test_judging_with_batch_statistics_leaves_the_running_ones_alone():
    net, images = small(), torch.randn(16, 2, 8, 8)
    before = {k: v.clone() for k, v in net.state_dict().items()}
    with batch_statistics(net), torch.no_grad():
        first = net(images, arch=CELLS[-1])
    with running_statistics(net), torch.no_grad():
        second = net(images, arch=CELLS[-1])
    assert all(torch.equal(v, before[k]) for k, v in net.state_dict().items())
    assert not torch.allclose(first, second)
    net(images, arch=CELLS[-1])
    assert any(not torch.equal(v, before[k]) for k, v in net.state_dict().items())


def test_neither_weights_nor_architecture_is_refused():
    with pytest.raises(ValueError, match="weights of the operations, an architecture, or both"):
        small()(torch.zeros(1, 2, 8, 8))
