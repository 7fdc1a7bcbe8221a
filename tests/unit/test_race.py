"""Several runs side by side: traces, signals, curves on one grid, and results."""

from dataclasses import replace

import numpy as np
import pytest

from nas_core import benchmarks, race
from nas_core.history import History
from nas_core.race import Signal, Trace
from nas_core.runner import run
from nas_core.studies.compare import sentences
from nas_core.types import Constraint, Objective, RunSpec

ACC = Signal("accuracy", "%", "max", np.array([10.0, 20.0, 30.0, np.nan]))
TIME = Signal("time", "s", "min", np.array([5.0, 2.0, 9.0]))


def spec(strategy="random_search", seed=0, **more):
    return RunSpec("formula", "numbers", strategy, **{"max_trials": 30, "seed": seed, **more})


def traced(given, cut=None):
    table = benchmarks.create(given.benchmark, given.dataset)
    return Trace.of(History.of(list(run(given))[:cut]), table.space)


def made_up(ends, rows, stopped="budget", seed=0):
    rows = np.array(rows, np.int32)
    seen = np.where(rows >= 0, rows * 1.0, np.nan)
    return Trace(spec(seed=seed), np.array(ends, float), rows, seen, np.zeros((6, 5)), stopped)


def test_a_trace_follows_the_incumbent_that_the_strategy_saw(tables):
    history = History.of(run(spec()))
    trace = Trace.of(history, benchmarks.create("formula", "numbers").space)
    best = [history.archs[i] for i in history.incumbent()]
    assert [benchmarks.create("formula", "numbers").space.index(a) for a in best] == trace.incumbent.tolist()
    assert np.array_equal(trace.values, np.maximum.accumulate(history.metrics["val_acc"]))
    assert trace.shares.shape == (6, 5)
    assert trace.shares.sum(1) == pytest.approx(np.ones(6))
    assert trace.stop_reason == "budget"


def test_a_run_without_a_finished_trial_has_an_empty_trace(tables):
    trace = traced(spec(), cut=1)
    assert (len(trace), trace.stop_reason) == (0, "")
    assert np.isnan(race.curves([trace], ACC, "trials", np.array([1.0, 2.0]))).all()
    assert race.results({"a": [trace]}, ACC) == []


def test_strategies_that_have_not_run_are_named_once_others_have():
    wanted = [spec(name, seed) for name in ("random_search", "hyperband", "local_search") for seed in (0, 1)]
    none, one = made_up([], []), made_up([1.0], [2])
    assert sentences.idle(wanted, []) == sentences.idle(wanted, [none]) == ""
    assert sentences.idle(wanted, [one]) == "Hyperband and local search have not run yet; press Continue."
    assert sentences.idle(wanted[:4], [one]) == "Hyperband has not run yet; press Continue."
    assert sentences.idle(wanted[:2], [one]) == ""


def test_why_there_is_nothing_to_show(tables, monkeypatch):
    table = benchmarks.create("formula", "numbers")
    failed, found = made_up([1.0, 2.0], [-1, -1]), made_up([1.0, 2.0], [-1, 3])
    assert (failed.has_incumbent, found.has_incumbent) == (False, True)
    assert sentences.nothing([], ACC, table) == "No search has found anything yet."
    said = sentences.nothing([failed, failed], ACC, table)
    assert said.startswith("These searches found nothing in 4 trainings:") and "This table knows" not in said
    assert "has no accuracy in this table" in sentences.nothing([found, failed], ACC, table)
    few = benchmarks.create("formula", "numbers")
    monkeypatch.setattr(few, "column", lambda _: np.where(np.arange(len(few.space)) < 3, 50.0, np.nan))
    said = sentences.nothing([failed], ACC, few)
    assert said.endswith("This table knows 3 of 15,625 cells.")


def test_a_signal_reads_the_column_of_the_incumbent_and_knows_the_best():
    trace = made_up([1, 2, 3], [-1, 0, 2])
    assert np.array_equal(ACC.of(trace), [np.nan, 10.0, 30.0], equal_nan=True)
    assert ACC.best == 30.0
    assert TIME.best == 2.0
    assert ACC.regret(np.array([10.0])) == [20.0]
    assert TIME.regret(np.array([5.0])) == [3.0]


