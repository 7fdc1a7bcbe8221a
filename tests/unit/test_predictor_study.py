"""Predictors measured on a made-up table: what is trained, what is judged, what is said about it, and its charts."""

import math

import numpy as np
import pytest

from nas_core import predictors, stats
from nas_core.charts import comparison as charts
from nas_core.studies import predictor_study
from nas_core.studies.predictor_reading import against_baseline, answer, best
from nas_core.studies.predictor_study import BASELINE, MEASURES, PICKS, PredictorStudy, Score
from tests.tiny import Formula

TABLE = Formula("numbers")


def study(**changes):
    said = dict(benchmark="formula", dataset="numbers", names=("ridge",), sizes=(20, 100), splits=2)
    return PredictorStudy(**{**said, **changes})


def scored(name, size, split, kendall):
    return Score(name, size, split, kendall, kendall, 0.0, (3.0, 2.0, 1.0), 0.1, 0.2)


def test_exported_scores_hold_one_number_a_column():
    frame = charts.scores_frame([scored("ridge", 20, 0, 0.5), scored("ridge", 100, 1, 0.7)])
    assert frame.filter(like="regret").to_dict("list") == {
        f"regret_{k}": [regret] * 2 for k, regret in zip(PICKS, (3.0, 2.0, 1.0), strict=True)
    }
    assert frame.select_dtypes(exclude="number").columns.tolist() == ["name"]


def test_isomorphic_cells_count_once_or_each(tables):
    once, each = predictor_study.cells(study()), predictor_study.cells(study(once=False))
    assert (len(once.rows), len(each.rows)) == (5260, 15625)
    assert len({once.space.canonical(tuple(arch)) for arch in once.archs.tolist()}) == 5260
    np.testing.assert_array_equal(once.signal, TABLE.column("val_acc")[once.rows])
    np.testing.assert_array_equal(once.truth, TABLE.column("test_acc")[once.rows])


def test_the_signal_may_be_of_a_short_training(tables):
    short = predictor_study.cells(study(epochs=1))
    np.testing.assert_array_equal(short.signal, TABLE.column("val_acc", 1)[short.rows])
    assert short.ceiling == pytest.approx(stats.kendall(short.signal, short.truth))


def test_a_split_trains_on_what_it_is_not_judged_on_and_grows(tables):
    cells = predictor_study.cells(study())
    small, rest = predictor_study.split(cells, 0, 20)
    large, _ = predictor_study.split(cells, 0, 100)
    np.testing.assert_array_equal(large[:20], small)
    assert sorted([*small, *rest]) == list(range(len(cells.rows)))
    assert set(small) != set(predictor_study.split(cells, 1, 20)[0])


def test_scores_are_what_a_fit_by_hand_gives(tables):
    cells = predictor_study.cells(study())
    train, test = predictor_study.split(cells, 1, 100)
    guess, _ = (
        predictors.create("ridge", cells.space).fit(cells.archs[train], cells.signal[train]).predict(cells.archs[test])
    )
    score = predictor_study.score(study(), cells, "ridge", 1, 100)
    truth = cells.truth[test]
    assert score.kendall == pytest.approx(stats.kendall(guess, truth))
    assert score.spearman == pytest.approx(stats.spearman(guess, truth))
    best_first = truth[np.argsort(-guess)]
    assert score.regrets == pytest.approx([truth.max() - best_first[:k].max() for k in PICKS])
    assert list(score.regrets) == sorted(score.regrets, reverse=True) and min(score.regrets) >= 0
    assert score.fit_s > 0 and score.predict_s > 0


def test_run_yields_every_score_once_and_goes_on_where_it_stopped(tables):
    s = study(sizes=(5, 10), names=("ridge", "gp_hamming"))
    scores = list(predictor_study.run(s))
    assert len(scores) == s.steps == 2 * 2 * 3
    assert {x.name for x in scores} == {BASELINE, "ridge", "gp_hamming"}
    rest = list(predictor_study.run(s, scores[:7]))
    assert [(x.name, x.size, x.split, x.kendall) for x in rest] == [
        (x.name, x.size, x.split, x.kendall) for x in scores
    ]


def test_parameters_reach_the_predictor(tables):
    cells = predictor_study.cells(study())
    made = predictor_study.predictor(study(params={"ridge": {"encoding": "paths"}}), "ridge", cells.space)
    assert made.encoding == "paths"


