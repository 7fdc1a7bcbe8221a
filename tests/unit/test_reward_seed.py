"""What a search sees of a table with several seeds: one seed's training for each trial, or the mean of all."""

from __future__ import annotations

import numpy as np
import pytest

from nas_core import benchmarks, runner, verification
from nas_core.benchmarks import Table
from nas_core.types import RunSpec, Suggestion, Told

ROW = 1462


def pocket(dataset: str = "banking77", **params) -> Table:
    return benchmarks.table("pocket_topology", dataset, **params)


def seen(table: Table, times: int = 20) -> list[dict[str, float]]:
    ask = Suggestion(table.space.arch(ROW))
    return [dict(table.evaluate(ask, np.random.default_rng(k)).metrics) for k in range(times)]


def test_a_search_sees_the_mean_unless_it_asks_for_a_seed():
    table = pocket()
    assert not table.random
    assert {metrics["val_acc"] for metrics in seen(table)} == {float(table.column("val_acc")[ROW])}


def test_a_drawn_seed_is_one_training_in_all_that_it_measured():
    table = pocket(reward_seed="drawn")
    assert table.random
    answers = seen(table)
    trained = ("val_acc", "val_loss", "train_acc")
    drawn = sorted({tuple(metrics[name] for name in trained) for metrics in answers})
    known = sorted(tuple(float(table.column(name, seed=s)[ROW]) for name in trained) for s in table.seeds)
    assert np.allclose(drawn, known, atol=1e-4) and len(drawn) == len(table.seeds) == 3
    assert len({metrics["params_m"] for metrics in answers}) == 1
    early = table.evaluate(Suggestion(table.space.arch(ROW), epochs=2), np.random.default_rng(0)).metrics["val_acc"]
    assert min(abs(early - table.column("val_acc", 2, s)[ROW]) for s in table.seeds) < 1e-4
    assert np.array_equal(table.search_column("val_acc"), pocket().search_column("val_acc")), "reports stay the mean"


def test_where_there_is_one_seed_none_is_drawn():
    digits = pocket("cluttered_digits", reward_seed="drawn")
    assert not digits.random and seen(digits, 3) == seen(pocket("cluttered_digits"), 3)


def test_trials_of_one_architecture_differ_and_the_same_run_is_the_same():
    spec = RunSpec("pocket_topology", "banking77", "random_search", {}, {"reward_seed": "drawn"}, max_trials=30, seed=3)
    first, again = ([e.trial for e in runner.run(spec) if isinstance(e, Told)] for _ in range(2))
    assert [t.metrics for t in first] == [t.metrics for t in again]
    table = pocket()
    rows = [table.space.index(trial.suggestion.arch) for trial in first]
    off = np.array([t.metrics["val_acc"] for t in first]) - table.column("val_acc")[rows]
    assert (off > 0).any() and (off < 0).any()


@pytest.mark.parametrize("strategy", ["successive_halving", "hyperband", "bohb"])
def test_a_training_that_continues_keeps_its_seed(strategy):
    spec = RunSpec("pocket_topology", "banking77", strategy, {}, {"reward_seed": "drawn"}, max_trials=60, seed=1)
    table, events = pocket(), list(runner.run(spec))
    trials, seeds, continued = [e.trial for e in events if isinstance(e, Told)], {}, []
    for trial in trials:
        asked, row = trial.suggestion, table.space.index(trial.arch)
        epochs = asked.epochs or table.fidelities[-1]
        off = [abs(trial.metrics["val_loss"] - float(table.column("val_loss", epochs, s)[row])) for s in table.seeds]
        seeds[trial.arch, epochs] = off.index(min(off))
        if asked.resume:
            continued.append(seeds[trial.arch, epochs] == seeds[trial.arch, asked.resume])
    assert len(continued) > 5 and all(continued)
    assert len(set(seeds.values())) == 3 and verification.check(events) == ""
    middle = next(i for i, e in enumerate(events) if isinstance(e, Told) and e.trial.suggestion.resume)
    assert list(runner.run(spec, log=events[:middle])) == events[middle:]  # also when the run itself is continued


@pytest.mark.parametrize(("dataset", "shown"), [("banking77", True), ("cluttered_digits", False)])
def test_the_form_asks_where_there_is_a_choice(dataset, shown):
    pytest.importorskip("streamlit")
    from ui.search_form import _idle

    assert ("reward_seed" not in _idle(pocket(dataset))) == shown
