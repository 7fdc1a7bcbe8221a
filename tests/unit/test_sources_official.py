"""Import of the official archives: the same numbers as in the merged tables, and more; resumable; nothing runs."""

import bz2
import pickle
import shutil

import numpy as np
import pytest
from click.testing import CliRunner

from nas_core import benchmarks
from nas_core.cli import commands
from nas_core.sources import nats, official
from nas_core.sources.catalogue import DATASETS
from nas_core.sources.download import SourceError
from nas_core.types import Suggestion
from tests.nats_files import OFFICIAL

pytestmark = pytest.mark.shared
TOPOLOGY, SIZE = "NATS-tss-v1_0-3ffb9-simple", "NATS-sss-v1_0-50262-simple"


@pytest.fixture
def archive(tmp_path):
    """A copy of the official sample, to be spoiled."""
    return shutil.copytree(OFFICIAL, tmp_path / "official")


def do(path):
    return list(official.import_archives(path))


def merged(table):
    """Accuracies, counted costs and seconds of a table before the import."""
    columns = {(m, e): table.column(m, e).copy() for m in ("val_acc", "test_acc") for e in table.fidelities}
    costs = {m: table.column(m).copy() for m in ("params_m", "flops_m")}
    return columns, costs, {e: table.seconds(e) for e in table.fidelities} if table.timed else {}


@pytest.mark.parametrize("name", ["nats_topology", "nats_size"])
def test_the_same_numbers_as_the_merged_table(nats_tables, name):
    before = {dataset: merged(benchmarks.create(name, dataset)) for dataset in DATASETS}
    do(OFFICIAL)
    rows = sorted(official.imported(name))
    assert len(rows) == 2
    for dataset, (columns, costs, seconds) in before.items():
        after = benchmarks.create(name, dataset)
        for (metric, epochs), values in columns.items():
            assert np.abs(after.column(metric, epochs)[rows] - values[rows]).max() < 1e-4
            others = np.setdiff1d(np.arange(len(values)), rows)
            assert np.array_equal(after.column(metric, epochs)[others], values[others], equal_nan=True)
        assert np.abs(after.column("params_official_m")[rows] - costs["params_m"][rows]).max() < 1e-4
        assert np.abs(after.column("flops_official_m")[rows] - costs["flops_m"][rows]).max() < 1e-4
        for epochs, charged in seconds.items():  # the archives add one validation
            more = after.seconds(epochs)[rows] / charged[rows] - 1
            assert np.all((more > 0) & (more < 0.03 if epochs == 12 else more < 0.002))


def test_numbers_that_only_the_archives_know(nats_tables):
    """Values of architecture 0, read off its file with the package's own functions."""
    from nats_bench import create

    api = create(str(OFFICIAL / TOPOLOGY), "tss", fast_mode=True, verbose=False)
    do(OFFICIAL)
    for dataset in DATASETS:
        table = benchmarks.create("nats_topology", dataset)
        row = table.space.index(table.space.parse(api.arch(0)))
        theirs = "cifar10-valid" if dataset == "cifar10" else dataset
        for epochs in (12, 200):
            said = api.get_more_info(0, theirs, hp=str(epochs), is_random=False)
            assert abs(table.column("val_loss", epochs)[row] - said["valid-loss"]) < 1e-4
            assert abs(table.column("train_acc", epochs)[row] - said["train-accuracy"]) < 1e-4
            assert abs(table.seconds(epochs)[row] - said["train-all-time"] - said["valid-per-time"]) < 0.01
            seed = 777 if epochs == 200 else 111
            one = api.get_more_info(0, theirs, hp=str(epochs), is_random=seed)
            assert abs(table.column("val_acc", epochs, seed)[row] - one["valid-accuracy"]) < 1e-4
        epochs, curves = table.curves(row)
        assert epochs.tolist() == list(range(1, 201))
        fifty = api.get_more_info(0, theirs, iepoch=49, hp="200", is_random=False)
        assert abs(curves["train_loss"][49] - fifty["train-loss"]) < 1e-4
        assert abs(table.column("latency_gpu_ms")[row] - 1000 * api.get_latency(0, theirs, hp="200")) < 1e-3


def test_size_space_schedules(nats_tables):
    do(OFFICIAL)
    assert benchmarks.create("nats_size", "cifar10").fidelities == (90,)  # 1 and 12 are known for two rows only
    row = sorted(official.imported("nats_size"))[0]
    columns = official.curves("nats_size", row)
    assert {name.partition("@")[2].partition("#")[0] for name in columns} == {"1", "12", "90"}
    assert {name.partition("#")[2] for name in columns if "@12#" in name} == {"777", "888", "999"}


def test_a_table_of_the_archives_alone(data_folder):
    do(OFFICIAL / TOPOLOGY)
    assert not nats.file("nats_topology").exists()
    files = official.parts_folder("nats_topology")
    assert files.is_dir() and nats.official_file("nats_topology").exists()


