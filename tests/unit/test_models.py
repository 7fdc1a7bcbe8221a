"""Networks that a page trained are kept, and handed out with their weights; others as code."""

from __future__ import annotations

import zipfile
from dataclasses import replace

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")
for package in ("safetensors", "onnx", "onnxruntime"):
    pytest.importorskip(package, reason=f"{package} is not installed")

from nas_core import models, plugins, trained
from nas_core.benchmarks import Benchmark
from nas_core.models import Choice
from nas_core.sources import live
from nas_core.studies import trainings

ROW, SEED = 9000, 3


@pytest.fixture(autouse=True)
def few_images(monkeypatch):
    whole = live.recipe("pocket_topology")
    small = {**whole.dataset_params, "train": 64, "held_out": 64}
    few = replace(whole, dataset_params=small, protocol=replace(whole.protocol, epochs=1))
    monkeypatch.setattr(live, "recipe", lambda table, dataset="": few if table == "pocket_topology" else None)


def _taken(choice):
    (bundle,) = models.take(choice)
    with zipfile.ZipFile(bundle.file) as archive:
        files = {name.rpartition("/")[2]: archive.read(name) for name in archive.namelist()}
    space = plugins.get(Benchmark, choice.table).space
    if choice.seed is not None and space.canonical(space.arch(choice.row)) != space.arch(choice.row):
        assert f"- **Chosen:** {space.number_label(space.arch(choice.row))}, which" in files["README.md"].decode()
    return files.keys()


@pytest.mark.parametrize("way", ["one", "side by side"])
def test_what_a_page_trained_can_be_taken(way):
    choice = Choice("pocket_topology", "cluttered_digits", ROW, SEED)
    assert "its weights were not kept" in models.missing(choice)
    epochs = list(
        models.train(choice) if way == "one" else trainings.train("pocket_topology", "cluttered_digits", [ROW], SEED)
    )
    assert models.missing(choice) == "" and {"model.onnx", "weights.safetensors", "README.md"} < _taken(choice)
    record, _ = trained.load(choice.weights)
    last = epochs[-1]["test_acc"] if way == "one" else epochs[-1].metrics["test_acc"]
    assert 100 * record.right / record.answers == pytest.approx(last) and record.recipe.protocol.seed == SEED
    assert f"own:{ROW} --benchmark pocket_topology --dataset cluttered_digits --seed {SEED}" in record.command


def test_an_architecture_of_a_table_is_taken_as_code_also_without_its_data():
    assert models.missing(Choice("nats_topology", "cifar10", 0)) == ""
    assert _taken(Choice("nats_topology", "cifar10", 0)) == {"model.py", "architecture.svg", "README.md"}
    assert "are not known here" in models.missing(Choice("nats_topology", "ImageNet16-120", 0))
    assert models.missing(Choice("nas_bench_graph", "cora", 0))
