"""Searches compared seed by seed, from traces written by hand."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from nas_core.race import Signal, Trace
from nas_core.studies import comparison, evidence
from nas_core.studies.comparison import Paired
from nas_core.studies.evidence import Evidence
from nas_core.types import RunSpec

COLUMN = np.arange(1000.0)
ACC, COST = Signal("accuracy", "%", "max", COLUMN), Signal("time", "s", "min", COLUMN)


def trace(rows, seed=0, ends=None, stopped="budget"):
    spec = RunSpec("tiny", "numbers", "random_search", max_trials=9, seed=seed)
    ends = np.arange(1.0, len(rows) + 1) if ends is None else np.array(ends, float)
    rows = np.array(rows, np.int32)
    return Trace(spec, ends, rows, np.where(rows >= 0, COLUMN[rows], np.nan), np.zeros((3, 4)), stopped)


def group(*ends, first=0):
    return [trace([100, end], seed) for seed, end in enumerate(ends, first)]


def test_seeds_are_paired_whatever_their_order_and_what_is_missing_is_nan():
    values = evidence.by_seed({"a": group(5, 6, 7)[::-1], "b": group(8, 9, first=1)}, ACC, "trials", 2)
    np.testing.assert_array_equal(values["a"], [5, 6, 7])
    np.testing.assert_array_equal(values["b"], [np.nan, 8, 9])
    early = evidence.by_seed({"a": group(5)}, ACC, "trials", 1)
    assert early["a"].tolist() == [100]


@pytest.mark.parametrize(("signal", "best"), [(ACC, "high"), (COST, "low")])
def test_the_leader_is_held_against_each_other_the_next_best_first(signal, best):
    rng = np.random.default_rng(0)
    ends = {"low": rng.integers(100, 200, 20), "middle": rng.integers(450, 550, 20), "high": rng.integers(800, 900, 20)}
    found = evidence.evidence({name: group(*values) for name, values in ends.items()}, signal, "trials", 2)
    first, second = found.sentences()
    assert first.startswith(f"{best.title()} beats middle at 2 trainings on 20 of 20 seeds, difference")
    assert second.startswith(f"{best.title()} beats {'low' if best == 'high' else 'high'}")
    lowest = "low" if best == "high" else "high"
    assert found.headline() == f"{best.title()} beats middle and {lowest} at 2 trainings."
    assert len(found.pairs) == 3 and found.unit == ("points" if signal is ACC else "s")


def test_one_alone_and_too_few_seeds_claim_nothing():
    alone = evidence.evidence({"a": group(5, 6)}, ACC, "trials", 2)
    assert alone.headline() == "A ran alone." and "Add a strategy" in alone.sentences()[0]
    few = evidence.evidence({"a": group(900, 901, 902), "b": group(1, 2, 3)}, ACC, "seconds", 2.0)
    assert few.sentences()[0].startswith("No difference shown between a and b at 2 s")
    assert few.headline() == "No strategy is shown to be ahead at 2 s."
    with pytest.raises(ValueError, match="nothing to compare"):
        evidence.evidence({}, ACC, "trials", 1)


def test_the_headline_counts_where_there_are_many():
    rng = np.random.default_rng(1)
    many = {str(i): group(*(100 * i + rng.integers(0, 50, 20))) for i in range(6)}
    assert evidence.evidence(many, ACC, "trials", 2).headline() == "5 beats the 5 others at 2 trainings."


def claims(names, *wins, seconds=None):
    """The evidence of entrants, best first, of which these "winner loser" are shown."""
    place = {name: i for i, name in enumerate(names)}
    pairs = []
    for a, b in combinations(names, 2):
        gap = (place[b] - place[a]) * (-1 if f"{b} {a}" in wins else 1)
        p = 0.01 if {f"{a} {b}", f"{b} {a}"} & {*wins} else 0.5
        pair = Paired(a, b, 20, 10 + gap, 10 - gap, gap, gap - 0.1, gap + 0.1, p)
        pairs.append(pair if place[a] % 2 else pair.turned())
    ranking = comparison.ranking({name: np.full(20, float(-i)) for name, i in place.items()})
    return Evidence(pairs, ranking, "points", "60 trainings", seconds or {})


@pytest.mark.parametrize(
    ("names", "wins", "said"),
    [
        ("abc", "", "No strategy is shown to be ahead at 60 trainings."),
        ("abc", "a c,b c", "A and b beat c at 60 trainings; neither is shown to beat the other."),
        (
            "abcd",
            "a d,b d,a c",
            "A and b beat d at 60 trainings; neither is shown to beat the other, nor are both shown to beat c.",
        ),
        ("abcd", "a d,b d,c d", "A, b and c beat d at 60 trainings; none of these is shown to beat another."),
        (
            "abcd",
            "a c,b d",
            "A and b each beat another at 60 trainings, though not both the same one; neither is shown to beat the "
            "other.",
        ),
        ("abcde", "a b,a e,b e", "A beats b and e at 60 trainings; it is not shown to beat c or d."),
        (
            "abcdef",
            "a f,b f,c f,d f",
            "4 of 6 strategies beat f at 60 trainings; none of these is shown to beat another, nor are all shown to "
            "beat e.",
        ),
        ("abcdef", "a b,a c,a d,a e", "A beats 4 of the others at 60 trainings; it is not shown to beat f."),
    ],
)
def test_the_headline_names_all_whom_nobody_is_shown_to_beat_and_whom_they_all_beat(names, wins, said):
    assert claims(list(names), *wins.split(",")).headline() == said


def test_where_all_are_beaten_nobody_is_ahead():
    found = claims(["a", "b", "c"], "a b", "b c", "c a")  # in a circle, as pairs over different seeds can be
    assert found.leaders == [] and found.headline() == "No strategy is shown to be ahead at 60 trainings."


def test_the_sentences_begin_with_every_claim_of_the_headline():
    said = claims(list("abcd"), "a d", "b d").sentences()
    assert [s.split(" at 60")[0] for s in said[:3]] == ["A beats d", "B beats d", "No difference shown between a and b"]
    assert len(said) == 5  # all but that of c and d
    assert len(claims(list("abcd")).sentences()) == 3  # with a alone


def timed(seconds, runs=4, named=0, **spec):
    """Runs of four trainings that take so many seconds each."""
    traces = [trace([100, 200, 300, 400], seed, seconds * np.arange(1.0, 5)) for seed in range(runs)]
    return [replace(t, spec=replace(t.spec, **spec), named=named) for t in traces]


def test_equal_numbers_of_trainings_that_took_unequal_times_are_said_to():
    groups = {"short": timed(10), "b": timed(20), "c": timed(22)}
    said = evidence.evidence(groups, ACC, "trials", 3).cost()
    assert said == (
        "By then short had taken 30 s and the others 60 to 66 s: "
        "choose “time” for “Left to right” to compare at equal time."
    )
    assert evidence.evidence(groups, ACC, "seconds", 30.0).cost() == ""
    assert (
        "By then b and c had taken 3 s and the others 4 to 5 s"
        in claims(list("abcde"), seconds={"a": 4, "b": 3, "c": 3, "d": 5, "e": 4.6}).cost()
    )


def test_times_within_a_quarter_are_no_matter():
    assert claims(["a", "b"], seconds={"a": 100.0, "b": 125.0}).cost() == ""
    assert "b had taken" in claims(["a", "b"], seconds={"a": 126.0, "b": 100.0}).cost()
    assert claims(["a", "b"], seconds={"a": 0.0, "b": 0.0}).cost() == ""
    assert claims(["a"], seconds={"a": 5.0}).cost() == ""
    assert "By then b had taken 0.2 s and a 1,260 s" in claims(["a", "b"], seconds={"a": 1260.0, "b": 0.2}).cost()


def test_real_seconds_of_supernets_are_not_held_against_simulated_ones():
    groups = {"supernet": timed(999, named=1), "short": timed(10), "b": timed(20)}
    assert evidence.times(groups, 3) == {"short": 30.0, "b": 60.0}
    assert "By then short had taken 30 s and b 60 s" in evidence.evidence(groups, ACC, "trials", 3).cost()
    more = evidence.evidence(groups | {"c": timed(21)}, ACC, "trials", 3).cost()
    assert "By then short had taken 30 s and b and c 60 to 63 s" in more  # "the others" would be the supernet too
    del groups["b"]
    assert evidence.evidence(groups, ACC, "trials", 3).cost() == ""


def test_a_run_that_ended_before_counts_with_all_it_took_and_one_that_goes_on_not_at_all():
    open_end = [replace(t, stopped="") for t in timed(50, runs=1)]
    assert evidence.times({"a": timed(10, runs=1) + open_end}, 6) == {"a": 40.0}
    assert evidence.times({"a": open_end}, 6) == {} and evidence.times({"a": open_end}, 4) == {"a": 200.0}


def compared(ends):
    return evidence.evidence({name: group(*values) for name, values in ends.items()}, ACC, "trials", 2)


def test_a_claim_that_ranks_do_not_make_is_explained():
    b, ahead = 400 + np.arange(20), np.arange(20) < 13  # a is ahead by much on 13 seeds, behind by little on 7
    three = {"a": b + np.where(ahead, 300, -12), "b": b, "c": b - 2 * (np.arange(20) % 2) + 1}
    found = compared(three)
    assert found.headline() == "A beats b and c at 2 trainings." and found.ranking.p > 0.05
    assert found.disagreement().startswith("Ranks alone do not show 2 of the claimed wins: they forget by how much")
    worse = compared(three | {"c": b - 99})
    assert worse.headline() == "A beats b and c at 2 trainings."
    assert worse.disagreement().startswith("Ranks alone do not show that a beats b: ")
    assert compared({"a": b + 9, "b": b, "c": b - 9}).disagreement() == ""  # both claim all
    assert compared({"a": b + 9, "b": b}).disagreement() == ""  # two have no ranks
    assert compared({"a": b, "b": b, "c": b}).disagreement() == ""


def test_what_ranks_alone_would_claim_is_explained():
    b = 400 + np.arange(25)  # a is ahead by little on 21 seeds, behind by much on 4
    found = compared({"a": b + np.where(np.arange(25) < 21, 1, -300), "b": b, "c": b - 350})
    assert found.headline() == "B and a beat c at 2 trainings; neither is shown to beat the other."
    assert found.disagreement().startswith("Ranks alone would put a ahead of b: they count how often")
    assert "paired test, which weighs differences by their size, does not show that." in found.disagreement()


def test_the_share_that_has_reached_the_top_grows_from_run_to_run():
    runs = [trace([10, 989, 990]), trace([999, 999, 999], 1), trace([-1, -1, 5], 2), trace([1, 2, 3], 3)]
    at = np.array([1.0, 2.0, 3.0])
    low, share, high = evidence.reached({"a": runs}, ACC, "trials", at, 1.0)["a"]  # the best 10 of 1,000
    assert share.tolist() == [0.25, 0.25, 0.5] and (low < share).all() and (high > share).all()
    assert evidence.reached({"a": runs}, COST, "trials", at, 1.0)["a"][1].tolist() == [0.25, 0.25, 0.5]
    assert evidence.reached({"a": runs}, ACC, "trials", at, 0)["a"][1].tolist() == [0.25, 0.25, 0.25]


def test_regret_on_the_way_is_the_mean_since_all_have_found_something():
    a, b = trace([-1, 999, 999, 999], ends=[1, 2, 3, 4]), trace([0, 499, 999, 999], ends=[1, 2, 3, 4])
    never, open_end = trace([-1, -1, -1, -1]), trace([999, 999], stopped="")
    found = evidence.regret_on_the_way({"a": [a], "b": [b], "c": [never, open_end]}, ACC, "trials")
    assert found["a"] == [0.0] and found["b"] == [250.0]  # 500 and 0, for one trial each
    assert np.isnan(found["c"]).all()
    seconds = evidence.regret_on_the_way({"b": [b]}, ACC, "seconds")["b"]
    assert seconds == pytest.approx([(999 + 500) / 3], rel=0.02)  # 999, 500 and 0, for one second each
