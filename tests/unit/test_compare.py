"""What is said of searches that are compared, and that it is the same everywhere; from traces written by hand."""

from dataclasses import replace
from functools import partial
from itertools import combinations
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nas_core.cli import front, sweep
from nas_core.race import Signal, Trace
from nas_core.studies import front_search, lab, lab_reading
from nas_core.studies.compare import races, sentences
from nas_core.studies.compare.claims import Claims
from nas_core.studies.compare.pairs import Pair
from nas_core.types import RunSpec
from ui import evidence_panel

COLUMN = np.arange(1000.0)
ACC, COST = Signal("accuracy", "%", "max", COLUMN), Signal("time", "s", "min", COLUMN)


def trace(rows, seed=0, ends=None, stopped="budget"):
    spec = RunSpec("tiny", "numbers", "random_search", max_trials=9, seed=seed)
    ends = np.arange(1.0, len(rows) + 1) if ends is None else np.array(ends, float)
    rows = np.array(rows, np.int32)
    return Trace(spec, ends, rows, np.where(rows >= 0, COLUMN[rows], np.nan), np.zeros((3, 4)), stopped)


def group(*ends, first=0):
    return [trace([100, end], seed) for seed, end in enumerate(ends, first)]


@st.composite
def entrants(draw):
    """{name: {seed: what its run ended with}} of 2 to 4 strategies; not every seed, and a difference now and then."""
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    seeds, away = draw(st.integers(1, 25)), draw(st.integers(0, 60))
    step, base = draw(st.sampled_from([0, 0, 30, 200])), rng.integers(100, 300, 99)
    return {
        f"s{i}": {k: int(i * step + base[k] + rng.integers(0, 50)) for k in range(i * away % 70, i * away % 70 + seeds)}
        for i in range(draw(st.integers(2, 4)))
    }


@settings(max_examples=25, deadline=None)
@given(entrants())
def test_every_page_and_every_command_makes_the_same_claims(values):
    wins = Claims.of(values).wins
    groups = {name: [trace([100, end], seed) for seed, end in ends.items()] for name, ends in values.items()}
    evidence_panel._claims_of.clear()
    search = evidence_panel.claims_of(groups, ACC, "trials", 2)  # Search and Runs
    assert search.wins == races.claims(groups, ACC, "trials", 2).wins == wins  # Home
    better = {name: f"{name} is better" for name in values}
    table = {(r.first, r.second): r.verdict for r in evidence_panel.table(search).itertuples()}
    for (first, second), said in table.items():
        assert (said == better[first], said == better[second]) == ((first, second) in wins, (second, first) in wins)
    for base in values:
        rows = [{"strategy": name} for name in values]
        sweep._compare(rows, groups, ACC, base)
        assert {(r["strategy"], base) for r in rows if r.get("better")} == {win for win in wins if win[1] == base}
        assert {(base, r["strategy"]) for r in rows if r.get("worse")} == {win for win in wins if win[0] == base}
    courses = {name: [SimpleNamespace(spec=t.spec) for t in group] for name, group in groups.items()}
    ends = {name: np.array([*column.values()], float) for name, column in values.items()}
    assert front_search.claims(courses, ends, "2 trainings").wins == wins  # Search on several objectives
    runs = {
        front.BASELINE if name == "s0" else name: [
            SimpleNamespace(spec=SimpleNamespace(seed=seed), front=partial(float, value), n_failures=0)
            for seed, value in column.items()
        ]
        for name, column in values.items()
    }
    rows = front._rows(SimpleNamespace(share=float), runs)
    assert {r["strategy"] for r in rows if r.get("better")} == {a for a, b in wins if b == "s0"}
    headline, caveat = sentences.headline(search), sentences.caveat(search)
    assert (" beats " in headline or " beat " in headline) == bool(search.leaders or (len(values) == 2 and wins))
    if wins:
        assert "true difference" not in caveat


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([0.0, 0.8]))
def test_why_evolution_makes_the_claims_that_any_other_page_would(seed, step):
    levels = ("oldest", "worst", "random")
    plan = lab.LabPlan("tiny", "numbers", "dies", levels, seeds=12, trials=3)
    found = np.random.default_rng(seed).normal(80, 1, (3, 12, 1)) + step * np.arange(3)[:, None, None]
    results = lab.Results(plan, np.repeat(found, 3, 2).astype(np.float32), np.full((3, 12), 90, np.float32), 90.0)
    claims = lab_reading.claims(results, 3)
    columns = dict(zip(levels, results.values(3)[:, 0]))
    alike = Claims.of({f"{level} dies": dict(enumerate(column)) for level, column in columns.items()})
    assert claims.wins == alike.wins
    said = lab_reading.reading(results, 3, claims)[0]
    assert ("is not shown" in said) == (not claims.wins)


