"""Successive halving, Hyperband, BOHB: who is trained for how long, and what that costs."""

import math
from collections import Counter

import numpy as np
import pytest

from nas_core import strategies
from nas_core.strategies._halving import rungs
from tests.play import answer, begin, matches, play

TARGET = (3, 3, 3, 1, 3, 2)
EPOCHS = tuple(range(1, 82))


def bracket_sizes(trials):
    """{(bracket, epochs): trials}"""
    return Counter((t.suggestion.info["bracket"], t.suggestion.epochs) for t in trials)


def hyperband_formula(longest, eta):
    """Algorithm 1 of arXiv:1603.06560: {(bracket, epochs): architectures}."""
    s_max = round(math.log(longest, eta))
    sizes = {}
    for s in range(s_max, -1, -1):
        n = math.ceil((s_max + 1) / (s + 1) * eta**s - 1e-9)
        for i in range(s + 1):
            sizes[s_max - s, longest * eta**i // eta**s] = math.floor(n * eta**-i + 1e-9)
    return sizes


@pytest.mark.parametrize("name", ["hyperband", "bohb"])
def test_hyperband_spends_exactly_its_formula(name):
    sizes = hyperband_formula(81, 3)
    assert sizes[0, 1] == 81 and sizes[1, 3] == 34 and sizes[4, 81] == 5  # brackets s = 4, 3, 0
    trials = play(begin(strategies.create(name, eta=3), fidelities=EPOCHS), matches(TARGET), sum(sizes.values()))
    assert bracket_sizes(trials) == sizes
    assert {t.suggestion.info["phase"] for t in trials} == {"1 epoch", *(f"{3**n} epochs" for n in range(1, 5))}
    assert sum(t.suggestion.epochs for t in trials) == sum(epochs * n for (_, epochs), n in sizes.items())


def test_where_training_can_be_resumed_a_promotion_pays_the_difference():
    sizes = hyperband_formula(81, 3)
    strategy = begin(strategies.create("hyperband"), fidelities=EPOCHS, resumable=True)
    trials = play(strategy, matches(TARGET), sum(sizes.values()))
    paid = sum(t.suggestion.epochs - t.suggestion.resume for t in trials)
    lacking = sum(n * (e if (b, e // 3) not in sizes else e - e // 3) for (b, e), n in sizes.items())
    assert paid == lacking
    for t in trials:
        if t.suggestion.resume:
            before = trials[t.suggestion.info["parents"][0]]
            assert before.arch == t.arch and before.suggestion.epochs == t.suggestion.resume


def test_successive_halving_promotes_the_best():
    trials = play(begin(strategies.create("successive_halving", n=27), fidelities=EPOCHS), matches(TARGET), 40)
    assert bracket_sizes(trials) == {(0, 3): 27, (0, 9): 9, (0, 27): 3, (0, 81): 1}
    for epochs, kept in ((3, 9), (9, 3), (27, 1)):
        rung = sorted(t.loss for t in trials if t.suggestion.epochs == epochs)
        assert sorted(t.loss for t in trials if t.suggestion.epochs == 3 * epochs) == rung[:kept]


def test_a_rung_waits_for_its_last_answer_and_waiting_leaves_no_trace():
    strategy = begin(strategies.create("successive_halving", n=3, eta=3), fidelities=(1, 3))
    suggestions = [strategy.ask() for _ in range(3)]
    state = strategy.rng.bit_generator.state
    assert strategy.ask() is None and strategy.ask() is None
    assert strategy.rng.bit_generator.state == state
    for number, reward in ((2, 5.0), (0, 9.0), (1, 1.0)):
        assert strategy.ask() is None
        answer(strategy, number, suggestions[number], reward)
    promoted = strategy.ask()
    assert promoted.arch == suggestions[0].arch and promoted.epochs == 3 and promoted.info["parents"] == [0]


def test_a_bracket_in_which_all_failed_is_followed_by_a_new_one():
    strategy = begin(strategies.create("successive_halving", n=9), fidelities=EPOCHS)
    trials = play(strategy, lambda arch: -np.inf, 18)
    assert bracket_sizes(trials) == {(0, 9): 9, (1, 9): 9}


@pytest.mark.parametrize(
    ("fidelities", "low", "high", "expected"),
    [
        (EPOCHS, 0, 0, [1, 3, 9, 27, 81]),
        (tuple(range(1, 13)), 0, 0, [1, 4, 12]),
        (tuple(range(1, 201)), 1, 12, [1, 4, 12]),
        ((12, 200), 0, 0, [12, 200]),
        ((90,), 0, 0, [90]),
        ((), 0, 0, [0]),
    ],
)
def test_rungs_are_epochs_that_the_benchmark_has(fidelities, low, high, expected):
    assert rungs(fidelities, 3, low, high) == expected


def test_impossible_limits_are_answered_with_what_exists():
    with pytest.raises(ValueError, match="no fidelity lies between 13 and 20 epochs; the benchmark has: 12, 200"):
        rungs((12, 200), 3, 13, 20)


@pytest.mark.parametrize("name", ["successive_halving", "hyperband", "bohb"])
def test_with_a_single_fidelity_every_trial_is_a_full_one(name):
    trials = play(begin(strategies.create(name), fidelities=(90,)), matches(TARGET), 60)
    assert {t.suggestion.epochs for t in trials} == {90}


def test_bohb_models_the_longest_training_with_enough_trials():
    strategy = begin(strategies.create("bohb", random_fraction=0.0), fidelities=EPOCHS)
    trials = play(strategy, matches(TARGET), 206)
    told = Counter()
    for trial in trials:
        newcomer = not trial.suggestion.info["rung"]
        if newcomer:
            enough = [epochs for epochs, count in told.items() if count >= 6 + 2]
            assert trial.suggestion.info.get("model_epochs") == (max(enough) if enough else None)
        told[trial.suggestion.epochs] += 1
    newcomers = [-t.loss for t in trials if not t.suggestion.info["rung"]]
    assert np.mean(newcomers[-10:]) > np.mean(newcomers[:8]) + 1  # the model knows more than chance
