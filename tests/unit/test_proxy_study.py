"""What a study of proxies concludes: correlations, failures, the bar of size, and the words for it."""

import math
from dataclasses import replace

import numpy as np
import pytest

from nas_core import spaces, stats
from nas_core.charts import proxies as charts
from nas_core.sources.scores import ScoreRow, Scoring
from nas_core.studies import proxy_quality, proxy_reading, proxy_study
from nas_core.studies.proxy_quality import ProxyQuality
from nas_core.studies.proxy_study import ProxyScores, ProxyStudy

pytestmark = pytest.mark.usefixtures("tables")
STUDY = ProxyStudy("formula", "numbers", ("synflow", "naswot"), Scoring(net="pocket", batch=4), count=60)


def scores(truth, once=True, **columns):
    n = len(truth)
    shaped = {name: np.atleast_2d(np.asarray(values, float)) for name, values in columns.items()}
    return ProxyScores(np.arange(n), np.asarray(truth, float), shaped, dict.fromkeys(columns, 0.5), {})


def judged(found):
    return {j.name: j for j in proxy_quality.judge(found)}


RNG = np.random.default_rng(0)
TRUTH = RNG.normal(size=400)
SIZE = TRUTH + RNG.normal(size=400)


def test_a_proxy_is_judged_by_what_it_ranks():
    found = judged(scores(TRUTH, synflow=TRUTH**3, snip=-TRUTH, params=SIZE, flops=SIZE + 0.1 * RNG.normal(size=400)))
    good, bad = found["synflow"], found["snip"]
    assert (good.spearman, good.kendall, good.best) == pytest.approx((1.0, 1.0, 1.0))
    assert (good.regret, good.failed) == (0.0, 0.0)
    assert good.partial == pytest.approx(1.0) and good.pick == int(TRUTH.argmax()) and good.n == 400
    assert (bad.spearman, bad.kendall) == pytest.approx((-1.0, -1.0)) and bad.regret == pytest.approx(np.ptp(TRUTH))
    assert found["params"].spearman == pytest.approx(stats.spearman(SIZE, TRUTH))
    assert math.isnan(found["flops"].partial) and math.isnan(found["params"].above_size)
    assert good.above_size > proxy_reading.CLEAR and bad.above_size < -proxy_reading.CLEAR


def test_scores_that_are_not_finite_rank_last_and_are_counted():
    truth = np.arange(10.0)
    values = truth.copy()
    values[:2] = -np.inf
    one = judged(scores(truth, synflow=values, params=truth))["synflow"]
    assert one.failed == 20.0 and one.spearman == pytest.approx(0.997, abs=1e-3)
    values[9] = -np.inf  # now the best is among them
    assert judged(scores(truth, synflow=values, params=truth))["synflow"].spearman < 0.7


def test_the_spread_is_over_seeds():
    truth = np.arange(50.0)
    one = judged(scores(truth, synflow=[truth, truth[::-1]], params=truth))["synflow"]
    assert one.spearman == pytest.approx(0.0) and one.spread == pytest.approx(math.sqrt(2.0))
    assert math.isnan(judged(scores(truth, synflow=truth, params=truth))["synflow"].spread)
    begun = np.where(truth < 2, truth, np.nan)
    one = judged(scores(truth, synflow=[truth, truth[::-1], begun], params=truth))["synflow"]
    assert one.spread == pytest.approx(math.sqrt(2.0))  # a seed that has only begun is not one of them yet


def test_taking_flops_out_leaves_nothing_of_a_copy_of_them():
    noisy = SIZE + 0.05 * RNG.normal(size=400)
    found = judged(scores(TRUTH, synflow=noisy, params=SIZE, flops=SIZE))
    assert abs(found["synflow"].partial) < 0.15 < found["synflow"].spearman
    assert math.isnan(stats.partial_spearman(SIZE, TRUTH, SIZE))


def test_the_gap_of_two_correlations_is_that_of_the_published_example():
    """Meng, Rosenthal & Rubin 1992: r = .63 and -.03, -.19 between them, on 15 cases: Z = 1.68."""
    gap = stats.correlation_gap(0.63, -0.03, -0.19, 15)
    assert gap == pytest.approx(1.68, abs=0.01)
    assert stats.correlation_gap(0.5, 0.5, 0.3, 100) == 0.0
    assert stats.correlation_gap(0.6, 0.5, 0.3, 100) == -stats.correlation_gap(0.5, 0.6, 0.3, 100) > 0
    assert math.isnan(stats.correlation_gap(0.5, 0.5, 1.0, 100))


