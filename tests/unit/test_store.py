"""Run files: nothing is lost, and whatever is wrong is one sentence."""

import json
import math
import os
import resource
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nas_core.history import History
from nas_core.runner import run
from nas_core.store import Store, StoreError, decode, encode
from nas_core.types import Asked, Constraint, Objective, RunSpec, Started, Stopped, Suggestion, Told, Trial
from tests.conftest import ROOT

pytestmark = pytest.mark.usefixtures("tables")
SPEC = RunSpec("tiny", "numbers", "regularized_evolution", {"population_size": 4}, max_trials=30, workers=3)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "runs")


@pytest.fixture
def events():
    return list(run(SPEC))


@pytest.fixture
def saved(store, events):
    """A store that holds the whole run."""
    assert list(store.record(SPEC.id, iter(events))) == events
    return store


# ------------------------------------------------------------------------------ one line and one event
numbers = st.floats(allow_nan=False, width=32)
names = st.text(max_size=8)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | names,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)
suggestions = st.builds(
    Suggestion,
    arch=st.lists(st.integers(0, 9), min_size=1, max_size=6).map(tuple),
    epochs=st.integers(0, 200), resume=st.integers(0, 100), measure=st.sampled_from(("train", "derive", "synflow")),
    seconds=st.floats(0, 1e9), info=st.dictionaries(names, json_values, max_size=3),
)  # fmt: skip
trials = st.builds(
    Trial,
    number=st.integers(0, 10**9), suggestion=suggestions, start=st.floats(0, 1e12), end=st.floats(0, 1e12),
    metrics=st.dictionaries(names, st.floats(allow_nan=False, allow_infinity=False), max_size=3),
    losses=st.lists(st.floats(allow_nan=False) .filter(lambda x: x != -math.inf), max_size=3).map(tuple), error=names,
)  # fmt: skip
any_event = (
    st.builds(Asked, number=st.integers(0, 10**9), suggestion=suggestions, at=st.floats(0, 1e12))
    | st.builds(Told, trials)
    | st.builds(Stopped, reason=st.sampled_from(("budget", "exhausted")), at=st.floats(0, 1e12))
)


@given(any_event)
def test_an_event_reads_back_as_it_was(event):
    line = encode(event)
    assert decode(line) == event
    assert line.isascii()
    assert "\n" not in line


def test_a_spec_reads_back_as_it_was():
    spec = RunSpec(
        "tiny", "números ☕", "nsga2", {"rate": 0.5, "name": "a b"}, {"search_epochs": 2},
        (Objective("val_acc"), Objective("flops_m", "min")),
        (Constraint("flops_m", high=3.0), Constraint("val_acc", low=1.0)), 10, 2.5, 3, 10**30,
    )  # fmt: skip
    back = decode(encode(Started(spec, "1.0", "abc")))
    assert back == Started(spec, "1.0", "abc")
    assert back.spec.id == spec.id


def test_missing_and_infinite_numbers_are_null_in_the_file():
    trial = Trial(0, Suggestion((1,)), 0.0, 1.0, {"a": math.nan, "b": np.float64("nan")}, (math.inf,), "died")
    line = encode(Told(trial))
    assert json.loads(line)["trial"]["losses"] == [None]
    back = decode(line).trial
    assert math.isnan(back.metrics["a"]) and math.isnan(back.metrics["b"])
    assert back.losses == (math.inf,)


def test_fields_at_their_defaults_are_not_written_so_that_a_new_field_changes_no_old_file():
    assert json.loads(encode(Asked(3, Suggestion((1, 2)), 0.5))) == {
        "event": "Asked", "number": 3, "suggestion": {"arch": [1, 2]}, "at": 0.5,
    }  # fmt: skip


# ------------------------------------------------------------------------------------ files and damage
def test_a_run_reads_back_as_it_was(saved, events):
    assert saved.read(SPEC.id) == events
    assert saved.finished(SPEC.id)
    assert saved.ids() == [SPEC.id]


