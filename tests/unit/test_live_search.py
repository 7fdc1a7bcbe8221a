"""A search that trains for real: its leaderboard, its front, how sure an accuracy is, trainings that fail."""

import math
from dataclasses import replace

import numpy as np
import pytest

from nas_core import benchmarks, growing, runner
from nas_core.benchmarks.live import LiveTraining
from nas_core.charts import live_search as charts
from nas_core.history import History
from nas_core.places import data_dir
from nas_core.sources import own_data
from nas_core.spaces.topology import Topology
from nas_core.studies import live_search
from nas_core.types import Asked, Objective, RunSpec, Started, Suggestion, Told, Trial
from tests import own_files
from tests.records import ENDS
from tests.unit.test_own_data import pictures

SPACE = Topology()
FULL = 8
ACCURACY, SIZE = Objective("val_acc"), Objective("params_m", "min")


def events(trials):
    """Of a run that trained these: (arch, epochs, val_acc or a reason to fail, params_m)."""
    spec = RunSpec("live_topology", "cluttered_digits", "random_search", max_trials=10)
    out = [Started(spec, "0")]
    for number, (arch, epochs, value, size) in enumerate(trials):
        suggestion = Suggestion(arch, epochs)
        failed = isinstance(value, str)
        metrics = {} if failed else {"val_acc": value, "params_m": size}
        losses = (math.inf,) if failed else (-value,)
        out.append(Asked(number, suggestion, float(number)))
        out.append(
            Told(Trial(number, suggestion, float(number), number + 0.5, metrics, losses, value if failed else ""))
        )
    return out


A, B, C, D = ((3, 3, 3, 3, 3, 3), (1, 3, 3, 3, 3, 3), (3, 1, 2, 3, 3, 3), (4, 3, 3, 3, 2, 3))  # no two isomorphic


def test_the_best_comes_first_a_short_training_after_a_full_one_and_a_failed_one_last():
    candidates = live_search.candidates(
        History.of(events([(A, 0, 70.0, 1.0), (B, 2, 95.0, 2.0), (C, 0, "out of memory", 0), (D, 8, 80.0, 3.0)])),
        SPACE,
        FULL,
    )
    assert [one.arch for one in candidates] == [D, A, B, C]
    assert [one.epochs for one in candidates] == [8, 8, 2, 8]
    assert candidates[-1].error == "out of memory" and candidates[0].seconds == 0.5 and candidates[0].training == 4


def test_a_network_that_was_trained_again_counts_once_by_its_longest_training():
    trials = [(A, 2, 90.0, 1.0), (A, 8, 60.0, 1.0), (A, 8, 62.0, 1.0), (A, 8, "no", 0)]
    candidates = live_search.candidates(History.of(events(trials)), SPACE, FULL)
    assert [(one.training, one.metrics["val_acc"]) for one in candidates] == [(3, 62.0)]


def test_the_front_is_what_no_other_beats_in_both():
    trials = [(A, 0, 70.0, 1.0), (B, 0, 80.0, 2.0), (C, 0, 75.0, 3.0), (D, 0, "no", 0)]
    candidates = live_search.candidates(History.of(events(trials)), SPACE, FULL)
    assert [one.arch for one in live_search.front(candidates, ACCURACY, SIZE)] == [A, B]
    assert live_search.front([], ACCURACY, SIZE) == []


def test_the_front_of_two_qualities_and_what_runs():
    one, two, three = (
        live_search.Candidate(i, arch, {"val_acc": a, "val_f1": f}, 8, 1.0)
        for i, (arch, a, f) in enumerate([(A, 70.0, 60.0), (B, 80.0, 40.0), (C, 69.0, 59.0)])
    )
    front = live_search.front([one, two, three], ACCURACY, Objective("val_f1", "max"))
    assert front == [two, one]
    axes = ("val_acc", "accuracy", "%"), ("val_f1", "macro F1", "%")
    steps = charts.costs([one, two, three], front, *axes, "max")["series"][1]
    assert steps["data"] == [[40.0, 80.0], [60.0, 70.0]] and steps["step"] == "start"
    asked = [Asked(0, Suggestion(A), 0.0), Asked(1, Suggestion(B, measure="params"), 0.0), Asked(2, Suggestion(C), 0.0)]
    told = Told(Trial(0, Suggestion(A), 0.0, 1.0, {}, (0.0,)))
    assert live_search.running([*asked, told]) == [Suggestion(C)] and live_search.ended(told)


