"""The data folder stays below its size: the oldest of what is not kept goes first, and nothing else ever."""

import os
import time
from dataclasses import replace

import pytest
from filelock import FileLock

from nas_core import housekeeping, logs
from nas_core.experiments import Experiments
from nas_core.jobs import search
from nas_core.store import Store
from nas_core.types import RunSpec

SPEC = RunSpec("pocket_topology", "cluttered_digits", "random_search", max_trials=3)
DAY = 86_400


def put(root, name, size=1000, days=1.0):
    """A file of that size which has not changed for so many days."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)
    return aged(path, days)


def aged(path, days):
    os.utime(path, (time.time() - days * DAY,) * 2)
    return path


@pytest.fixture
def root(tmp_path):
    """A data folder with a run that an experiment names, one that none does, and their sweeps."""
    folder = tmp_path / "data"
    for place in (folder, folder / "visitors" / "0a"):
        store = Store(place / "runs")
        for seed in (0, 1):
            list(search(store, replace(SPEC, seed=seed)))
            aged(store.path(replace(SPEC, seed=seed).id), 3 + seed)
        Experiments(place / "experiments", store).collect([SPEC], "kept")
    put(folder, f"sweeps/{SPEC.id}.jsonl", days=9)
    put(folder, f"sweeps/{replace(SPEC, max_trials=4).id}.jsonl", days=9)
    return folder


def files(root):
    return {p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file() and p.suffix != ".lock"}


def test_nothing_goes_while_there_is_room(root):
    before = files(root)
    done = housekeeping.tidy(root, housekeeping.size(root))
    assert (done.files, done.freed, files(root)) == (0, 0, before)


def test_what_is_not_kept_goes_and_all_else_stays(root):
    own = {
        put(root, "tables/nats_topology.parquet"),
        put(root, "own_data/mine/train_x.npy"),
        put(root, "weights/a.safetensors"),
        put(root, "scores/a.parquet"),
        put(root, "settings.toml"),
    }
    gone = {
        put(root, "downloads/owner/file.pkl"),
        put(root, "models/a.zip"),
        put(root, "trainings/0123"),
        put(root, "weights/b.safetensors.checkpoint"),
        put(root, "own_data/.deleted-a/x.npy"),
        put(root, "tables/a.new"),
        put(root, "runs/deleted/0123456789ab.jsonl"),
    }
    for folder in (root / "own_data" / ".deleted-a",):
        aged(folder, 1)
    second = replace(SPEC, seed=1).id
    done = housekeeping.tidy(root, 0)
    left = files(root)
    assert {p.relative_to(root).as_posix() for p in own} <= left
    assert not {p.relative_to(root).as_posix() for p in gone} & left
    for place in ("", "visitors/0a/"):
        assert f"{place}runs/{SPEC.id}.jsonl" in left and f"{place}runs/{second}.jsonl" not in left
    assert {name for name in left if name.startswith("sweeps/")} == {f"sweeps/{SPEC.id}.jsonl"}
    assert done.files == len(gone) + 3 and done.size == housekeeping.size(root)
    assert list(search(Store(root / "runs"), SPEC)), "the kept run opens"


def test_the_oldest_goes_first_and_only_as_much_as_must(root):
    old, older, oldest = (put(root, f"models/{days}.zip", 5000, days) for days in (20, 30, 40))
    done = housekeeping.tidy(root, housekeeping.size(root) - 6000)
    assert (old.exists(), older.exists(), oldest.exists()) == (True, False, False)
    assert (done.files, done.freed) == (2, 10_000)


def test_what_somebody_is_at_stays(root):
    fresh, busy = put(root, "models/a.zip", days=0), Store(root / "runs").path(replace(SPEC, seed=1).id)
    with FileLock(busy.with_suffix(".lock")):
        housekeeping.tidy(root, 0)
    assert fresh.exists() and busy.exists()


def test_no_run_goes_where_an_experiment_cannot_be_read(root):
    (root / "experiments" / f"{'0' * 12}.json").write_text("{", encoding="utf-8")
    housekeeping.tidy(root, 0)
    assert len(Store(root / "runs").ids()) == 2 and len(Store(root / "visitors" / "0a" / "runs").ids()) == 1


def test_a_folder_that_cannot_be_read_is_left_alone_and_the_others_are_tidied(root, monkeypatch, tmp_path):
    monkeypatch.setenv("NAS_EXPLORER_LOG", str(tmp_path / "log"))
    logs.start()
    unnamed = housekeeping._unnamed

    def unreadable(place):
        if place == root / "visitors" / "0a":
            raise PermissionError(13, "Permission denied")
        return unnamed(place)

    monkeypatch.setattr(housekeeping, "_unnamed", unreadable)
    last = put(root, "visitors/0b/models/a.zip")
    housekeeping.tidy(root, 0)
    assert not last.exists() and len(Store(root / "runs").ids()) == 1
    assert len(Store(root / "visitors" / "0a" / "runs").ids()) == 2
    assert '"folder not tidied"' in (tmp_path / "log").read_text()


def test_sizes_are_told_by_kind_for_all_visitors_together(root):
    before = housekeeping.sizes(root)
    put(root / "visitors" / "0a", "models/a.zip", 5000), put(root, "models/b.zip", 700)
    after = housekeeping.sizes(root)
    assert after == {**before, "models": 5700} and sum(after.values()) == housekeeping.size(root)
    assert housekeeping.sizes(root / "none") == {}
