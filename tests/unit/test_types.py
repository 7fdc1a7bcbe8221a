"""The vocabulary: the one sign change, the run id, and budgets that make no sense."""

import dataclasses
import json
import math
import subprocess
import sys
from dataclasses import replace

import pytest

from nas_core.types import Constraint, Objective, Result, RunSpec, Suggestion, Trial, with_unit
from tests.conftest import ROOT

SPEC = RunSpec("tiny", "numbers", "random_search", max_trials=10)


def test_losses_are_minimised_whatever_the_goal():
    assert Objective("val_acc").loss(70.0) == -70.0
    assert Objective("flops_m", "min").loss(70.0) == 70.0
    for goal in ("max", "min"):
        objective = Objective("m", goal)
        assert objective.value(objective.loss(3.5)) == 3.5
    with pytest.raises(ValueError, match="'max' or 'min', not 'up'"):
        Objective("val_acc", "up")


def test_how_far_outside_a_constraint():
    limit = Constraint("flops_m", 2.0, 5.0)
    assert [limit.violation(x) for x in (1.0, 2.0, 4.0, 5.0, 8.0)] == [1.0, 0.0, 0.0, 0.0, 3.0]
    assert limit.violation(math.nan) == math.inf
    assert Constraint("flops_m", high=5.0).violation(-1e9) == 0.0


@pytest.mark.parametrize(("low", "high"), [(5.0, 2.0), (math.nan, 2.0), (0.0, math.nan)])
def test_a_constraint_that_nothing_meets_is_refused(low, high):
    with pytest.raises(ValueError, match="limits of flops_m must be low <= high"):
        Constraint("flops_m", low, high)


def test_replay_compares_what_is_asked_and_not_what_is_told():
    suggestion = Suggestion((1, 2), epochs=4, resume=2, measure="train", seconds=1.0, info={"phase": "x"})
    assert suggestion.same_question(replace(suggestion, seconds=9.0, info={}))
    for change in ({"arch": (2, 1)}, {"epochs": 2}, {"resume": 1}, {"measure": "flops"}):
        assert not suggestion.same_question(replace(suggestion, **change))


def test_a_trial_without_losses_is_never_the_best():
    trial = Trial(0, Suggestion((0,)), 0.0, 1.0, {}, ())
    assert trial.loss == math.inf
    assert trial.arch == (0,)


@pytest.mark.parametrize(
    ("budget", "said"),
    [
        ({}, "a run needs a budget"),
        ({"max_trials": 0}, "max_trials must be a whole number of at least 1, not 0"),
        ({"max_trials": -5}, "max_trials must be a whole number of at least 1, not -5"),
        ({"max_trials": 2.5}, "max_trials must be a whole number of at least 1, not 2.5"),
        ({"max_trials": "10"}, "max_trials must be a whole number of at least 1, not '10'"),
        ({"max_trials": True}, "max_trials must be a whole number of at least 1, not True"),
        ({"max_seconds": -1.0}, "max_seconds must be a number of at least 0.0, not -1.0"),
        ({"max_seconds": math.nan}, "max_seconds must be a number of at least 0.0, not nan"),
        ({"max_seconds": math.inf}, "max_seconds must be a number of at least 0.0, not inf"),
        ({"max_trials": 1, "workers": 0}, "workers must be a whole number of at least 1, not 0"),
        ({"max_trials": 1, "seed": -1}, "seed must be a whole number of at least 0, not -1"),
        ({"max_trials": 1, "objectives": ()}, "a run needs at least one objective"),
        ({"max_trials": 1, "params": ["a"]}, "params must be a dict of names and values"),
    ],
)
def test_a_spec_that_cannot_run_is_refused_in_one_sentence(budget, said):
    with pytest.raises(ValueError) as error:
        RunSpec("tiny", "numbers", "random_search", **budget)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_the_run_id_tells_every_field_apart():
    others = [
        replace(SPEC, benchmark="other"),
        replace(SPEC, dataset="other"),
        replace(SPEC, strategy="other"),
        replace(SPEC, params={"a": 1}),
        replace(SPEC, benchmark_params={"a": 1}),
        replace(SPEC, objectives=(Objective("val_acc", "min"),)),
        replace(SPEC, constraints=(Constraint("x", 1.0),)),
        replace(SPEC, constraints=(Constraint("x", high=1.0),)),
        replace(SPEC, max_trials=11),
        replace(SPEC, max_seconds=10.0),
        replace(SPEC, workers=2),
        replace(SPEC, seed=1),
        replace(SPEC, warm_start=(Result((1,), {"val_acc": 1.0}),)),
        replace(SPEC, opening=((1,), (2,))),
    ]
    assert len({s.id for s in (SPEC, *others)}) == len(others) + 1
    changed = {f.name for s in others for f in dataclasses.fields(s) if getattr(s, f.name) != getattr(SPEC, f.name)}
    assert changed == {f.name for f in dataclasses.fields(RunSpec) if f.compare}  # a new field needs a line above


def test_the_run_id_is_12_hex_digits_for_ever():
    assert SPEC.id == "45752ed1bba1"
    assert replace(SPEC, seed=10**40).id.isalnum()


def test_fields_at_their_defaults_and_the_kind_of_sequence_do_not_change_the_id():
    said = RunSpec(
        "tiny",
        "numbers",
        "random_search",
        {},
        {},
        [Objective("val_acc", "max")],
        [],
        max_trials=10,
        max_seconds=None,
        workers=1,
        seed=0,
    )
    assert said.id == SPEC.id
    assert replace(SPEC, params={"a": (1, 2), "b": 1}).id == replace(SPEC, params={"b": 1, "a": [1, 2]}).id


def test_types_needs_the_standard_library_only():
    code = "import sys, json, nas_core.types; print(json.dumps(sorted({m.partition('.')[0] for m in sys.modules})))"
    out = subprocess.run([sys.executable, "-S", "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    ours = set(json.loads(out.stdout)) - set(sys.stdlib_module_names)
    assert ours <= {"nas_core", "__main__"}


def test_an_axis_says_its_unit_once():
    assert with_unit("latency", "ms") == "latency (ms)"
    assert with_unit("MFLOPs", "MFLOPs") == with_unit("MFLOPs", "") == "MFLOPs"
    assert with_unit("MFLOPs at most", "MFLOPs") == "MFLOPs at most"
