"""Run files and archives from anywhere: whatever is in them is a run or one sentence, and takes little memory."""

import json
import math
import sys

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nas_core import verification
from nas_core.history import History
from nas_core.run_file import decode, encode, spec_from
from nas_core.runner import run
from nas_core.store import Store, StoreError
from nas_core.summary import summarise
from nas_core.types import Constraint, Objective, RunSpec, Started
from tests.records import record

pytestmark = pytest.mark.usefixtures("tables")
SPEC = RunSpec("tiny", "numbers", "regularized_evolution", {"population_size": 4}, max_trials=8, workers=2)
FIELDS = {
    "benchmark": "tiny",
    "dataset": "numbers",
    "strategy": "random_search",
    "params": {},
    "benchmark_params": {},
    "objectives": [{"metric": "val_acc", "goal": "max"}],
    "constraints": [{"metric": "flops_m", "high": 9.0}],
    "max_trials": 8,
    "max_seconds": 100.0,
    "workers": 1,
    "seed": 0,
}
HOSTILE = [  # (field, value): each of them once ended in a traceback, or broke the page of runs for everybody
    *((name, wrong) for name in ("benchmark", "dataset", "strategy") for wrong in (5, None, [], {}, "a\ud800", "a\nb")),
    *(("objectives", [{"metric": wrong}]) for wrong in (5, None, [], "\ud800", "a" * 2000)),
    *(("objectives", wrong) for wrong in (5, {}, [5], [[]], [{}], [{"metric": "val_acc", "goal": []}], ["val_acc", 5])),
    *(("constraints", wrong) for wrong in (5, [5], [{"metric": "a", "low": "b"}], [{"metric": "a", "high": True}])),
    *(("max_trials", wrong) for wrong in (10**12, "8", 8.5, True, -1, 10**400, [8])),
    *(("max_seconds", wrong) for wrong in (math.nan, math.inf, "8", True, -1.0, 10**400, 1e300)),
    *(("workers", wrong) for wrong in (0, 10**6, 1.5, "2")),
    *(("seed", wrong) for wrong in (-1, 0.5, "1", True, 10**100, 10**4000)),
    *((name, wrong) for name in ("params", "benchmark_params") for wrong in (5, [], {"a": math.nan}, {"a": "\udfff"})),
    *(("params", {"a": wrong}) for wrong in (math.inf, 10**400, [[[[[[[[1]]]]]]]], {"b": -math.inf}, "x" * 20_000)),
]
anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**12, 10**30, 10**400, -1])
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(["\ud800", "val_acc", "tiny", "\x00", "min", "NaN"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
fuzz = settings(max_examples=40)


def read(folder, data):
    """Take in `data` as a visitor's file: a run that every reader understands, or one sentence."""
    store = Store(folder)
    try:
        run_id = store.add(data, verification.check)
    except StoreError as error:
        assert "\n" not in str(error) and len(str(error)) < 700
        assert store.ids() == []
        return str(error)
    history = History.of(store.read(run_id))
    assert summarise(store, run_id).state in ("finished", "unfinished")
    assert store.objection(run_id) is not None and history.spec.id == run_id
    store.objection(run_id).encode()
    return ""


@pytest.mark.parametrize(
    ("field", "value"), HOSTILE, ids=lambda v: repr(v)[:40] if not isinstance(v, int) else "number"
)
def test_a_spec_of_wrong_types_is_one_sentence(tmp_path, field, value):
    with pytest.raises(ValueError) as error:
        spec_from(FIELDS | {field: value})
    assert "\n" not in str(error.value)
    sys.set_int_max_str_digits(0)
    try:
        line = json.dumps({"event": "Started", "spec": FIELDS | {field: value}, "version": "1"})
    finally:
        sys.set_int_max_str_digits(4300)
    assert "line 1 cannot be read" in read(tmp_path / "runs", line)


def test_what_is_right_is_taken_in(tmp_path):
    for change in (
        {"seed": 10**30},
        {"seed": 10**60},
        {"params": {"a": [1, "b", None, {"c": 2.5}]}},
        {"max_trials": 10**9},
    ):
        events = [Started(spec_from(FIELDS | change), "1")]
        assert read(tmp_path / "runs", encode(events[0])) == ""
        (tmp_path / "runs" / f"{events[0].spec.id}.jsonl").unlink()


@fuzz
@given(
    name=st.sampled_from(sorted(FIELDS)),
    value=anything,
    extra=st.dictionaries(st.text(max_size=6), anything, max_size=1),
)
def test_any_json_in_a_spec(tmp_path_factory, name, value, extra):
    line = json.dumps({"event": "Started", "spec": FIELDS | {name: value}, "version": "1"} | extra)
    read(tmp_path_factory.mktemp("runs"), line)


@fuzz
@given(line=st.integers(0, 40), path=st.lists(st.integers(0, 9), min_size=1, max_size=4), value=anything)
def test_any_json_in_any_place_of_a_run(tmp_path_factory, line, path, value):
    records = [record(encode(e)) for e in run(SPEC)]
    place = records[line % len(records)]
    for step in path[:-1]:
        inner = place[sorted(place)[step % len(place)]] if isinstance(place, dict) and place else None
        place = inner if isinstance(inner, dict) and inner else place
    place[sorted(place)[path[-1] % len(place)]] = value
    read(tmp_path_factory.mktemp("runs"), "\n".join(map(json.dumps, records)))


@fuzz
@given(
    info=st.dictionaries(
        st.sampled_from(["parents", "policy", "alpha", "scores", "predicted", "x"]), anything, min_size=1
    )
)
@example(info={"parents": [[1]]})
@example(info={"policy": [[1.0], [1.0, 2.0]]})
@example(info={"policy": [["a"]]})
@example(info={"scores": {"cells": 5}})
def test_any_json_in_what_charts_read(tmp_path_factory, info):
    records = [record(encode(e)) for e in run(SPEC)]
    for event in records:
        for owner in (event, event.get("trial", {})):
            if "suggestion" in owner:
                owner["suggestion"]["info"] = info
    store = Store(tmp_path_factory.mktemp("runs"))
    try:
        run_id = store.add("\n".join(map(json.dumps, records)))
    except StoreError:
        return
    from nas_core.benchmarks import create
    from nas_core.charts.run_details import family_tree
    from nas_core.studies import dynamics

    history = History.of(store.read(run_id))
    dynamics.observe(history, create("tiny", "numbers").space, 4)
    family_tree(history, len(history) - 1, int(history.incumbent()[-1]), "accuracy", "%")
    history.lineage(len(history) - 1)


@fuzz
@given(data=st.binary(max_size=200), at=st.floats(0, 1), cut=st.integers(0, 30))
@example(data=b"\xff\xfe", at=0.0, cut=0)
@example(data=b'"losses":[1.2.3', at=0.9, cut=15)
def test_any_bytes_in_a_run_file(tmp_path_factory, data, at, cut):
    whole = "".join(encode(e) + "\n" for e in run(SPEC)).encode()
    place = int(at * len(whole))
    broken = whole[:place] + data + whole[place + cut :]
    folder = tmp_path_factory.mktemp("runs")
    read(folder / "added", broken)
    store = Store(folder / "found")
    store.folder.mkdir()
    store.path(SPEC.id).write_bytes(broken)  # not imported: it lies there
    found = summarise(store, SPEC.id)
    assert found.state in ("finished", "unfinished", "damaged") and (found.spec or found.problem)
    try:
        store.read(SPEC.id)
    except StoreError as error:
        assert "is damaged at line" in str(error)
    store.delete(SPEC.id)
    assert store.ids() == []


def test_a_hostile_line_is_summarised_in_no_time(tmp_path):
    store = Store(tmp_path)
    told = b'{"event":"Told","trial":{"number":0,"suggestion":{"arch":[0],"info":{"x":"' + b'"arch":[0],' * 80_000
    store.path(SPEC.id).write_bytes(encode(Started(SPEC, "1")).encode() + b"\n" + told + b'"}}}}\n')
    assert math.isnan(summarise(store, SPEC.id).best)  # with a pattern that begins anywhere: hours


def test_numbers_of_numpy_and_texts_of_objectives_are_what_they_mean():
    plain = RunSpec("tiny", "numbers", "nsga2", {"population_size": 4, "rate": 0.5}, max_trials=9, workers=2, seed=3)
    loose = RunSpec(
        np.str_("tiny"),
        "numbers",
        "nsga2",
        {"population_size": np.int64(4), "rate": np.float64(0.5)},
        max_trials=np.int32(9),
        workers=np.uint8(2),
        seed=np.int64(3),
        objectives="val_acc",
    )
    assert loose == plain and loose.id == plain.id and type(loose.params["population_size"]) is int
    assert decode(encode(Started(loose, "1"))).spec == plain
    assert list(run(RunSpec("tiny", "numbers", "random_search", max_trials=np.int64(3), objectives=("val_acc",))))
    both = RunSpec("tiny", "numbers", "nsga2", max_trials=9, objectives=("val_acc", "flops_m:min"))
    assert both.objectives == (Objective("val_acc"), Objective("flops_m", "min"))
    one = RunSpec("a", "b", "c", objectives=["a - 2*b"], constraints=Constraint("a", np.float32(1.5)), max_trials=1)
    assert (one.objectives, one.constraints) == ((Objective("a - 2*b", "max"),), (Constraint("a", 1.5),))
    assert (
        RunSpec("a", "b", "c", max_trials=1, constraints=Constraint("flops_m", np.float32(1.5))).constraints[0].low
        == 1.5
    )
    for wrong, said in (
        ("flops_m", "'flops_m:max' or 'flops_m:min'"),
        ("val_acc:up", "not 'up'"),
        (5, "must be a tuple"),
    ):
        with pytest.raises(ValueError, match=said):
            RunSpec("tiny", "numbers", "nsga2", max_trials=9, objectives=wrong)
