"""The finished studies that come with the app are what a run gives today: a sample of each is run again."""

import numpy as np
import pytest

from nas_core import benchmarks, runner
from nas_core.benchmarks.pocket_topology import PocketTopology
from nas_core.history import History
from nas_core.studies import predictor_study, recorded
from nas_core.studies.lab import LabSearch
from nas_core.studies.recorded import PLANS, PREDICTORS

QUICK = ("random_forest", predictor_study.BASELINE)
TABLES = (recorded.POCKET, ("pocket_topology", "banking77"), ("nas_bench_graph", "cora"), *recorded.WIDTHS[:1])
REPEATED = [s for s in PREDICTORS if (s.benchmark, s.dataset) in TABLES]  # by every predictor, elsewhere by QUICK
pytestmark = pytest.mark.skipif(
    bool(PocketTopology.missing("cluttered_digits")), reason="the embedded table is missing"
)


def plain(score):
    """A score without its times, which are the machine's."""
    return (score.kendall, score.spearman, score.kendall_best, *score.regrets)


def _published(study):
    return study.benchmark in ("nats_topology", "nats_size", "nas_bench_macro")


def _with_its_files(study):
    return pytest.param(study, id=f"{study.benchmark}:{study.dataset}", marks=[pytest.mark.shared] * _published(study))


@pytest.mark.parametrize("study", map(_with_its_files, PREDICTORS))
def test_scores_of_predictors(study, request):
    if _published(study):
        request.getfixturevalue("nats_tables")
    scores = recorded.scores(study)
    assert len(scores) == study.steps
    assert {(s.name, s.size, s.split) for s in scores} == {
        (name, size, split)
        for name in (*study.names, predictor_study.BASELINE)
        for size in study.sizes
        for split in range(study.splits)
    }
    if study.benchmark == "nas_bench_graph" and study not in REPEATED and study.dataset != "proteins":
        return  # made by the same code from tables of the same shape
    data = predictor_study.cells(study)
    for one in (s for s in scores if s.split == 1 and s.size == 25 and (study in REPEATED or s.name in QUICK)):
        again = predictor_study.score(study, data, one.name, one.split, one.size)
        assert plain(one) == pytest.approx(plain(again)), one.name


@pytest.mark.parametrize("plan", map(_with_its_files, PLANS))
def test_results_of_experiments(plan, request):
    if _published(plan):
        request.getfixturevalue("nats_tables")
    results = recorded.results(plan)
    assert results.searches == len(plan.specs)
    history = History.of(runner.run(spec := plan.spec(plan.settings[4], 20)))
    again = LabSearch.of(plan, history, benchmarks.table(spec.benchmark, spec.dataset).space)
    assert again.settings == [4]
    assert np.array_equal(results.accuracy[4, 20], again.accuracy)
    assert results.perfect[4, 20] == np.float32(again.perfect)


def test_another_table_has_no_recording(monkeypatch):
    monkeypatch.setattr(type(benchmarks.table(*recorded.POCKET)), "fingerprint", lambda self: "another")
    assert not recorded.results(PLANS[0]).searches and recorded.scores(PREDICTORS[0]) == []


def test_a_study_that_was_not_recorded_is_empty():
    assert recorded.scores(predictor_study.PredictorStudy(*recorded.POCKET, ("ridge",))) == []
