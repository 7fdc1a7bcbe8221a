"""A run that trains weights and whose process is killed in the middle of an epoch: what is lost, and what is not."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from nas_core import benchmarks, strategies
from nas_core.checkpoints import Checkpoints
from nas_core.jobs import search
from nas_core.store import Store
from nas_core.strategies import Problem
from nas_core.strategies.random_search import RandomSearch
from nas_core.types import Asked, RunSpec
from tests.conftest import ROOT

pytestmark = pytest.mark.torch
SPEC = RunSpec(
    "pocket_topology",
    "cluttered_digits",
    "rsps",
    {
        "epochs": 4,
        "channels": 2,
        "batch": 8,
        "steps": 2,
        "images": "cluttered_digits",
        "judged_on": 16,
        "scored": 3,
        "candidates": 3,
    },
    max_trials=1,
)
IN_THE_THIRD_EPOCH = """
import sys, time
from pathlib import Path
from nas_core.jobs import search
from nas_core.store import Store
from nas_core.strategies.rsps import Rsps
from tests.unit.test_checkpoints import SPEC

step = Rsps.step
def slow(self, train, val):
    if self.epoch == 2:
        Path(sys.argv[1], "in the third epoch").touch()
        time.sleep(60)
    return step(self, train, val)
Rsps.step = slow
list(search(Store(Path(sys.argv[1])), SPEC))
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_killed_in_the_middle_of_an_epoch_only_that_epoch_is_trained_again(tmp_path, monkeypatch):
    child = subprocess.Popen(
        [sys.executable, "-c", IN_THE_THIRD_EPOCH, str(tmp_path)], cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}
    )
    end = time.monotonic() + 120
    while not (tmp_path / "in the third epoch").exists():
        assert child.poll() is None and time.monotonic() < end
        time.sleep(0.05)
    child.kill()
    child.wait()
    store = Store(tmp_path)
    before = store.read(SPEC.id)
    assert [e.suggestion.info["epoch"] for e in before if isinstance(e, Asked)] == [1, 2]

    from nas_core.strategies.rsps import Rsps

    trained, ask = [], Rsps.ask
    monkeypatch.setattr(Rsps, "ask", lambda self: trained.append(self.epoch) or ask(self))
    events = list(search(store, SPEC))
    assert trained == [2, 3, 4]  # the third and the fourth epoch, and the question for the cell itself
    assert events[: len(before)] == before and store.has_ended(SPEC.id)
    assert [e.suggestion.info.get("epoch") for e in events if isinstance(e, Asked)] == [1, 2, 3, 4, None]
    assert not list(tmp_path.glob("*.weights"))


class Counting(RandomSearch):
    """Saves a number."""

    value = 0

    def save(self, path):
        path.write_text(str(self.value))

    def load(self, path):
        self.value = int(path.read_text())


def test_the_last_two_are_kept_and_the_latest_that_fits_is_taken(tmp_path):
    kept, strategy = Checkpoints(tmp_path, "0" * 12), Counting()
    assert kept.load(strategy, 5) == 0
    for strategy.value in (2, 3, 4):
        kept.save(strategy, strategy.value)
    Checkpoints(tmp_path, "1" * 12).save(strategy, 9)
    assert len(list(tmp_path.iterdir())) == 3
    assert (kept.load(strategy, 3), strategy.value) == (3, 3)  # the run file lost its last line
    assert (kept.load(strategy, 7), strategy.value) == (4, 4)
    assert kept.load(strategy, 2) == 0
    kept.clear()
    assert len(list(tmp_path.iterdir())) == 1


def test_a_deleted_run_takes_its_weights_along(tmp_path):
    store = Store(tmp_path)
    store.path("0" * 12).write_text("a run")
    Checkpoints(tmp_path, "0" * 12).save(Counting(), 2)
    store.delete("0" * 12)
    assert not list(tmp_path.glob("*.weights"))


def test_a_damaged_checkpoint_is_one_sentence_and_other_files_are_none(tmp_path):
    kept, strategy = Checkpoints(tmp_path, "0" * 12), Counting()
    (tmp_path / f"{'0' * 12}.copy.weights").write_text("7")
    assert kept.load(strategy, 9) == 0
    (tmp_path / f"{'0' * 12}.000003.weights").write_text("nonsense")
    with pytest.raises(RuntimeError, match=r"checkpoint 0+.000003.weights in .* cannot be read \(ValueError\)"):
        kept.load(strategy, 9)


@pytest.mark.parametrize("spoil", [lambda c: c[: len(c) // 2], lambda c: b"", lambda c: b"nonsense", "weights"])
def test_damaged_weights_are_refused_in_one_sentence_and_an_earlier_checkpoint_serves(tmp_path, spoil):
    import torch

    strategy, kept = strategies.create("rsps", **SPEC.params), Checkpoints(tmp_path, "0" * 12)
    strategy.start(
        Problem(benchmarks.create(SPEC.benchmark, SPEC.dataset).space, dataset=SPEC.dataset), np.random.default_rng(0)
    )
    marker = torch.arange(1000, dtype=torch.float32)
    strategy.state = lambda: {"marker": marker}  # bytes that are easy to find
    for events in (2, 3):
        strategy.ask()
        kept.save(strategy, events)
    file = tmp_path / f"{'0' * 12}.000003.weights"
    content = file.read_bytes()
    if spoil == "weights":  # one bit of a number, which torch reads without a word
        at = content.index(marker.numpy().tobytes())
        file.write_bytes(content[: at + 100] + bytes([content[at + 100] ^ 64]) + content[at + 101 :])
        torch.load(file, weights_only=True)
    else:
        file.write_bytes(spoil(content))
    with pytest.raises(RuntimeError, match=r"000003.weights in .* cannot be read \(.*\); delete it to go on"):
        kept.load(strategy, 9)
    file.unlink()
    assert kept.load(strategy, 9) == 2 and strategy.epoch == 1
