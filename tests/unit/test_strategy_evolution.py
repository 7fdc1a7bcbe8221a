"""Evolution: who becomes a parent, what changes, who dies."""

from collections import Counter

import numpy as np
import pytest

from nas_core import strategies
from nas_core.spaces.macro import Macro
from nas_core.spaces.size import Size
from tests.play import TOPOLOGY, answer, begin, matches, play

TARGET = (3, 3, 3, 1, 3, 2)


def test_without_aging_the_best_lives_for_ever_and_with_aging_it_dies():
    lucky = []

    def reward(arch):  # the very first architecture is the best there will ever be
        lucky.append(arch)
        return 100.0 if len(lucky) == 1 else float(len(lucky) % 7)

    kept = begin(strategies.create("non_aging_evolution", population_size=5))
    play(kept, reward, 60)
    assert 0 in [member.number for member in kept.population]
    lucky.clear()
    aging = begin(strategies.create("regularized_evolution", population_size=5))
    play(aging, reward, 60)
    assert [member.number for member in aging.population] == [55, 56, 57, 58, 59]


def test_random_death_can_take_anybody():
    strategy = begin(strategies.create("non_aging_evolution", population_size=4, dies="random"))
    ages, ranks = Counter(), Counter()
    for number in range(604):
        before = list(strategy.population)
        newest = answer(strategy, number, strategy.ask(), number * 7 % 11)
        present = [*before, newest]
        if len(present) == 5:
            (gone,) = [m for m in present if m not in strategy.population]
            ages[present.index(gone)] += 1
            ranks[sorted(m.loss for m in present).index(gone.loss)] += 1
    assert sum(ages.values()) == 600 and min(ages[i] for i in range(5)) > 80  # 120 each on average
    assert len(ranks) == 5


def test_non_aging_removes_the_oldest_of_equally_bad_members():
    strategy = begin(strategies.create("non_aging_evolution", population_size=3))
    play(strategy, lambda arch: 1.0, 5)
    assert [member.number for member in strategy.population] == [2, 3, 4]


@pytest.mark.parametrize("name", ["regularized_evolution", "non_aging_evolution"])
def test_a_child_differs_from_its_parent_in_one_decision(name):
    trials = play(begin(strategies.create(name)), matches(TARGET), 80)
    children = [t for t in trials if t.suggestion.info["phase"] == "evolve"]
    assert len(children) == 70
    for child in children:
        parent = trials[child.suggestion.info["parents"][0]]
        assert child.arch in set(TOPOLOGY.neighbors(parent.arch))


def test_genetic_algorithm_keeps_the_best_of_parents_and_children():
    strategy = begin(strategies.create("genetic_algorithm", population_size=8))
    trials = play(strategy, matches(TARGET), 24)
    best = sorted(t.loss for t in trials)[:8]
    assert [member.loss for member in strategy.population] == best
    assert strategy.children == []


def test_genetic_algorithm_asks_nothing_twice_while_it_can_avoid_it():
    trials = play(begin(strategies.create("genetic_algorithm")), matches(TARGET), 200)
    bred = [t.arch for t in trials[20:]]
    assert len(set(bred)) == len(bred)


@pytest.mark.parametrize("crossover", ["uniform", "two-point"])
def test_without_mutation_every_decision_comes_from_a_parent(crossover):
    ga = strategies.create("genetic_algorithm", population_size=6, crossover=crossover, mutations=0.0)
    trials = play(begin(ga, Size()), matches((7, 0, 7, 0, 7)), 30)
    mixed = 0
    for child in trials[6:]:
        parents = [trials[n].arch for n in child.suggestion.info["parents"]]
        assert all(any(gene == p[i] for p in parents) for i, gene in enumerate(child.arch))
        mixed += len(parents) == 2 and child.arch not in parents
    assert mixed > 5


def test_two_point_crossover_takes_one_stretch_from_the_second_parent():
    strategy = begin(strategies.create("genetic_algorithm", crossover="two-point"))
    a, b, cuts = (0,) * 6, (1,) * 6, Counter()
    for _ in range(400):
        child = strategy._mix(a, b)
        cuts[int(np.count_nonzero(np.diff((0, *child, 0))))] += 1
    assert set(cuts) == {0, 2}  # borders of the stretch: none if it is empty


def test_mutations_is_the_mean_number_of_changed_decisions():
    strategy = begin(strategies.create("genetic_algorithm", crossover_rate=0.0, mutations=1.5))
    play(strategy, matches(TARGET), 20)
    changes = []
    for _ in range(3000):
        child, (parent,) = strategy._child()
        changes.append(sum(a != b for a, b in zip(child, parent.arch, strict=True)))
    standard_error = np.sqrt(6 * 0.25 * 0.75 / 3000)  # binomial(6, 1.5 / 6)
    assert abs(np.mean(changes) - 1.5) < 4 * standard_error


@pytest.mark.parametrize("space", [TOPOLOGY, Size(widths="4:8:12:16"), Macro()], ids=lambda space: space.name)
def test_nsga2_changes_one_decision_on_average_in_every_space(space):
    plain, stated = (
        begin(strategies.create("nsga2", population_size=4, mutation_rate=rate), space)
        for rate in (0.0, 1 / len(space.options))
    )
    archs = [[trial.arch for trial in play(strategy, sum, 40)] for strategy in (plain, stated)]
    assert archs[0] == archs[1]


def test_without_selection_evolution_drifts_like_random_search():
    runs = []
    for seed in range(40):
        strategy = begin(strategies.create("regularized_evolution", sample_size=1), seed=seed)
        runs.append(np.mean([-t.loss for t in play(strategy, matches(TARGET), 150)]))
    assert abs(np.mean(runs) - 6 / 5) < 4 * np.std(runs, ddof=1) / np.sqrt(40)  # six decisions, five options


def test_a_large_sample_makes_the_best_member_the_parent():
    strategy = begin(strategies.create("regularized_evolution", sample_size=200))
    trials = play(strategy, lambda arch: float(TOPOLOGY.index(arch)), 60)
    for child in trials[10:]:
        alive = trials[child.number - 10 : child.number]
        (parent,) = child.suggestion.info["parents"]
        assert trials[parent].loss == min(member.loss for member in alive)
