"""Many searches as one job, the summaries of saved runs, and the commands that repeat them."""

import shlex
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from nas_core import command, searches
from nas_core.cli import commands
from nas_core.history import History
from nas_core.jobs import Jobs, search
from nas_core.store import Store, StoreError
from nas_core.summary import summarise
from nas_core.types import Objective, RunSpec
from tests.unit.test_jobs import wait

SPEC = RunSpec("tiny", "numbers", "random_search", max_trials=20)


@pytest.fixture
def store(tmp_path):
    (tmp_path / "runs").mkdir()
    return Store(tmp_path / "runs")


def some(count=3, **more):
    return [replace(SPEC, seed=seed, **more) for seed in range(count)]


def test_each_search_of_a_job_is_saved_and_brings_its_trace(tables, store):
    job = wait(searches.start(Jobs(), store, some()))
    assert [item.run for item in job.items] == [s.id for s in some()]
    assert [len(item.trace) for item in job.items] == [20, 20, 20]
    assert all(store.has_ended(s.id) for s in some())
    assert job.share == 1.0


def test_one_search_that_cannot_run_does_not_end_the_others(tables, store):
    specs = [some()[0], replace(SPEC, strategy="evolutoin"), some()[1]]
    items = wait(searches.start(Jobs(), store, specs)).items
    assert [item.trace is None for item in items] == [False, True, False]
    assert "no strategy named 'evolutoin'" in items[1].problem


def test_a_damaged_run_is_said_and_a_fresh_start_mends_it(tables, store):
    store.path(SPEC.id).write_text("nonsense\n")
    (item,) = wait(searches.start(Jobs(), store, [SPEC])).items
    assert "damaged" in item.problem
    (item,) = wait(searches.start(Jobs(), store, [SPEC], fresh=True)).items
    assert (item.problem, len(item.trace)) == ("", 20)


def test_searches_run_in_a_child_process(store):
    spec = RunSpec("pocket_topology", "cluttered_digits", "random_search", max_trials=3)
    for job in (searches.start(Jobs(), store, [spec]), searches.start_race(Jobs(), [spec])):
        assert wait(job).process
        (item,) = job.items
        assert len(getattr(item, "trace", item)) == 3


def test_what_is_stopped_stays_and_the_rest_is_done_later(tables, store):
    specs = some(3, max_trials=20_000)
    jobs = Jobs()
    job = searches.start(jobs, store, specs)
    jobs.stop(job.key)
    assert wait(job).state == "stopped"
    assert len(job.items) < 3
    specs = some(3)
    assert len(wait(searches.start(jobs, store, specs)).items) == 3


def test_a_race_leaves_nothing_behind_and_equals_the_saved_searches(tables, store):
    race = wait(searches.start_race(Jobs(), some()))
    saved = wait(searches.start(Jobs(), store, some()))
    assert [t.incumbent.tolist() for t in race.items] == [s.trace.incumbent.tolist() for s in saved.items]
    assert not Store(store.folder.parent / "other").ids()


def test_the_same_specs_are_the_same_job_and_others_are_not():
    assert searches.key(some(2)) == searches.key(some(2)) != searches.key(some(3))


def finished(store):
    list(search(store, SPEC))
    return summarise(store, SPEC.id)


def test_a_summary_says_what_the_decoded_run_says(tables, store):
    said, history = finished(store), History.of(store.read(SPEC.id))
    assert (said.state, said.problem, said.trials, said.spec) == ("finished", "", 20, SPEC)
    assert said.seconds == pytest.approx(history.end[-1])
    assert said.best == pytest.approx(history.metrics["val_acc"].max())


def test_the_best_of_a_run_with_short_and_long_trainings_is_that_of_the_long_ones(tables, store):
    spec = replace(SPEC, strategy="hyperband")
    list(search(store, spec))
    history = History.of(store.read(spec.id))
    seen = history.metrics["val_acc"]
    assert len(set(history.epochs.tolist())) > 1
    assert summarise(store, spec.id).best == pytest.approx(seen[history.incumbent()[-1]])
    assert summarise(store, spec.id).best == pytest.approx(seen[history.epochs == history.epochs.max()].max())


def test_a_cut_off_run_can_be_continued_and_a_torn_line_is_not_counted(tables, store):
    finished(store)
    lines = store.path(SPEC.id).read_text().splitlines(keepends=True)
    store.path(SPEC.id).write_text("".join(lines[:7]) + lines[7][:20])
    summary = summarise(store, SPEC.id)
    assert (summary.state, summary.problem) == ("unfinished", "")
    assert summary.trials == sum('"Told"' in line for line in lines[:7])


def test_a_run_that_only_began_has_no_best(tables, store):
    finished(store)
    store.path(SPEC.id).write_text(store.path(SPEC.id).read_text().splitlines(keepends=True)[0])
    summary = summarise(store, SPEC.id)
    assert (summary.state, summary.trials, summary.seconds) == ("unfinished", 0, 0.0)
    assert np.isnan(summary.best)


@pytest.mark.parametrize("text", ["", "nonsense\n", '{"event":"Stopped","reason":"budget","at":1.0}\n'])
def test_a_damaged_run_says_why(store, text):
    store.path(SPEC.id).write_text(text)
    summary = summarise(store, SPEC.id)
    assert (summary.state, summary.spec) == ("damaged", None)
    assert SPEC.id in summary.problem


def test_damage_in_the_middle_is_noticed(tables, store):
    finished(store)
    lines = store.path(SPEC.id).read_text().splitlines(keepends=True)
    lines[3] = lines[3][:30] + "\n"
    store.path(SPEC.id).write_text("".join(lines))
    summary = summarise(store, SPEC.id)
    assert (summary.state, summary.spec) == ("damaged", SPEC)
    assert "line 4" in summary.problem
    with pytest.raises(StoreError, match="line 4"):
        store.read(SPEC.id)


def test_there_is_no_summary_of_a_run_that_is_gone(store):
    assert summarise(store, SPEC.id) is None


def options(text):
    words = shlex.split(text)
    assert words[:3] == ["python", "-m", "nas_core"]
    return words[3:]


@pytest.mark.parametrize(
    "spec",
    [
        SPEC,
        RunSpec(
            "tiny",
            "more numbers",
            "regularized_evolution",
            {"mutation": "node then edge", "population_size": 4},
            {"search_epochs": 2},
            max_trials=9,
            max_seconds=70.5,
            workers=2,
            seed=7,
        ),
        replace(SPEC, objectives=(Objective("min(val_acc, 40) - flops_m"),)),
        replace(SPEC, objectives=(Objective("flops_m"),)),
        replace(SPEC, objectives=(Objective("flops_m", "min"),)),
    ],
)
def test_the_command_makes_the_very_same_run(tables, spec, data_folder):
    result = CliRunner().invoke(commands, [*options(command.run(spec)), "--json"])
    assert result.exit_code == 0, result.output
    assert Store(data_folder / "runs").ids() == [spec.id]


def test_a_sweep_repeats_a_plain_comparison_only():
    specs = [replace(s, strategy=name) for name in ("random_search", "local_search") for s in some(3)]
    assert options(command.sweep(specs))[:6] == ["sweep", "--benchmark", "tiny", "--dataset", "numbers", "--strategies"]
    assert "--seeds 0:3" in command.sweep(specs)
    assert command.sweep([replace(specs[0], params={"x": 1})]) == ""
    assert command.sweep([specs[0], specs[2]]) == ""