def one(name, spearman, above=math.nan, n=200):
    return ProxyQuality(name, n, spearman, 0.5, spearman, 0.3, math.nan, 0.0, 0.1, 7, 1.0, above)


BAR = [one("params", 0.70), one("flops", 0.75)]


def test_no_proxy_looks_better_than_size_when_it_is_not():
    sentences = proxy_reading.answer([*BAR, one("synflow", 0.77, above=1.2)])
    assert sentences[0] == "No proxy here ranks these networks better than their size does."
    assert sentences[1] == "Counting FLOPs has a Spearman correlation of 0.75 with accuracy."
    assert sentences[2] == "The best proxy, SynFlow, has 0.77: not clearly more."
    assert proxy_reading.verdict(one("synflow", 0.77, above=1.2)) == "no better than size"
    assert proxy_reading.verdict(one("snip", 0.5, above=-9.0)) == "worse than size"


def test_where_larger_networks_are_worse_nothing_is_praised_for_beating_size():
    size, control, wrong = one("params", -0.5), one("plain", 0.1, above=20.0), one("snip", -0.7, above=-9.0)
    less_wrong = one("jacob_cov", -0.4, above=9.0)
    first, bar, best, *_ = proxy_reading.answer([size, control, less_wrong, wrong])
    assert first == "Larger networks are worse here, and 2 of 3 proxies rank good networks low."
    assert bar == "Counting parameters has a Spearman correlation of -0.50 with accuracy."
    assert best == "The best proxy, plain, has 0.10; a ranking at random has 0."
    assert proxy_reading.verdict(less_wrong) == proxy_reading.verdict(wrong) == "worse than chance"
    (first, *_) = proxy_reading.answer([one("params", -0.02), one("plain", 0.1, above=1.0)])  # -0.02 is chance
    assert first == "No proxy here ranks these networks better than their size does."


def test_one_that_beats_size_is_named_with_what_it_still_gets_wrong():
    best = replace(one("naswot", 0.85, above=6.0), best=0.3, regret=2.5)
    sentences = proxy_reading.answer([*BAR, best, one("synflow", 0.8, above=3.0)])
    assert sentences[0] == "NASWOT ranks these networks better than their size does."
    assert "NASWOT has 0.85; SynFlow also beats size." in sentences
    assert any("Among the best tenth" in s and "0.30" in s for s in sentences)
    assert any("misses the best network here by 2.50 points" in s and "by 1.00" in s for s in sentences)


def test_what_is_wrong_with_one_is_not_said_of_another():
    best = replace(one("naswot", 0.85, above=1.0), regret=5.0)  # by chance, and so not named
    sentences = proxy_reading.answer([*BAR, best, replace(one("synflow", 0.8, above=3.0), regret=2.0)])
    assert sentences[0].startswith("SynFlow ranks") and "NASWOT" not in " ".join(sentences)
    assert sentences[-1].startswith("The first choice of SynFlow misses the best network here by 2.00 points")


def test_a_small_lead_is_called_small_however_certain():
    sentences = proxy_reading.answer([*BAR, one("synflow", 0.77, above=9.0, n=5000)])
    assert sentences[0] == "SynFlow ranks these networks a little better than their size does."


def test_too_few_networks_are_not_concluded_from():
    sentences = proxy_reading.answer([one("params", 0.7, n=12), one("synflow", 0.9, above=9.0, n=12)])
    assert sentences[0] == "12 networks are too few to tell proxies apart."
    assert proxy_reading.verdict(one("synflow", 0.9, above=9.0, n=12)) == "not judged"
    assert proxy_reading.answer([]) == []
    size, challenge = proxy_reading.answer(BAR)
    assert size == "Counting FLOPs has a Spearman correlation of 0.75 with accuracy."
    assert challenge.endswith("none has scored these networks yet.")