def test_a_growing_curve_is_read_as_it_was_and_nothing_depends_on_its_file(tmp_path, monkeypatch):
    curve = growing.GrowingCurve(tmp_path / "curves" / "one.json")
    curve.show([{"epoch": 1}])  # just after it was written last
    assert growing.read(curve.file) == []
    curve.show([{"epoch": 1, "val_acc": 50.0}], last=True)
    assert growing.read(curve.file) == [{"epoch": 1, "val_acc": 50.0}]
    for text in ('{"a": 1}', "[1]", '[{"epoch": null}]', "[", ""):
        curve.file.write_text(text)
        assert growing.read(curve.file) == []
    monkeypatch.setattr(growing, "MOST", 2)
    for name in "abc":
        growing.GrowingCurve(tmp_path / "curves" / name)
    assert len(list((tmp_path / "curves").iterdir())) == 3  # two, and the new one
    (tmp_path / "file").write_text("")
    growing.GrowingCurve(tmp_path / "file" / "two.json").show([], last=True)


def test_the_interval_is_wilsons():
    # 45 of 50: (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n) with z = 1.959964
    assert live_search.interval({"val_acc": 90.0}, "val_acc", 50) == pytest.approx((78.640, 95.652), abs=1e-3)
    assert live_search.interval({"val_acc": 100.0}, "val_acc", 20)[1] == pytest.approx(100.0)
    assert live_search.interval({"val_f1": 90.0, "val_f1_low": 81.0, "val_f1_high": 95.0}, "val_f1", 50) == (81.0, 95.0)
    assert live_search.interval({"val_f1": 90.0}, "val_f1", 50) is None  # of a run of before they were measured


def test_the_chart_leaves_a_failed_training_out_and_its_steps_never_fall():
    option = charts.trainings([70.0, None, 69.0, 80.0], "accuracy", "%", 10)
    each, best = (series["data"] for series in option["series"])
    assert each == [[1, 70.0], [3, 69.0], [4, 80.0]]
    assert best == [[1, 70.0], [2, 70.0], [3, 70.0], [4, 80.0]] and option["xAxis"]["max"] == 10
    assert option["tooltip"]["valueFormatter"] == "%.2f %%" and option["yAxis"]["name"] == "accuracy (%)"


def test_a_collapsed_network_lies_on_the_axis_and_does_not_flatten_the_others():
    assert charts.floor(np.array([97.0, 96.0, 95.0, 94.0, 10.0])) == 91  # 3 times from the best to the median
    assert charts.floor(np.array([60.0, 50.0])) == 49 and charts.floor(np.array([np.nan])) == 0
    points = charts.trainings([97.0, 96.0, 95.0, 94.0, 10.0], "accuracy", "%", 5)["series"][0]["data"]
    assert points[-1] == {"value": [5, 91.0], "symbol": "triangle", "symbolRotate": 180}


class _Diverging(LiveTraining):
    """Its trainings end with a loss that is not a number."""

    space = SPACE

    def _train(self, arch, epochs, done, data):
        return None, {"val_acc": 10.0, "val_loss": math.nan, "train_acc": 10.0}


@pytest.mark.torch
def test_a_training_that_diverges_is_a_failed_trial_with_its_reason(monkeypatch):
    monkeypatch.setattr(_Diverging, "name", "live_topology")
    live = _Diverging(dataset="cluttered_digits")
    spec = RunSpec("live_topology", "cluttered_digits", "random_search", max_trials=2)
    told = [e.trial for e in runner.run(spec, benchmark=live) if isinstance(e, Told)]
    why = "RuntimeError: the training diverged: val_loss is not a number after epoch 4"
    assert [trial.error for trial in told] == [why] * 2
    assert all(trial.losses == (math.inf,) for trial in told)


