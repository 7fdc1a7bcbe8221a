"""`train` on the command line: epochs as they come, the table's numbers beside them."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from nas_core import benchmarks
from nas_core.sources import live
from tests.command_line import call, last, refused

pytestmark = pytest.mark.torch

CELL = "|nor_conv_1x1~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|"


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """The recipe of the table with a fraction of its images, and a table's worth of everything else."""
    recipe = live.recipe("pocket_topology")
    assert recipe is not None
    small = replace(recipe, dataset_params={**recipe.dataset_params, "train": 256, "held_out": 64})
    monkeypatch.setattr(live, "recipe", lambda table, dataset="": small if table == "pocket_topology" else None)
    return small


def test_it_streams_epochs_and_ends_with_the_result(small):
    result = call("train", CELL, "--json")
    assert result.exit_code == 0, result.output
    *epochs, said = map(json.loads, result.stdout.splitlines())
    assert [e["epoch"] for e in epochs] == list(range(1, small.protocol.epochs + 1))
    assert all(0 <= e["val_acc"] <= 100 and e["seconds"] > 0 for e in epochs)
    assert (said["arch"], said["dataset"], said["epochs"], said["seed"]) == (CELL, "cluttered_digits", len(epochs), 0)
    assert said["test_acc"] == epochs[-1]["test_acc"]
    table = benchmarks.create("pocket_topology", "cluttered_digits")
    row = table.space.index(table.space.parse(CELL))
    tabulated = said["table"]["val_acc"]
    assert (np.nan if tabulated is None else tabulated) == pytest.approx(
        float(table.column("val_acc")[row]), nan_ok=True
    )


def test_the_same_seed_gives_the_same_training():
    args = ("train", CELL, "--epochs", 1)
    assert last(*args) == last(*args)
    assert last(*args, "--seed", 1)["val_acc"] != last(*args)["val_acc"]


def test_another_length_has_no_twin_in_the_table():
    assert last("train", CELL, "--epochs", 1)["table"] is None
    assert "table" not in call("train", CELL, "--epochs", 1).stdout


def test_isomorphic_cells_are_the_same_training():
    twin = "|none~0|+|nor_conv_1x1~0|none~1|+|skip_connect~0|none~1|none~2|"  # its convolution reaches no output either
    table = benchmarks.create("pocket_topology", "cluttered_digits")
    assert table.space.canonical(table.space.parse(twin)) == table.space.canonical(table.space.parse(CELL))
    assert last("train", twin, "--epochs", 1)["test_acc"] == last("train", CELL, "--epochs", 1)["test_acc"]


def test_a_device_that_is_not_there_is_named(monkeypatch):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert "no device 'gpu'; there are: cpu, cuda" in refused(2, "train", CELL, "--device", "gpu")
    assert "torch finds no cuda device" in refused(1, "train", CELL, "--device", "cuda:0")
