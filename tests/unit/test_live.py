"""The trainer as a benchmark: what it measures, refuses and says; searches with real trainings, also in processes."""

from dataclasses import replace

import numpy as np
import pytest

from nas_core import benchmarks, executors, spaces
from nas_core.benchmarks.live import LiveTraining
from nas_core.benchmarks.live_topology import LiveTopology
from nas_core.benchmarks.pocket_size import PocketSize
from nas_core.runner import run
from nas_core.sources import live
from nas_core.types import Objective, RunSpec, Stopped, Suggestion, Told
from tests.records import ENDS

pytestmark = pytest.mark.torch
RNG = np.random.default_rng(0)
SMALL = {"channels": 1, "epochs": 2}
CELL = (0, 0, 0, 0, 0, 1)


@pytest.fixture(autouse=True)
def few_images(monkeypatch):
    """Recipes with 128 images."""
    few, usual = {"size": 12, "train": 128, "held_out": 64}, live.recipe

    def recipe(table, dataset=""):
        return (own := usual(table)) and replace(own, dataset_params=few)

    monkeypatch.setattr(live, "recipe", recipe)


def test_a_training_is_measured_and_its_costs_are_counted():
    benchmark = benchmarks.create("live_topology", "cluttered_digits", **SMALL)
    assert not benchmark.simulated and benchmark.fidelities == (1, 2)
    outcome = benchmark.evaluate(Suggestion((3,) * 6), RNG)
    assert set(outcome.metrics) == set(benchmark.metrics) | ENDS and not [
        m for m in outcome.metrics if m.startswith("test")
    ]
    assert 0 <= outcome.metrics["val_acc"] <= 100 and outcome.seconds > 0
    small = benchmark.evaluate(Suggestion(CELL), RNG)
    assert small.metrics["params_m"] < outcome.metrics["params_m"]


def test_widths_are_trained_as_those_of_their_table():
    benchmark = benchmarks.create("live_size", "cluttered_digits", epochs=1)
    assert benchmark.space.options == PocketSize.space.options
    narrow, wide = (benchmark.evaluate(Suggestion((o,) * 5), RNG) for o in (0, 3))
    assert set(narrow.metrics) == set(benchmark.metrics) | ENDS and 0 <= narrow.metrics["val_acc"] <= 100
    assert narrow.metrics["flops_m"] < wide.metrics["flops_m"]
    from nas_core import training

    recipe = replace(benchmark.recipe, network={})
    (epoch,) = training.train(recipe.initial((0,) * 5, 0), recipe.load(), recipe.protocol)
    assert float(epoch.metrics["val_loss"][0]) == narrow.metrics["val_loss"]


def test_a_recipe_that_trains_another_space_is_refused():
    class OtherWidths(LiveTraining):
        name = "live_other_widths"
        space = spaces.create("size", widths="4:8:12:16")

    with pytest.raises(ValueError, match="the recipe of live_other_widths trains another space"):
        OtherWidths("cluttered_digits", epochs=1)


def test_a_short_training_is_the_beginning_of_a_full_one_and_repeats():
    held = LiveTopology(**SMALL)
    short, again = (held.evaluate(Suggestion((3,) * 6, epochs=1), RNG).metrics for _ in range(2))
    assert {**short, "latency_ms": 0} == {**again, "latency_ms": 0}  # the one number that is a measurement
    losses = []
    from nas_core import training

    recipe = held.recipe
    for epoch in training.train(recipe.initial((3,) * 6, 0), recipe.load(), recipe.protocol):
        losses.append(float(epoch.metrics["val_loss"][0]))
    assert short["val_loss"] == losses[0]
    assert held.evaluate(Suggestion((3,) * 6), RNG).metrics["val_loss"] == losses[1]


@pytest.mark.parametrize(
    ("suggestion", "sentence"),
    [
        (Suggestion(CELL, epochs=3), "for 1 to 2 epochs, from none or fewer; asked for 3 epochs from 0"),
        (Suggestion(CELL, epochs=2, resume=2), "asked for 2 epochs from 2"),
        (Suggestion(CELL, measure="magic"), "has no proxy named 'magic'; these can look: .*synflow"),
    ],
)
def test_what_it_cannot_do_is_refused(suggestion, sentence):
    with pytest.raises(ValueError, match=sentence):
        LiveTopology(**SMALL).evaluate(suggestion, RNG)


def test_an_unknown_dataset_and_missing_files_are_said(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"no dataset 'mnist'; there are: cluttered_digits, .*cifar10, cifar100"):
        benchmarks.create("live_topology", "mnist")
    assert LiveTopology.missing("cluttered_digits") == ""
    assert "CIFAR-10 is not on this machine" in LiveTopology.missing("cifar10")


def test_any_strategy_searches_with_real_trainings():
    spec = RunSpec(
        "live_topology",
        "cluttered_digits",
        "nsga2",
        {"population_size": 4},
        SMALL | {"epochs": 1},
        (Objective("val_acc"), Objective("flops_m", "min")),
        max_trials=5,
        workers=2,
    )
    with executors.create("serial") as pool:
        events = list(run(spec, pool))
    trials = [e.trial for e in events if isinstance(e, Told)]
    assert len(trials) == 5 and not [t.error for t in trials if t.error]
    assert isinstance(events[-1], Stopped) and all(t.end > t.start for t in trials)


def test_a_supernet_searches_before_its_cell_is_trained_for_real():
    quick = {"epochs": 2, "channels": 2, "batch": 8, "steps": 2, "scored": 3, "judged_on": 16}
    spec = RunSpec("live_topology", "cluttered_digits", "gdas", quick, SMALL | {"epochs": 1}, max_trials=1)
    (trial,) = [e.trial for e in run(spec) if isinstance(e, Told)]
    assert not trial.error and trial.end > trial.start


def test_a_dask_cluster_trains_the_networks_of_a_search():
    distributed = pytest.importorskip("distributed", reason="Dask's distributed is not installed")
    spec = RunSpec("live_topology", "cluttered_digits", "random_search", {}, SMALL, max_trials=3, workers=2, seed=1)
    quiet = dict(processes=False, dashboard_address=None, threads_per_worker=1)
    with (
        distributed.LocalCluster(n_workers=2, **quiet) as cluster,
        executors.create(f"dask:{cluster.scheduler_address}") as pool,
    ):
        told = [event.trial for event in run(spec, pool) if isinstance(event, Told)]
    alone = [event.trial for event in run(replace(spec, workers=1)) if isinstance(event, Told)]
    assert len(told) == 3 and not any(trial.error for trial in told)
    assert {t.arch: t.metrics["val_loss"] for t in told} == {t.arch: t.metrics["val_loss"] for t in alone}
