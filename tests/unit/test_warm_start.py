"""Results that one already has, from a run or a file to the strategy: where they come from, and what is refused."""

import json
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from nas_core import command, warm_start
from nas_core.benchmarks import create
from nas_core.experiment_file import Experiment
from nas_core.experiments import Experiments
from nas_core.runner import check, run
from nas_core.store import Store, StoreError, encode
from nas_core.types import Asked, Constraint, Objective, Result, RunSpec, Stopped, Told
from tests.command_line import call, last, refused
from tests.tiny import Formula

CELL = (3, 3, 3, 3, 3, 3)
SPEC = RunSpec("pocket_topology", "cluttered_digits", "tpe", max_trials=5)


def told(event):
    return isinstance(event, Told)


def result(arch=CELL, **metrics):
    return Result(arch, metrics or {"val_acc": 70.0})


def test_a_search_without_one_keeps_its_id_and_where_it_is_from_does_not_matter():
    assert SPEC.id == replace(SPEC, warm_start=(), warm_source="x.csv").id
    warm = replace(SPEC, warm_start=(result(),))
    assert warm.id != SPEC.id
    assert warm.id == replace(warm, warm_source="x.csv").id
    assert warm.id != replace(warm, warm_start=(result(val_acc=70.5),)).id


@pytest.mark.parametrize(
    ("results", "sentence"),
    [
        ([result((9, 9, 9, 9, 9, 9))], r"\(9, 9, 9, 9, 9, 9\), which is not in the topology space"),
        ([result(flops_m=5.0)], r"has no val_acc of \(3, 3, 3, 3, 3, 3\); it has: flops_m"),
        ([result(), result(val_acc=1.0)], "two results for one architecture"),
    ],
)
def test_results_that_do_not_fit_are_refused(results, sentence):
    with pytest.raises(ValueError, match=sentence):
        check(replace(SPEC, warm_start=tuple(results)))


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Result("abc", {}), "must be a tuple of whole numbers, not 'abc'"),
        (lambda: Result((1.5,), {}), "must be a tuple of whole numbers"),
        (lambda: Result(CELL, {"val_acc": "good"}), "val_acc must be a number, not 'good'"),
        (lambda: Result(CELL, {"val_acc": np.inf}), "must be a finite number"),
        (lambda: replace(SPEC, warm_start=(CELL,)), r"must be a Result\(arch, metrics\)"),
        (lambda: replace(SPEC, warm_start=(result(),) * 2001), "can start from 2,000 results, not 2,001"),
    ],
)
def test_what_is_no_result_is_refused(make, sentence):
    with pytest.raises(ValueError, match=sentence):
        make()


def test_they_are_seen_as_the_search_would_see_them(tables):
    limits = (Constraint("flops_m", high=3.0),)
    spec = RunSpec("formula", "numbers", "tpe", max_trials=5, objectives=(Objective("flops_m", "min"),), workers=1)
    spec = replace(spec, constraints=limits, warm_start=(result(flops_m=2.0), result((0,) * 6, flops_m=1.0)))
    trials = warm_start.trials(spec, Formula("numbers"))
    assert [(t.number, t.losses, t.start, t.end) for t in trials] == [(-2, (2.0,), 0, 0), (-1, (1.0,), 0, 0)]
    assert {t.suggestion.epochs for t in trials} == {Formula("numbers").search_epochs}


@pytest.fixture
def first(data_folder):
    """A finished search of 30 trials, by its id."""
    return last("run", "--strategy", "random_search", "--trials", 30)["run"]


WARM = ("run", "--strategy", "tpe", "--trials", 6)


def test_a_saved_run_is_told_counts_for_nothing_and_is_named(first, data_folder):
    said = last(*WARM, "--warm-start", first)
    assert said["trials"] == 6 and said["warm_start"] == {"source": first, "results": 30}
    events = Store(data_folder / "runs").read(said["run"])
    assert events[0].spec.warm_source == first
    found = {e.trial.arch: e.trial.metrics["val_acc"] for e in Store(data_folder / "runs").read(first) if told(e)}
    assert {r.arch: r.metrics["val_acc"] for r in events[0].spec.warm_start} == found
    assert all(e.suggestion.info["phase"] == "model" for e in events if isinstance(e, Asked))
    assert f"--warm-start {first}" in command.run(events[0].spec)
    assert "warm start 30 results of" in call(*WARM, "--warm-start", first).stdout


def test_a_file_says_the_same_as_the_run(first, data_folder, tmp_path):
    runs, table = Store(data_folder / "runs"), tmp_path / "mine.csv"
    by_run = last(*WARM, "--warm-start", first)
    assert last(*WARM, "--warm-start", runs.path(first))["run"] == by_run["run"]
    space = create("pocket_topology", "cluttered_digits").space
    rows = {e.trial.arch: e.trial.metrics["val_acc"] for e in runs.read(first) if told(e)}
    ordered = sorted(rows, key=space.index)
    table.write_text("arch,val_acc\n" + "".join(f"{space.text(a)},{rows[a]!r}\n" for a in ordered), encoding="utf-8")
    by_table = last(*WARM, "--warm-start", table)
    spec = runs.read(by_table["run"])[0].spec
    assert (spec.warm_source, len(spec.warm_start)) == ("mine.csv", 30)
    assert spec.warm_start == tuple(Result(arch, {"val_acc": rows[arch]}) for arch in ordered)


