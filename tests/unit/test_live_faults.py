"""Searches with real trainings that go wrong: killed, out of memory, diverging; nothing that was trained is lost."""

import signal
import time

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed")

from nas_core import benchmarks, executors, training
from nas_core.places import data_dir
from nas_core.sources import own_data
from nas_core.store import Store
from nas_core.studies import live_search
from nas_core.types import Asked, RunSpec, Stopped, Suggestion, Told, Trial
from tests.command_line import call, last
from tests.unit.test_cli_processes import finish, posix, start
from tests.unit.test_own_data import pictures, read


@pytest.fixture
def search(data_folder, tmp_path):
    """The command line of a search of eight short trainings on 40 small images."""
    name = own_data.save(read(pictures(tmp_path / "pets", each=20), "images"), "few")
    size = ("--benchmark-set", "channels=2", "--benchmark-set", "epochs=2")
    return (
        "run",
        "--benchmark",
        "live_topology",
        *size,
        "--dataset",
        name,
        "--strategy",
        "gp_hamming",
        "--trials",
        "8",
    )


def told(events):
    return [event.trial for event in events if isinstance(event, Told)]


@posix
def test_a_search_that_was_killed_goes_on_and_loses_no_training(search, data_folder):
    process = start(data_folder, *search)
    store, until = Store(data_folder / "runs"), time.monotonic() + 60
    while not (ids := store.ids()) or len(told(store.read(ids[0]))) < 2:
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < until, "nothing was trained"
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    assert finish(process)[0] == -signal.SIGKILL
    (run,) = store.ids()
    before = told(store.read(run))
    assert 2 <= len(before) < 8
    assert last(*search)["run"] == run
    after = told(store.read(run))
    assert after[: len(before)] == before and [trial.number for trial in after] == list(range(8))
    last(*search, "--fresh")
    again = told(store.read(run))
    assert [(t.arch, t.metrics["val_acc"]) for t in again] == [(t.arch, t.metrics["val_acc"]) for t in after]


def test_a_training_without_memory_or_a_finite_loss_fails_with_its_reason_and_the_search_goes_on(
    search, data_folder, monkeypatch
):
    from nas_core import training

    train, calls = training.train, iter(range(99))
    memory = "DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"

    def faulty(net, data, *rest):
        number = next(calls)
        if number == 1:
            raise RuntimeError(memory)
        if number == 2:
            raise MemoryError
        if number == 4:
            next(net.parameters()).data.fill_(np.nan)
        yield from train(net, data, *rest)

    monkeypatch.setattr(training, "train", faulty)
    result = last(*search)
    assert (result["trials"], result["failures"]) == (8, 3) and result["incumbent"]
    trials = told(Store(data_folder / "runs").read(result["run"]))
    why = "RuntimeError: the training diverged: val_loss is not a number after epoch 2"
    assert [t.error for t in trials] == ["", f"RuntimeError: {memory}", "MemoryError: ", "", why, "", "", ""]
    assert f"8, 3 of them failed: RuntimeError: {memory}" in call(*search).stdout


@posix
@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("workers", [1, 3])
def test_what_kills_its_process_is_tried_apart_then_has_failed_and_the_search_goes_on(data_folder, workers):
    """As the system does with what takes all memory; each time it would else take along whatever runs beside it."""
    spec = RunSpec("real", "numbers", "random_search", {}, {"deadly": True}, max_trials=6, seed=2, workers=workers)
    events = list(live_search.search(Store(data_folder), spec, 2))
    trials = told(events)
    deadly = [trial for trial in trials if trial.arch[0]]
    assert len(trials) == 6 and isinstance(events[-1], Stopped) and 0 < len(deadly) < 6
    assert all(trial.error.startswith("its process ended twice (BrokenProcessPool: ") for trial in deadly)
    assert not any(trial.error for trial in trials if not trial.arch[0])
    assert events == Store(data_folder).read(spec.id)


@posix
@pytest.mark.usefixtures("tables")
def test_where_no_process_starts_the_search_says_so(data_folder, monkeypatch):
    spec = RunSpec("real", "numbers", "random_search", max_trials=2)
    starts = []

    def broken(text):
        starts.append(text)
        pool = executors.processes(1)
        pool._broken = "it cannot start"
        return pool

    monkeypatch.setattr(executors, "create", broken)
    with pytest.raises(RuntimeError, match=r"the workers of this run are gone .* run it again to go on"):
        list(live_search.search(Store(data_folder), spec, 2))
    assert len(starts) == 2


def test_trainings_that_did_not_end_are_named():
    question = Suggestion((0,))
    asked = [Asked(number, question, 0.0) for number in range(3)]
    assert live_search.unfinished([*asked, Told(Trial(1, question, 0.0, 1.0, {}, (0.0,)))]) == [1, 3]


@pytest.mark.torch
def test_a_training_that_was_cut_off_goes_on_where_it_was_last_kept(data_folder, tmp_path, monkeypatch):
    name = own_data.save(read(pictures(tmp_path / "pets", each=20), "images"), "few")
    live, arch, rng = benchmarks.create("live_topology", name, channels=2, epochs=4), (4, 3, 3, 3, 2, 3), np.random
    epochs, train, cut = [], training.train, [3]

    def some(*args):
        for epoch in train(*args):
            epochs.append(epoch.number)
            yield epoch
            if epoch.number in cut:
                raise KeyboardInterrupt

    def evaluate():
        return live.evaluate(Suggestion(arch, 4), rng.default_rng(0)).metrics

    monkeypatch.setattr(training, "train", some)
    for keep in (1e9, 0.0):  # seconds
        monkeypatch.setattr("nas_core.benchmarks.live.KEEP", keep)
        with pytest.raises(KeyboardInterrupt):
            evaluate()
    cut.clear()
    resumed = evaluate()
    assert epochs == [1, 2, 3, 1, 2, 3, 4] and list((data_dir() / "trainings").iterdir()) == []
    at_once = evaluate()
    assert epochs[7:] == [1, 2, 3, 4]
    assert {n: v for n, v in resumed.items() if n != "latency_ms"} == pytest.approx(
        {n: v for n, v in at_once.items() if n != "latency_ms"}
    )
