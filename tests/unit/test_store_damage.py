"""Run files that are torn, damaged, full or written by someone else: nothing is lost, and it is said in a sentence."""

import json
import resource
import subprocess
import sys
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nas_core.history import History
from nas_core.runner import run
from nas_core.store import Store, StoreError, encode
from nas_core.types import Started
from tests.conftest import ROOT
from tests.records import SPEC, record

pytestmark = pytest.mark.usefixtures("tables")

wrong = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 10**20),
    st.floats(allow_nan=False),
    st.text(max_size=5),
    st.lists(st.integers(0, 9) | st.text(max_size=2), max_size=4),
    st.dictionaries(st.text(max_size=3), st.integers()),
)


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


@given(line=st.integers(0, 60), field=st.integers(0, 10), value=wrong)
def test_a_line_of_the_wrong_shape_never_gets_as_far_as_the_charts(tmp_path_factory, line, field, value):
    store, events = Store(tmp_path_factory.mktemp("runs")), list(run(SPEC))
    records = [record(encode(e)) for e in events]
    event = records[line % len(records)]
    event = event.get("trial", event)
    event[sorted(event)[field % len(event)]] = value
    try:
        run_id = store.add("\n".join(map(json.dumps, records)))
    except StoreError as error:
        assert "this is not a run file: line" in str(error)
        assert store.ids() == []
    else:
        History.of(store.read(run_id)).incumbent()


@given(at=st.integers(0, 10**6), bit=st.integers(0, 6))
@settings(max_examples=60)
def test_a_flipped_bit_is_never_read_as_a_number(tmp_path_factory, at, bit):
    store = Store(tmp_path_factory.mktemp("runs"))
    list(store.record(SPEC.id, run(SPEC)))
    path, events = store.path(SPEC.id), store.read(SPEC.id)
    data = bytearray(path.read_bytes())
    data[at % len(data)] ^= 1 << bit
    path.write_bytes(data)
    try:
        back = store.read(SPEC.id)
    except StoreError as error:
        assert f"run file {SPEC.id}.jsonl is damaged at line" in str(error)
    else:  # only the end of the last line is gone, as after a crash
        assert back == events[:-1]


def test_a_trial_with_too_few_losses_is_damage(saved):
    path = saved.path(SPEC.id)
    records = [record(line) for line in path.read_text().splitlines()]
    next(one for one in records if "trial" in one)["trial"]["losses"].append(1.0)
    path.write_text("".join(f"{json.dumps(one)}\n" for one in records))
    with pytest.raises(StoreError, match=r"damaged at line \d+ \(trial \d+ has 2 losses where there must be 1\)"):
        saved.read(SPEC.id)


def test_a_file_without_its_first_line_is_damaged(saved):
    path = saved.path(SPEC.id)
    path.write_text(path.read_text().partition("\n")[2])
    with pytest.raises(StoreError, match=r"damaged at line 1 .*begins with the event Started"):
        saved.read(SPEC.id)


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
    said = f"run {SPEC.id} could not be saved (File too large); what was saved earlier is safe. Make room or choose"
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
        list(Store(tmp_path / "file" / "runs").record(SPEC.id, []))


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
    with pytest.raises(StoreError, match="was written by another process in the meantime"):
        list(store.record(SPEC.id, run(SPEC, log=ours), after=len(ours)))
    assert store.read(SPEC.id) == events
