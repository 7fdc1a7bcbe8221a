"""Each proxy against its definition, written down again from the papers in plain torch, to 1e-4 relative.

No hooks, no sharing: the reference takes the network apart by hand, on cells small enough to do so.
"""

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")

from torch import nn
from torch.nn import functional as F

from nas_core import plugins
from nas_core.proxies import Proxy
from nas_core.proxies.passes import Batch, Passes
from nas_core.spaces.topology import Topology

FOUND = plugins.find(Proxy)
SPACE = Topology()
CELLS = {"convolutions": (3, 2, 3, 3, 0, 2), "mixed": (4, 1, 3, 2, 4, 1)}


@pytest.fixture(params=CELLS)
def case(request):
    """(network, first batch, second batch)"""
    torch.manual_seed(3)
    net = SPACE.build(CELLS[request.param], 5, channels=4, cells=1, in_channels=2).train()
    rng = np.random.default_rng(1)
    images = [torch.from_numpy(rng.standard_normal((10, 2, 8, 8)).astype(np.float32)) for _ in range(2)]
    labels = [torch.from_numpy(rng.integers(0, 3, 10)) for _ in range(2)]
    return net, *map(Batch, images, labels)


def ours(name, case, **params):
    net, first, second = case
    return FOUND[name](**params).score(net, Passes(net, first, second, FOUND[name].needs))


def near(value):
    return pytest.approx(float(value), rel=1e-4)


def layers(net):
    return [m for m in net.modules() if isinstance(m, nn.Conv2d | nn.Linear)]


def differentiated(net, batch):
    """The loss gradient of each layer's weight."""
    net.zero_grad()
    F.cross_entropy(net(batch.images), batch.labels).backward()
    return [layer.weight.grad.clone() for layer in layers(net)]


def test_gradient_norm(case):
    assert ours("grad_norm", case) == near(sum(math.sqrt(float((g**2).sum())) for g in differentiated(*case[:2])))


def test_snip_and_plain(case):
    products = [m.weight.detach() * g for g, m in zip(differentiated(*case[:2]), layers(case[0]), strict=True)]
    assert ours("snip", case) == near(sum(p.abs().sum() for p in products))
    assert ours("plain", case) == pytest.approx(float(sum(p.sum() for p in products)), rel=1e-4, abs=1e-5)


def test_l2_norm_and_parameters(case):
    assert ours("l2_norm", case) == near(sum(math.sqrt(float((m.weight.detach() ** 2).sum())) for m in layers(case[0])))
    assert ours("params", case) == sum(p.numel() for p in case[0].parameters()) / 1e6


def test_grasp_by_finite_differences_of_the_gradient(case):
    """H g is the change of the gradient along g; in double precision a step so small crosses no kink of a ReLU."""
    net, first = case[0].double(), Batch(case[1].images.double(), case[1].labels)
    weights = [m.weight for m in layers(net)]
    start, along = [w.detach().clone() for w in weights], differentiated(net, first)
    step, ends = 1e-8 / math.sqrt(sum(float((g**2).sum()) for g in along)), []
    for sign in (1.0, -1.0):
        for w, w0, g in zip(weights, start, along, strict=True):
            w.data = w0 + sign * step * g
        ends.append(differentiated(net, first))
    for w, w0 in zip(weights, start, strict=True):
        w.data = w0
    product = [(a - b) / (2 * step) for a, b in zip(*ends, strict=True)]
    reference = -sum(float((w * h).sum()) for w, h in zip(start, product, strict=True))
    assert ours("grasp", (net, first, first)) == near(reference)


def test_fisher_by_scaling_each_channel_of_each_image(case):
    """∂loss/∂s at s = 1, where s scales one channel of one image, is Σ activation × gradient over the map."""
    net, first, _ = case
    scales = []

    def scaled(_, __, output):
        s = torch.ones(output.shape[:2], requires_grad=True)
        scales.append(s)
        return output * s.reshape(*s.shape, *[1] * (output.dim() - 2))

    handles = [layer.register_forward_hook(scaled) for layer in layers(net)]
    F.cross_entropy(net(first.images), first.labels).backward()
    for handle in handles:
        handle.remove()
    reference = sum(0.5 * (s.grad**2).mean(0).sum() for s in scales if s.grad is not None)
    assert ours("fisher", case) == near(reference)


