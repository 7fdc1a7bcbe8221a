"""In whose folder work is done: of a thread, of a child process, of an account; and how much may be kept there."""

import os
import time
from functools import partial

import pytest
import streamlit as st

from nas_core import child, housekeeping, places
from nas_core.jobs import Jobs
from nas_core.settings import Settings
from tests.streams import count, whose
from tests.unit.test_jobs import wait
from ui import own_cache, visitors

ANNA, BERT = places.owner_of("anna"), places.owner_of("bert")


def test_a_folder_is_of_whoever_works_and_shared_things_are_of_all(data_folder):
    assert places.owner() == "" and places.data_dir() == data_folder
    with places.acting_for(ANNA):
        assert places.data_dir() == data_folder / "visitors" / ANNA
        with places.acting_for(""):
            assert places.data_dir() == data_folder
        assert places.shared_dir() == data_folder
    assert places.owner() == ""
    assert len({ANNA, BERT}) == 2 and len(ANNA) == 32 and "anna" not in ANNA


def test_a_child_process_works_for_one_owner_after_another(data_folder):
    children = child.Children(1)
    got = []
    for name in (ANNA, "", BERT):
        with places.acting_for(name):
            got += [item for item in children.stream(whose) if item is not child.TICK]
    assert got == [(ANNA, places.place_of(ANNA)), ("", data_folder), (BERT, places.place_of(BERT))]


def test_a_job_works_for_who_started_it(monkeypatch):
    jobs = Jobs(Settings(public=True), visitor=lambda: ANNA)
    monkeypatch.setattr(places, "ask_owner", lambda: ANNA)
    started = [jobs.start(str(process), "", whose, process=process) for process in (False, True)]
    shared = jobs.start("shared", "", whose, process=True, shared=True)
    monkeypatch.setattr(places, "ask_owner", lambda: BERT)
    assert [wait(job).items[0][0] for job in started] == [ANNA, ANNA]
    assert wait(shared).items[0][0] == "" and jobs.get("shared") is shared and jobs.get("True") is None


def limited(**limits):
    """Anna's jobs, with these limits on the disk."""
    settings = Settings(public=True, **limits)
    return Jobs(settings, visitor=lambda: ANNA, full=partial(housekeeping.full, settings))


def test_who_keeps_too_much_is_asked_to_make_room(monkeypatch):
    jobs = limited(visitor_disk_mb=2)
    monkeypatch.setattr(places, "ask_owner", lambda: ANNA)
    runs = places.data_dir() / "runs"
    (runs / "deleted").mkdir(parents=True)
    (runs / "deleted" / "old").write_bytes(bytes(3 << 20))
    assert wait(jobs.start("k", "", partial(count, 1))).state == "done"
    (runs / "large").write_bytes(bytes(3 << 20))
    refused = jobs.start("k", "", partial(count, 1))
    assert refused.state == "failed"
    assert refused.error == (
        "you keep 3 MB here, and at most 2 MB are allowed; delete runs, tables or data to make room"
    )


def test_nothing_new_begins_where_the_room_or_the_whole_folder_is_full_and_a_race_of_another_goes_on(monkeypatch):
    asks = [ANNA]
    settings = Settings(public=True, visitor_disk_mb=2, disk_mb=8)
    jobs = Jobs(settings, visitor=lambda: asks[0], full=partial(housekeeping.full, settings))
    monkeypatch.setattr(places, "ask_owner", lambda: asks[0])
    monkeypatch.setattr(housekeeping, "FRESH", -1.0)
    (places.data_dir() / "large").write_bytes(bytes(3 << 20))
    refused = jobs.start("race", "", partial(count, 1), shared=True)
    assert refused.state == "failed" and refused.error.startswith("you keep 3 MB here")
    asks[0] = BERT
    assert jobs.get("race") is None, "what another was told is not shown here"
    ran = wait(jobs.start("race", "", partial(count, 1), shared=True))
    assert ran.state == "done" and jobs.get("race") is ran
    old = places.shared_dir() / "models" / "old.zip"
    old.parent.mkdir()
    old.write_bytes(bytes(9 << 20))
    os.utime(old, (time.time() - 7200,) * 2)
    assert wait(jobs.start("another", "", partial(count, 1))).state == "done" and not old.exists(), "it was tidied"
    (places.shared_dir() / "tables").mkdir()
    (places.shared_dir() / "tables" / "large").write_bytes(bytes(6 << 20))
    for shared in (True, False):
        refused = jobs.start("a third", "", partial(count, 1), shared=shared)
        assert (refused.state, refused.error) == (
            "failed",
            "this server keeps 9 MB, and at most 8 MB are allowed; delete what you do not need, or ask who runs it to "
            "make room",
        )


