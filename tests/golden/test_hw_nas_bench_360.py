"""What HW-NAS-Bench-360's file says of the topology cells, looked up in the file by NATS-Bench's numbers."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from nas_core import benchmarks
from nas_core.benchmarks.nats_topology import NatsTopology
from nas_core.sources import nats
from nas_core.sources.hw_nas_bench_360 import TASKS
from nas_core.sources.nats_topology import TaskShape, flops_m, params_m
from tests.command_line import last

pytestmark = pytest.mark.shared


def value(dataset, metric, number):
    table = benchmarks.create("nats_topology", dataset)
    return float(table.column(metric)[table.space.index(table.space.parse(f"nats:{number}"))])


def test_cells_have_the_numbers_of_their_own_row(nats_tables):
    assert value("ninapro", "test_acc", 0) == pytest.approx(90.743551, abs=1e-5)
    assert value("darcy", "test_acc", 0) == pytest.approx(92.918, abs=1e-3)
    assert value("cifar100", "latency_pi5_litert_ms", 1) == pytest.approx(7.403538, abs=1e-5)
    assert value("cifar100", "energy_pi5_onnx_mj", 1) == pytest.approx(16.603914, abs=1e-5)
    assert value("darcy", "latency_pixel_litert_ms", 0) == pytest.approx(8.24486, abs=1e-5)
    for dataset, number, best in (("ninapro", 6186, 94.38543), ("darcy", 3976, 98.48114)):
        table = benchmarks.create("nats_topology", dataset)
        assert value(dataset, "test_acc", number) == table.column("test_acc").max() == pytest.approx(best, abs=1e-4)


def test_the_two_devices_order_cells_as_older_ones_of_their_kind_do(nats_tables):
    table = benchmarks.create("nats_topology", "cifar100")
    for new, old, least in (("pi5_litert", "raspi4", 0.85), ("pixel_litert", "pixel3", 0.85)):
        pair = (table.column(f"latency_{name}_ms") for name in (new, old))
        assert spearmanr(*pair).statistic > least


def test_images_are_what_they_were_without_the_file(nats_tables):
    with_it = benchmarks.create("nats_topology", "cifar100").column("val_acc").copy()
    nats.file("hw_nas_bench_360").unlink()
    without = benchmarks.create("nats_topology", "cifar100")
    np.testing.assert_array_equal(with_it, without.column("val_acc"))
    assert "latency_pi5_litert_ms" not in without.metrics
    assert "python -m nas_core fetch hw_nas_bench_360" in NatsTopology.missing("darcy")


def test_signals_do_not_need_nats_bench_itself(nats_tables):
    for table in ("nats_topology", "nats_size"):
        nats.file(table).unlink()
    assert "fetch nats" in NatsTopology.missing("cifar100") and not NatsTopology.missing("ninapro")
    search = ("run", "--benchmark", "nats_topology", "--dataset", "ninapro", "--strategy", "local_search")
    result = last(*search, "--trials", 100)
    assert result["val_acc"] == result["test_acc"] > 91 and result["search_epochs"] == 200


@pytest.mark.torch
@pytest.mark.parametrize("cell", [(0,) * 6, (3, 2, 3, 1, 2, 4)])
def test_costs_are_those_of_the_networks(cell):
    import torch

    from nas_core.nets.counts import count
    from nas_core.spaces.topology import Topology

    for task, side in ((TASKS["darcy"], 88), (TaskShape(18, 1, 16 * 16), 16)):
        with torch.device("meta"):
            net = Topology().build(cell, task.classes, channels=16, cells=5, in_channels=task.channels)
        costs = count(net, task.channels, side)
        cells = np.array([cell])
        assert (costs.params_m, costs.flops_m) == pytest.approx((params_m(cells, task)[0], flops_m(cells, task)[0]))
