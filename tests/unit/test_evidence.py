"""Searches compared seed by seed, from traces written by hand."""

import numpy as np
import pytest

from nas_core.race import Signal, Trace
from nas_core.studies import evidence
from nas_core.types import RunSpec

COLUMN = np.arange(1000.0)
ACC, COST = Signal("accuracy", "%", "max", COLUMN), Signal("time", "s", "min", COLUMN)


def trace(rows, seed=0, ends=None, stopped="budget"):
    spec = RunSpec("tiny", "numbers", "random_search", max_trials=9, seed=seed)
    ends = np.arange(1.0, len(rows) + 1) if ends is None else np.array(ends, float)
    rows = np.array(rows, np.int32)
    return Trace(spec, ends, rows, np.where(rows >= 0, COLUMN[rows], np.nan), np.zeros((3, 4)), stopped)


def group(*ends, first=0):
    return [trace([100, end], seed) for seed, end in enumerate(ends, first)]


def test_seeds_are_paired_whatever_their_order_and_what_is_missing_is_nan():
    values = evidence.by_seed({"a": group(5, 6, 7)[::-1], "b": group(8, 9, first=1)}, ACC, "trials", 2)
    np.testing.assert_array_equal(values["a"], [5, 6, 7])
    np.testing.assert_array_equal(values["b"], [np.nan, 8, 9])
    early = evidence.by_seed({"a": group(5)}, ACC, "trials", 1)
    assert early["a"].tolist() == [100]


@pytest.mark.parametrize(("signal", "best"), [(ACC, "high"), (COST, "low")])
def test_the_leader_is_held_against_each_other_the_next_best_first(signal, best):
    rng = np.random.default_rng(0)
    ends = {"low": rng.integers(100, 200, 20), "middle": rng.integers(450, 550, 20), "high": rng.integers(800, 900, 20)}
    found = evidence.evidence({name: group(*values) for name, values in ends.items()}, signal, "trials", 2)
    first, second = found.sentences()
    assert first.startswith(f"{best.title()} beats middle at 2 trainings on 20 of 20 seeds, difference")
    assert second.startswith(f"{best.title()} beats {'low' if best == 'high' else 'high'}")
    lowest = "low" if best == "high" else "high"
    assert found.headline() == f"{best.title()} beats middle and {lowest} at 2 trainings."
    assert len(found.pairs) == 3 and found.unit == ("points" if signal is ACC else "s")


def test_one_alone_and_too_few_seeds_claim_nothing():
    alone = evidence.evidence({"a": group(5, 6)}, ACC, "trials", 2)
    assert alone.headline() == "A ran alone." and "Add a strategy" in alone.sentences()[0]
    few = evidence.evidence({"a": group(900, 901, 902), "b": group(1, 2, 3)}, ACC, "seconds", 2.0)
    assert few.sentences()[0].startswith("No difference shown between a and b at 2 s")
    assert few.headline() == "A is not shown to beat any other at 2 s."
    with pytest.raises(ValueError, match="nothing to compare"):
        evidence.evidence({}, ACC, "trials", 1)


def test_the_headline_names_whom_the_leader_is_not_shown_to_beat():
    rng = np.random.default_rng(1)
    ends = {"a": 900 + rng.integers(0, 50, 20), "b": 900 + rng.integers(0, 50, 20), "c": rng.integers(0, 50, 20)}
    said = evidence.evidence({name: group(*values) for name, values in ends.items()}, ACC, "trials", 2).headline()
    assert said in (f"{x.upper()} beats c at 2 trainings; it is not shown to beat {y}." for x, y in ("ab", "ba"))
    many = {str(i): group(*(100 * i + rng.integers(0, 50, 20))) for i in range(6)}
    assert evidence.evidence(many, ACC, "trials", 2).headline() == "5 beats 5 of the others at 2 trainings."


def test_the_share_that_has_reached_the_top_grows_from_run_to_run():
    runs = [trace([10, 989, 990]), trace([999, 999, 999], 1), trace([-1, -1, 5], 2), trace([1, 2, 3], 3)]
    at = np.array([1.0, 2.0, 3.0])
    low, share, high = evidence.reached({"a": runs}, ACC, "trials", at, 1.0)["a"]  # the best 10 of 1,000
    assert share.tolist() == [0.25, 0.25, 0.5] and (low < share).all() and (high > share).all()
    assert evidence.reached({"a": runs}, COST, "trials", at, 1.0)["a"][1].tolist() == [0.25, 0.25, 0.5]
    assert evidence.reached({"a": runs}, ACC, "trials", at, 0)["a"][1].tolist() == [0.25, 0.25, 0.25]


def test_regret_on_the_way_is_the_mean_since_all_have_found_something():
    a, b = trace([-1, 999, 999, 999], ends=[1, 2, 3, 4]), trace([0, 499, 999, 999], ends=[1, 2, 3, 4])
    never, open_end = trace([-1, -1, -1, -1]), trace([999, 999], stopped="")
    found = evidence.regret_on_the_way({"a": [a], "b": [b], "c": [never, open_end]}, ACC, "trials")
    assert found["a"] == [0.0] and found["b"] == [250.0]  # 500 and 0, for one trial each
    assert np.isnan(found["c"]).all()
    seconds = evidence.regret_on_the_way({"b": [b]}, ACC, "seconds")["b"]
    assert seconds == pytest.approx([(999 + 500) / 3], rel=0.02)  # 999, 500 and 0, for one second each
