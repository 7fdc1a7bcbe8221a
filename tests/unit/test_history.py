"""A run as columns, from events written down by hand."""

import math

import numpy as np
import pytest

from nas_core.history import History
from nas_core.types import Asked, Constraint, Objective, RunSpec, Started, Stopped, Suggestion, Told, Trial

SPEC = RunSpec("tiny", "numbers", "random_search", max_trials=9)


def told(number, arch, acc, end, parents=None, measure="train", error="", flops=1.0, objectives=1):
    info = {} if parents is None else {"parents": parents}
    metrics = {} if error else {"val_acc": acc, "flops_m": flops}
    losses = (math.inf,) * 2 if error else (math.inf if math.isnan(acc) else -acc, flops)
    losses = losses[:objectives] if measure == "train" else ()
    return Told(Trial(number, Suggestion(arch, measure=measure, info=info), end - 1.0, end, metrics, losses, error))


def told_two(*args, **kwargs):
    return told(*args, objectives=2, **kwargs)


TWO = RunSpec("tiny", "numbers", "nsga2", max_trials=9, objectives=(Objective("val_acc"), Objective("flops_m", "min")))
EVENTS = [
    Started(TWO, "1"),
    Asked(0, Suggestion((0, 0)), 0.0),
    told_two(0, (0, 0), 0.0, 1.0, error="died"),
    told_two(2, (0, 1), 50.0, 2.0, flops=4.0),
    told_two(1, (1, 1), math.nan, 3.0, flops=3.0),
    told_two(3, (1, 0), 50.0, 4.0, [2], flops=3.0),
    Asked(5, Suggestion((1, 1), measure="derive", seconds=3.0), 4.5),
    told_two(6, (1, 1), 90.0, 5.0, measure="synflow"),
    told_two(4, (1, 1), 60.0, 6.0, [3, 0], flops=5.0),
    told_two(7, (0, 1), 55.0, 7.0, [99], flops=1.0),
    Stopped("budget", 8.0),
]
HISTORY = History.of(EVENTS)


def test_columns_are_the_trials_that_count_in_the_order_they_finished():
    assert HISTORY.numbers.tolist() == [0, 2, 1, 3, 4, 7]
    assert HISTORY.archs == [(0, 0), (0, 1), (1, 1), (1, 0), (1, 1), (0, 1)]
    assert HISTORY.end.tolist() == [1, 2, 3, 4, 6, 7]
    assert HISTORY.start.tolist() == [0, 1, 2, 3, 5, 6]
    assert HISTORY.losses.shape == (6, 2)
    assert HISTORY.losses[:, 0].tolist() == [math.inf, -50, math.inf, -50, -60, -55]
    np.testing.assert_array_equal(HISTORY.metrics["val_acc"], [np.nan, 50, np.nan, 50, 60, 55])
    assert HISTORY.errors == ["died", "", "", "", "", ""]
    assert HISTORY.derived == [(4.5, Suggestion((1, 1), measure="derive", seconds=3.0))]
    assert HISTORY.stop_reason == "budget"
    assert len(HISTORY) == 6


def test_the_incumbent_is_the_first_of_the_best_and_nothing_before_any_success():
    assert HISTORY.incumbent().tolist() == [-1, 1, 1, 1, 4, 4]


def test_the_incumbent_is_the_best_of_the_longest_trainings_so_far():
    trials = []  # (epochs, accuracy): a short training may look better, a failed long one does not count
    for i, (epochs, acc) in enumerate(
        [(1, 80.0), (1, 90.0), (4, math.nan), (4, 70.0), (1, 95.0), (4, 75.0), (4, 72.0)]
    ):
        loss = math.inf if math.isnan(acc) else -acc
        trials.append(Told(Trial(i, Suggestion((i,), epochs), 0.0, i + 1.0, {"val_acc": acc}, (loss,))))
    history = History.of([Started(SPEC, "1"), *trials])
    assert history.epochs.tolist() == [1, 1, 4, 4, 1, 4, 4]
    assert history.incumbent().tolist() == [0, 1, 1, 3, 3, 5, 5]


def test_an_incumbent_keeps_the_constraints():
    spec = RunSpec("tiny", "numbers", "random_search", max_trials=9, constraints=(Constraint("flops_m", high=2.0),))
    pairs = [(9.0, 3.0), (5.0, 2.0), (8.0, 2.1), (6.0, 1.0), (7.0, math.nan)]
    trials = [told(i, (0,), acc, i + 1.0, flops=flops) for i, (acc, flops) in enumerate(pairs)]
    history = History.of([Started(spec, "1"), *trials])
    assert history.feasible().tolist() == [False, True, False, True, False]
    assert history.incumbent().tolist() == [-1, 1, 1, 3, 3]


def test_option_shares_are_counted_among_the_last_so_many():
    shares = HISTORY.option_shares(2, window=3)
    assert shares.shape == (6, 2, 2)
    np.testing.assert_allclose(shares.sum(2), 1.0)
    np.testing.assert_allclose(shares[0], [[1, 0], [1, 0]])
    np.testing.assert_allclose(shares[2], [[2 / 3, 1 / 3], [1 / 3, 2 / 3]])
    np.testing.assert_allclose(shares[4], [[0, 1], [1 / 3, 2 / 3]])


def test_lineage_follows_first_parents_and_stops_where_they_are_unknown():
    assert HISTORY.lineage(4) == [1, 3, 4]  # trials 2, 3, 4
    assert HISTORY.lineage(5) == [5]
    circle = History.of([Started(SPEC, "1"), told(0, (0,), 1.0, 1.0, [1]), told(1, (0,), 1.0, 2.0, [0])])
    assert circle.lineage(0) == [1, 0]


def test_a_run_without_a_trial_is_empty_and_not_an_error():
    empty = History.of([Started(SPEC, "1")])
    assert len(empty) == 0
    assert empty.incumbent().tolist() == []
    assert empty.losses.shape == (0, 1)
    assert len(empty.option_shares(5)) == 0
    assert empty.stop_reason == ""


@pytest.mark.parametrize("events", [[], EVENTS[1:]])
def test_what_is_no_run_is_refused(events):
    with pytest.raises(ValueError, match="a history needs the events of a run, beginning with Started"):
        History.of(events)