def test_only_results_at_the_fidelity_of_the_search_are_taken(first, data_folder):
    halving = last("run", "--strategy", "successive_halving", "--trials", 40)["run"]
    store = Store(data_folder / "runs")
    full = {e.trial.arch for e in store.read(halving) if told(e) and e.trial.suggestion.epochs == 4}
    said = last(*WARM, "--warm-start", halving)
    assert {r.arch for r in store.read(said["run"])[0].spec.warm_start} == full
    short = ("--benchmark-set", "search_epochs=1")
    assert f"run {first} has no results after 1 epoch, the" in refused(2, *WARM, *short, "--warm-start", first)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.csv", "arch,val_acc\nnats:1,90\nzzz,80\n", "a.csv, line 3: 'zzz' is not a topology cell"),
        ("a.csv", "arch,loss\nnats:1,90\n", "a.csv has no column 'val_acc'"),
        ("a.jsonl", "{}\n", "a.jsonl, line 1: no event is called None"),
        ("a.jsonl", "", "a.jsonl is not a run file"),
        ("a.jsonl", encode(Stopped("budget", 1.0)) + "\n", "it must begin with the event Started"),
        ("a.txt", "", "there is no saved run"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_sentence(name, content, sentence, tmp_path):
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert sentence in refused(2, *WARM, "--warm-start", tmp_path / name)


def test_what_is_not_there_or_of_another_space_is_one_sentence(first, tmp_path):
    assert "there is no saved run '0123456789ab'" in refused(2, *WARM, "--warm-start", "0123456789ab")
    assert "cannot be read (No such file" in refused(2, *WARM, "--warm-start", tmp_path / "none.csv")
    elsewhere = ("--benchmark", "pocket_size", "--warm-start", first)
    assert "searched the topology space, this search is in the size space" in refused(2, *WARM, *elsewhere)
    refusing = ("run", "--strategy", "random_search", "--trials", 5, "--warm-start", first)
    assert "random_search learns nothing from results" in refused(2, *refusing)


def test_of_a_file_the_column_of_the_fidelity_counts_and_lines_without_it_do_not(data_folder, tmp_path):
    lines = ["arch,val_acc@1,val_acc@4,flops_m", "nats:1,50,60,1", "nats:2,51,61,", "nats:3,52,,3"]
    (tmp_path / "mine.csv").write_text("\n".join(lines), encoding="utf-8")
    table, store = create("pocket_topology", "cluttered_digits"), Store(data_folder / "runs")
    spec = replace(SPEC, objectives=(Objective("val_acc"), Objective("flops_m", "min")))

    def known(spec):
        results = warm_start.add(spec, str(tmp_path / "mine.csv"), table, store).warm_start
        return sorted(tuple(r.metrics.values()) for r in results)

    assert known(SPEC) == [(60.0,), (61.0,)]
    assert known(spec) == [(1.0, 60.0)]


def test_failed_trainings_of_a_run_are_left_out(data_folder, tmp_path, first):
    events = Store(data_folder / "runs").read(first)
    failed = next(e.trial for e in events if told(e))
    worse = replace(failed, error="out of memory", losses=(np.inf,))
    events = [Told(worse) if told(e) and e.trial == failed else e for e in events]
    (tmp_path / "partly.jsonl").write_text("".join(encode(e) + "\n" for e in events), encoding="utf-8")
    table = create("pocket_topology", "cluttered_digits")
    warm = warm_start.add(SPEC, str(tmp_path / "partly.jsonl"), table, Store(data_folder / "runs")).warm_start
    assert len(warm) == 29 and failed.arch not in {result.arch for result in warm}


def test_a_whole_experiment_is_a_start_by_its_id_and_its_name(data_folder):
    shelf = Experiments(data_folder / "experiments", store := Store(data_folder / "runs"))
    specs = [
        replace(SPEC, strategy=name, max_trials=30, seed=seed)
        for seed in (0, 1)
        for name in ("random_search", "local_search")
    ]
    one = shelf.save(Experiment.of(specs, "both"))
    warm = ("run", "--strategy", "tpe", "--trials", 3, "--warm-start")
    assert "the experiment both has no saved runs: a sweep keeps their curves alone" in refused(2, *warm, "both")
    for name, seed in product(("random_search", "local_search"), (0, 1)):
        last("run", "--strategy", name, "--trials", 30, "--seed", seed)
    trials = [e.trial for run in sorted(one.run_ids) for e in store.read(run) if told(e)]
    expected = {trial.arch: trial.metrics["val_acc"] for trial in trials}
    assert len(trials) == 120 >= len(expected) > 60
    by_id = last(*warm, one.id)
    spec = store.read(by_id["run"])[0].spec
    assert {r.arch: r.metrics["val_acc"] for r in spec.warm_start} == expected and spec.warm_source == one.id
    assert by_id["warm_start"] == {"source": one.id, "results": len(expected)}
    assert last(*warm, "both")["run"] == by_id["run"] and command.run(spec).count(f"--warm-start {one.id}") == 1
    assert "the experiment both searched on cluttered_digits" in refused(2, *warm, one.id, "--dataset", "banking77")


def test_an_experiment_of_too_many_results_says_so(data_folder, first, monkeypatch):
    monkeypatch.setattr(warm_start, "MOST_RESULTS", 20)
    table = create("pocket_topology", "cluttered_digits")
    with pytest.raises(ValueError, match="has 30 results; at most 20 can be taken"):
        warm_start.add(SPEC, first, table, Store(data_folder / "runs"))


def test_a_run_of_another_dataset_or_one_that_does_not_match_is_refused(data_folder, first):
    store = Store(data_folder / "runs")
    table = create("pocket_topology", "cluttered_digits")
    with pytest.raises(ValueError, match=f"run {first} searched on cluttered_digits; this search is on text"):
        warm_start.add(replace(SPEC, dataset="text"), first, table, store)
    store._mark(first).write_text("does not match the table here: trial 2", encoding="utf-8")
    with pytest.raises(StoreError, match="was imported and does not match the table here"):
        warm_start.add(SPEC, first, table, store)


def test_a_metric_that_the_run_did_not_note_is_named(data_folder, tmp_path, first):
    store = Store(data_folder / "runs")
    events = [replace(e, trial=replace(e.trial, metrics={"val_acc": 1.0})) if told(e) else e for e in store.read(first)]
    (tmp_path / "bare.jsonl").write_text("".join(encode(e) + "\n" for e in events), encoding="utf-8")
    args = (*WARM, "--objectives", "flops_m", "--warm-start", tmp_path / "bare.jsonl")
    assert "bare.jsonl lacks flops_m for some of its architectures, and this search needs it" in refused(2, *args)


def test_a_sweep_starts_every_strategy_from_it(first):
    sweep = ("sweep", "--strategies", "tpe,local_search", "--trials", 5, "--seeds", "0:2", "--processes", 1)
    said, cold = last(*sweep, "--warm-start", first), last(*sweep)
    assert [row["n"] for row in said["rows"]] == [2, 2]
    assert [row["mean"] for row in said["rows"]] != [row["mean"] for row in cold["rows"]]


def test_in_a_sweep_what_learns_nothing_from_it_begins_cold(first):
    sweep = ("sweep", "--trials", 5, "--seeds", "0:2", "--processes", 1)
    both = call(*sweep, "--strategies", "tpe,random_search", "--warm-start", first, "--json")
    assert f"random_search learns nothing from the results of {first}: a cold start" in both.stderr
    rows = json.loads(both.stdout.splitlines()[-1])["rows"]
    assert rows[1]["mean"] == last(*sweep, "--strategies", "random_search")["rows"][0]["mean"]
    assert rows[0]["mean"] == last(*sweep, "--strategies", "tpe", "--warm-start", first)["rows"][0]["mean"]


def test_a_file_of_a_sweep_says_it_for_all_or_for_one(first, tmp_path, data_folder):
    file, rest = tmp_path / "sweep.toml", 'trials = 5\nseeds = "0:2"\n'
    one = "[strategies.warm]\nstrategy = 'tpe'\n[strategies.cold]\nstrategy = 'tpe'\nwarm_start = ''\n"
    file.write_text(f"warm_start = '{first}'\n{rest}{one}", encoding="utf-8")
    said = {row["strategy"]: row["mean"] for row in last("sweep", "--spec", file, "--processes", 1)["rows"]}
    plain = ("sweep", "--strategies", "tpe", "--trials", 5, "--seeds", "0:2", "--processes", 1)
    assert said == {
        "warm": last(*plain, "--warm-start", first)["rows"][0]["mean"],
        "cold": last(*plain)["rows"][0]["mean"],
    }
    assert said["warm"] != said["cold"]
    assert "--warm-start and --spec exclude each other" in refused(2, "sweep", "--spec", file, "--warm-start", first)
    file.write_text(f"warm_start = 5\n{rest}{one}", encoding="utf-8")
    assert "warm_start must be a text, not 5" in refused(2, "sweep", "--spec", file)
    file.write_text(f"{rest}[strategies.tpe]\nwarm_start = '0123456789ab'", encoding="utf-8")
    assert "there is no saved run '0123456789ab'" in refused(2, "sweep", "--spec", file)


def test_replay_goes_on_from_anywhere(first, data_folder):
    spec = warm_start.add(SPEC, first, create("pocket_topology", "cluttered_digits"), Store(data_folder / "runs"))
    whole = list(run(spec))
    assert whole[:4] + list(run(spec, log=whole[:4])) == whole
