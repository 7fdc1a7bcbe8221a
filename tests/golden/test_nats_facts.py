"""Facts about the merged tables that can be looked up elsewhere; computed here from the tables' own columns.

Sources: the NATS-Bench paper (arXiv:2009.00437) for the optima and the number of classes; the rest was counted by this
project from the public test accuracies, by other code than the one tested here.
"""

import numpy as np
import pytest
from scipy.stats import kendalltau, spearmanr

from nas_core import benchmarks, pareto, stats
from nas_core.benchmarks import _table
from nas_core.sources import nats
from nas_core.sources.catalogue import DATASETS, TOPOLOGY_TEST
from nas_core.sources.tables import read_csv
from nas_core.spaces.topology import OPS
from nas_core.studies import landscape, optima, ruggedness
from tests.nats_files import UPSTREAM

pytestmark = pytest.mark.shared
LETTERS = {"3": "nor_conv_3x3", "1": "nor_conv_1x1", "skip": "skip_connect", "none": "none", "pool": "avg_pool_3x3"}


def by_dataset(*values):
    """Parameters (dataset, value) for the three datasets in their order."""
    return list(zip(DATASETS, values, strict=True))


def cell(short):
    """NATS-Bench's string of a cell written as |3|+|1|3|+|skip|3|1|."""
    nodes = [[LETTERS[op] for op in node.strip("|").split("|")] for node in short.split("+")]
    return "+".join("|" + "".join(f"{op}~{i}|" for i, op in enumerate(node)) for node in nodes)


@pytest.fixture
def topology(nats_tables):
    return {d: benchmarks.create("nats_topology", d) for d in DATASETS}


@pytest.fixture
def size(nats_tables):
    return {d: benchmarks.create("nats_size", d) for d in DATASETS}


def as_published(table):
    """float64[n]: test accuracy with all digits of the public file, rounding noise included."""
    file = TOPOLOGY_TEST[table.dataset]
    accuracy = read_csv(UPSTREAM / file.repository / file.commit / file.path)["accuracy"]
    return accuracy[_table.columns(nats.file(table.name))["nats_index"].astype(int)]


@pytest.mark.parametrize(
    ("dataset", "best"),
    by_dataset((94.373, "|3|+|3|3|+|skip|3|1|"), (73.513, "|3|+|3|3|+|skip|3|3|"), (47.311, "|1|+|1|3|+|skip|3|3|")),
)
def test_best_test_accuracy(topology, dataset, best):
    """On cifar10 two cells share the first place."""
    column, space = topology[dataset].column("test_acc"), topology[dataset].space
    assert round(float(column.max()), 3) == best[0]
    assert column[space.index(space.parse(cell(best[1])))] == column.max()


@pytest.mark.parametrize(("dataset", "best"), by_dataset(91.607, 73.493, 46.733))
def test_best_validation_accuracy(topology, dataset, best):
    assert round(float(topology[dataset].column("val_acc").max()), 3) == best


@pytest.mark.parametrize(("dataset", "best"), by_dataset((90.712, 93.40), (70.92, 70.12), (46.733, 45.10)))
def test_size_space_best_validation_and_its_test_accuracy(size, dataset, best):
    valid, test = (size[dataset].column(m) for m in ("val_acc", "test_acc"))
    assert round(float(valid.max()), 3) == best[0]
    assert round(float(test[valid.argmax()]), 2) == best[1]


def test_the_largest_topology_in_the_size_space(size):
    largest = [float(t.column("test_acc")[-1]) for t in size.values()]
    assert size["cifar10"].space.text(size["cifar10"].space.arch(32767)) == "64:64:64:64:64"
    assert all(value > np.quantile(t.column("test_acc"), 0.9) for value, t in zip(largest, size.values(), strict=True))


def test_6466_classes_and_341_disconnected_cells(topology):
    space = topology["cifar10"].space
    classes = [space.published_class(space.arch(i)) for i in range(len(space))]
    assert len(set(classes)) == 6466
    assert sum("0" not in c for c in classes) == 341


@pytest.mark.parametrize(("dataset", "accuracy"), by_dataset(54.30, 15.61, 16.32))
def test_the_all_skip_cell(topology, dataset, accuracy):
    row = topology[dataset].space.index((OPS.index("skip_connect"),) * 6)
    assert round(float(topology[dataset].column("test_acc")[row]), 2) == accuracy