def test_seeds_are_paired_whatever_their_order_and_what_is_missing_is_left_out():
    groups = {"a": group(5, 6, 7)[::-1], "b": group(8, 9, first=1)}
    assert races.values(groups, ACC, "trials", 2) == {"a": {2: 7.0, 1: 6.0, 0: 5.0}, "b": {1: 8.0, 2: 9.0}}
    (pair,) = races.claims(groups, ACC, "trials", 2).pairs
    assert (pair.size, pair.ahead, pair.behind, pair.difference) == (2, 0, 2, -2.0)
    assert races.values({"a": group(5)}, ACC, "trials", 1) == {"a": {0: 100.0}}
    assert races.ends({"a": group(5)}, ACC) == {"a": {0: 5.0}}


@pytest.mark.parametrize(("signal", "best"), [(ACC, "high"), (COST, "low")])
def test_the_leader_and_whom_it_beats_the_next_best_first(signal, best):
    rng = np.random.default_rng(0)
    ends = {"low": rng.integers(100, 200, 20), "middle": rng.integers(450, 550, 20), "high": rng.integers(800, 900, 20)}
    found = races.claims({name: group(*values) for name, values in ends.items()}, signal, "trials", 2)
    lowest = "low" if best == "high" else "high"
    assert found.names == [best, "middle", lowest] and list(found.ranks) == found.names
    assert sentences.headline(found) == f"{best.title()} beats middle and {lowest} at 2 trainings."
    assert sentences.caveat(found) == (
        "Paired at 20 seeds; with all 3 comparisons counted, the chance of any false claim is at most 5 %."
    )
    assert found.unit == ("points" if signal is ACC else "s")
    assert found.means["middle"] == pytest.approx(ends["middle"].mean())


def test_one_alone_and_too_few_seeds_claim_nothing():
    alone = races.claims({"a": group(5, 6)}, ACC, "trials", 2)
    assert sentences.headline(alone) == "A ran alone." and "Add a strategy" in sentences.caveat(alone)
    few = races.claims({"a": group(900, 901, 902), "b": group(1, 2, 3)}, ACC, "seconds", 2.0)
    assert sentences.headline(few).startswith(
        "No difference is shown between a and b at 2 s: a is ahead on 3 and b on 0 of 3"
    )
    assert sentences.headline(few).endswith("difference 899 points, too few for an interval.")
    assert sentences.caveat(few) == "Among two strategies, a difference can be shown from 6 seeds of each on."
    with pytest.raises(ValueError, match="nothing to compare"):
        races.claims({}, ACC, "trials", 1)


def test_one_that_has_found_nothing_takes_no_certainty_from_the_others():
    groups = {"a": group(*range(500, 520)), "b": group(*range(20)), "c": [trace([-1, -1], seed) for seed in range(20)]}
    assert sentences.caveat(races.claims(groups, ACC, "trials", 2)).startswith("Paired at 20 seeds; with all 3 compari")


def test_strategies_that_share_no_seeds_are_two_samples_and_that_is_said():
    found = races.claims({"a": group(*range(10)), "b": group(*range(20, 30), first=50)}, ACC, "trials", 2)
    assert sentences.headline(found).startswith(
        "B beats a at 2 trainings on 100 of 100 pairings of their runs, difference"
    )
    assert sentences.caveat(found).startswith("Compared as separate samples, because they share too few seeds; ")