def test_a_job_that_fills_the_room_is_ended_with_a_sentence(monkeypatch):
    monkeypatch.setattr("nas_core.jobs.LOOK", 0.02)
    monkeypatch.setattr(places, "ask_owner", lambda: ANNA)
    job = wait(limited(visitor_disk_mb=2).start("k", "", fill))
    assert (job.state, len(job.items) < 200) == ("stopped", True)
    assert job.error.startswith("It was ended: you keep 2 MB here, and at most 2 MB are allowed; delete ")


def fill():
    """Keeps 100 kB every few milliseconds."""
    folder = places.data_dir() / "runs"
    folder.mkdir()
    for number in range(200):
        (folder / f"{number}.jsonl").write_bytes(bytes(100_000))
        time.sleep(0.01)
        yield number


def test_what_is_deleted_makes_room_and_so_do_drafts_that_nobody_saved(monkeypatch):
    jobs = limited(visitor_disk_mb=2)
    monkeypatch.setattr(places, "ask_owner", lambda: ANNA)
    data, run = places.data_dir() / "own_data", places.data_dir() / "runs" / "0123456789ab.jsonl"
    run.parent.mkdir()
    run.write_bytes(bytes(1 << 20))
    for name in ("pets", "birds", ".draft-0a"):
        (data / name).mkdir(parents=True)
        (data / name / "train_x.npy").write_bytes(bytes(1 << 20))
        assert jobs.start("k", "", partial(count, 1)).state == "failed"
    for name in ("pets", "birds"):
        (data / name).rename(data / f".deleted-{name}")
    assert jobs.start("k", "", partial(count, 1)).state == "failed"  # somebody may still look at the draft
    os.utime(data / ".draft-0a", (time.time() - 7200,) * 2)
    for _ in range(2):
        assert wait(jobs.start("k", "", partial(count, 1))).state == "done"
    assert run.exists() and not list(data.iterdir())


def test_what_is_cached_for_one_is_not_given_to_another():
    @own_cache.resource(max_entries=4)
    def made(name, _extra):
        return [places.owner(), name]

    with places.acting_for(ANNA):
        hers = made("x", 1)
        assert made("x", _extra=2) is hers
    with places.acting_for(BERT):
        assert made("x", 1) == [BERT, "x"]
    made.clear()
    with places.acting_for(ANNA):
        assert made("x", 1) is not hers


@pytest.mark.parametrize(
    ("user", "key"),
    [
        ({"is_logged_in": True, "iss": "https://a", "sub": "1"}, "account https://a 1"),
        ({"is_logged_in": True, "iss": "https://b", "sub": "1"}, "account https://b 1"),
        ({"is_logged_in": False}, "k" * 32),
    ],
)
def test_an_account_comes_before_a_cookie(user, key, monkeypatch):
    monkeypatch.setattr(visitors, "_can_log_in", lambda: True)
    monkeypatch.setattr(st, "user", Account(user))
    monkeypatch.setattr(visitors, "_cookie", lambda: "k" * 32)
    assert visitors._key() == key


class Account(dict):
    """As `st.user`."""

    @property
    def is_logged_in(self):
        return self["is_logged_in"]


@pytest.mark.parametrize("value", ["", "short", "k" * 33, "../" + "k" * 29, "k" * 31 + "\n"])
def test_a_cookie_that_we_did_not_make_is_no_key(value, monkeypatch):
    class Context:
        cookies = {visitors.COOKIE: value}

    monkeypatch.setattr(visitors.st, "context", Context)
    assert visitors._cookie() == ""
    Context.cookies = {visitors.COOKIE: "k" * 32}
    assert visitors._cookie() == "k" * 32