def test_a_run_that_is_not_there_is_empty(store):
    assert store.read("0123456789ab") == []
    assert not store.finished("0123456789ab")
    assert store.ids() == []


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "0123456789AB", "0123456789abc", "☕"])
def test_what_is_no_run_id_opens_no_file(store, name):
    with pytest.raises(StoreError, match="is no run id; a run id is 12 hex digits"):
        store.read(name)


def test_other_files_in_the_folder_are_no_runs(saved):
    (saved.folder / "notes.jsonl").write_text("hello")
    assert saved.ids() == [SPEC.id]


@given(cut=st.floats(0.0, 1.0))
def test_a_crash_at_any_byte_loses_at_most_the_torn_event_and_the_run_goes_on(tmp_path_factory, cut):
    store, events = Store(tmp_path_factory.mktemp("runs")), list(run(SPEC))
    list(store.record(SPEC.id, iter(events)))
    data = store.path(SPEC.id).read_bytes()
    keep = int(cut * len(data))
    store.path(SPEC.id).write_bytes(data[:keep])
    log = store.read(SPEC.id)
    assert log == events[: data[:keep].count(b"\n")]
    list(store.record(SPEC.id, run(SPEC, log=log), after=len(log)))
    assert store.path(SPEC.id).read_bytes() == data


@pytest.mark.parametrize("garbage", ["", "{", "[]", "null", "\x00\x00", '{"event":"Exploded"}', "[" * 100_000])
def test_a_damaged_middle_line_is_named_and_the_file_left_alone(saved, garbage):
    path = saved.path(SPEC.id)
    lines = path.read_text().split("\n")
    lines[6] = garbage
    path.write_text("\n".join(lines))
    before = path.read_bytes()
    with pytest.raises(StoreError, match=f"run file {SPEC.id}.jsonl is damaged at line 7 .*left as it is.*--fresh"):
        saved.read(SPEC.id)
    assert path.read_bytes() == before


@given(line=st.integers(0, 60), field=st.integers(0, 10), value=json_values)
def test_a_line_of_the_wrong_shape_never_gets_as_far_as_the_charts(tmp_path_factory, line, field, value):
    store, events = Store(tmp_path_factory.mktemp("runs")), list(run(SPEC))
    records = [json.loads(encode(e)) for e in events]
    record = records[line % len(records)]
    record = record.get("trial", record)
    record[sorted(record)[field % len(record)]] = value
    try:
        run_id = store.add("\n".join(map(json.dumps, records)))
    except StoreError as error:
        assert "this is no run file: line" in str(error)
        assert store.ids() == []
    else:
        History.of(store.read(run_id)).incumbent()


def test_a_file_without_its_first_line_is_damaged(saved):
    path = saved.path(SPEC.id)
    path.write_text(path.read_text().partition("\n")[2])
    with pytest.raises(StoreError, match=r"damaged at line 1 .*begins with the event Started"):
        saved.read(SPEC.id)