def test_an_interval_says_how_much_may_be_there_where_nothing_is_shown():
    rng = np.random.default_rng(3)
    found = races.claims({name: group(*rng.integers(100, 200, 15)) for name in "abc"}, ACC, "trials", 2)
    most = max(max(-pair.low, pair.high) for pair in found.pairs)
    assert sentences.headline(found) == "No strategy is shown to be ahead at 2 trainings."
    assert sentences.caveat(found).endswith(f"a true difference of up to {most:.2f} points is possible.")


@settings(max_examples=40, deadline=None)
@given(entrants())
def test_a_sentence_and_its_interval_never_disagree(values):
    for pair in Claims.of(values).pairs:
        said = sentences.sentence(pair)
        assert (" beats " in said) == bool(pair.winner) and "chance" not in said
        if "interval " in said and "for an interval" not in said:
            low, high = (float(x) for x in said.removesuffix(".").partition("95 % interval ")[2].split(" to "))
            assert low <= 0 <= high or " beats " in said


def test_a_sentence_says_who_where_how_often_and_how_much():
    b = np.random.default_rng(0).normal(90, 1, 100)
    a = b + np.where(np.arange(100) < 93, 0.45, -0.2)
    (pair,) = Claims.of({"evolution": dict(enumerate(a)), "random search": dict(enumerate(b))}).pairs
    said = sentences.sentence(pair, at="20,000 s")
    assert said.startswith("evolution beats random search at 20,000 s on 93 of 100 seeds, difference 0.40 points, ")
    assert sentences.sentence(pair.swap(), at="20,000 s") == said
    ties = Claims.of({"A": dict(enumerate([0.0] * 70 + [2.0] * 30)), "B": dict.fromkeys(range(100), 0.0)}).pairs[0]
    assert sentences.sentence(ties).startswith("A beats B on 30 of 100 seeds (70 are equal), difference 0.60 points")
    nothing = Claims.of({"A": {0: 1.0}, "B": {0: float("nan")}}).pairs[0]
    assert sentences.sentence(nothing) == "A and B cannot be compared: one of them has found nothing."


def test_the_headline_counts_where_there_are_many():
    rng = np.random.default_rng(1)
    many = {str(i): group(*(100 * i + rng.integers(0, 50, 20))) for i in range(6)}
    assert sentences.headline(races.claims(many, ACC, "trials", 2)) == "5 beats the 5 others at 2 trainings."