@pytest.mark.parametrize(("dataset", "accuracy"), by_dataset(93.76, None, 41.44))
def test_the_all_3x3_cell(topology, dataset, accuracy):
    row = topology[dataset].space.index((OPS.index("nor_conv_3x3"),) * 6)
    assert accuracy is None or round(float(topology[dataset].column("test_acc")[row]), 2) == accuracy


@pytest.mark.parametrize(("dataset", "row"), by_dataset((90.86, 93.91), (70.50, 70.89), (44.10, 44.23)))
def test_the_resnet_row(topology, dataset, row):
    table = topology[dataset]
    index = table.space.index(table.space.parse(cell("|3|+|none|3|+|skip|none|skip|")))
    assert (round(float(table.column("val_acc")[index]), 2), round(float(table.column("test_acc")[index]), 2)) == row


@pytest.mark.parametrize(("dataset", "middle"), by_dataset((87.06, 90.75), (61.41, 65.29), (33.59, 36.39)))
def test_mean_and_median(topology, dataset, middle):
    column = topology[dataset].column("test_acc").astype(float)
    assert np.abs(np.subtract((column.mean(), np.median(column)), middle)).max() <= 0.0051


@pytest.mark.parametrize(
    ("dataset", "means"), by_dataset((93.85, 94.11, 94.21), (71.55, 72.52, 72.84), (45.63, 46.39, 46.64))
)
def test_best_of_n_random_cells(topology, dataset, means):
    column = topology[dataset].column("test_acc")
    assert np.abs(stats.best_of_n(column, column, (100, 500, 1000)) - means).max() <= 0.0051


@pytest.mark.parametrize(("dataset", "count"), by_dataset(18, 24, 36))
def test_local_maxima(topology, dataset, count):
    table = topology[dataset]
    exact, stored = as_published(table), table.column("test_acc")
    assert ruggedness.local_optima(exact, table.space).sum() == count == len(optima.optima(exact, table.space))
    assert ruggedness.local_optima(stored, table.space, strict=True).sum() <= count
    assert ruggedness.local_optima(stored, table.space).sum() >= count


@pytest.mark.parametrize(
    ("dataset", "facts"),
    by_dataset((0.543, 4.63, 94.22, 0.962), (0.751, 4.73, 73.02, 0.941), (0.193, 4.04, 46.46, 0.905)),
)
def test_climbs(topology, dataset, facts):
    table = topology[dataset]
    exact = as_published(table)
    climb = ruggedness.climbs(exact, table.space)
    top = exact >= np.sort(exact)[-156]
    found = (climb.basin(int(exact.argmax())), climb.steps.mean(), exact[climb.end].mean(), top[climb.end].mean())
    assert np.abs(np.subtract(found, facts)).max() <= 0.0051


@pytest.mark.parametrize(
    ("dataset", "published"),
    by_dataset(
        (0.549, 0.350, 0.232, 0.165, 0.119, 0.083),
        (0.604, 0.406, 0.282, 0.206, 0.152, 0.112),
        (0.675, 0.488, 0.361, 0.273, 0.209, 0.160),
    ),
)
def test_random_walk_autocorrelation(topology, dataset, published):
    """The published numbers are estimated from walks, ours are exact."""
    found = ruggedness.autocorrelation(topology[dataset].column("test_acc"), topology[dataset].space, 6)
    assert np.abs(found - published).max() <= 0.012


@pytest.mark.parametrize(("dataset", "share"), by_dataset(0.013, 0.011, 0.010))
def test_neutral_neighbours(topology, dataset, share):
    """The published share takes the file's digits as they are; two equal accuracies may differ in the ninth."""
    table = topology[dataset]
    exact = as_published(table)
    steps = np.abs(exact[ruggedness.one_edit(table.space)] - exact[:, None])
    assert round(float(np.mean(steps <= 1e-9)), 3) == share
    assert share <= round(ruggedness.neutral_share(table.column("test_acc"), table.space), 3) <= 0.014


@pytest.mark.parametrize(
    ("dataset", "shares"),
    by_dataset(
        (0.454, 0.189, 0.231, 0.080, 0.046), (0.473, 0.230, 0.196, 0.055, 0.045), (0.458, 0.312, 0.142, 0.049, 0.039)
    ),
)
def test_operation_shares_of_the_top_percent(topology, dataset, shares):
    """The published numbers count another tie or two at the border of the top percent: three thousandths."""
    table = topology[dataset]
    found = landscape.option_shares(table.space, landscape.best(table, "test_acc", 156)).mean(0)
    order = [OPS.index(LETTERS[short]) for short in ("3", "1", "skip", "none", "pool")]
    assert np.abs(found[order] - shares).max() <= 0.003


