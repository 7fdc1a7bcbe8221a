"""Sweeps: what comes back, what is saved, and what is not done twice."""

from __future__ import annotations

import json

import numpy as np
import pytest

from nas_core import benchmarks, race, runner
from nas_core import sweep as sweeps
from nas_core.history import History
from nas_core.race import Trace
from nas_core.reports import report
from nas_core.store import StoreError
from nas_core.sweep import Traces, sweep
from nas_core.types import RunSpec


def spec(strategy: str = "random_search", **more) -> RunSpec:
    return RunSpec("pocket_topology", "cluttered_digits", strategy, max_trials=more.pop("trials", 25), **more)


def same(a: Trace, b: Trace) -> bool:
    arrays = ("end", "incumbent", "seen", "shares")
    return (a.spec, a.stopped) == (b.spec, b.stopped) and all(
        np.array_equal(getattr(a, name), getattr(b, name), equal_nan=name == "seen") for name in arrays
    )


def test_a_trace_is_that_of_the_run_itself():
    ((label, seed, trace),) = sweep({"a": spec()}, [3], workers=1)
    events = list(runner.run(spec(seed=3)))
    table = benchmarks.create("pocket_topology", "cluttered_digits")
    assert (label, seed) == ("a", 3)
    assert same(trace, Trace.of(History.of(events), table.space))
    assert race.reported(table, "test_acc").of(trace)[-1] == report(events, table).test_acc


def test_processes_give_the_same_as_this_process():
    entries = {"a": spec(), "b": spec("local_search")}
    alone = {(label, seed): t for label, seed, t in sweep(entries, range(3), workers=1)}
    together = {(label, seed): t for label, seed, t in sweep(entries, range(3), workers=2)}
    assert alone.keys() == together.keys()
    assert all(same(alone[k], together[k]) for k in alone)


def test_saved_runs_are_not_repeated_and_come_back_equal(tmp_path, monkeypatch):
    first = {seed: t for _, seed, t in sweep({"a": spec()}, range(4), workers=1, folder=tmp_path)}
    done = []
    trace = sweeps.trace
    monkeypatch.setattr(sweeps, "trace", lambda spec: done.append(spec.seed) or trace(spec))
    again = {seed: t for _, seed, t in sweep({"other label": spec()}, range(6), workers=1, folder=tmp_path)}
    assert done == [4, 5]
    assert all(same(first[seed], again[seed]) for seed in first)


def test_a_multi_fidelity_run_keeps_what_it_saw(tmp_path):
    """The same architecture, seen again after more epochs, is a new step of the curve."""
    made = Trace(
        spec(),
        np.array([1.0, 2.0, 3.0, 4.0]),
        np.array([-1, 7, 7, 9], np.int32),
        np.array([np.nan, 50.0, 60.0, 61.0]),
        np.full((6, 5), 0.2),
        "budget",
    )
    saved = Traces(tmp_path, spec(), "table")
    saved.add(made)
    assert same(saved.read()[0], made)


def test_a_run_without_trials_is_saved_too(tmp_path):
    short = RunSpec("pocket_topology", "cluttered_digits", "random_search", max_seconds=0.001)
    ((_, _, first),) = sweep({"a": short}, [0], workers=1, folder=tmp_path)
    ((_, _, again),) = sweep({"a": short}, [0], workers=1, folder=tmp_path)
    assert len(first) == 0
    assert same(first, again)


def test_torn_damaged_and_foreign_lines_are_done_again(tmp_path):
    entries = {"a": spec()}
    first = {seed: t for _, seed, t in sweep(entries, range(4), workers=1, folder=tmp_path)}
    (path,) = tmp_path.glob("*.jsonl")
    lines = path.read_text().splitlines()
    of_another_table = json.loads(lines[1])
    of_another_table["table"] = "0123456789ab"
    path.write_text("\n".join([lines[0], json.dumps(of_another_table), "rubbish", lines[3][:100]]))
    saved = Traces(tmp_path, spec(), benchmarks.create("pocket_topology", "cluttered_digits").fingerprint())
    assert list(saved.read()) == [0]
    again = {seed: t for _, seed, t in sweep(entries, range(4), workers=1, folder=tmp_path)}
    assert all(same(first[seed], again[seed]) for seed in first)
    assert sorted(saved.read()) == [0, 1, 2, 3]  # the torn line spoils none that follows it


def test_nothing_runs_if_one_entry_cannot(tmp_path):
    folder = tmp_path / "sweeps"
    folder.mkdir()
    with pytest.raises(ValueError, match="no strategy named 'nope'"):
        list(sweep({"a": spec(), "b": spec("nope")}, range(2), workers=1, folder=folder))
    assert not list(folder.iterdir())


def test_a_full_disk_is_said_in_words(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sweeps, "_ends_whole", full)
    list(sweep({"a": spec()}, [0], workers=1, folder=tmp_path))
    with pytest.raises(StoreError, match=r"No space left on device.*goes on from there"):
        list(sweep({"a": spec()}, [1], workers=1, folder=tmp_path))