def test_what_average_ranks_join_is_what_the_test_does_not_tell_apart():
    rng = np.random.default_rng(1)
    shared = rng.normal(0, 3, 30)
    found = Claims.of({n: dict(enumerate(shared + i // 2 * 3.0 + rng.normal(0, 1, 30))) for i, n in enumerate("abcd")})
    assert [set(tie) for tie in found.ties()] == [{"c", "d"}, {"a", "b"}]
    assert sum(found.ranks.values()) == pytest.approx(10)
    alike = Claims.of({n: dict(enumerate(rng.normal(0, 1, 30))) for n in "abc"})
    assert [set(tie) for tie in alike.ties()] == [{"a", "b", "c"}]
    assert Claims.of({"a": {0: 1.0}, "b": {1: 1.0}}).ranks == {}


def claims(names, *wins):
    """The claims on entrants, best first, of which these "winner loser" are shown."""
    pairs = []
    for a, b in combinations(names, 2):
        gap = 1.0 if f"{a} {b}" in wins else -1.0 if f"{b} {a}" in wins else 0.0
        pairs.append(Pair(a, b, True, 20, 10, 10, gap, gap - 0.5, gap + 0.5, 0.01 if gap else 1.0))
    return Claims(pairs, {name: -float(i) for i, name in enumerate(names)}, {}, "points", "60 trainings")


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
    assert sentences.headline(claims(list(names), *wins.split(","))) == said


def test_where_all_are_beaten_nobody_is_ahead():
    found = claims(["a", "b", "c"], "a b", "b c", "c a")  # in a circle, as pairs over different seeds can be
    assert found.leaders == [] and sentences.headline(found) == "No strategy is shown to be ahead at 60 trainings."
    assert found.against("c")["b"].winner == "b" and found.against("a")["c"].winner == "c"


def timed(seconds, runs=4, n_derived=0, **spec):
    """Runs of four trainings that take so many seconds each."""
    traces = [trace([100, 200, 300, 400], seed, seconds * np.arange(1.0, 5)) for seed in range(runs)]
    return [replace(t, spec=replace(t.spec, **spec), n_derived=n_derived) for t in traces]


def test_equal_numbers_of_trainings_that_took_unequal_times_are_said_to():
    groups = {"short": timed(10), "b": timed(20), "c": timed(22)}
    assert sentences.cost(races.times(groups, 3), 3) == (
        "By then short had taken 30 s and the others 60 to 66 s: choose “time” for “X axis” to compare at equal time."
    )
    five = sentences.cost({"a": 4, "b": 3, "c": 3, "d": 5, "e": 4.6}, 5)
    assert "By then b and c had taken 3 s and the others 4 to 5 s" in five


def test_times_within_a_quarter_are_no_matter():
    assert sentences.cost({"a": 100.0, "b": 125.0}, 2) == ""
    assert "b had taken" in sentences.cost({"a": 126.0, "b": 100.0}, 2)
    assert sentences.cost({"a": 0.0, "b": 0.0}, 2) == sentences.cost({"a": 5.0}, 1) == sentences.cost({}, 2) == ""
    assert "By then b had taken 0.2 s and a 1,260 s" in sentences.cost({"a": 1260.0, "b": 0.2}, 2)


def test_real_seconds_of_supernets_are_not_held_against_simulated_ones():
    groups = {"supernet": timed(999, n_derived=1), "short": timed(10), "b": timed(20)}
    assert races.times(groups, 3) == {"short": 30.0, "b": 60.0}
    assert "By then short had taken 30 s and b 60 s" in sentences.cost(races.times(groups, 3), 3)
    more = sentences.cost(races.times(groups | {"c": timed(21)}, 3), 4)
    assert "By then short had taken 30 s and b and c 60 to 63 s" in more  # "the others" would be the supernet too
    del groups["b"]
    assert sentences.cost(races.times(groups, 3), 2) == ""


def test_a_run_that_ended_before_counts_with_all_it_took_and_one_that_goes_on_not_at_all():
    open_end = [replace(t, stop_reason="") for t in timed(50, runs=1)]
    assert races.times({"a": timed(10, runs=1) + open_end}, 6) == {"a": 40.0}
    assert races.times({"a": open_end}, 6) == {} and races.times({"a": open_end}, 4) == {"a": 200.0}


def test_the_share_that_has_reached_the_top_grows_from_run_to_run():
    runs = [trace([10, 989, 990]), trace([999, 999, 999], 1), trace([-1, -1, 5], 2), trace([1, 2, 3], 3)]
    at = np.array([1.0, 2.0, 3.0])
    low, share, high = races.success_rates({"a": runs}, ACC, "trials", at, 1.0)["a"]  # the best 10 of 1,000
    assert share.tolist() == [0.25, 0.25, 0.5] and (low < share).all() and (high > share).all()
    assert races.success_rates({"a": runs}, COST, "trials", at, 1.0)["a"][1].tolist() == [0.25, 0.25, 0.5]
    assert races.success_rates({"a": runs}, ACC, "trials", at, 0)["a"][1].tolist() == [0.25, 0.25, 0.25]
    limited = replace(ACC, allowed=np.arange(1000) < 990)  # the best ten cannot be reached: the next ten count
    assert races.success_rates({"a": runs}, limited, "trials", at, 1.0)["a"][1].tolist() == [0.25, 0.5, 0.5]


def test_regret_on_the_way_is_the_mean_since_all_have_found_something():
    a, b = trace([-1, 999, 999, 999], ends=[1, 2, 3, 4]), trace([0, 499, 999, 999], ends=[1, 2, 3, 4])
    never, open_end = trace([-1, -1, -1, -1]), trace([999, 999], stopped="")
    found = races.regret_on_the_way({"a": [a], "b": [b], "c": [never, open_end]}, ACC, "trials")
    assert found["a"] == [0.0] and found["b"] == [250.0]  # 500 and 0, for one trial each
    assert np.isnan(found["c"]).all()
    seconds = races.regret_on_the_way({"b": [b]}, ACC, "seconds")["b"]
    assert seconds == pytest.approx([(999 + 500) / 3], rel=0.02)  # 999, 500 and 0, for one second each