def test_seen_and_reported_are_the_two_sides_of_a_table(tables):
    table = benchmarks.create("formula", "numbers", search_epochs=1)
    seen, reported = race.search_signal(table, "val_acc"), race.report_signal(table, "test_acc")
    assert np.array_equal(seen.column, table.column("val_acc", 1).astype(float))
    assert np.array_equal(reported.column, table.column("test_acc").astype(float))
    assert "1 epoch" in seen.title
    assert "4 epochs" in reported.title
    with pytest.raises(ValueError, match="no search on formula sees 'test_acc'"):
        race.search_signal(table, "test_acc")


def test_frozen_errors_are_seen_and_reported_never(tables):
    plain = benchmarks.create("formula", "numbers")
    noisy = benchmarks.create("formula", "numbers", reward_noise="frozen", noise_size=2.0)
    error = race.search_signal(noisy, "val_acc").column - race.search_signal(plain, "val_acc").column
    assert error.std() == pytest.approx(2.0, rel=0.1)
    assert np.array_equal(race.report_signal(noisy, "test_acc").column, race.report_signal(plain, "test_acc").column)


def test_runs_that_differ_in_their_seed_are_one_entrant():
    traces = [made_up([1], [0], seed=s) for s in (3, 1)] + [made_up([1], [1])]
    groups = race.entrants(traces)
    assert list(groups) == ["random search"]
    assert [t.spec.seed for t in groups["random search"]] == [3, 1, 0]


def test_labels_say_what_differs_and_nothing_else():
    plain = spec("regularized_evolution")
    assert race.labels([plain]) == ["regularized evolution"]
    params = {"population_size": 20, "target_mflops": 4.5, "no_repeats": True, "share": 2.0}
    other = spec("regularized_evolution", params=params, workers=4)
    assert race.labels([plain, other]) == [
        "regularized evolution (workers 1)",
        "regularized evolution (population size 20, target 4.5 MFLOPs, no repeats, share 2, workers 4)",
    ]


def test_a_grid_of_trials_is_whole_and_ends_with_the_longest_run():
    assert race.grid([made_up([1, 2], [0, 0]), made_up([1, 2, 3], [0, 0, 0])], "trials").tolist() == [1, 2, 3]
    assert len(race.grid([made_up(range(1, 1001), [0] * 1000)], "trials")) == race.POINTS
    assert race.grid([], "trials").tolist() == [1]


def test_a_grid_of_seconds_begins_with_the_first_result():
    at = race.grid([made_up([4, 8], [0, 0]), made_up([2, 5], [0, 0])], "seconds")
    assert (at[0], at[-1], len(at)) == (2, 8, race.POINTS) and np.allclose(np.diff(at), 6 / (race.POINTS - 1))


def test_a_finished_run_keeps_its_last_value_and_an_unfinished_one_ends():
    at = np.array([1.0, 2.0, 3.0, 4.0])
    rows = race.curves([made_up([2, 3], [0, 2]), made_up([2, 3], [0, 2], stopped="")], ACC, "seconds", at)
    assert np.array_equal(rows[0], [np.nan, 10, 30, 30], equal_nan=True)
    assert np.array_equal(rows[1], [np.nan, 10, 30, np.nan], equal_nan=True)


def test_the_closed_form_is_what_random_search_does_on_average(tables):
    table = benchmarks.create("formula", "numbers")
    signal = race.report_signal(table, "test_acc")
    traces = [traced(spec(seed=s)) for s in range(60)]
    at = race.grid(traces, "trials")
    rows = race.curves(traces, signal, "trials", at)
    expected = race.random_curve(table, spec(), signal, "trials", at)
    error = rows.std(0) / np.sqrt(len(rows))
    assert np.all(np.abs(rows.mean(0) - expected) < 4 * error + 1e-9)


def test_a_fitness_is_seen_and_reported_by_the_same_expression(tables):
    table = benchmarks.create("formula", "numbers", search_epochs=1)
    text = "where(flops_m < 20, val_acc - flops_m, log(-val_acc))"  # the larger ones have none
    seen, reported = race.search_signal(table, text), race.report_signal(table, text)
    small = table.column("flops_m") < 20
    for signal, column in ((seen, table.search_column("val_acc")), (reported, table.column("test_acc").astype(float))):
        assert np.array_equal(signal.column, np.where(small, column - table.column("flops_m"), np.nan), equal_nan=True)
    own = replace(spec(), benchmark_params={"search_epochs": 1}, objectives=(Objective(text),))
    rows = race.curves([traced(replace(own, seed=s)) for s in range(40)], reported, "trials", np.array([20.0]))[:, 0]
    expected = race.random_curve(table, own, reported, "trials", np.array([20.0]))[0]
    assert abs(rows.mean() - expected) < 4 * rows.std() / np.sqrt(40)
    others = [replace(own, objectives=(Objective("flops_m", goal),)) for goal in ("max", "min")]
    said = [text, "flops_m", "least flops_m"]
    assert race.labels([own, *others]) == [f"random search (searching on {what})" for what in said]


