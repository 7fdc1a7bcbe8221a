"""Cells trained side by side: what comes out, what is read off it, and what can be kept."""

import io
from xml.etree import ElementTree

import numpy as np
import pytest

from nas_core import benchmarks, models, stats
from nas_core.charts import live_search, pictures
from nas_core.datasets import Split
from nas_core.history import History
from nas_core.models import Choice
from nas_core.sources import live, user_table
from nas_core.spaces.size import Size
from nas_core.spaces.topology import OPS, Topology
from nas_core.studies import trainings
from nas_core.studies.trainings import Examples, Inspection, NetworkEpoch
from nas_core.types import Constraint, RunSpec, Started, Suggestion, Told, Trial
from tests.tiny import Formula

SPACE, TABLE = Topology(), Formula("numbers")
LOOK = Inspection(
    np.eye(10, dtype=int), np.arange(10), np.full(10, 50.0), (np.zeros((4, 6, 3, 3), np.float32),), OPS[:1] * 6
)


def epoch(row, number, value):
    numbers = {f"{s}_{w}": value for s in ("train", "val", "test") for w in ("acc", "loss")}
    return NetworkEpoch(row, number, numbers, 2.0, LOOK)


@pytest.fixture
def few_images(monkeypatch):
    from dataclasses import replace

    plain = live.recipe("pocket_topology")
    few = replace(plain, dataset_params={"size": 12, "train": 128, "held_out": 64}, network={"channels": 2, "cells": 1})
    monkeypatch.setattr(
        live, "recipe", lambda table, dataset="": replace(few, protocol=replace(few.protocol, epochs=2))
    )


@pytest.mark.torch
def test_cells_are_trained_in_turns_and_looked_into(few_images):
    shown, *epochs = trainings.train("pocket_topology", "cluttered_digits", [15624, 9000], 3)
    assert isinstance(shown, Examples) and shown.labels.tolist() == list(range(10))
    assert shown.images.shape == (10, 12, 12) and (shown.images.min(), shown.images.max()) == (0.0, 1.0)
    assert [(e.row, e.number) for e in epochs] == [(15624, 1), (9000, 1), (15624, 2), (9000, 2)]
    for e in epochs:
        assert e.inspection.confusion.sum() == 64 and (e.inspection.confusion >= 0).all()
        assert 100 * np.trace(e.inspection.confusion) / 64 == pytest.approx(e.metrics["test_acc"])
        assert [m.shape for m in e.inspection.maps] == [(4, 6, 12, 12), (4, 6, 6, 6), (4, 6, 3, 3)]
        assert ((e.inspection.confidence > 9) & (e.inspection.confidence <= 100)).all()
    alone = list(models.train(Choice("pocket_topology", "cluttered_digits", 9000, 3)))
    assert [a["val_loss"] for a in alone] == [e.metrics["val_loss"] for e in epochs if e.row == 9000]


@pytest.mark.torch
def test_what_flows_over_an_edge_is_the_mean_of_its_output():
    import torch

    from nas_core.nets.activations import edge_maps

    torch.manual_seed(0)
    net = SPACE.build((1, 0, 1, 3, 4, 1), 10, channels=2, cells=1, in_channels=1)
    images = torch.randn(3, 1, 8, 8)
    first = edge_maps(net, images)[0]
    assert net.training and not any(m._forward_hooks for m in net.modules())
    net.eval()
    with torch.no_grad():
        stem = net.body[0](images)
        node = [stem, stem]  # the first edge is a skip connection
    assert np.allclose(first[:, 0], stem.mean(1).numpy(), atol=1e-6)
    assert not first[:, 1].any()  # none
    assert np.allclose(first[:, 2], node[1].mean(1).numpy(), atol=1e-6)
    assert np.allclose(first[:, 3], net.body[1].edges[3](stem).mean(1).detach().numpy(), atol=1e-6)


def test_a_table_without_recipe_is_refused():
    with pytest.raises(ValueError, match="there is no recipe to follow"):
        next(trainings.train("nats_topology", "cifar10", [1], 0))


def test_who_leads_is_said_and_whether_the_table_agrees():
    best, worst = trainings.spread(TABLE, 2)
    items = [epoch(best, 1, 40.0), epoch(worst, 1, 30.0)]
    assert trainings.reading(TABLE, [best, worst], items) == (
        f"Cell {best} leads after 1 epoch with 40.00 % on validation images; in the table it leads too."
    )
    assert trainings.reading(TABLE, [best, worst], [epoch(best, 1, 20.0), items[1]]).endswith(
        f"; in the table, cell {best} does."
    )
    assert f"Cell {best} reaches 40.00 %" in trainings.reading(TABLE, [best], items)


def test_the_most_frequent_mistakes_come_first_and_what_is_right_is_none():
    confusion = np.array([[9, 2, 0], [0, 5, 3], [2, 0, 7]])
    assert stats.mistakes(confusion, 3) == [(1, 2, 3), (0, 1, 2), (2, 0, 2)]
    assert len(stats.mistakes(confusion, 9)) == 3 and stats.mistakes(np.eye(4, dtype=int), 2) == []


def test_cells_to_take():
    spread = trainings.spread(TABLE, 4)
    values = TABLE.column("val_acc")[spread]
    assert len(spread) == 4 and (np.diff(values) < 0).all()
    assert spread[0] == trainings.best_of_table(TABLE, 1)[0]
    front = trainings.front_of_table(TABLE)
    test, cost = TABLE.column("test_acc")[front], TABLE.column("flops_m")[front]
    assert 1 < len(front) <= trainings.MOST
    assert (np.diff(test[np.argsort(cost)]) > 0).all()  # whoever costs more is better