def linear(net, x):
    """The network with absolute weights and neither normalisation nor ReLU (which positive values pass)."""

    def run(module, x):
        if isinstance(module, nn.Conv2d):
            return F.conv2d(x, module.weight.abs(), None, module.stride, module.padding)
        if isinstance(module, nn.BatchNorm2d | nn.ReLU):
            return x
        if isinstance(module, nn.Sequential):
            for part in module:
                x = run(part, x)
            return x
        return module(x)

    for block in net.body:
        if hasattr(block, "edges"):
            nodes, edges = [x], iter(block.edges)
            for node in range(1, 4):
                nodes.append(sum(run(next(edges), nodes[source]) for source in range(node)))
            x = nodes[-1]
        elif hasattr(block, "conv_a"):
            x = run(block.shortcut, x) + run(block.conv_b, run(block.conv_a, x))
        else:
            x = run(block, x)
    end = net.head[-1]
    return F.linear(x.mean((2, 3)), end.weight.abs(), end.bias.abs())


def test_log_synflow(case):
    net = case[0].double()
    net.zero_grad()
    linear(net, torch.ones(1, 2, 8, 8, dtype=torch.float64)).sum().backward()
    terms = [(m.weight.detach(), m.weight.grad) for m in layers(net) if m.weight.grad is not None]
    expected = sum(float((w.abs() * torch.log(1 + (w.sign() * g))).sum()) for w, g in terms)
    net.float()
    assert ours("logsynflow", case) == near(expected)


def test_synflow(case):
    net = case[0].double()
    net.zero_grad()
    linear(net, torch.ones(1, 2, 8, 8, dtype=torch.float64)).sum().backward()
    flow = sum(float((m.weight.detach() * m.weight.grad).abs().sum()) for m in layers(net) if m.weight.grad is not None)
    net.float()
    assert ours("synflow", case) == near(math.log(flow))


def jacobian(net, images):
    x = images.clone().requires_grad_()
    net(x).sum().backward()
    return x.grad.reshape(len(x), -1).double().numpy()


def test_jacobian_covariance(case):
    v = np.linalg.eigvalsh(np.corrcoef(jacobian(case[0], case[1].images))) + 1e-5
    assert ours("jacob_cov", case) == near(-np.sum(np.log(v) + 1 / v))


def test_epe_nas(case):
    rows, labels = jacobian(case[0], case[1].images), case[1].labels.numpy()
    reference = sum(
        abs(np.sum(np.log(np.abs(np.corrcoef(rows[labels == c])) + 1e-5))) for c in range(5) if (labels == c).sum() > 1
    )
    assert ours("epe_nas", case) == near(reference)


def relu_inputs(net, images):
    """Each ReLU's input, by running the networks without the modules' own ReLUs."""
    seen = []
    real = nn.ReLU.forward
    nn.ReLU.forward = lambda self, x: seen.append(x.detach().flatten(1).numpy() > 0) or real(self, x)
    try:
        net(images)
    finally:
        nn.ReLU.forward = real
    return np.concatenate(seen, 1)


def test_naswot(case):
    code = relu_inputs(case[0], case[1].images)
    agree = (code[:, None] == code[None]).sum(2).astype(float)
    assert ours("naswot", case) == near(np.linalg.slogdet(agree)[1])


def test_swap(case):
    code = relu_inputs(case[0], case[1].images)
    assert ours("swap", case) == len({tuple(unit) for unit in code.T.tolist()})


def test_zico(case):
    net, first, second = case
    total = 0.0
    for one, two in zip(differentiated(net, first), differentiated(net, second), strict=True):
        both = np.stack([one.numpy(), two.numpy()]).astype(float)
        std, mean = both.std(0), np.abs(both).mean(0)
        if (std > 0).any():
            total += math.log((mean[std > 0] / std[std > 0]).sum())
    assert ours("zico", case) == near(total)


def test_tangent_kernel(case):
    net, first, _ = case
    logits, rows = net(first.images), []
    for i in range(len(logits)):
        net.zero_grad()
        logits[i].sum().backward(retain_graph=True)
        rows.append(
            np.concatenate([m.weight.grad.double().numpy().ravel() for m in layers(net) if m.weight.grad is not None])
        )
    values = np.linalg.svd(np.stack(rows), compute_uv=False) ** 2
    assert ours("ntk", case) == near(-values[0] / values[-1])


