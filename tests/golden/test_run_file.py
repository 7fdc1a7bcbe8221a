"""A run file written by version 0.1.0 loads for ever: a new field needs a default, an old one is never dropped."""

import json
import math
from pathlib import Path

import numpy as np

from nas_core.history import History
from nas_core.store import Store, encode
from nas_core.types import Asked, Constraint, Objective, RunSpec, Stopped, Suggestion
from tests.records import record

FILE = Path(__file__).with_name("run-v1.jsonl")


def test_an_old_run_loads(tmp_path):
    store = Store(tmp_path)
    run_id = store.add(FILE.read_text(encoding="utf-8"))
    events = store.read(run_id)
    assert run_id == "6fee693cb10e"
    assert events[0].spec == RunSpec(
        "tiny",
        "numbers",
        "regularized_evolution",
        {"population_size": 2, "sample_size": 1},
        {"search_epochs": 2},
        (Objective("val_acc"), Objective("flops_m", "min")),
        (Constraint("flops_m", high=6.0),),
        5,
        100.0,
        2,
        7,
    )
    assert (events[0].version, events[0].table) == ("0.1.0", "0123456789ab")
    assert events[4] == Asked(2, Suggestion((0, 1, 2), 4, 2, info={"phase": "evolve", "parents": [0]}), 8.0)
    assert events[-1] == Stopped("exhausted", 28.0)


def test_its_columns_are_those_it_had(tmp_path):
    store = Store(tmp_path)
    history = History.of(store.read(store.add(FILE.read_text(encoding="utf-8"))))
    assert history.numbers.tolist() == [0, 1, 2]
    assert history.end.tolist() == [8.0, 20.0, 24.0]
    assert history.losses.tolist() == [[-55.5, 4.0], [math.inf, math.inf], [-60.25, 4.0]]
    np.testing.assert_array_equal(history.metrics["val_acc"], [55.5, math.nan, 60.25])
    assert np.isnan(history.metrics["speed"]).all()
    assert history.errors == ["", "RuntimeError: out of memory ☠", ""]
    assert history.incumbent().tolist() == [0, 0, 2]
    assert history.lineage(2) == [0, 2]
    assert [at for at, _ in history.derived] == [28.0]
    assert history.stop_reason == "exhausted"


def test_it_is_written_back_as_it_was_with_checksums(tmp_path):
    store = Store(tmp_path)
    run_id = store.add(FILE.read_text(encoding="utf-8"))
    old = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]
    written = store.path(run_id).read_text(encoding="utf-8").splitlines()
    assert list(map(record, written)) == old
    assert list(map(encode, store.read(run_id))) == written
