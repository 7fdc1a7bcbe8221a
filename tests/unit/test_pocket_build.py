"""The build of a pocket table from end to end, on a space of 32 networks that train in a moment."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")

from nas_core.arrays import DamagedFile
from nas_core.benchmarks import Table
from nas_core.benchmarks.tables.pocket import PocketTable
from nas_core.nets.counts import count
from nas_core.sources import _costs, _pocket_page, _pocket_table, pocket_size, pocket_topology, table_build
from nas_core.sources.chunks import METRICS, Recipe, train_archs
from nas_core.sources.download import SourceError
from nas_core.sources.pocket import Pocket, read
from nas_core.spaces.topology import Topology
from nas_core.training import Protocol

RECIPE = Recipe(
    space="size",
    space_params=dict(widths="2:4"),
    dataset="cluttered_digits",
    dataset_params=dict(train=64, held_out=64),
    network={},
    protocol=Protocol(epochs=2, batch=32),
)


def _archs():
    return [RECIPE.make_space().arch(i) for i in np.random.default_rng(0).permutation(32)]


POCKET = Pocket("pocket_tiny", RECIPE, _archs, 8, "a tiny network", pocket_size.widths, "the widths of the layers")


def _timed(recipe, archs):
    """Times of a machine that is never disturbed; `_costs.measure` has a test of its own."""
    return np.array([(0.1 * (1 + sum(arch)), 3.0 + sum(arch)) for arch in archs])


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """(work folder, table, progress) of one build."""
    folder = tmp_path_factory.mktemp("build")
    file = folder / "pocket_tiny.parquet"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_costs, "measure", _timed)
        steps = list(table_build.build(POCKET, processes=1, engine="torch", folder=folder / "work", file=file))
    return folder / "work", file, steps


@pytest.fixture
def table(work) -> Table:
    _, path, _ = work

    class Tiny(PocketTable):
        """The table just built."""

        space = RECIPE.make_space()
        file = path

    return Tiny(dataset="cluttered_digits")


def test_progress_is_told_stage_by_stage(work):
    steps = work[2]
    stages = list(dict.fromkeys(step.text for step in steps))
    assert stages[:2] == ["training with seed 0", "training with seed 1"]
    assert stages[2].startswith("timing 32 networks") and stages[-1] == "the table is ready"
    assert all(0 <= step.done <= step.total for step in steps)


def test_the_table_has_every_row_and_column(table):
    assert table.fidelities == (1, 2)
    for name, metric in table.metrics.items():
        column = table.column(name)
        assert column.shape == (32,) and column.dtype == np.float32 and np.isfinite(column).all(), name
        assert metric.curve == (name in METRICS)
    assert (table.seconds(1) > 0).all()
    np.testing.assert_allclose(table.seconds(2), 2 * table.seconds(1))


def test_a_row_is_the_training_of_its_architecture(table):
    arch = (0, 1, 1, 0, 1)
    curves = train_archs(RECIPE, [arch], 0, "torch")[0]
    row = table.space.index(arch)
    for epoch in table.fidelities:
        for i, metric in enumerate(METRICS):
            assert table.column(metric, epoch)[row] == pytest.approx(curves[epoch - 1, i], abs=1e-3)


def test_counted_costs_are_each_architectures_own(table):
    for row in (0, 13, 31):
        costs = count(RECIPE.network_of(table.space.arch(row)), 1, 12)
        assert table.column("params_m")[row] == np.float32(costs.params_m)
        assert table.column("flops_m")[row] == np.float32(costs.flops_m)
        assert table.column("memory_mb")[row] == np.float32(costs.memory_mb)


def test_modelled_costs_follow_what_was_timed(table):
    sums = table.space.all().sum(1)
    np.testing.assert_allclose(table.column("latency_cpu_ms"), 0.1 * (1 + sums), rtol=1e-5)
    np.testing.assert_allclose(table.column("train_s"), 3.0 + sums, rtol=1e-5)


def test_provenance_says_everything(table):
    provenance = table.provenance()
    assert set(provenance) == {
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
    }
    assert provenance["trained"] == "all 32 architectures; seed 0"
    assert "train 64" in provenance["dataset"] and "CC BY 4.0" in provenance["dataset"]
    assert "2 epochs of SGD" in provenance["protocol"] and "torch trainer" in provenance["trainer"]
    assert (
        "fitted to 32 architectures" in provenance["modelled"]
        and torch.__version__.split("+")[0] in provenance["software"]
    )


def test_noise_is_stated_epoch_by_epoch(table):
    noise = table.noise()
    assert noise["networks"] == 8 and [row["epoch"] for row in noise["epochs"]] == [1, 2]
    assert noise["epochs"][-1]["full"] == pytest.approx(1.0)
    assert all(row["share"] == pytest.approx(1 - row["seeds"]) for row in noise["epochs"])


def test_several_seeds_are_kept_in_full_and_their_mean_is_reported(work, tmp_path):
    """From the trainings of one seed, so that nothing is trained again: the second seed's are one point better."""
    built = read(POCKET, work[0])
    curves = np.concatenate([built.curves, built.curves + 1])
    several = replace(POCKET, seeds=2, repeated=0)
    path = _pocket_table.finish(several, built._replace(curves=curves, repeats=curves[1]), tmp_path / "two.parquet")

    class Two(PocketTable):
        """A table of two seeds."""

        space, file = RECIPE.make_space(), path

    table = Two(dataset="cluttered_digits")
    one, other, mean = (table.column("val_loss", 2, seed) for seed in (0, 1, None))
    assert table.seeds == (0, 1) and np.array_equal(other, one + 1)
    np.testing.assert_allclose(mean, one + 0.5, rtol=1e-6)
    assert not mean.flags.writeable and table.noise()["networks"] == 32
    assert table.provenance()["trained"] == "all 32 architectures; seeds 0, 1, each in full"
    with pytest.raises(ValueError, match="has no seed 2 on cluttered_digits; there is: 0, 1"):
        table.column("val_loss", 2, 2)


