"""Run files: nothing is lost, and whatever is wrong is one sentence."""

import json
import math
import os
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nas_core.runner import run
from nas_core.store import Store, StoreError, decode, encode
from nas_core.types import Asked, Constraint, Objective, RunSpec, Started, Stopped, Suggestion, Told, Trial
from tests.records import SPEC, record

pytestmark = pytest.mark.usefixtures("tables")

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
    epochs=st.integers(0, 200),
    resume=st.integers(0, 100),
    measure=st.sampled_from(("train", "derive", "synflow")),
    seconds=st.floats(0, 1e9),
    info=st.dictionaries(names, json_values, max_size=3),
)
trials = st.builds(
    Trial,
    number=st.integers(0, 10**9),
    suggestion=suggestions,
    start=st.floats(0, 1e12),
    end=st.floats(0, 1e12),
    metrics=st.dictionaries(names, st.floats(allow_nan=False, allow_infinity=False), max_size=3),
    losses=st.lists(st.floats(allow_nan=False).filter(lambda x: x != -math.inf), max_size=3).map(tuple),
    error=names,
)
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
        "tiny",
        "números ☕",
        "nsga2",
        {"rate": 0.5, "name": "a b"},
        {"search_epochs": 2},
        (Objective("val_acc"), Objective("flops_m", "min")),
        (Constraint("flops_m", high=3.0), Constraint("val_acc", low=1.0)),
        10,
        2.5,
        3,
        10**30,
    )
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
    assert record(encode(Asked(3, Suggestion((1, 2)), 0.5))) == {
        "event": "Asked",
        "number": 3,
        "suggestion": {"arch": [1, 2]},
        "at": 0.5,
    }


def test_a_run_reads_back_as_it_was(saved, events):
    assert saved.read(SPEC.id) == events
    assert saved.has_ended(SPEC.id)
    assert saved.ids() == [SPEC.id]


def test_a_run_that_is_not_there_is_empty(store):
    assert store.read("0123456789ab") == []
    assert not store.has_ended("0123456789ab")
    assert store.ids() == []


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "0123456789AB", "0123456789abc", "☕"])
def test_what_is_no_run_id_opens_no_file(store, name):
    with pytest.raises(StoreError, match="is not a run id; a run id is 12 hex digits"):
        store.read(name)


def test_other_files_in_the_folder_are_no_runs(saved):
    (saved.folder / "notes.jsonl").write_text("hello")
    assert saved.ids() == [SPEC.id]


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
        ("", "this is not a run file: it has no events"),
        ("\n", "this is not a run file: line 1 cannot be read"),
        ("arch,val_acc\n(0 0),70\n", "this is not a run file: line 1 cannot be read"),
        ('{"event":"Stopped","reason":"budget","at":1.0}', "line 1 cannot be read .*begins with the event Started"),
    ],
)
def test_what_is_no_run_is_not_taken_in(store, text, said):
    with pytest.raises(StoreError, match=said):
        store.add(text)
    assert list(store.folder.glob("*.jsonl")) == []


def test_a_negative_budget_in_a_file_is_refused(store, events):
    text = json.dumps(record(encode(events[0]))).replace('"max_trials": 30', '"max_trials": -30')
    with pytest.raises(StoreError, match="max_trials must be a whole number of at least 1, not -30"):
        store.add(text)


def test_the_newest_run_comes_first(store, events):
    for seed in (1, 2, 3):
        spec = replace(SPEC, seed=seed)
        list(store.record(spec.id, run(spec)))
        os.utime(store.path(spec.id), (seed, seed))
    assert store.ids() == [replace(SPEC, seed=seed).id for seed in (3, 2, 1)]


def test_a_run_that_is_refused_before_its_first_event_leaves_no_file(store):
    nothing = replace(SPEC, objectives=(Objective("nothing"),))
    with pytest.raises(ValueError, match="no metric 'nothing'"):
        list(store.record(nothing.id, run(nothing)))
    assert store.ids() == []