def test_zen_of_a_linear_network():
    """Without normalisation to undo, the score is the change of the features alone; with it, scale does not matter."""

    class Net(nn.Module):
        def __init__(self, factor):
            super().__init__()
            self.factor, self.conv, self.pool = factor, nn.Conv2d(2, 3, 3, bias=False), nn.AdaptiveAvgPool2d(1)

        def forward(self, x):
            return self.pool(self.conv(x) * self.factor).flatten(1)

    batch = Batch(torch.zeros(4, 2, 6, 6), torch.zeros(4, dtype=torch.long))
    one, ten = (FOUND["zen"]().score(n, Passes(n, batch, batch)) for n in (Net(1.0), Net(10.0)))
    assert ten - one == pytest.approx(math.log(10), rel=1e-4)
    expected = 0.01 * 3 * 16 * math.sqrt(18) * math.sqrt(2 / math.pi)  # E|w·e| over 3 maps of 4×4, 18 weights each
    assert math.exp(one) == pytest.approx(expected, rel=0.2)
    plain = SPACE.build(CELLS["convolutions"], 5, channels=4, cells=1, in_channels=2)
    value = ours("zen", (plain, batch, batch))
    for module in plain.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.constant_(module.weight, 7.0)
    assert ours("zen", (plain, batch, batch)) == value, "normalisations only normalise"
    idle = SPACE.build((0, 3, 3, 3, 0, 3), 5, channels=4, cells=1, in_channels=2)  # 2←1 convolves zeros
    assert math.isfinite(ours("zen", (idle, batch, batch))), "a layer that is fed nothing does not decide"


def test_linear_regions_counts_sign_patterns():
    class Fold(nn.Module):
        """Six ReLUs on the first pixel, at fixed places: seven regions."""

        def __init__(self):
            super().__init__()
            self.relu = nn.ReLU()

        def forward(self, x):
            return self.relu(x[:, 0, 0, :1] - torch.linspace(-1, 1, 6)).sum(1, keepdim=True)

    batch = Batch(torch.zeros(2, 1, 8, 8), torch.zeros(2, dtype=torch.long))
    assert FOUND["linear_regions"]().score(Fold(), Passes(Fold(), batch, batch, thin=Fold)) == 7.0


@pytest.mark.parametrize("channels", [3, 1])
def test_meco_of_one_convolution(channels):
    conv = nn.Conv2d(1, channels, 3, bias=False)
    batch = Batch(torch.zeros(2, 1, 12, 12), torch.zeros(2, dtype=torch.long))
    passes = Passes(nn.Sequential(conv), batch, batch)
    maps = conv(passes.noise("meco", 1, 1, 12, 12))[0].detach().reshape(channels, -1).double().numpy()
    assert FOUND["meco"]().score(None, passes) == near(np.linalg.eigvalsh(np.atleast_2d(np.corrcoef(maps)))[0])


def test_the_three_parts_of_az_nas(case):
    net, first, _ = case
    passes = Passes(net, first, first)
    from nas_core.proxies import _az_nas

    blocks = _az_nas.features(passes)
    spectra = []
    for block in blocks:
        rows = block.detach().permute(1, 0, 2, 3).reshape(block.shape[1], -1).double().numpy()
        p = np.linalg.eigvalsh(np.cov(rows, bias=True))
        p = p / p.sum()
        spectra.append(float(-(p * np.log(p + 1e-8)).sum()))
    assert FOUND["az_expressivity"]().score(net, passes) == near(sum(spectra))
    assert FOUND["az_progressivity"]().score(net, passes) == pytest.approx(min(np.diff(spectra)), rel=1e-3, abs=1e-5)
    s = _az_nas.stretches(passes)
    assert len(s) == len(blocks) - 1 and all(v > 0 for v in s)
    assert FOUND["az_trainability"]().score(net, passes) == near(np.mean([2 - v - 1 / (v + 1e-6) for v in s]))


def test_a_block_that_hands_signs_through_has_no_trainability():
    net = SPACE.build((1, 0, 0, 1, 0, 0), 5, channels=4, cells=1, in_channels=2)
    batch = Batch(torch.zeros(4, 2, 8, 8), torch.zeros(4, dtype=torch.long))
    assert FOUND["az_trainability"]().score(net, Passes(net, batch, batch)) == -math.inf


def test_flops_are_those_of_the_published_formula():
    """7.78305 + 35.38944 for each 3×3 + 3.93216 for each 1×1 million, on CIFAR-10 (NATS-Bench)."""
    net = SPACE.build((3, 3, 2, 0, 1, 4), 10, channels=16, cells=5, in_channels=3)
    batch = Batch(torch.zeros(1, 3, 32, 32), torch.zeros(1, dtype=torch.long))
    assert FOUND["flops"]().score(net, Passes(net, batch, batch)) == near(7.78305 + 2 * 35.38944 + 3.93216)