def test_what_is_trained_with_each_seed():
    assert [len(part) for part in POCKET.trainings()] == [32, 8]
    assert [len(part) for part in replace(POCKET, seeds=3, repeated=0).trainings()] == [32, 32, 32]
    assert [len(part) for part in pocket_topology.TEXT_POCKET.trainings()] == [5260] * 3


def test_noise_by_hand():
    curves = np.zeros((4, 1, 6), np.float32)
    val, test = METRICS.index("val_acc"), METRICS.index("test_acc")
    curves[:, 0, val], curves[:, 0, test] = [10, 20, 30, 40], [11, 22, 20, 44]
    again = curves[:3].copy()
    again[:, 0, val] = [12, 20, 26]
    (row,) = _pocket_table.noise(curves, again)["epochs"]
    assert row["seeds"] == pytest.approx(1.0) and row["share"] == pytest.approx(0.0)
    assert row["largest"] == 4.0
    assert row["sd"] == pytest.approx(np.std([-2, 0, 4]) / 2**0.5)
    assert row["val_test"] == pytest.approx(0.8)  # one neighbouring pair is turned round


def test_a_finished_build_only_writes_the_table_again(work):
    folder, file, _ = work
    before, stamps = file.read_bytes(), {f: f.stat().st_mtime_ns for f in folder.rglob("*.np?")}
    steps = list(table_build.build(POCKET, processes=1, engine="torch", folder=folder, file=file))
    assert file.read_bytes() == before
    assert {f: f.stat().st_mtime_ns for f in folder.rglob("*.np?")} == stamps
    assert "counting costs" not in {step.text for step in steps}


def test_the_page_holds_the_tables_numbers_and_nothing_else_changes(work, tmp_path, monkeypatch):
    monkeypatch.setattr(_pocket_page, "page_of", lambda name: tmp_path / f"{name}.md")
    _pocket_page.update("pocket_tiny", work[1])  # no page yet: nothing to do
    page = tmp_path / "pocket_tiny.md"
    page.write_text(f"before\n{_pocket_page.BEGIN}\nold\n{_pocket_page.END}\nafter\n")
    for _ in range(2):
        _pocket_page.update("pocket_tiny", work[1])
        text = page.read_text()
        assert text.startswith("before\n") and text.endswith("after\n") and "old" not in text
        assert text.count(_pocket_page.numbers(work[1])) == 1
    assert "| `val_acc@2` |" in text and "| machine |" in text


