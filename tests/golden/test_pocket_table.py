"""The committed pocket tables are complete, say where they come from, and can be trained again."""

from __future__ import annotations

import numpy as np
import pytest

from nas_core import plugins
from nas_core.benchmarks import Benchmark
from nas_core.benchmarks.tables.pocket import PocketTable
from nas_core.sources import _pocket_page, _pocket_table, banking77, pocket_size, pocket_topology
from nas_core.sources._costs import COUNTED, TIMED
from nas_core.sources.chunks import METRICS, train_archs
from nas_core.sources.pocket import Pocket
from tests.conftest import SHARED, skip_or_fail

POCKETS = {
    pocket.table: pocket
    for pocket in (*pocket_topology.POCKETS.values(), *pocket_size.POCKETS.values())
    if _pocket_table.file_of(pocket.table).exists()
}
TEXTS = SHARED / "text" / "banking77"
RETRAINED = {"pocket_size": 1}  # of the others 3; each takes some seconds


@pytest.fixture(params=POCKETS)
def pocket(request) -> Pocket:
    return POCKETS[request.param]


@pytest.fixture
def table(pocket) -> PocketTable:
    return plugins.get(Benchmark, pocket.name)(dataset=pocket.recipe.dataset)


def test_every_architecture_has_every_number(table, pocket):
    names = [(metric, epoch) for metric in METRICS for epoch in table.fidelities]
    for metric, epoch in [*names, *((cost, None) for cost in COUNTED + TIMED)]:
        column = table.column(metric, epoch)
        assert column.shape == (len(table.space),) and np.isfinite(column).all(), (metric, epoch)
    assert len(table.fidelities) == pocket.recipe.protocol.epochs


def test_it_says_where_it_comes_from(table, pocket):
    provenance = table.provenance()
    assert {
        "trained",
        "dataset",
        "network",
        "protocol",
        "trainer",
        "seed to seed",
        "validation to test",
        "counted",
        "modelled",
        "software",
        "machine",
        "date",
    } <= set(provenance)
    assert all(provenance.values())
    noise = table.noise()
    assert noise["networks"] == (pocket.repeated or len(pocket.archs()))
    assert [row["epoch"] for row in noise["epochs"]] == list(table.fidelities)


def test_its_page_shows_its_own_numbers(table, pocket):
    numbers = _pocket_page.numbers(table.file_of(table.dataset))
    assert numbers in _pocket_page.page_of(pocket.table).read_text(encoding="utf-8")


def test_ranks_are_signal_more_than_noise(table):
    end = table.noise()["epochs"][-1]
    assert end["share"] < 0.5 and end["val_test"] > 0.8
    assert np.ptp(table.column("val_acc")) > 10 * end["sd"]


def test_isomorphic_architectures_share_trainings_and_not_costs(table):
    space = table.space
    first = np.array([space.index(space.canonical(space.arch(row))) for row in range(len(space))])
    for metric in METRICS:
        for epoch in table.fidelities:
            column = table.column(metric, epoch)
            assert np.array_equal(column, column[first]), (metric, epoch)
    params = table.column("params_m")
    if len(np.unique(first)) < len(space):
        assert (params != params[first]).any()


def test_counted_costs_are_those_of_the_network(table, pocket):
    torch = pytest.importorskip("torch", reason="torch is not installed")
    from nas_core.nets.counts import count

    recipe = pocket.recipe
    data = recipe.make_dataset()
    for row in np.random.default_rng(0).choice(len(table.space), 30, replace=False):
        with torch.device("meta"):
            costs = count(recipe.network_of(table.space.arch(int(row))), data.channels, data.size)
        for name in COUNTED:
            assert table.column(name)[row] == np.float32(getattr(costs, name)), (row, name)


def test_retrained_architectures_agree_within_the_stated_noise(table, pocket):
    """From the same weights over the same batches only rounding differs; it grows to about another seed's noise."""
    pytest.importorskip("torch", reason="torch is not installed")
    from nas_core.nets import fused

    recipe, space = pocket.recipe, table.space
    if recipe.make_dataset().missing() and TEXTS.is_dir():
        list(banking77.take(TEXTS))
    if sentence := recipe.make_dataset().missing():
        skip_or_fail(sentence)
    rows = np.random.default_rng(11).choice(len(space), RETRAINED.get(pocket.table, 3), replace=False)
    archs = [space.canonical(space.arch(int(row))) for row in rows]
    curves = train_archs(recipe, archs, 0, "fused" if fused.available() else "torch")
    stated = table.noise()["epochs"][-1]
    for metric in ("val_acc", "test_acc"):
        again = curves[:, -1, METRICS.index(metric)]
        difference = np.abs(again - table.column(metric, seed=0)[rows])
        assert difference.max() <= stated["largest"], (metric, difference)
