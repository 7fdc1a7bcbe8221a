"""Texts go wherever images go: live training, the command line, proxies and supernets."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")

from nas_core import benchmarks, scoring, strategies
from nas_core.nets.cell_network import Cell, CellNetwork
from nas_core.nets.supernet import Supernet
from nas_core.sources import banking77, files, live, pocket_topology
from nas_core.sources.scores import Scoring
from nas_core.spaces.topology import OPS
from nas_core.types import Suggestion
from tests.command_line import call, last, refused
from tests.conftest import SHARED
from tests.records import ENDS

CELL = (2, 4, 1, 3, 0, 2)
TEXT = "|nor_conv_1x1~0|+|avg_pool_3x3~0|skip_connect~1|+|nor_conv_3x3~0|none~1|nor_conv_1x1~2|"


@pytest.fixture
def questions(monkeypatch):
    """Banking77 is here, and recipes train on a tenth of its questions."""
    list(banking77.take(SHARED / "text" / "banking77"))
    pocket = pocket_topology.TEXT_POCKET
    few = replace(pocket.recipe, dataset_params=pocket.recipe.dataset_params | {"val_share": 0.9})
    monkeypatch.setitem(pocket_topology.POCKETS, "banking77", replace(pocket, recipe=few))


def test_one_hot_a_supernet_of_texts_is_the_discrete_network():
    torch.manual_seed(0)
    net, words = Supernet(4, 3, 2, 20, "tokens", 5), torch.randint(0, 20, (6, 8))
    alone = CellNetwork([OPS[op] for op in CELL], 4, 3, 2, 20, "tokens", 5)
    for mine, shared in zip((alone.reader, alone.head), (net.reader, net.head), strict=True):
        mine.load_state_dict(shared.state_dict())
    for mine, shared in zip(alone.body, net.body, strict=True):
        pairs = [(mine, shared)]
        if isinstance(mine, Cell):
            pairs = [(e, m.ops[op]) for e, m, op in zip(mine.edges, shared.edges, CELL, strict=True)]
        for target, source in pairs:
            target.load_state_dict({**target.state_dict(), **source.state_dict()})
    one_hot = torch.nn.functional.one_hot(torch.tensor(CELL), 5).float()
    assert torch.allclose(net(words, arch=CELL), alone(words), atol=1e-5)
    assert torch.allclose(net(words, one_hot), alone(words), atol=1e-5)


def test_the_table_is_offered_once_its_file_is_there():
    plugin = benchmarks.create("pocket_topology", "cluttered_digits").__class__
    there = plugin.file_of("banking77").exists()
    assert ("banking77" in plugin.datasets) == there
    assert plugin.file_of("banking77").name == "pocket_topology_banking77.parquet"
    if not there:
        with pytest.raises(ValueError, match="no dataset 'banking77'; there are: cluttered_digits"):
            benchmarks.create("pocket_topology", "banking77")


def test_a_fresh_installation_searches_the_table_without_the_questions(no_network, data_folder):
    assert not data_folder.exists()
    where = ("run", "--benchmark", "pocket_topology", "--dataset", "banking77")
    result = last(*where, "--strategy", "regularized_evolution", "--trials", 300, "--seed", 0)
    assert result["trials"] == 300 and result["val_acc"] > 70
    opened = benchmarks.table("pocket_topology", "banking77")
    row = opened.space.index(opened.space.parse(result["incumbent"]))
    assert result["test_acc"] == pytest.approx(float(opened.column("test_acc")[row]))


@pytest.mark.shared
def test_live_training_follows_the_recipe_of_the_texts(questions):
    benchmark = benchmarks.create("live_topology", "banking77", channels=2, epochs=1)
    assert benchmark.recipe.network == dict(channels=2, cells=1, embedding=16) and benchmark.recipe.protocol.lr == 0.05
    outcome = benchmark.evaluate(Suggestion(CELL), np.random.default_rng(0))
    assert set(outcome.metrics) == set(benchmark.metrics) | ENDS and 0 < outcome.metrics["val_acc"] < 20
    assert dict(benchmark.dataset_params) == benchmark.recipe.dataset_params | files.params("banking77")


@pytest.mark.shared
def test_the_command_line_trains_and_scores_texts(questions, tmp_path):
    trained = call("train", TEXT, "--dataset", "banking77", "--epochs", 1, "--json")
    epoch, said = map(json.loads, trained.stdout.splitlines())
    assert said["dataset"] == "banking77" and epoch["val_acc"] > 0
    (tmp_path / "cells").write_text(TEXT)
    args = (
        "--archs",
        tmp_path / "cells",
        "--net",
        "pocket",
        "--data",
        "banking77",
        "--proxies",
        "synflow,jacob_cov,flops",
    )
    (one, done) = [json.loads(line) for line in call("score", *args, "--json").stdout.splitlines()]
    assert all(np.isfinite(value) for value in one["scores"].values()) and done["failed"] == 0
    assert one["scores"]["flops"] == pytest.approx(_flops())
    assert "the size space has no network for inputs of kind tokens" in refused(
        2, "score", "--sample", 1, "--space", "size", "--data", "banking77"
    )


def _flops():
    from nas_core.nets.counts import count

    return count(live.recipe_on("pocket_topology", "banking77").network_of(CELL), 1024, 12).flops_m


@pytest.mark.shared
def test_proxies_see_the_training_questions(questions):
    plan = Scoring(net="pocket", data="banking77", batch=4)
    first, second = scoring.batches(plan)
    assert first.images.shape == second.images.shape == (4, 12) and first.images.dtype == torch.int64
    net = scoring.network(plan, 0)
    assert (
        net.classes == 77
        and net.shape["in_channels"] == 1024
        and scoring.network(plan, 0, thin=True).shape["channels"] == 1
    )


@pytest.mark.shared
def test_a_supernet_trains_on_texts_and_one_of_widths_says_that_it_cannot(questions):
    params = files.params("banking77")
    cells = strategies.create("rsps", epochs=1, steps=1, batch=8)
    assert cells.missing("banking77", params) == ""
    widths = strategies.create("fbnet_v2", epochs=1, steps=1, batch=8)
    assert "trains on inputs of kind image; banking77 holds tokens" in widths.missing("banking77", params)
