"""Sweeps: what comes back, what is saved, and what is not done twice."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nas_core import benchmarks, places, race, runner, searches
from nas_core.executors import spread
from nas_core.history import History
from nas_core.pools import InfrastructureError
from nas_core.race import Trace
from nas_core.reports import report
from nas_core.searches import SearchResult
from nas_core.store import Store, StoreError
from nas_core.studies.front_search import FrontTrace
from nas_core.sweep import Compact, Traces, sweep
from nas_core.types import Event, Objective, RunSpec


def spec(strategy: str = "random_search", **more) -> RunSpec:
    return RunSpec("pocket_topology", "cluttered_digits", strategy, max_trials=more.pop("trials", 25), **more)


def same(a: Trace, b: Trace) -> bool:
    arrays = ("end", "incumbent", "values", "shares")
    return (a.spec, a.stop_reason) == (b.spec, b.stop_reason) and all(
        np.array_equal(getattr(a, name), getattr(b, name), equal_nan=name == "values") for name in arrays
    )


def test_a_trace_is_that_of_the_run_itself():
    ((label, seed, trace),) = sweep({"a": spec()}, [3], processes=1)
    events = list(runner.run(spec(seed=3)))
    table = benchmarks.create("pocket_topology", "cluttered_digits")
    assert (label, seed) == ("a", 3)
    assert same(trace, Trace.of(History.of(events), table.space))
    assert race.report_signal(table, "test_acc").of(trace)[-1] == report(events, table).reported


def test_processes_give_the_same_as_this_process():
    entries = {"a": spec(), "b": spec("local_search")}
    alone = {(label, seed): t for label, seed, t in sweep(entries, range(3), processes=1)}
    together = {(label, seed): t for label, seed, t in sweep(entries, range(3), processes=2)}
    assert alone.keys() == together.keys()
    assert all(same(alone[k], together[k]) for k in alone)


def test_saved_runs_are_not_repeated_and_come_back_equal(tmp_path, monkeypatch):
    first = {seed: t for _, seed, t in sweep({"a": spec()}, range(4), processes=1, folder=tmp_path)}
    done = []
    one = searches._one
    monkeypatch.setattr(searches, "_one", lambda spec, *more: done.append(spec.seed) or one(spec, *more))
    again = {seed: t for _, seed, t in sweep({"other label": spec()}, range(6), processes=1, folder=tmp_path)}
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
    ((_, _, first),) = sweep({"a": short}, [0], processes=1, folder=tmp_path)
    ((_, _, again),) = sweep({"a": short}, [0], processes=1, folder=tmp_path)
    assert len(first) == 0
    assert same(first, again)


def test_a_digit_that_has_changed_is_noticed_and_a_line_of_an_older_version_counts(tmp_path):
    list(sweep({"a": spec()}, range(2), processes=1, folder=tmp_path))
    (path,) = tmp_path.glob("*.jsonl")
    first, second = path.read_text().splitlines()
    seen = re.search(r'"seen":\[(\d)', first)
    older = json.loads(second)
    del older["crc"]
    path.write_text(f"{first[: seen.start(1)]}{9 - int(seen[1])}{first[seen.end(1) :]}\n{json.dumps(older)}\n")
    saved = Traces(tmp_path, spec(), benchmarks.create("pocket_topology", "cluttered_digits").fingerprint())
    assert list(saved.read()) == [1]


def test_torn_damaged_and_foreign_lines_are_done_again(tmp_path):
    entries = {"a": spec()}
    first = {seed: t for _, seed, t in sweep(entries, range(4), processes=1, folder=tmp_path)}
    (path,) = tmp_path.glob("*.jsonl")
    lines = path.read_text().splitlines()
    of_another_table = json.loads(lines[1])
    of_another_table["table"] = "0123456789ab"
    path.write_text("\n".join([lines[0], json.dumps(of_another_table), "rubbish", lines[3][:100]]))
    saved = Traces(tmp_path, spec(), benchmarks.create("pocket_topology", "cluttered_digits").fingerprint())
    assert list(saved.read()) == [0]
    again = {seed: t for _, seed, t in sweep(entries, range(4), processes=1, folder=tmp_path)}
    assert all(same(first[seed], again[seed]) for seed in first)
    assert sorted(saved.read()) == [0, 1, 2, 3]  # the torn line spoils none that follows it


def test_nothing_runs_if_one_entry_cannot(tmp_path):
    folder = tmp_path / "sweeps"
    folder.mkdir()
    with pytest.raises(ValueError, match="no strategy named 'nope'"):
        list(sweep({"a": spec(), "b": spec("nope")}, range(2), processes=1, folder=folder))
    assert not list(folder.iterdir())


def test_a_full_disk_is_said_in_words(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    list(sweep({"a": spec()}, [0], processes=1, folder=tmp_path))
    monkeypatch.setattr(places, "append_line", full)
    with pytest.raises(StoreError, match=r"No space left on device.*goes on from there"):
        list(sweep({"a": spec()}, [1], processes=1, folder=tmp_path))


BOTH = {"a": spec(), "b": spec("local_search")}
FRONT = replace(spec("nsga2"), objectives=(Objective("val_acc"), Objective("flops_m", "min")))


def alike(one: list, other: list) -> bool:
    """The same (label, seed) with equal traces, in whatever order."""
    first, second = ({(label, seed): made for label, seed, made in found} for found in (one, other))
    return len(one) == len(other) and first.keys() == second.keys() and all(same(first[k], second[k]) for k in first)


def test_the_first_seed_of_every_entry_comes_first():
    order = [(label, seed) for label, seed, _ in sweep(BOTH, [7, 3], processes=1)]
    assert order == [("a", 7), ("b", 7), ("a", 3), ("b", 3)]


@settings(max_examples=10)
@given(cuts=st.lists(st.integers(0, 7), max_size=3), torn=st.booleans())
def test_what_a_sweep_yields_does_not_depend_on_interruptions(tmp_path_factory, cuts, torn):
    folder = tmp_path_factory.mktemp("sweeps")
    for cut in cuts:
        with closing(sweep(BOTH, range(3), processes=1, folder=folder)) as stream:
            list(islice(stream, cut))
        for file in folder.glob("*.jsonl") if torn else ():
            file.write_bytes(file.read_bytes()[:-20])
    assert alike(list(sweep(BOTH, range(3), 1, folder)), list(sweep(BOTH, range(3), 1)))


def test_processes_that_go_on_where_this_one_stopped_give_the_same(tmp_path):
    with closing(sweep(BOTH, range(3), processes=1, folder=tmp_path)) as stream:
        list(islice(stream, 3))
    assert alike(list(sweep(BOTH, range(3), processes=2, folder=tmp_path)), list(sweep(BOTH, range(3), 1)))


def test_one_spec_under_two_labels_is_searched_once(monkeypatch):
    done = []
    one = searches._one
    monkeypatch.setattr(searches, "_one", lambda spec, *more: done.append(spec.seed) or one(spec, *more))
    assert [label for label, _, _ in sweep({"a": spec(), "b": spec()}, [0], processes=1)] == ["a", "b"]
    assert done == [0]


def test_fronts_are_kept_too_and_come_back_equal(tmp_path):
    first, again = (
        [
            i.trace
            for i in searches.each([FRONT], read=FrontTrace.of, sink=Compact(tmp_path, FrontTrace))
            if hasattr(i, "trace")
        ]
        for _ in range(2)
    )
    assert same(first[0], again[0]) and isinstance(again[0], FrontTrace) and len(again[0].front())
    for name in ("rows", "entered", "left"):
        assert np.array_equal(getattr(first[0], name), getattr(again[0], name))
        assert getattr(first[0], name).dtype == getattr(again[0], name).dtype
    assert len(next(iter(tmp_path.glob("*.jsonl"))).read_text().splitlines()) == 1


def fails_at_one(spec: RunSpec) -> Iterator[Event]:
    if spec.seed == 1:
        raise RuntimeError("seed 1 cannot be searched")
    return runner.run(spec)


def dies_at_one(spec: RunSpec) -> Iterator[Event]:
    if spec.seed == 1:
        os._exit(3)
    return runner.run(spec)


def unable(spec: RunSpec) -> Iterator[Event]:
    raise InfrastructureError("the disk is gone")


SEEDS = [spec(seed=seed) for seed in range(4)]


@pytest.mark.parametrize("processes", [1, 2])
def test_a_search_that_fails_is_told_and_the_others_go_on(tmp_path, processes):
    sink = Compact(tmp_path)
    every = searches.each(SEEDS, fails_at_one, sink=sink, processes=processes)
    found = {item.run: item for item in every if isinstance(item, SearchResult)}
    assert [found[s.id].problem for s in SEEDS] == ["", "seed 1 cannot be searched", "", ""]
    assert [Compact(tmp_path).find(s) is None for s in SEEDS] == [False, True, False, False]
    with pytest.raises(RuntimeError, match=r"1 of 4 searches failed: seed 1 cannot be searched"):
        list(searches.traces(searches.each(SEEDS, fails_at_one)))


@pytest.mark.parametrize("processes", [1, 2])
def test_machinery_that_fails_stops_everything(processes):
    with pytest.raises(InfrastructureError, match="the disk is gone"):
        list(searches.each(SEEDS, unable, processes=processes))


def test_a_process_that_dies_is_the_result_of_no_search(tmp_path):
    with pytest.raises(RuntimeError, match="ended unexpectedly"):
        list(searches.each(SEEDS, dies_at_one, sink=Compact(tmp_path), processes=2))
    assert Compact(tmp_path).find(SEEDS[1]) is None
    with pytest.raises(RuntimeError, match="ended unexpectedly"):
        list(spread(os._exit, [(1,), (1,)], 2))


def test_both_densities_say_the_same(tmp_path):
    compact = [i for i in searches.each(SEEDS, sink=Compact(tmp_path)) if isinstance(i, SearchResult)]
    events = [i for i in searches.save_each(Store(tmp_path / "runs"), SEEDS, False) if isinstance(i, SearchResult)]
    assert [i.run for i in compact] == [i.run for i in events] == [s.id for s in SEEDS]
    assert all(same(a.trace, b.trace) for a, b in zip(compact, events, strict=True))
