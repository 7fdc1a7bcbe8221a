"""Trainings that are kept: they go on after a kill, and a final one looks at the test data once."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")
pytest.importorskip("safetensors", reason="safetensors is not installed")

from nas_core import plugins, resuming, spaces, trained
from nas_core.datasets import Dataset, Split
from nas_core.sources import live
from nas_core.training import Protocol
from tests.command_line import call, last, refused

CELL = "|nor_conv_3x3~0|+|none~0|none~1|+|skip_connect~0|nor_conv_1x1~1|none~2|"


@pytest.fixture
def recipe(monkeypatch):
    """The recipe of the table with a fraction of its images."""
    whole = live.recipe("pocket_topology")
    small = replace(whole, dataset_params={**whole.dataset_params, "train": 128, "held_out": 64})
    monkeypatch.setattr(live, "recipe", lambda table, dataset="": small if table == "pocket_topology" else None)
    return small


@pytest.fixture
def arch(recipe):
    space = recipe.make_space()
    return space.canonical(space.parse(CELL))


def _ended(steps):
    """(what it yielded, what it returned)."""
    rows = []
    while True:
        try:
            rows.append(next(steps))
        except StopIteration as end:
            return rows, end.value


def _files(folder):
    return sorted(file.name for file in folder.iterdir() if file.is_file())


def _numbers(rows):
    return [{k: v for k, v in row.items() if k != "seconds"} for row in rows]


def test_a_training_that_was_killed_goes_on_where_it_was(recipe, arch, tmp_path):
    data = recipe.load()
    whole, (record, _) = _ended(resuming.train(recipe, arch, data, tmp_path / "whole"))
    file = tmp_path / "killed"
    steps = resuming.train(recipe, arch, data, file)
    next(steps), next(steps)
    steps.close()
    assert not file.exists() and (tmp_path / "killed.checkpoint").exists()
    rows, (again, net) = _ended(resuming.train(recipe, arch, data, file))
    assert _numbers(rows) == _numbers(whole) and [row["epoch"] for row in rows] == [1, 2, 3, 4]
    assert again.confusion == record.confusion
    assert _files(tmp_path) == ["killed", "whole"]
    one, other = (trained.load(tmp_path / name)[1] for name in ("whole", "killed"))
    assert one.keys() == net.state_dict().keys() and all(torch.equal(one[name], other[name]) for name in one)


def test_a_file_says_how_its_weights_came_about(recipe, arch, tmp_path):
    data = recipe.load()
    rows, (record, _) = _ended(resuming.train(recipe, arch, data, tmp_path / "net"))
    kept, tensors = trained.load(tmp_path / "net")
    assert trained.record(tmp_path / "net") == kept and trained.record(tmp_path / "none") is None
    assert kept == record and kept.recipe == recipe and kept.arch == arch and not kept.final
    assert kept.answers == 64 and 100 * kept.right / kept.answers == pytest.approx(rows[-1]["test_acc"])
    assert kept.seconds == pytest.approx(sum(row["seconds"] for row in rows)) and kept.tested
    fresh = kept.recipe.network_of(kept.arch)
    fresh.load_state_dict(tensors)
    answers = trained.predictions(fresh, data["test"]).argmax(1)
    assert int((answers == data["test"].labels).sum()) == kept.right


def test_a_checkpoint_of_another_training_is_not_taken_for_this_one(recipe, arch, tmp_path):
    data = recipe.load()
    steps = resuming.train(recipe, arch, data, tmp_path / "net")
    next(steps)
    steps.close()
    other = replace(recipe, protocol=replace(recipe.protocol, seed=5))
    with pytest.raises(
        ValueError, match=r"net\.checkpoint is of another training \(cluttered_digits, 4 epochs, seed 0\)"
    ):
        next(resuming.train(other, arch, data, tmp_path / "net"))


@pytest.mark.parametrize("content", [b"", b"no weights at all", json.dumps({"a": 1}).encode()])
def test_a_file_of_anything_else_is_refused_in_one_sentence(tmp_path, content):
    with pytest.raises(
        ValueError, match=r"there is no file .*net; make one with: python -m nas_core train ARCH --save"
    ):
        trained.load(tmp_path / "net")
    (tmp_path / "net").write_bytes(content)
    with pytest.raises(ValueError, match="net does not hold weights of a training made here"):
        trained.load(tmp_path / "net")


def test_weights_without_our_words_are_refused(tmp_path):
    from safetensors.torch import save_file

    save_file({"a": torch.zeros(2)}, tmp_path / "net")
    with pytest.raises(ValueError, match=r"does not hold weights of a training made here \(KeyError\)"):
        trained.load(tmp_path / "net")


class _Watching(dict):
    """Notes which part of the data is asked for."""

    def __init__(self, data) -> None:
        super().__init__(data)
        self.asked: list[str] = []

    def __getitem__(self, name):
        self.asked.append(name)
        return super().__getitem__(name)


def test_a_final_training_looks_at_the_test_data_once_and_at_the_end(recipe, arch, tmp_path):
    short = replace(recipe, protocol=replace(recipe.protocol, epochs=2))
    data = _Watching(short.load())
    steps = resuming.train_final(short, arch, data, (3, 4, 5), tmp_path / "net")
    rows = [next(steps) for _ in range(6)]
    assert data.asked == ["train", "val"] and not any("test_acc" in row for row in rows)
    _, (best, _) = _ended(steps)
    assert data.asked == ["train", "val", "test"]
    losses = [row["train_loss"] for row in rows if row["epoch"] == 2]
    assert best.losses == tuple(losses) and best.seeds == (3, 4, 5) and best.final
    assert best.recipe.protocol.seed == 3 + int(np.argmin(losses))
    assert _files(tmp_path) == ["net"]


def test_a_final_training_is_on_both_parts_and_keeps_what_is_done(recipe, arch, tmp_path):
    short = replace(recipe, protocol=Protocol(epochs=1, batch=192))  # 128 + 64 images: one batch of all of them
    data = short.load()
    steps = resuming.train_final(short, arch, data, (0, 1), tmp_path / "net")
    first = next(steps)
    next(steps)  # of the second seed, so the first is done
    steps.close()
    joined = Split(*(np.concatenate([getattr(data[p], a) for p in ("train", "val")]) for a in ("images", "labels")))
    (alone,), _ = _ended(resuming.train(short, arch, {"train": joined}))
    assert _numbers([first]) == [{"seed": 0, **_numbers([alone])[0]}]
    rows, (best, _) = _ended(resuming.train_final(short, arch, data, (0, 1), tmp_path / "net"))
    assert [row["seed"] for row in rows] == [0, 1] and best.answers == 64
    assert rows[0] == first  # with its seconds, so it was not trained again


def test_the_command_keeps_weights_and_says_how_to_go_on(recipe, tmp_path):
    file = tmp_path / "net.safetensors"
    result = last("train", CELL, "--epochs", 1, "--save", file)
    assert result["file"] == str(file)
    kept, _ = trained.load(file)
    assert (kept.recipe.protocol.epochs, 100 * kept.right / kept.answers) == (1, pytest.approx(result["test_acc"]))
    assert f"export ARCH --weights {file}" in call("train", CELL, "--epochs", 1, "--save", file).stdout


def test_the_command_trains_finally(recipe, tmp_path):
    assert "--final keeps a network; say where with --save FILE" in refused(2, "train", CELL, "--final", 2)
    result = last("train", CELL, "--epochs", 1, "--final", 2, "--save", tmp_path / "net")
    assert result["seeds"] == [0, 1] and result["seed"] == int(np.argmin(result["losses"])) and result["tested"]
    assert "val_acc" not in result and result["table"] is None
    shown = call("train", CELL, "--epochs", 1, "--final", 1, "--save", tmp_path / "one").stdout
    assert "The test data were looked at once, at " in shown and " of 64 right" in shown


def test_natsbenchs_recipe_is_that_of_its_configuration():
    """configs/nas-benchmark/hyper-opts/200E.config and lib/datasets/get_dataset_with_transform.py of its code."""
    digits = plugins.find(Dataset)["cluttered_digits"]
    recipe = live.nats_recipe(spaces.create("topology"), "cluttered_digits")
    assert recipe.network == {"channels": 16, "cells": 5} and digits().size == 12
    assert recipe.protocol == Protocol(
        epochs=200, batch=256, lr=0.1, momentum=0.9, weight_decay=5e-4, flip=True, crop=1, steady=True, whole=True
    )
    assert live.nats_recipe(spaces.create("size"), "cifar10").protocol.crop == 4  # of 32 pixels, and 2 of 16
    with pytest.raises(
        ValueError, match="NATS-Bench trained networks of the topology and size spaces, and none of macro"
    ):
        live.nats_recipe(spaces.create("macro"), "cifar10")
    with pytest.raises(ValueError, match="NATS-Bench's recipe is for images; banking77 holds inputs of kind tokens"):
        live.nats_recipe(spaces.create("topology"), "banking77")


def test_the_command_trains_as_natsbench_did(monkeypatch, tmp_path):
    small = replace(
        live.nats_recipe(spaces.create("topology"), "cluttered_digits"),
        dataset_params={"train": 300, "held_out": 64},
        network={"channels": 2, "cells": 1},
    )
    monkeypatch.setattr(live, "nats_recipe", lambda space, dataset: small)
    args = ("train", CELL, "--benchmark", "nats_topology", "--dataset", "cluttered_digits")
    assert "or train as NATS-Bench did with --recipe nats" in refused(2, *args)
    result = last(*args, "--recipe", "nats", "--epochs", 3, "--save", tmp_path / "net")
    kept, _ = trained.load(tmp_path / "net")
    assert result["epochs"] == len(kept.epochs) == 3 and result["table"] is None
    assert kept.recipe.protocol == replace(small.protocol, epochs=3)