@pytest.fixture
def few(data_folder, tmp_path):
    """The name of a dataset of 40 small images."""
    *_, draft = own_data.read(pictures(tmp_path / "pets", each=20), own_data.Options("images"))
    return own_data.save(draft, "few")


@pytest.fixture
def live(few):
    return benchmarks.create("live_topology", few, channels=2, epochs=4)


def same(one, other):
    return {n: v for n, v in one.metrics.items() if n != "latency_ms"} == pytest.approx(
        {n: v for n, v in other.metrics.items() if n != "latency_ms"}
    )


@pytest.mark.torch
def test_a_training_goes_on_from_its_checkpoint_and_pays_the_difference(live, monkeypatch):
    from nas_core import training

    epochs = []
    train = training.train

    def spy(*args):
        for epoch in train(*args):
            epochs.append(epoch.number)
            yield epoch

    monkeypatch.setattr(training, "train", spy)
    rng = np.random.default_rng(0)
    live.evaluate(Suggestion(D, 1), rng)
    assert [epoch["epoch"] for epoch in live.curve(D)] == [1] and live.curve(A) == []
    resumed = live.evaluate(Suggestion(D, 3, resume=1), rng)
    curve = live.curve(D)
    assert [epoch["epoch"] for epoch in curve] == [1, 2, 3]  # as a page of another process sees it
    assert curve[-1]["val_acc"] == resumed.metrics["val_acc"]
    assert epochs == [1, 2, 3]
    at_once = live.evaluate(Suggestion(D, 3), rng)
    assert epochs[3:] == [1, 2, 3] and same(resumed, at_once)
    live.evaluate(Suggestion(D, 4, resume=3), rng)
    assert epochs[6:] == [4] and list((data_dir() / "trainings").iterdir()) == []
    again = live.evaluate(Suggestion(D, 3, resume=1), rng)  # no checkpoint: from the beginning, to the same end
    assert epochs[7:] == [1, 2, 3] and same(again, at_once)


@pytest.mark.torch
def test_qualities_and_costs_of_a_training(live):
    metrics = live.evaluate(Suggestion(D, 1), np.random.default_rng(0)).metrics
    assert set(metrics) == set(live.metrics) | ENDS
    assert metrics["val_f1_low"] < metrics["val_f1"] < metrics["val_f1_high"]
    assert 0 < metrics["val_f1"] <= 100 and 0 < metrics["val_balanced_acc"] <= 100 and metrics["latency_ms"] > 0


@pytest.mark.torch
def test_hyperband_resumes_its_trainings(few):
    spec = RunSpec(
        "live_topology",
        few,
        "successive_halving",
        {"n": 4, "eta": 2},
        {"channels": 2, "epochs": 2},
        max_trials=6,
    )
    asked = [e.suggestion for e in runner.run(spec) if isinstance(e, Asked)]
    assert any(s.resume for s in asked) and all(s.resume < s.epochs for s in asked if s.resume)


@pytest.mark.torch
def test_an_epoch_is_timed_before_a_search_of_half_the_channels_too(live):
    spec = RunSpec(live.name, live.dataset, "random_search", {}, live.run_settings(), max_trials=4)
    timings = list(live_search.probe(live, spec))
    assert [t.channels for t in timings] == [2] * live_search.PROBES + [1] * live_search.PROBES
    assert all(0 < t.seconds < math.inf for t in timings)
    assert list(live_search.epoch_seconds(timings)) == [2, 1]
    wide = benchmarks.create("live_size", live.dataset)  # an architecture of which says its channels
    assert live_search.sizes(wide) == [wide]
    guided = replace(spec, strategy="mf_nas", params={"proxy": "params", "looks": 5, "keep": 2})
    *_, looks = live_search.probe(live, guided)
    measures = [e.suggestion.measure for e in runner.run(guided) if isinstance(e, Asked)]
    assert looks.count == len(measures) - measures.count("train") > 0 and looks.seconds > 0