def test_the_seed_of_a_trial_is_drawn(nats_tables):
    do(OFFICIAL)
    table = benchmarks.create("nats_topology", "cifar10")
    arch = table.space.arch(sorted(official.imported("nats_topology"))[0])
    row = table.space.index(arch)
    known = {round(float(table.column("val_acc", 12, s)[row]), 3) for s in (111, 777)}
    seen = {round(table.evaluate(Suggestion(arch), np.random.default_rng(k)).metrics["val_acc"], 3) for k in range(20)}
    assert seen == known and len(known) == 2
    mean = benchmarks.create("nats_topology", "cifar10", reward_seed="mean")
    same = {mean.evaluate(Suggestion(arch), np.random.default_rng(k)).metrics["val_acc"] for k in range(3)}
    assert same == {float(table.column("val_acc", 12)[row])} and all(type(v) is float for v in same)


def test_an_interrupted_import_goes_on(nats_tables, monkeypatch):
    monkeypatch.setattr(official, "PART", 1)
    begun = official.import_archives(OFFICIAL / TOPOLOGY)
    while next(begun).done < 2:
        pass
    begun.close()
    assert len(official.imported("nats_topology")) == 1 and not nats.official_file("nats_topology").exists()
    counts = [(s.done, s.total) for s in do(OFFICIAL / TOPOLOGY)]
    assert counts == [(1, 2), (2, 2)]
    assert [s.done for s in do(OFFICIAL / TOPOLOGY)] == [2]


def test_more_files_later_are_added(nats_tables, archive):
    second = archive / TOPOLOGY / "000011.pickle.pbz2"
    kept = second.read_bytes()
    second.unlink()
    assert do(archive / TOPOLOGY)[-1].done == 1
    second.write_bytes(kept)
    assert do(archive / TOPOLOGY)[-1].done == 2


def test_a_damaged_file_stops_the_import_and_keeps_what_was_read(nats_tables, archive, monkeypatch):
    monkeypatch.setattr(official, "PART", 1)
    file = archive / TOPOLOGY / "000011.pickle.pbz2"
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(ValueError, match=r"000011.pickle.pbz2 is damaged or not a pickle"):
        do(archive / TOPOLOGY)
    assert len(official.imported("nats_topology")) == 1


class Evil:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        import os

        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("name", ["000000.pickle.pbz2", "meta.pickle.pbz2"])
def test_an_archive_that_wants_to_run_code(nats_tables, archive, tmp_path, name):
    (archive / TOPOLOGY / name).write_bytes(bz2.compress(pickle.dumps({"12": Evil(tmp_path / "ran")})))
    with pytest.raises(ValueError, match=rf"{name} asks for posix.mkdir"):
        do(archive / TOPOLOGY)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("content", [[1, 2], {"12": {}}, {"12": {"all_results": 5}}, {"x": {}}])
def test_a_file_of_another_kind(nats_tables, archive, content):
    (archive / TOPOLOGY / "000000.pickle.pbz2").write_bytes(bz2.compress(pickle.dumps(content)))
    with pytest.raises(SourceError, match="is not written as NATS-Bench writes results"):
        do(archive / TOPOLOGY)


def test_a_file_under_the_wrong_number(nats_tables, archive):
    shutil.copy(archive / TOPOLOGY / "000011.pickle.pbz2", archive / TOPOLOGY / "000000.pickle.pbz2")
    with pytest.raises(
        SourceError, match=r"000000.pickle.pbz2 is not of \|avg_pool_3x3~0\|.* to which its number belongs"
    ):
        do(archive / TOPOLOGY)


def test_paths_that_are_no_archive(tmp_path):
    for name, says in (
        ("nothing", "there is no .*nothing"),
        ("NATS-tss.tar", "still packed; unpack it with 'tar xf NATS-tss.tar'"),
        ("NATS-tss-v1_0-3ffb9.pickle.pbz2", "get the one whose name ends in -simple.tar"),
        ("folder", "holds no NATS-Bench archive"),
    ):
        file = tmp_path / name
        if name == "folder":
            file.mkdir()
        elif name != "nothing":
            file.write_bytes(b"")
        with pytest.raises(SourceError, match=says):
            do(file)


def test_a_meta_file_of_another_length(archive):
    (archive / SIZE / "meta.pickle.pbz2").write_bytes(bz2.compress(pickle.dumps({"meta_archs": ["8:8:8:8:8"]})))
    with pytest.raises(SourceError, match="lists 1 architectures, not 15,625 or 32,768"):
        do(archive / SIZE)


def test_what_was_imported_can_be_removed(nats_tables):
    before = benchmarks.create("nats_topology", "cifar10").fingerprint()
    do(OFFICIAL)
    assert benchmarks.create("nats_topology", "cifar10").fingerprint() != before
    official.forget("nats_topology")
    assert benchmarks.create("nats_topology", "cifar10").fingerprint() == before
    assert len(official.imported("nats_topology")) == 0


def test_the_command(nats_tables):
    result = CliRunner().invoke(commands, ["import", "nats", str(OFFICIAL), "--json"])
    assert result.exit_code == 0 and result.stdout.splitlines()[-1].startswith(
        '{"imported": "nats", "tables": [{"name"'
    )
    result = CliRunner().invoke(commands, ["import", "nats", "nowhere"])
    assert result.exit_code == 1 and "there is no nowhere" in result.output