def test_what_a_job_yields_becomes_columns_for_every_network_of_a_class():
    rows = STUDY.rows()
    assert len(rows) == 60 == len(set(rows)) and STUDY.rows()[:30] == replace(STUDY, count=30).rows()
    first, second = rows[:2]
    found = [
        (
            0,
            ScoreRow(first, {"synflow": 3.0, "params": 1.0, "flops": 2.0}, {"synflow": 0.1, "params": 0, "flops": 0}),
        ),
        (0, ScoreRow(second, {"synflow": math.nan}, {"synflow": math.nan}, {"synflow": "no memory"})),
    ]
    made = proxy_study.from_run(STUDY, found)
    assert made.names == ["params", "flops", "synflow"]
    assert made.columns["synflow"][0, :2].tolist() == [3.0, -math.inf] and np.isnan(made.columns["synflow"][0, 2])
    assert made.reasons == {"synflow": {"no memory": 1}} and made.seconds["synflow"] == 0.1


def test_ensembles_are_ranked_among_the_networks_that_all_members_know():
    study = replace(STUDY, names=("te_nas",), count=3)
    rows = study.rows()
    values = [{"ntk": -5.0, "linear_regions": 10.0}, {"ntk": -2.0, "linear_regions": 30.0}, {"ntk": -1.0}]
    found = [(0, ScoreRow(r, v, dict.fromkeys(v, 1.0))) for r, v in zip(rows, values, strict=True)]
    made = proxy_study.from_run(study, found)
    assert made.columns["te_nas"][0, :2].tolist() == [1.0, 2.0] and np.isnan(made.columns["te_nas"][0, 2])
    assert made.seconds["te_nas"] == 2.0


def test_preferences_are_mean_percentiles_by_choice():
    study = replace(STUDY, count=400)
    rows = np.array(study.rows())
    table = study.table
    archs = np.array([table.space.arch(int(r)) for r in rows])
    made = ProxyScores(rows, (archs[:, 0] == 3).astype(float), {"synflow": -archs[:, :1].T.astype(float)}, {}, {})
    truth, synflow = (proxy_quality.preferences(made, table, name) for name in ("", "synflow"))
    assert truth[0].argmax() == 3 and truth[0, 3] > 80 and truth.shape == (6, 5)
    assert synflow[0].argmax() == 0 and (np.diff(synflow[0]) < 0).all()


def test_agreement_is_symmetric_and_one_with_itself():
    names, values = proxy_quality.agreement(scores(TRUTH, synflow=TRUTH, snip=-TRUTH, params=SIZE))
    assert names == ["synflow", "snip", "params"]
    assert np.allclose(values, values.T) and np.allclose(np.diag(values), 1.0) and np.isclose(values[0, 1], -1.0)


def test_a_study_without_proxies_is_refused():
    with pytest.raises(ValueError, match="choose at least one proxy"):
        replace(STUDY, names=())


@pytest.mark.parametrize("name", ["topology", "size", "macro", "graph"])
def test_what_a_proxy_prefers_is_low_enough_to_be_presented(name):
    """In letters of 24 pixels, which are 12 on half of a screen of 1280×720, that is 305 pixels below a headline."""
    space = spaces.create(name)
    values = np.full((len(space.radix), max(space.radix)), 50.0)
    drawn = charts.preferences(space, {"true accuracy": values, "latency": values}).to_dict()
    rows = 2 // drawn["columns"]
    names_and_labels = 25 * rows + 60
    assert rows * drawn["spec"]["height"] + names_and_labels <= 305
    tiles, words = drawn["spec"]["layer"]
    assert words["mark"]["fontSize"] >= 12
    assert not any(tiles["encoding"][axis]["axis"]["labelOverlap"] for axis in "xy"), "a row has no name"


def test_a_few_scores_far_off_do_not_squeeze_the_others():
    near = RNG.normal(size=990)
    assert charts.bulk(near) == charts.bulk(near[:0]) == charts.bulk(np.ones(9)) == ()
    low, high = charts.bulk(np.concatenate([near, -np.geomspace(50, 5000, 20)]))
    assert -8 < low < near.min() and high == near.max()


def test_the_selected_network_is_drawn_however_few_are():
    found = scores(TRUTH, params=np.arange(400.0))
    drawn = set(charts.scatter_frame(found, "params", 5)["cell"])
    other = next(row for row in range(400) if row not in drawn)
    assert len(drawn) == 5 and set(charts.scatter_frame(found, "params", 5, other)["cell"]) == drawn | {other}
