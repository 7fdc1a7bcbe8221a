"""The networks have NATS-Bench's sizes, and many side by side are the same as each alone."""

from __future__ import annotations

import random
from itertools import product

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")

from nas_core import datasets, spaces, training
from nas_core.nets.batched import BatchedCellNetwork
from nas_core.nets.blocks import operation
from nas_core.nets.counts import count
from nas_core.nets.size_network import SizeNetwork
from nas_core.sources import pickles
from tests.conftest import SHARED

TOPOLOGY, SIZE = spaces.create("topology"), spaces.create("size")
# name: classes, side of the images, and the constants of NATS-Bench's numbers: params, MFLOPs, MFLOPs a conv 1×1, 3×3
DATASETS = {
    "cifar10": (10, 32, 73_306, 7.78305, 3.93216, 35.38944),
    "cifar100": (100, 32, 79_156, 7.78890, 3.93216, 35.38944),
    "ImageNet16-120": (120, 16, 80_456, 1.95340, 0.98304, 8.84736),
}
CELLS = [(0, 0, 0, 0, 0, 0), (1, 0, 0, 1, 0, 0), (3, 3, 3, 3, 3, 3), (2, 4, 1, 3, 0, 2), (2, 4, 1, 3, 1, 4)]


def _meta(build):
    with torch.device("meta"):
        return build()


@pytest.mark.parametrize("dataset", DATASETS)
def test_topology_counts_are_nats_benchs_formulas(dataset):
    classes, side, params, base, per_1x1, per_3x3 = DATASETS[dataset]
    for n1, n3 in product(range(7), repeat=2):
        if n1 + n3 > 6:
            continue
        arch = (2,) * n1 + (3,) * n3 + (1,) * (6 - n1 - n3)
        net = _meta(lambda arch=arch: TOPOLOGY.build(arch, classes, channels=16, cells=5))
        costs = count(net, 3, side)
        assert costs.params == sum(p.numel() for p in net.parameters()) == params + 28_000 * n1 + 243_040 * n3
        assert costs.flops_m == pytest.approx(base + per_1x1 * n1 + per_3x3 * n3, abs=1e-9)