def test_a_guess_is_about_every_architecture(tables):
    (guess,) = predictor_study.guess(study(), "ridge", 0, 20)
    assert len(guess.rows) == len(guess.predicted) == 5260 and guess.trained.sum() == 20
    assert guess.predicted[guess.best] == guess.predicted.max()
    assert guess.position(int(guess.rows[7])) == 7 and guess.position(-1) == guess.best
    assert guess.rank(int(guess.truth.argmax())) == 1
    frame = charts.scatter_frame(guess)
    assert len(frame) == charts.MOST_POINTS + 20 and (frame["known"] == "learned from").sum() == 20
    assert len(charts.scatter_frame(guess, most=10**6)) == 5260
    drawn = charts.predicted_vs_true(frame, "validation accuracy", "test accuracy", int(guess.rows[3])).to_dict()
    assert any(p["name"] == charts.CELL for p in drawn["params"])


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (dict(names=()), "at least one predictor"),
        (dict(sizes=()), "at least one training size"),
        (dict(sizes=(1,)), "two"),
    ],
)
def test_what_makes_no_study_is_refused_in_words(changes, sentence):
    with pytest.raises(ValueError, match=sentence):
        study(**changes)


def test_too_small_a_space_is_refused_in_words(tables):
    with pytest.raises(ValueError, match="24 architectures are known, too few to learn from 100"):
        predictor_study.cells(study(benchmark="tiny"))


def test_equal_studies_have_equal_keys():
    assert study().key == study().key != study(splits=3).key


def test_the_baseline_is_beaten_only_if_it_is_on_every_split():
    bar = [scored(BASELINE, size, k, 0.5) for size in (50, 100, 200) for k in range(3)]
    rest = [scored("ridge", 100, k, 0.6) for k in range(3)] + [scored("ridge", 200, k, 0.4 + 0.2 * k) for k in range(3)]
    assert against_baseline(bar + rest, ["ridge"])["ridge"].endswith("on every split only with 100 trained networks")
    better = [scored("ridge", size, k, 0.6) for size in (100, 200) for k in range(3)]
    assert "on every split with 100 trained networks or more" in against_baseline(bar + better, ["ridge"])["ridge"]
    worse = [scored("ridge", 100, k, 0.5) for k in range(3)]
    assert "is not reliably better" in against_baseline(bar + worse, ["ridge"])["ridge"]
    early = [scored("ridge", 50, k, 0.9) for k in range(3)]
    assert "is not judged" in against_baseline(bar + early, ["ridge"])["ridge"]


def test_the_answer_names_those_that_did_as_well():
    clear = [scored("ridge", 50, k, 0.7) for k in range(3)] + [scored("gp_wl", 50, k, 0.6) for k in range(3)]
    said = answer(clear, ["ridge", "gp_wl"], 0.9)
    assert said == [
        "After 50 trained networks, ridge ranks the others best on average.",
        "Its Kendall’s tau is 0.70; training every network instead of predicting it would give 0.90.",
    ]
    mixed = [*clear[:5], scored("gp_wl", 50, 2, 0.8)]
    assert answer(mixed, ["ridge", "gp_wl"], 0.9)[-1] == "On some splits GP, graph kernel did as well."
    assert answer([scored(BASELINE, 50, 0, 0.5)], ["ridge"], 0.9) == []


def test_a_predictor_that_tells_no_networks_apart_is_not_the_best_and_beats_nobody():
    bar = [scored(BASELINE, 100, k, 0.5) for k in range(2)]
    level = [scored("ridge", 100, 0, 0.9), scored("ridge", 100, 1, math.nan)]
    other = [scored("gp_wl", 100, k, 0.6) for k in range(2)]
    assert "GP, graph kernel ranks" in answer(level + other, ["ridge", "gp_wl"], 0.9)[0]
    assert best(level + other, ["ridge", "gp_wl"]) == "gp_wl" and best([], ["ridge"]) == ""
    assert answer(level, ["ridge"], 0.9) == []
    assert "is not reliably better" in against_baseline(bar + level, ["ridge"])["ridge"]


@pytest.mark.parametrize("measure", MEASURES)
def test_every_measure_makes_a_chart(measure):
    scores = [scored(n, size, k, 0.5) for n in (BASELINE, "ridge") for size in (10, 20) for k in range(2)]
    frame = charts.curves_frame(scores, MEASURES[measure])
    assert len(frame) == 4 and frame["middle"].notna().all() and (frame["splits"] == 2).all()
    drawn = charts.learning_curves(scores, MEASURES[measure], ["ridge"], ["gp_wl", "ridge"], 0.9).to_dict()
    assert MEASURES[measure].title in str(drawn)
    assert "clamp(floor(width / 125), 2, 2)" in str(drawn)  # columns of the legend