def test_what_fits_into_a_time_fits_and_is_never_longer_than_usual():
    def words(plans):
        return [(plan.trainings, plan.epochs, plan.channels, plan.seconds) for plan in plans]

    epoch = {8: 2.0, 4: 1.0}  # seconds
    assert words(live_search.plans(epoch, 10, 1000.0)) == [
        (50, 10, 8, 1000.0),
        (100, 5, 8, 1000.0),
        (100, 10, 4, 1000.0),
        (200, 5, 4, 1000.0),
    ]
    assert words(live_search.plans(epoch, 10, 300.0)) == [  # 150 epochs: seven for each of twenty
        (21, 7, 8, 294.0),
        (30, 5, 8, 300.0),
        (30, 10, 4, 300.0),
        (60, 5, 4, 300.0),
    ]
    assert words(live_search.plans(epoch, 10, 30.0)) == [(30, 1, 4, 30.0)]
    assert live_search.plans(epoch, 10, 19.0) == []
    assert words(live_search.plans({0: 1.0}, 4, 30.0, processes=2)) == [(20, 3, 0, 30.0), (30, 2, 0, 30.0)]
    assert live_search.plans(epoch, 10, 1e9)[0].trainings == live_search.MOST


@pytest.mark.torch
def test_a_training_ends_early_and_is_not_taken_up_again(few, monkeypatch):
    from nas_core import training

    losses, lengths = [2.0, 1.0, 1.5, 1.0, 0.5, 0.4], []
    train = training.train

    def measured(*args):
        for epoch in train(*args):
            epoch.metrics["val_loss"][:] = losses[epoch.number - 1]
            lengths.append(epoch.number)
            yield epoch

    monkeypatch.setattr(training, "train", measured)
    live, rng = benchmarks.create("live_topology", few, channels=2, epochs=6, patience=2), np.random.default_rng(0)
    assert live.evaluate(Suggestion(D), rng).metrics["val_loss"] == 1.0 and lengths == [1, 2, 3, 4]
    live.evaluate(Suggestion(D, 5), rng)
    assert live.evaluate(Suggestion(D, 6, resume=5), rng).metrics["val_loss"] == 1.0 and lengths[4:] == [1, 2, 3, 4]
    patient = benchmarks.create("live_topology", few, channels=2, epochs=6)
    patient.evaluate(Suggestion(D), rng)
    assert lengths[8:] == [1, 2, 3, 4, 5, 6]


@pytest.mark.torch
def test_the_recipe_of_a_search_can_be_changed(few, data_folder, tmp_path):
    settings = {"augment": "mirror and shift", "mixup": 0.4, "batch": 8, "rate": 0.05, "patience": 3}
    live = benchmarks.create("live_topology", few, channels=2, epochs=2, **settings)
    protocol = live.recipe.protocol
    assert (protocol.flip, protocol.crop, protocol.batch, protocol.lr) == (True, 2, 8, 0.05)
    assert "mirrored at random and shifted by up to 2 pixels, inputs blended in pairs (mixup 0.4), ended by 3" in (
        protocol.words()
    )
    rng = np.random.default_rng(0)
    one, again = (live.evaluate(Suggestion(D), rng) for _ in range(2))
    plain = benchmarks.create("live_topology", few, channels=2, epochs=2, batch=8, rate=0.05)
    assert same(one, again) and not same(one, plain.evaluate(Suggestion(D), rng))
    signals = own_files.signals(tmp_path / "waves")
    *_, draft = own_data.read(signals, own_data.Options("arrays"))
    name = own_data.save(draft, "waves")
    with pytest.raises(ValueError, match="augment=shift is for images, and waves holds inputs of kind sequence"):
        benchmarks.create("live_topology", name, augment="shift")
    blended = benchmarks.create("live_topology", name, mixup=0.2, epochs=1, channels=2)
    assert np.isfinite(blended.evaluate(Suggestion(D), rng).metrics["val_loss"])


def test_mixup_is_for_what_can_be_blended():
    with pytest.raises(ValueError, match="mixup blends inputs, which the words of banking77 cannot be"):
        benchmarks.create("live_topology", "banking77", mixup=0.2)