@pytest.mark.parametrize(
    ("dataset", "facts"), by_dataset((0.578, 0.753, 0.109), (0.553, 0.728, 0.248), (0.520, 0.691, 0.471))
)
def test_flops_against_test_accuracy(topology, dataset, facts):
    flops, accuracy = (topology[dataset].column(m) for m in ("flops_m", "test_acc"))
    top = accuracy >= np.quantile(accuracy, 0.9)
    tau, rho = kendalltau(flops, accuracy).statistic, spearmanr(flops, accuracy).statistic
    found = (tau, rho, spearmanr(flops[top], accuracy[top]).statistic)
    assert np.abs(np.subtract(found, facts)).max() <= 0.0016


@pytest.mark.parametrize(
    ("pair", "rho", "tau"),
    [
        (("cifar10", "cifar100"), 0.980, 0.882),
        (("cifar10", "ImageNet16-120"), 0.959, 0.839),
        (("cifar100", "ImageNet16-120"), 0.964, 0.846),
    ],
)
def test_correlation_between_datasets(topology, pair, rho, tau):
    a, b = (topology[d].column("test_acc") for d in pair)
    assert abs(spearmanr(a, b).statistic - rho) <= 0.001 and abs(kendalltau(a, b).statistic - tau) <= 0.001


@pytest.mark.parametrize(("dataset", "front"), by_dataset((14, 0.8958), (13, 0.6892), (13, 0.4329)))
def test_front_of_error_and_flops(topology, dataset, front):
    """E-TF-MOENAS's reference points; it counts ImageNet16-120 on a scale on which the largest cell has 47.1731."""
    reference = {"cifar10": (0.9001, 220.1201), "cifar100": (0.9901, 220.1261), "ImageNet16-120": (0.9918, 47.1731)}
    table = topology[dataset]
    flops = table.column("flops_m").astype(float)
    if dataset == "ImageNet16-120":
        flops *= 47.1731 / flops.max()
    losses = np.stack([1 - as_published(table) / 100, flops], 1)
    best, worst = losses[pareto.non_dominated(losses)], np.array(reference[dataset])
    assert len(np.unique(best, axis=0)) == front[0]
    assert abs(pareto.hypervolume(best, worst) / worst.prod() - front[1]) <= 6e-5


@pytest.mark.parametrize(("dataset", "rho"), by_dataset(0.822, 0.823, 0.825))
def test_12_epochs_against_200(topology, dataset, rho):
    table = topology[dataset]
    assert abs(spearmanr(table.column("val_acc", 12), table.column("val_acc", 200)).statistic - rho) <= 0.0012


@pytest.mark.parametrize(("dataset", "rho"), by_dataset(0.983, 0.993, 0.994))
def test_validation_against_test(topology, dataset, rho):
    table = topology[dataset]
    assert abs(spearmanr(table.column("val_acc"), table.column("test_acc")).statistic - rho) <= 0.0012


@pytest.mark.parametrize(("dataset", "rho"), by_dataset(0.963, 0.986, 0.979))
def test_validation_against_test_in_the_size_space(size, dataset, rho):
    assert abs(spearmanr(size[dataset].column("val_acc"), size[dataset].column("test_acc")).statistic - rho) <= 0.0012


def test_edge_tpu_is_missing_where_it_cannot_run(topology):
    for table in topology.values():
        missing = np.isnan(table.column("latency_edgetpu_ms"))
        assert 0 < missing.sum() < len(table.space)
        assert not np.isnan(table.column("latency_raspi4_ms")).any()
    assert np.isnan(topology["cifar10"].column("latency_edgetpu_ms")).sum() == 4699


def test_costs(topology, size):
    flops, params = (topology["cifar10"].column(m).astype(float) for m in ("flops_m", "params_m"))
    assert np.allclose((flops.min(), flops.max()), (7.78305, 220.11969), atol=1e-4)
    assert np.allclose((params.min(), params.max()), (0.073306, 1.531546), atol=1e-6)
    assert np.allclose(size["ImageNet16-120"].column("flops_m")[[0, 11]], (1.121336, 1.71404), atol=1e-5)
    assert np.allclose(size["cifar100"].column("params_m")[[0, 11]], (0.012524, 0.052172), atol=1e-7)