def test_a_folder_of_another_recipe_is_refused(work):
    other = replace(POCKET, recipe=replace(RECIPE, protocol=Protocol(epochs=3, batch=32)))
    with pytest.raises(ValueError, match="begun with another recipe"):
        next(table_build.build(other, engine="torch", folder=work[0]))


def test_an_unknown_engine_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no engine named 'magic'; there are: fused, torch, batched"):
        next(table_build.build(POCKET, engine="magic", folder=tmp_path))


def test_an_unfinished_build_says_how_to_go_on(work, tmp_path):
    with pytest.raises(SourceError, match="python -m nas_core build pocket_tiny"):
        read(replace(POCKET, repeated=9), work[0])
    with pytest.raises(FileNotFoundError, match="no finished chunk"):
        read(POCKET, tmp_path)


@pytest.mark.parametrize("name", ["counts.npy", "timing/1.npy", "seed0/0000.npz"])
def test_a_damaged_part_of_a_build_says_how_to_go_on(work, tmp_path, name):
    folder = shutil.copytree(work[0], tmp_path / "work")
    (folder / name).write_bytes((folder / name).read_bytes()[:-9])
    with pytest.raises(
        DamagedFile, match=r"is damaged .*; delete it and (go on with: python -m nas_core|run the build)"
    ):
        read(POCKET, folder)


def test_a_table_with_a_hole_is_not_written(work, tmp_path):
    built = read(POCKET, work[0])
    built.curves[0, 3, 1, 2] = np.nan
    with pytest.raises(SourceError, match="misses values of val_acc@2"):
        _pocket_table.finish(POCKET, built, tmp_path / "x.parquet")
    assert not (tmp_path / "x.parquet").exists()


def test_a_linear_cost_is_found_exactly_and_noise_lowers_its_r2():
    rng = np.random.default_rng(0)
    drivers = rng.integers(0, 4, (200, 3))
    truth = 5 + drivers @ [1.0, 2.0, 0.5]
    rows = rng.choice(200, 40, replace=False)
    values, r2 = _costs.fit(drivers, rows, truth[rows])
    np.testing.assert_allclose(values, truth)
    assert r2 == pytest.approx(1.0)
    unrelated = rng.normal(size=40)
    assert _costs.fit(drivers, rows, unrelated)[1] < 0.2


def test_r2_is_that_of_leaving_each_out():
    rng = np.random.default_rng(1)
    drivers = rng.normal(size=(12, 2))
    values = drivers @ [1.0, -1.0] + rng.normal(size=12)
    left_out = []
    for i in range(12):
        rest = np.delete(np.arange(12), i)
        left_out.append(_costs.fit(drivers, rest, values[rest])[0][i])
    expected = 1 - np.sum((values - left_out) ** 2) / np.sum((values - values.mean()) ** 2)
    assert _costs.fit(drivers, np.arange(12), values)[1] == pytest.approx(expected)


def test_measured_times_are_positive_and_larger_networks_take_longer(monkeypatch):
    monkeypatch.setattr(_costs, "_PASSES", 20)
    recipe = replace(RECIPE, space="topology", space_params={}, network=dict(channels=16, cells=1))
    (none, all_conv) = _costs.measure(recipe, [(0,) * 6, (3,) * 6])
    assert (none > 0).all() and all_conv[1] > none[1]


def test_the_topology_table_trains_every_class_once():
    space, classes = Topology(), pocket_topology.classes()
    assert len(set(classes)) == len(classes) == 5_260
    assert {space.canonical(space.arch(i)) for i in range(len(space))} == set(classes)
    assert pocket_topology.operation_counts(space)[space.index((2, 4, 1, 3, 0, 2))].tolist() == [1, 2, 1, 1]


def test_the_size_table_trains_every_choice_of_widths_once():
    archs = pocket_size.shuffled()
    assert len(set(archs)) == len(archs) == 1_024


def test_the_pockets_say_what_they_are():
    assert pocket_topology.TEXT_POCKET.command == "python -m nas_core build pocket_topology --dataset banking77"
    for pocket in (*pocket_topology.POCKETS.values(), *pocket_size.POCKETS.values()):
        assert json.dumps(pocket.recipe.protocol.as_dict())
        assert len(pocket.drivers(pocket.recipe.make_space())) == len(pocket.recipe.make_space())
        assert pocket.folder.parts[-2:] == ("build", pocket.table)
