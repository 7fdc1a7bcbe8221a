"""Experiments: what is written and read back, run files as experiments, damage, and the command line."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nas_core import jobs, places
from nas_core.experiment_file import Experiment
from nas_core.experiments import Experiments
from nas_core.store import Store, StoreError
from nas_core.types import Constraint, Objective, RunSpec
from tests.command_line import call, last, refused

SPEC = RunSpec("tiny", "numbers", "random_search", max_trials=6)
RICH = RunSpec(
    "formula",
    "numbers",
    "regularized_evolution",
    {"population_size": 4, "mutation": "node then edge"},
    {"search_epochs": 2},
    (Objective("val_acc"), Objective("flops_m", "min")),
    (Constraint("flops_m", high=100.0),),
    max_trials=9,
    max_seconds=70.5,
    workers=2,
)


def made(name="first", **more):
    return Experiment(name, {"a": SPEC, "b": RICH}, (3, 1, 2), **more)


@pytest.fixture
def shelf(tmp_path):
    return Experiments(tmp_path / "experiments", Store(tmp_path / "runs"))


def test_an_experiment_is_its_settings_at_every_seed_the_first_seed_first():
    order = [(label, spec.seed) for label, spec in made().specs]
    assert order == [("a", 3), ("b", 3), ("a", 1), ("b", 1), ("a", 2), ("b", 2)]
    assert made().specs[0][1] == replace(SPEC, seed=3)


@given(name=st.text(min_size=1, max_size=30), note=st.text(max_size=30), seeds=st.sets(st.integers(0, 10**9)))
def test_what_is_written_reads_back_equal_or_is_refused_before(name, note, seeds):
    try:
        one = Experiment(name, {"a": SPEC, "b": RICH}, tuple(seeds), note=note)
    except ValueError as error:
        assert "\n" not in str(error)
    else:
        assert Experiment.read(one.text().encode()) == one


def test_save_open_rename_duplicate_delete_and_undo(shelf):
    one = shelf.save(made(note="why"))
    assert shelf.open(one.id) == shelf.open("first") == one
    assert shelf.change(one.id, name="second") == shelf.open("second") == replace(one, name="second")
    copy = shelf.duplicate(one.id)
    assert (copy.name, copy.specs, copy.id == one.id) == ("second (copy)", one.specs, False)
    shelf.delete(one.id)
    assert [e.id for e in shelf.all()[0]] == [copy.id]
    assert shelf.restore(one.id) == replace(one, name="second")
    with pytest.raises(StoreError, match="nothing was brought back"):
        shelf.restore(one.id)
    with pytest.raises(ValueError, match="no experiment 'third'; there are: second"):
        shelf.open("third")
    shelf.change(copy.id, name="second")
    with pytest.raises(ValueError, match="2 experiments are called 'second'"):
        shelf.open("second")
    assert not list(shelf.folder.glob("*.new"))


def searched(*seeds, settings=(SPEC, RICH)):
    return [replace(setting, seed=seed) for setting in settings for seed in seeds]


def test_the_same_searches_are_one_experiment_and_more_seeds_make_it_larger(shelf):
    one = shelf.collect(searched(0, 1), "of the page")
    assert (one.name, one.seeds, list(one.settings)) == ("of the page", (0, 1), ["random_search", RICH.strategy])
    shelf.change(one.id, name="mine", note="why")
    assert shelf.collect(searched(1, 0), "other").name == "mine"
    assert shelf.collect(searched(1), "other").seeds == (0, 1) and shelf.find(searched(1)).id == one.id
    more = shelf.collect(searched(0, 1, 2), "other")
    assert (more.id, more.name, more.note, more.seeds) == (one.id, "mine", "why", (0, 1, 2))
    assert shelf.find(searched(0, settings=[SPEC])) is None and shelf.find(searched(2, 3)) is None
    assert shelf.collect(searched(2, 3), "other").id != one.id and len(shelf.all()[0]) == 2
    with pytest.raises(ValueError, match="with the same seeds"):
        shelf.collect(searched(0, 1)[:3], "uneven")


def test_what_is_recorded_has_no_more_seeds_than_were_run(shelf):
    race = shelf.record(searched(0, 1), "Race 1")
    assert (race.name, race.seeds) == ("Race 1", (0, 1)) and shelf.record(searched(1, 0), "again") == race
    assert shelf.collect(searched(0, 1, 2), "other").id == race.id  # which is larger now
    other = shelf.record(searched(0, 1), "Race 1")
    assert other.id != race.id and other.seeds == (0, 1) and shelf.open(race.id).seeds == (0, 1, 2)


def test_threads_that_add_seeds_at_once_lose_none(shelf):
    others = [Experiments(shelf.folder, shelf.store) for _ in range(4)]

    def add(seed):
        others[seed % 4].keep(Experiment("grows", {"a": SPEC}, (seed,)))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add, range(16)))
    assert sorted(shelf.open("grows").seeds) == list(range(16))


def test_what_is_there_is_recorded_without_a_lock(shelf):
    specs = searched(0, 1)
    one = shelf.record(specs, "race")
    reader = Experiments(shelf.folder, Store(shelf.store.folder, read_only=True))
    assert reader.record(specs, "race") == reader.collect(specs, "race") == one
    with pytest.raises(StoreError, match="belongs to another visitor"):
        reader.record(searched(0), "race")


def test_two_settings_of_one_strategy_have_two_labels():
    assert list(Experiment.of(searched(0, settings=[SPEC, replace(SPEC, workers=2)]), "x").settings) == [
        "random_search 1",
        "random_search 2",
    ]


def test_only_runs_that_no_other_experiment_names_are_its_own(shelf, tables):
    for spec in searched(0, 1, settings=[SPEC]):
        list(jobs.search(shelf.store, spec))
    one, other = shelf.collect(searched(0, 1, settings=[SPEC]), "one"), shelf.collect(searched(1, 2), "other")
    shelf.save(replace(one, seeds=(1,), id="0" * 12))
    assert shelf.own_runs(one) == [SPEC.id] and shelf.own_runs(other) == []


def test_a_file_is_read_again_only_if_it_changed(shelf, monkeypatch):
    shelf.save(made())
    assert len(shelf.all()[0]) == 1
    read = []
    monkeypatch.setattr(Experiment, "read", lambda raw: read.append(raw) or made())
    assert shelf.all()[0] and not read
    shelf.change(shelf.all()[0][0].id, note="changed")
    shelf.all()
    assert len(read) == 1


def changed(**more):
    data = json.loads(made().text()) | more
    del data["crc"]  # as of older versions
    return json.dumps(data).encode()


def test_a_file_of_an_older_version_opens_and_a_byte_that_has_changed_is_noticed(shelf):
    assert Experiment.read(changed(name="older")).name == "older"
    file = shelf.folder / f"{shelf.save(made()).id}.json"
    file.write_text(file.read_text().replace('"seeds": [3, ', '"seeds": [7, '))
    found, faults = shelf.all()
    assert not found and "its checksum does not fit, so a part of it has changed; if you" in faults[file.name]


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "not JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b"\xff\xfe", "not JSON"),
        (b"0" * 11 * 2**20, "bytes"),
        (b"[]", "must be an object"),
        (changed(format=2), "format"),
        (changed(more=1), "must be an object with"),
        (changed(id="../../etc/pa"), "12 hex digits"),
        (changed(id=3), "12 hex digits"),
        (changed(seeds=[]), "at least one strategy"),
        (changed(seeds=[1, 1]), "every seed once"),
        (changed(seeds=[True]), "whole numbers"),
        (changed(seeds=[-1]), "seed"),
        (changed(seeds=list(range(60_000))), "at most"),
        (changed(settings={"\x1b[2J": {}}), "has no"),
        (changed(settings={"\x1b[2J": json.loads(made().text())["settings"]["a"]}), "a label must be"),
        (changed(settings={}), "at least one strategy"),
        (changed(settings={"a": {"benchmark": "tiny"}}), "has no"),
        (changed(name="a\nb"), "one line"),
        (changed(name="\x1b[2J"), "name of an experiment"),
        (changed(name=5), "name of an experiment"),
        (changed(note="x" * 20_000), "note of an experiment"),
        (changed(date=None), "date of an experiment"),
    ],
)
def test_a_damaged_file_is_listed_with_its_reason(shelf, raw, words):
    shelf.save(made())
    (shelf.folder / "0123456789ab.json").write_bytes(raw)
    found, faults = shelf.all()
    assert [e.name for e in found] == ["first"]
    (sentence,) = faults.values()
    assert words in sentence and "\n" not in sentence
    with pytest.raises(StoreError):
        shelf.open("0123456789ab")


def test_run_files_that_share_everything_but_the_seed_are_an_experiment(tables, shelf):
    for spec in (SPEC, replace(SPEC, seed=4), replace(SPEC, strategy="local_search")):
        list(jobs.search(shelf.store, spec))
    shelf.store.path("0" * 12).write_text("nonsense\n")
    found, faults = shelf.all()
    assert {(tuple(e.settings), e.seeds) for e in found} == {(("random_search",), (0, 4)), (("local_search",), (0,))}
    assert list(faults) == [f"{'0' * 12}.jsonl"]
    both = next(e for e in found if len(e.seeds) == 2)
    assert shelf.open(both.id) == both
    with pytest.raises(ValueError, match="of run files alone"):
        shelf.delete(both.id)
    shelf.change(both.id, name="mine")
    assert sorted(e.name == "mine" for e in shelf.all()[0]) == [False, True]


SWEEP = ("sweep", "--benchmark", "tiny", "--strategies", "random_search,local_search", "--trials", 5, "--processes", 1)


def test_a_sweep_with_a_name_is_an_experiment_and_more_seeds_are_added(tables):
    last(*SWEEP, "--seeds", "0:2", "--name", "mine")
    last(*SWEEP, "--seeds", "1:4", "--name", "mine")
    (one,) = last("experiment", "list")["experiments"]
    assert (one["name"], one["seeds"], one["runs"]) == ("mine", [0, 1, 2, 3], 8)
    assert last("experiment", "show", "mine")["done"] == {"random_search": 4, "local_search": 4}
    assert "of other searches" in refused(2, *SWEEP[:-4], "--trials", 6, "--processes", 1, "--name", "mine")
    assert last("experiment", "rename", "mine", "yours")["name"] == "yours"
    assert "4 of 4" in call("experiment", "show", one["id"]).stdout
    twin = last("experiment", "duplicate", "yours", "twin")
    assert (twin["name"], twin["runs"]) == ("twin", 8) and twin["id"] != one["id"]
    assert last("experiment", "show", "twin")["done"] == {"random_search": 4, "local_search": 4}
    assert last("experiment", "duplicate", "twin")["name"] == "twin (copy)"
    for name in ("twin", "twin (copy)"):
        call("experiment", "delete", name)
    assert last("experiment", "delete", "yours")["done"] == "deleted"
    assert last("experiment", "list")["experiments"] == []
    assert "no experiment 'yours'" in refused(2, "experiment", "show", "yours")
    assert last("experiment", "delete", "--undo", one["id"])["name"] == "yours"
    assert "12 hex digits" in refused(2, "experiment", "delete", "--undo", "../x")


def test_what_replaces_a_file_does_so_whole_or_leaves_it_as_it_was(tmp_path):
    file = tmp_path / "a.json"
    with places.replacing(file) as new:
        new.write_text("one")
        assert not file.exists()
    with pytest.raises(OSError, match="full"), places.replacing(file) as new:
        new.write_text("tw")
        raise OSError("full")
    assert file.read_text() == "one" and list(tmp_path.iterdir()) == [file]


def test_a_line_follows_one_that_was_cut_off(tmp_path):
    file = tmp_path / "log.jsonl"
    for before, after in [(b"", b"1\n"), (b"1\n", b"1\n2\n"), (b"1\n2", b"1\n2\n3\n")]:
        file.write_bytes(before)
        places.append_line(file, after.split()[-1])
        assert file.read_bytes() == after
