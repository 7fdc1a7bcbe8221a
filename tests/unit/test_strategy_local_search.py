"""Local search and simulated annealing: where they stand, and when they leave."""

import math
from itertools import pairwise

import numpy as np
import pytest

from nas_core import strategies
from nas_core.types import Suggestion, Trial
from tests.play import TOPOLOGY, answer, begin, matches, play

TARGET = (3, 3, 3, 1, 3, 2)
UNEVEN = (1, 2, 4, 8, 16, 32)  # no two architectures at the same distance from the target are equally good


def weighted(arch):
    return float(sum(w for w, a, t in zip(UNEVEN, arch, TARGET, strict=True) if a == t))


@pytest.mark.parametrize("improvement", ["first", "best"])
def test_local_search_climbs_a_hill_to_its_top_and_then_restarts(improvement):
    trials = play(begin(strategies.create("local_search", improvement=improvement)), matches(TARGET), 400)
    top = next(t for t in trials if t.arch == TARGET)
    climb = [t for t in trials if t.number <= top.number]
    assert [t.suggestion.info["phase"] for t in climb].count("start") == 1
    after = next(t for t in trials[top.number :] if t.suggestion.info["phase"] == "start")
    told = {t.arch for t in trials[: after.number]}
    assert set(TOPOLOGY.neighbors(TARGET)) <= told  # it looked at all of them before it left
    assert len({t.arch for t in trials}) == 400


def test_best_improvement_looks_at_all_neighbours_and_moves_to_the_best():
    trials = play(begin(strategies.create("local_search", improvement="best")), weighted, 25)
    start = trials[0].arch
    assert {t.arch for t in trials[1:]} == set(TOPOLOGY.neighbors(start))
    strategy = begin(strategies.create("local_search", improvement="best"))
    play(strategy, weighted, 25)
    assert strategy.here == max(TOPOLOGY.neighbors(start), key=weighted)


def test_first_improvement_moves_at_once():
    strategy = begin(strategies.create("local_search"))
    (start,) = play(strategy, weighted, 1)
    number, better = 1, None
    while better is None:
        suggestion = strategy.ask()
        told = answer(strategy, number, suggestion, weighted(suggestion.arch))
        better, number = (told if told.loss < start.loss else None), number + 1
    assert strategy.here == better.arch


def test_a_neighbour_known_from_an_earlier_climb_waits_for_its_turn():
    strategy = begin(strategies.create("local_search"))
    play(strategy, lambda arch: 1.0, 1)
    first, second = strategy.around[:2]
    strategy.results[second] = ((0.0, -5.0), 99)  # better, and known before this climb came near
    assert strategy.ask().arch == first
    answer(strategy, 1, Suggestion(first), 0.0)
    assert strategy.here == second


def test_annealing_at_temperature_zero_never_steps_down():
    strategy = begin(strategies.create("simulated_annealing", temperature=0.0))
    here = []
    for number in range(200):
        suggestion = strategy.ask()
        answer(strategy, number, suggestion, weighted(suggestion.arch))
        here.append(strategy.here.loss)
    assert all(b <= a for a, b in pairwise(here))
    assert here[-1] < here[9]


def test_a_worse_step_is_taken_as_often_as_the_temperature_says():
    strategy = begin(strategies.create("simulated_annealing", cooling=1.0))
    play(strategy, weighted, 10)
    standing = strategy.here
    worse = Trial(11, Suggestion(standing.arch, info={"phase": "walk"}), 0, 1, {}, (standing.loss + 2.0,))
    taken = 0
    for _ in range(4000):
        strategy.here, strategy.spread = standing, 3.0 / strategy.temperature
        strategy.tell(worse)
        taken += strategy.here is worse
    expected = math.exp(-2.0 / 3.0)
    assert abs(taken / 4000 - expected) < 4 * np.sqrt(expected * (1 - expected) / 4000)


def test_the_first_temperature_is_a_share_of_the_spread_and_cools_geometrically():
    strategy = begin(strategies.create("simulated_annealing", temperature=0.5, cooling=0.9))
    trials = play(strategy, weighted, 10)
    first = 0.5 * np.std([t.loss for t in trials])
    assert strategy.heat == pytest.approx(first)
    more = [answer(strategy, 10 + i, strategy.ask(), 1.0) for i in range(5)]
    assert strategy.heat == pytest.approx(first * 0.9**5)
    assert more[1].suggestion.info["temperature"] == pytest.approx(first * 0.9, abs=1e-4)


def test_a_random_architecture_that_is_told_late_does_not_heat_the_walk_again():
    """A slow worker answers when the others have long begun to walk."""
    strategy = begin(strategies.create("simulated_annealing", initial=3, cooling=0.9))
    late, *others = [strategy.ask() for _ in range(3)]
    told = [answer(strategy, number, each, weighted(each.arch)) for number, each in enumerate(others, 1)]
    for number in range(3, 23):
        answer(strategy, number, strategy.ask(), -100.0)
    told.append(answer(strategy, 23, late, weighted(late.arch)))
    spread = np.std([trial.loss for trial in told])
    assert strategy.heat == pytest.approx(strategy.temperature * spread * 0.9**20)