# -------------------------------------------------------------------------- full disks and other hands
@contextmanager
def full_disk(room):
    """Files grow no further than `room` bytes, as on a disk that is full; the kernel itself refuses the rest."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_is_one_sentence_and_what_was_saved_is_kept(store, events):
    with full_disk(4000), pytest.raises(StoreError) as error:
        list(store.record(SPEC.id, run(SPEC)))
    said = f"run {SPEC.id} could not be saved (File too large); what was saved before is kept. Make room or choose"
    assert said in str(error.value)
    log = store.read(SPEC.id)
    assert 10 < len(log) < len(events)
    assert log == events[: len(log)]
    list(store.record(SPEC.id, run(SPEC, log=log), after=len(log)))
    assert store.read(SPEC.id) == events


def test_a_full_disk_takes_in_nothing(store, events):
    with full_disk(100), pytest.raises(StoreError, match="could not be saved"):
        store.add("\n".join(map(encode, events)))
    assert store.ids() == []


def test_an_error_of_the_search_itself_is_not_called_a_full_disk(store):
    def broken():
        yield Started(SPEC, "1")
        raise OSError("the network is down")

    with pytest.raises(OSError, match=r"^the network is down$"):
        list(store.record(SPEC.id, broken()))
    assert len(store.read(SPEC.id)) == 1


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"the folder .*file/runs could not be saved \(Not a directory\)"):
        Store(tmp_path / "file" / "runs")


def test_only_one_writer_at_a_time(store, events):
    writing = store.record(SPEC.id, iter(events))
    next(writing)
    for attempt in (
        lambda: next(store.record(SPEC.id, iter(events))),
        lambda: store.delete(SPEC.id),
        lambda: store.add("\n".join(map(encode, events))),
    ):
        with pytest.raises(StoreError, match=f"run {SPEC.id} is being written by another process"):
            attempt()
    writing.close()
    store.delete(SPEC.id)


def test_another_process_is_kept_out_as_well(store, events):
    writing = store.record(SPEC.id, iter(events))
    next(writing)
    code = f"from nas_core.store import *; Store(Path({str(store.folder)!r})).delete({SPEC.id!r})"
    out = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert "is being written by another process" in out.stderr
    writing.close()
    assert len(store.read(SPEC.id)) == 1


def test_a_run_that_someone_else_has_continued_meanwhile_is_not_written_twice(store, events):
    list(store.record(SPEC.id, iter(events[:10])))
    ours = store.read(SPEC.id)
    list(store.record(SPEC.id, iter(events[10:]), after=10))
    with pytest.raises(StoreError, match="was written by another process meanwhile"):
        list(store.record(SPEC.id, run(SPEC, log=ours), after=len(ours)))
    assert store.read(SPEC.id) == events


# ---------------------------------------------------------------------------- deleting, moving, import
def test_delete_and_undo(saved, events):
    saved.delete(SPEC.id)
    assert saved.ids() == [] and saved.read(SPEC.id) == []
    saved.restore(SPEC.id)
    assert saved.read(SPEC.id) == events
    with pytest.raises(StoreError, match=f"there is no run {SPEC.id} to move"):
        saved.restore("ffffffffffff") if saved.delete(SPEC.id) else saved.delete(SPEC.id)


def test_undo_does_not_overwrite_a_newer_run(saved, events):
    saved.delete(SPEC.id)
    list(saved.record(SPEC.id, iter(events[:5])))
    with pytest.raises(StoreError, match="exists again; delete that one first"):
        saved.restore(SPEC.id)
    assert len(saved.read(SPEC.id)) == 5


def test_export_and_import(saved, events, tmp_path):
    text = saved.path(SPEC.id).read_text()
    other = Store(tmp_path / "other")
    assert other.add(text) == SPEC.id
    assert other.read(SPEC.id) == events
    assert other.add(text.replace("\n", "\r\n")) == SPEC.id


def test_import_keeps_the_longer_run(saved, events, tmp_path):
    saved.add("\n".join(map(encode, events[:7])))
    assert saved.read(SPEC.id) == events
    other = Store(tmp_path / "other")
    other.add("\n".join(map(encode, events[:7])))
    other.add("\n".join(map(encode, events)) + "\n")
    assert other.read(SPEC.id) == events


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "this is no run file: it holds no event"),
        ("\n", "this is no run file: line 1 cannot be read"),
        ("arch,val_acc\n(0 0),70\n", "this is no run file: line 1 cannot be read"),
        ('{"event":"Stopped","reason":"budget","at":1.0}', "line 1 cannot be read .*begins with the event Started"),
    ],
)
def test_what_is_no_run_is_not_taken_in(store, text, said):
    with pytest.raises(StoreError, match=said):
        store.add(text)
    assert list(store.folder.glob("*.jsonl")) == []


def test_a_negative_budget_in_a_file_is_refused(store, events):
    text = encode(events[0]).replace('"max_trials":30', '"max_trials":-30')
    with pytest.raises(StoreError, match="max_trials must be a whole number of at least 1, not -30"):
        store.add(text)


def test_the_newest_run_comes_first(store, events):
    for seed in (1, 2, 3):
        spec = replace(SPEC, seed=seed)
        list(store.record(spec.id, run(spec)))
        os.utime(store.path(spec.id), (seed, seed))
    assert store.ids() == [replace(SPEC, seed=seed).id for seed in (3, 2, 1)]
