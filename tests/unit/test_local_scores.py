"""Scores made on this machine are metrics and looks of a table, and change no run that does not ask for them."""

import numpy as np
import pytest

from nas_core import benchmarks
from nas_core.benchmarks.tables import proxy_scores
from nas_core.history import History
from nas_core.runner import run
from nas_core.sources import scores, tables
from nas_core.sources.scores import SECONDS, Scoring
from nas_core.studies.front_search import FrontTrace
from nas_core.types import Constraint, Objective, RunSpec, Told
from tests.conftest import ROOT

POCKET = "pocket_topology", "cluttered_digits"
SPEC = RunSpec(*POCKET, "random_search", max_trials=6, workers=2)
HERE = "synflow_pocket_noise"


@pytest.fixture
def scored(data_folder):
    """Every cell of the topology space has a score by synflow on noise: its row."""

    def write(plan, **columns):
        scores.folder().mkdir(parents=True, exist_ok=True)
        tables.write(plan.file, {n: np.asarray(v, np.float32) for n, v in columns.items()}, {})

    rows = np.arange(15_625)
    write(Scoring("topology", "pocket", "noise"), **{"synflow": rows, "synflow" + SECONDS: np.ones(15_625)})
    return write


def test_a_run_is_the_same_before_and_after_something_is_scored(request):
    before = list(run(SPEC))
    request.getfixturevalue("scored")
    assert HERE in benchmarks.create(*POCKET).metrics
    assert list(run(SPEC)) == before


@pytest.mark.usefixtures("scored")
@pytest.mark.parametrize(
    "asked",
    [
        {"objectives": (Objective(HERE),)},
        {"objectives": (Objective(f"val_acc + 2 * {HERE}"),)},
        {"constraints": (Constraint(HERE, low=7000.0),)},
    ],
)
def test_a_run_that_names_a_score_is_told_it(asked):
    spec = RunSpec(*POCKET, "random_search", max_trials=6, **asked)
    table = benchmarks.create(*POCKET)
    for trial in (e.trial for e in run(spec) if isinstance(e, Told)):
        row = table.space.index(trial.arch)
        assert trial.metrics[HERE] == row and not trial.error
        if "objectives" in asked:
            val_acc = float(table.search_column("val_acc")[row])
            assert trial.losses[0] == -(row if asked["objectives"][0].metric == HERE else val_acc + 2 * row)


@pytest.mark.usefixtures("scored")
def test_the_front_of_a_run_that_was_not_told_a_score_is_drawn_from_the_table():
    table = benchmarks.create(*POCKET)
    history = History.of(run(SPEC))
    assert HERE not in history.metrics
    trace = FrontTrace.of(
        history, table.space, (Objective("val_acc"), Objective(HERE)), (), {HERE: table.search_column(HERE)}
    )
    rows = [table.space.index(arch) for arch in history.archs]
    assert {rows[int(np.argmax(history.metrics["val_acc"]))], max(rows)} <= set(trace.front().tolist())


def test_a_look_at_the_embedded_table_is_answered_as_ever_after_scoring_here(scored):
    plan = Scoring("topology", "pocket", "cluttered_digits")
    if not (ROOT / "nas_core" / "benchmarks" / "pocket_topology_scores.parquet").exists():
        pytest.skip("the scores that come with the table are missing")
    before = proxy_scores.looks(plan)["synflow"]
    scored(plan, **{"synflow": np.arange(15_625), "synflow" + SECONDS: np.ones(15_625)})
    assert proxy_scores.columns(plan)["synflow"][9] == 9  # what is shown is the newest
    for old, new in zip(before, proxy_scores.looks(plan)["synflow"], strict=True):
        np.testing.assert_array_equal(old, new)