def _size_formula(widths, classes, side):
    """(parameters, multiply-adds) of the size network, written out layer by layer."""
    params = macs = 0

    def conv(c_in, c_out, kernel, resolution, norm=True):
        nonlocal params, macs
        params += kernel**2 * c_in * c_out + 2 * c_out * norm
        macs += kernel**2 * c_in * c_out * resolution**2

    def cell(c_in, c_out, resolution):
        for source in (c_in, c_in, c_out, c_out, c_out):
            conv(source, c_out, 3, resolution)
        if c_in != c_out:
            conv(c_in, c_out, 1, resolution)

    def reduction(c_in, c_out, resolution):
        conv(c_in, c_out, 3, resolution)
        conv(c_out, c_out, 3, resolution)
        conv(c_in, c_out, 1, resolution, norm=False)

    a, b, c, d, e = widths
    conv(3, a, 3, side)
    cell(a, a, side)
    reduction(a, b, side // 2)
    cell(b, c, side // 2)
    reduction(c, d, side // 4)
    cell(d, e, side // 4)
    return params + 2 * e + (e + 1) * classes, macs + (e + 1) * classes


@pytest.mark.parametrize("dataset", DATASETS)
def test_size_counts_are_the_written_out_formula(dataset):
    classes, side = DATASETS[dataset][:2]
    rng = random.Random(0)
    for _ in range(34):
        arch = SIZE.arch(rng.randrange(len(SIZE)))
        costs = count(_meta(lambda arch=arch: SIZE.build(arch, classes)), 3, side)
        assert (costs.params, costs.macs) == _size_formula(SIZE.channels(arch), classes, side)


@pytest.mark.shared
@pytest.mark.parametrize(
    "space, folder, network",
    [(TOPOLOGY, "NATS-tss-v1_0-3ffb9-simple", dict(channels=16, cells=5)), (SIZE, "NATS-sss-v1_0-50262-simple", {})],
)
def test_counts_are_the_official_archives(space, folder, network):
    checked = 0
    for file in sorted((SHARED / "nats" / "official" / folder).glob("0*.pickle.pbz2")):
        for schedule in pickles.load(file).values():
            net_of = {}
            for (dataset, _), run in schedule["all_results"].items():
                classes, side = DATASETS[dataset.removesuffix("-valid")][:2]
                arch = space.parse(schedule["arch_str"])
                if classes not in net_of:
                    net_of[classes] = count(_meta(lambda a=arch, k=classes: space.build(a, k, **network)), 3, side)
                assert net_of[classes].flops_m == pytest.approx(float(run["flop"]), abs=1e-6)
                assert net_of[classes].params_m == pytest.approx(float(run["params"]), abs=1e-9)
                checked += 1
    assert checked > 20


def test_counts_do_not_depend_on_the_device():
    arch = (2, 4, 1, 3, 0, 2)
    assert count(TOPOLOGY.build(arch, 10), 3, 32) == count(_meta(lambda: TOPOLOGY.build(arch, 10)), 3, 32)


@pytest.mark.parametrize(
    "arch, images",
    [
        ((0, 0, 0, 0, 0, 0), 2),  # nothing is larger than the stem's convolution and its normalisation
        ((0, 0, 0, 1, 0, 0), 2),  # one skip: its source and its target
        ((1, 0, 0, 0, 1, 0), 2),  # a chain of skips: never more than two nodes
        ((0, 0, 0, 3, 0, 0), 2),  # a convolution: source and result, then the result and its normalisation
        ((1, 0, 0, 3, 1, 0), 3),  # the same while node 1 waits
        ((1, 1, 1, 1, 1, 1), 4),  # every node waits for the last
    ],
)
def test_peak_memory_by_hand(arch, images):
    net = TOPOLOGY.build(arch, 10, channels=8, cells=1, in_channels=1)
    one = 4 * 8 * 12 * 12  # bytes of an activation of the first stage
    assert count(net, 1, 12).peak_bytes == images * one


@pytest.mark.parametrize("arch", CELLS)
def test_shapes_and_gradients(arch):
    torch.manual_seed(0)
    net = TOPOLOGY.build(arch, 7, channels=4, cells=1, in_channels=2)
    logits = net(torch.randn(3, 2, 12, 12))
    assert logits.shape == (3, 7) and logits.dtype == torch.float32
    logits.sum().backward()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in net.parameters())


def test_none_passes_zero_gradients_and_not_missing_ones():
    x = torch.randn(1, 3, 4, 4, requires_grad=True)
    operation("none", 3, 3)(x).sum().backward()
    assert x.grad is not None and not x.grad.any()


def test_average_pooling_divides_borders_by_what_they_hold():
    ones = torch.ones(1, 2, 5, 5)
    assert torch.allclose(operation("avg_pool_3x3", 2, 2)(ones), ones)


@pytest.mark.parametrize(
    "op, c_out, message",
    [
        ("none", 4, "none keeps the number of channels"),
        ("avg_pool_3x3", 4, "avg_pool_3x3 keeps the number of channels"),
        ("nor_conv_5x5", 3, "no operation named 'nor_conv_5x5'"),
    ],
)
def test_impossible_operations_are_refused(op, c_out, message):
    with pytest.raises(ValueError, match=message):
        operation(op, 3, c_out)


def test_the_size_network_takes_any_widths_channels_and_classes():
    assert SizeNetwork((3, 5, 5, 7, 2), 4, in_channels=1)(torch.zeros(2, 1, 12, 12)).shape == (2, 4)
    with pytest.raises(ValueError, match="five widths"):
        SizeNetwork((8, 8), 10)


def _networks():
    torch.manual_seed(0)
    return [TOPOLOGY.build(arch, 10, channels=4, cells=1, in_channels=1) for arch in sorted(CELLS)]


def test_batched_networks_start_as_each_alone():
    networks, images = _networks(), torch.randn(5, 1, 12, 12)
    together = BatchedCellNetwork(networks)(images)
    assert together.shape == (len(networks), 5, 10)
    for logits, net in zip(together, networks, strict=True):
        torch.testing.assert_close(logits, net(images))


def test_batched_networks_train_as_each_alone():
    networks = _networks()
    digits = datasets.create("cluttered_digits", train=64, held_out=64).load()
    protocol = training.Protocol(epochs=1, batch=32)
    (together,) = training.train(BatchedCellNetwork(networks), digits, protocol)
    for i, net in enumerate(networks):
        (alone,) = training.train(net, digits, protocol)
        for name in ("train_loss", "val_loss", "test_loss"):
            # rounding turns a ReLU on or off now and then, so two steps agree only nearly
            assert together.metrics[name][i] == pytest.approx(alone.metrics[name][0], abs=1e-3), name


TEXT = dict(channels=8, cells=2, in_channels=100, kind="tokens", embedding=6)


@pytest.mark.parametrize("arch", CELLS)
def test_text_counts_are_a_closed_form(arch):
    """Embedding 100·6; stem; cells of convolutions of 1 and 3 words; reductions with shortcut; head."""
    length, classes, widths = 12, 7, (8, 16, 32)
    params = 100 * 6 + 3 * 6 * 8 + 2 * 8 + 2 * 32 + (32 + 1) * classes
    macs = 3 * 6 * 8 * length + (32 + 1) * classes
    for stage, width in enumerate(widths):
        at = length // 2**stage
        for kernel in (1, 3):
            used = TEXT["cells"] * arch.count(2 if kernel == 1 else 3)
            params += used * (kernel * width**2 + 2 * width)
            macs += used * kernel * width**2 * at
        if stage:
            half = width // 2
            params += 3 * half * width + 3 * width**2 + 4 * width + half * width
            macs += (3 * half * width + 3 * width**2 + half * width) * at
    net = TOPOLOGY.build(arch, classes, **TEXT)
    costs = count(net, 100, length)
    assert costs.params == sum(p.numel() for p in net.parameters()) == params
    assert costs.macs == macs


def test_peak_memory_of_a_text_by_hand():
    """A reduction keeps its source for the shortcut, beside a convolution's result and its normalisation; twice the
    channels at half the length are as large as before, unlike in images."""
    assert count(TOPOLOGY.build((0, 0, 0, 1, 0, 0), 7, **TEXT), 100, 12).peak_bytes == 3 * 4 * 8 * 12


@pytest.mark.parametrize("arch", CELLS)
def test_texts_sequences_and_embeddings_pass(arch):
    torch.manual_seed(0)
    net = TOPOLOGY.build(arch, 7, **TEXT).eval()
    words = torch.randint(0, 100, (3, 12))
    logits = net(words)
    assert logits.shape == (3, 7)
    assert torch.equal(net(net.reader(words)), logits)
    net.train()(words).sum().backward()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in net.parameters())
    sequence = TOPOLOGY.build(arch, 7, channels=4, cells=1, in_channels=2, kind="sequence")
    assert sequence(torch.randn(3, 2, 16)).shape == (3, 7)


def test_a_word_moves_only_what_its_window_reaches():
    """One 3-wide window in the stem, none in the cells, so position 5 of 12 reaches 4 to 6 before the first halving."""
    torch.manual_seed(0)
    net = TOPOLOGY.build((0, 0, 0, 1, 0, 0), 7, **TEXT).eval()
    words = torch.full((2, 12), 3)
    words[1, 5] = 4
    one, other = net.body[1](net.body[0](net.reader(words)))
    assert (one != other).any(0).flatten().nonzero().flatten().tolist() == [4, 5, 6]


def test_the_size_space_reads_no_text():
    with pytest.raises(ValueError, match="has no network for inputs of kind tokens; its networks read: image"):
        SIZE.build(SIZE.arch(0), 7, in_channels=100, kind="tokens")


def test_texts_are_not_batched():
    with pytest.raises(ValueError, match="read tokens cannot run side by side"):
        BatchedCellNetwork([TOPOLOGY.build(CELLS[1], 7, **TEXT)] * 2)