@pytest.mark.parametrize("workers", [1, 4])
def test_on_the_time_axis_the_mean_of_random_search_is_that_of_real_runs(tables, workers):
    table = benchmarks.create("formula", "numbers")
    signal = race.report_signal(table, "test_acc")
    traces = [traced(spec(seed=s, max_trials=None, max_seconds=600.0, workers=workers)) for s in range(150)]
    at = np.linspace(50.0, 600.0, 12)
    rows = race.curves(traces, signal, "seconds", at)
    expected = race.random_curve(table, spec(workers=workers), signal, "seconds", at)
    error = np.nanstd(rows, axis=0) / np.sqrt((~np.isnan(rows)).sum(0))
    some = (~np.isnan(rows)).mean(0) > 0.5
    assert some.sum() > 8 and np.all(np.abs(np.nanmean(rows, axis=0) - expected)[some] < 4 * error[some] + 0.05)
    assert np.isnan(race.random_curve(table, spec(), signal, "seconds", np.array([1e-6]))[0])


def test_results_are_sorted_by_median_and_count_only_runs_that_found_something():
    groups = {
        "low": [made_up([1, 2], [0, 1]), made_up([1], [0])],
        "high": [made_up([1, 3], [0, 2]), made_up([1], [-1]), made_up([], [])],
    }
    first, second = race.results(groups, ACC)
    assert (first.label, first.runs, first.values.tolist(), first.regret) == ("high", 1, [30.0], 0.0)
    assert (first.trials, first.seconds) == (2.0, 3.0)
    assert (second.label, second.quantiles()[1], second.regret, second.trials, second.seconds) == (
        "low",
        15.0,
        15.0,
        1.5,
        1.5,
    )
    assert second.best_run == 0


def test_the_focus_is_what_was_learned_and_the_best_share(tables):
    table = benchmarks.create("formula", "numbers")
    signal = race.report_signal(table, "test_acc")
    best = table.space.all()[np.argsort(-signal.column)[: len(table.space) // 100]]
    decision = 2
    option = int(np.bincount(best[:, decision], minlength=5).argmax())
    shares = np.full((6, 5), 0.2)
    shares[decision] = np.eye(5)[option]
    trace = Trace(spec(), np.ones(1), np.zeros(1, np.int32), np.zeros(1), shares, "budget")
    said = sentences.focus([trace], signal, table.space)
    assert (
        f"{table.space.short(table.space.options[decision][option])} at {table.space.decisions[decision]}: 100 %"
        in said
    )
    even = Trace(spec(), np.ones(1), np.zeros(1, np.int32), np.zeros(1), np.full((6, 5), 0.2), "budget")
    assert "no clear preference" in sentences.focus([even], signal, table.space)


def test_under_a_limit_the_optimum_and_the_closed_form_are_those_of_what_keeps_it(tables):
    """Random search is run at many seeds: the mean of its incumbents is the closed form."""
    table, limits = benchmarks.table("tiny", "numbers"), (Constraint("flops_m", high=3.0),)
    inside = table.column("flops_m") <= 3.0
    signal = race.report_signal(table, "test_acc")
    limited = signal.under(table, limits)
    assert limited.best == pytest.approx(table.column("test_acc")[inside].max()) and limited.best < signal.best
    assert signal.under(table, ()).best == signal.best
    spec = RunSpec("tiny", "numbers", "random_search", constraints=limits, max_trials=12)
    ends = [
        limited.of(race.Trace.of(History.of(run(replace(spec, seed=seed))), table.space))[-1] for seed in range(400)
    ]
    expected = race.random_curve(table, spec, limited, "trials", np.array([12.0]))[0]
    error = np.nanstd(ends) / np.sqrt(400)
    assert abs(np.nanmean(ends) - expected) < 4 * error
    assert (
        abs(race.random_curve(table, replace(spec, constraints=()), signal, "trials", np.array([12.0]))[0] - expected)
        > 8 * error
    )
