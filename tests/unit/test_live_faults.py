"""Searches with real trainings that go wrong: killed, out of memory, diverging; nothing that was trained is lost."""

import signal
import time

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed")

from nas_core.sources import own_data
from nas_core.store import Store
from nas_core.studies import live_search
from nas_core.types import RunSpec, Stopped, Told
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
    said = last(*search)
    assert (said["trials"], said["failures"]) == (8, 3) and said["incumbent"]
    trials = told(Store(data_folder / "runs").read(said["run"]))
    why = "RuntimeError: the training diverged: val_loss is not a number after epoch 2"
    assert [t.error for t in trials] == ["", f"RuntimeError: {memory}", "MemoryError: ", "", why, "", "", ""]
    assert f"8, 3 of them failed: RuntimeError: {memory}" in call(*search).stdout


@posix
@pytest.mark.usefixtures("tables")
def test_what_killed_the_process_is_tried_apart_and_then_has_failed(data_folder):
    """As the system does with what takes all memory."""
    spec = RunSpec("real", "numbers", "random_search", {}, {"deadly": True}, max_trials=4, seed=2)
    store = Store(data_folder)
    for processes in (2, 1):  # the second time it gets a process of its own: in this one it would end the tests
        with pytest.raises(RuntimeError, match=r"the workers of this run are gone .* run it again to go on"):
            list(live_search.search(store, spec, processes))
    events = list(live_search.search(store, spec))
    first, *others = told(events)
    assert first.arch[0] == 1 and "BrokenProcessPool" in first.error
    assert isinstance(events[-1], Stopped) and len(others) == 3 and not any(trial.error for trial in others)