def test_what_was_trained_becomes_a_table(data_folder):
    items = [epoch(5, 1, 40.0), epoch(9, 1, 30.0), epoch(5, 2, 60.0)]
    draft = trainings.draft(SPACE, items)
    assert draft.count == 2
    user_table.save(draft, "mine", "trained live")
    benchmark = benchmarks.create("own_topology", "mine")
    assert benchmark.fidelities == (1, 2)
    assert benchmark.column("val_acc", 1)[[5, 9]].tolist() == [40.0, 30.0]
    assert benchmark.column("test_acc")[5] == 60.0 and np.isnan(benchmark.column("test_acc")[9])
    assert benchmark.seconds(2)[5] == 4.0


def test_what_was_trained_of_a_part_of_a_space_lands_in_the_whole(data_folder):
    part, whole = Size(widths="8:16:24:32"), Size()
    row = part.index(part.parse("32:8:24:16:8"))
    draft = trainings.draft(part, [epoch(row, 1, 40.0)])
    assert draft.space == "size" and draft.count == 1
    assert draft.columns["val_acc@1"][whole.index(whole.parse("32:8:24:16:8"))] == 40.0


@pytest.mark.torch
def test_networks_of_the_size_space_are_looked_into_too():
    import torch

    space = Size(widths="2:4")
    net = space.build((0, 1, 0, 0, 1), 10, in_channels=1)
    rng = np.random.default_rng(0)
    split = Split(rng.random((20, 1, 8, 8), np.float32), np.arange(20) % 10)
    look = trainings.inspect(net, split, np.arange(10))
    assert look.ops == (*["nor_conv_3x3"] * 3, "skip_connect", *["nor_conv_3x3"] * 2)
    assert [m.shape for m in look.maps] == [(4, 6, 8, 8), (4, 6, 4, 4), (4, 6, 2, 2)]
    with torch.no_grad():
        stem = net.eval().body[0](torch.from_numpy(split.images[:4]))
        assert np.allclose(look.maps[0][:, 3], net.body[1].edges[3](stem).mean(1).numpy(), atol=1e-6)


def drawn(svg):
    return ElementTree.parse(io.StringIO(svg)).getroot()


def test_pictures_are_drawings_that_say_what_they_show():
    rng = np.random.default_rng(0)
    answers = np.array([0, 1, 2, 3, 4, 5, 6, 7, 8, 8])
    made = drawn(pictures.examples(rng.random((10, 12, 12)), np.arange(10), answers, np.full(10, 77.0)))
    assert made.get("aria-label") == "9 of 10 examples are answered right"
    assert sum(t.text.startswith("✗") for t in made.iter() if t.tag.endswith("text")) == 1
    matrix = rng.integers(0, 20, (10, 10))
    made = drawn(pictures.confusion(matrix))
    assert f"{np.trace(matrix)} of {matrix.sum()} test images" in made.get("aria-label")
    tips = [t.text for t in made.iter() if t.tag.endswith("title")]
    assert len(tips) == 100 and f"{matrix[2, 7]} of {matrix[2].sum()} images of 2 are taken for 7" in tips
    maps = [rng.random((6, size, size)) for size in (12, 6, 3)]
    maps[0][1] = 0.0
    made = drawn(pictures.edge_maps(maps, [OPS[i % 5] for i in range(6)]))
    assert sum(t.tag.endswith("}g") for t in made.iter()) == 17  # an edge that carries nothing has no picture


def test_what_training_again_gives_is_said_from_the_noise_of_the_table(tables):
    table = benchmarks.table("pocket_topology", "cluttered_digits")
    sd = table.noise()["epochs"][-1]["sd"]
    apart = np.abs(np.diff(np.random.default_rng(0).normal(70, sd, (200_000, 2)))).mean()
    assert f"differs from the table's by {apart:.1f} points on average, also with the" in trainings.again(table)
    assert trainings.again(benchmarks.table("formula", "numbers")) == ""
    texts = benchmarks.table("pocket_topology", "banking77")  # the mean of three trainings
    first, second, third = (texts.column("val_acc", seed=seed).astype(float) for seed in texts.seeds)
    of_two = np.abs(third - (first + second) / 2).mean() / np.abs(first - second).mean()
    assert of_two == pytest.approx(np.sqrt((1 + 1 / 2) / 2), abs=0.03)
    apart = np.sqrt(2 / np.pi * (1 + 1 / 3)) * texts.noise()["epochs"][-1]["sd"]
    assert f"by {apart:.1f} points on average, also with a seed of the table: " in trainings.again(texts)


def test_no_axis_goes_beyond_what_there_can_be():
    full = live_search.trainings([100.0, 100.0], "accuracy", "%", 6)["yAxis"]
    assert (full["min"], full["max"]) == (99, 100)
    assert "max" not in live_search.trainings([70.0, 80.0], "accuracy", "%", 6)["yAxis"]
    assert "max" not in live_search.trainings([100.0, 20.0], "score", "", 6)["yAxis"]


def test_the_best_of_a_run_keep_its_limits_and_were_trained_longest():
    limit = Constraint("flops_m", high=3.0)
    spec = RunSpec("formula", "numbers", "successive_halving", constraints=(limit,), max_trials=4)
    events: list = [Started(spec, "1")]
    for number, (epochs, flops, accuracy) in enumerate(
        [(1, 2.0, 90.0), (4, 9.0, 80.0), (4, 2.0, 60.0), (4, 3.0, 70.0)]
    ):
        suggestion, metrics = Suggestion(SPACE.arch(number), epochs), {"val_acc": accuracy, "flops_m": flops}
        events.append(Told(Trial(number, suggestion, 0.0, 1.0, metrics, (-accuracy,))))
    assert trainings.best_of_run(History.of(events), TABLE) == [3, 2, 0]
