"""The supernet of widths: one-hot it is the discrete network, its gradients are right, its cost is counted exactly."""

import itertools

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from nas_core import strategies
from nas_core.nets import counts
from nas_core.nets.masked_supernet import MaskedSupernet, expected_macs
from nas_core.nets.supernet import running_statistics
from nas_core.spaces.size import Size
from nas_core.strategies import Problem
from nas_core.strategies.fbnet_v2 import FbnetV2

SPACE = Size(widths="2:3:5")
WIDTHS = (2, 3, 5)
NETWORKS = [(0, 0, 0, 0, 0), (2, 2, 2, 2, 2), (1, 0, 2, 2, 1), (2, 1, 1, 0, 0), (0, 2, 0, 1, 2)]
every_network = pytest.mark.parametrize("arch", NETWORKS, ids=SPACE.text)


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def small():
    """A supernet that has seen some images, with a head whose scales and shifts are not those it began with."""
    net = MaskedSupernet(WIDTHS, 4, in_channels=2)
    torch.nn.init.normal_(net.head[0].weight)
    torch.nn.init.normal_(net.head[0].bias)
    net(torch.randn(6, 2, 8, 8), torch.full((5, 3), 1 / 3))
    return net


def one_hot(arch):
    return torch.nn.functional.one_hot(torch.tensor(arch), len(WIDTHS)).float()


def discrete(net, arch):
    """The network of these widths with the first channels of the supernet's weights and running averages."""
    alone = SPACE.build(arch, 4, in_channels=2)
    stem, cell_1, reduction_1, cell_2, reduction_2, cell_3 = alone.body
    pairs = [
        (stem, net.stem),
        (reduction_1, net.reductions[0].block),
        (reduction_2, net.reductions[1].block),
        (alone.head, net.head),
    ]
    for mine, shared in zip((cell_1, cell_2, cell_3), net.cells, strict=True):
        edges = list(mine.edges)
        shortcut = edges.pop(3)
        pairs += zip(edges, shared.convs, strict=True)
        pairs += [(shortcut, shared.shortcut)] if list(shortcut.parameters()) else []
    for target, source in pairs:
        known, wanted = source.state_dict(), target.state_dict()
        for name in known:  # a normalisation without scale and shift leaves the target's 1 and 0
            wanted[name] = known[name][tuple(slice(n) for n in wanted[name].shape)]
        target.load_state_dict(wanted)
    return alone


@every_network
def test_one_hot_it_is_the_discrete_network_that_shares_its_weights(arch):
    net, images = small(), torch.randn(5, 2, 8, 8)
    alone = discrete(net, arch)
    with running_statistics(net):
        averages = net(images, arch=arch)
    assert torch.allclose(averages, alone.eval()(images), atol=1e-5)
    expected = alone.train()(images)
    assert torch.allclose(net(images, arch=arch), expected, atol=1e-5)
    assert torch.allclose(net(images, one_hot(arch)), expected, atol=1e-5)


def test_the_gradient_of_the_logits_of_the_widths_is_that_of_finite_differences():
    net, images = small().double(), torch.randn(6, 2, 4, 4, dtype=torch.float64)
    alpha = (0.3 * torch.randn(5, 3, dtype=torch.float64)).requires_grad_()
    assert torch.autograd.gradcheck(lambda a: net(images, a.softmax(1)).square().mean(), (alpha,), atol=1e-6)


def test_every_width_of_every_layer_gets_a_gradient():
    """The last layer too, although the head normalises what it reads."""
    alpha = torch.zeros(5, 3, requires_grad=True)
    small()(torch.randn(4, 2, 8, 8), alpha.softmax(1)).square().mean().backward()
    assert (alpha.grad.abs() > 1e-6).all()


def test_a_channel_that_no_width_uses_gets_no_gradient():
    net = small()
    net(torch.randn(4, 2, 8, 8), arch=(1, 1, 1, 1, 1)).square().sum().backward()
    kernels = [m.weight.grad for m in net.modules() if isinstance(m, torch.nn.Conv2d)]
    assert all((k[3:] == 0).all() and (k.shape[1] == 2 or (k[:, 3:] == 0).all()) for k in kernels if k is not None)
    assert sum(k is not None and bool((k[:3] != 0).any()) for k in kernels) > 15


def test_the_cost_of_one_network_is_counted_and_that_of_a_mixture_is_the_mean():
    archs = list(itertools.product((0, 2), repeat=5))
    macs = {arch: counts.count(SPACE.build(arch, 4, in_channels=2), 2, 8).macs for arch in archs}
    for arch in archs:
        assert float(expected_macs(one_hot(arch), WIDTHS, 4, 2, 8)) == macs[arch]
    narrow = torch.rand(5, 1, dtype=torch.float64)
    p = torch.cat([narrow, torch.zeros_like(narrow), 1 - narrow], 1)
    chance = {arch: np.prod([float(p[layer, width]) for layer, width in enumerate(arch)]) for arch in macs}
    assert float(expected_macs(p, WIDTHS, 4, 2, 8)) == pytest.approx(sum(chance[a] * macs[a] for a in macs), rel=1e-9)


def test_neither_weights_nor_architecture_is_refused():
    with pytest.raises(ValueError, match="needs weights of the widths or an architecture"):
        small()(torch.zeros(1, 2, 8, 8))


def with_target(mflops, preferred):
    """The strategy after an epoch, as if it preferred these widths."""
    strategy = strategies.create("fbnet_v2", **FbnetV2.quick, target_mflops=mflops)
    strategy.start(Problem(SPACE, dataset="cluttered_digits"), np.random.default_rng(0))
    strategy.ask()
    with torch.no_grad():
        strategy.alpha.copy_(one_hot(preferred))
    return strategy


@pytest.mark.parametrize(("target", "preferred", "sign"), [(0.001, 2, 1), (100.0, 0, -1)])
def test_a_target_pushes_the_cost_towards_it(target, preferred, sign):
    """One step on the cost alone: down from the widest network, up from the narrowest."""
    strategy = with_target(target, (preferred,) * 5)
    strategy.alpha.grad = None
    strategy.penalty().backward()
    with torch.no_grad():
        before, after = (
            float(strategy.mflops((strategy.alpha - step * strategy.alpha.grad).softmax(1))) for step in (0.0, 0.1)
        )
    assert (before - after) * sign > 0


def test_without_a_target_and_close_to_it_the_cost_says_nothing():
    preferred = (1, 2, 0, 1, 1)
    strategy = with_target(0.0, preferred)
    assert strategy.penalty() == 0.0
    strategy.target_mflops = 1.04 * float(strategy.mflops(one_hot(preferred)))
    assert strategy.penalty() == 0.0
    strategy.target_mflops *= 1.1
    assert strategy.penalty().item() != 0.0
