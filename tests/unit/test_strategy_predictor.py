"""Neural predictor and NPENAS: stages, rankings, and what a graph network adds."""

import numpy as np
import pytest

from nas_core import predictors, strategies
from nas_core.spaces.size import Size
from tests.play import TOPOLOGY, answer, begin, matches, play
from tests.tiny import Blocks

TARGET = (3, 3, 3, 1, 3, 2)


class Oracle:
    """A predictor that knows the truth; remembers what it was taught."""

    def fit(self, archs, y):
        self.taught = archs, list(y)
        return self

    def predict(self, archs):
        return np.array([matches(TARGET)(arch) for arch in archs]), np.ones(len(archs))


@pytest.fixture
def oracle(monkeypatch):
    oracle = Oracle()
    monkeypatch.setattr(predictors, "create", lambda *_, **__: oracle)
    return oracle


def test_the_second_stage_follows_the_ranking_of_the_whole_space(oracle):
    trials = play(begin(strategies.create("neural_predictor", training=20)), matches(TARGET), 60)
    assert oracle.taught == ([t.arch for t in trials[:20]], [-t.loss for t in trials[:20]])
    assert [t.suggestion.info["phase"] for t in trials] == ["initial"] * 20 + ["predicted"] * 40
    assert trials[20].arch == TARGET
    second = [-t.loss for t in trials[20:]]
    assert second == sorted(second, reverse=True)
    networks = [TOPOLOGY.canonical(t.arch) for t in trials[20:]]
    assert len(set(networks)) == 40


def test_the_first_stage_is_at_most_half_of_the_trials():
    assert begin(strategies.create("neural_predictor"), max_trials=100).first_stage == 50
    assert begin(strategies.create("neural_predictor"), max_trials=1000).first_stage == 172
    assert begin(strategies.create("neural_predictor"), max_seconds=1e5).first_stage == 172


def test_the_second_stage_waits_for_the_first_and_waiting_leaves_no_trace(oracle):
    strategy = begin(strategies.create("neural_predictor", training=3))
    suggestions = [strategy.ask() for _ in range(3)]
    state = strategy.rng.bit_generator.state
    for number in (2, 0, 1):
        assert strategy.ask() is None and strategy.rng.bit_generator.state == state
        answer(strategy, number, suggestions[number], matches(TARGET)(suggestions[number].arch))
    assert strategy.ask().arch == TARGET


@pytest.mark.parametrize(("name", "params"), [("neural_predictor", {"training": 4}), ("npenas", {"initial": 4})])
def test_a_small_space_is_asked_to_its_end_even_if_all_fails(name, params):
    trials = play(begin(strategies.create(name, **params), Blocks()), lambda arch: -np.inf, 60)
    assert len({t.arch for t in trials}) == len(trials) == 24


def test_npenas_asks_for_the_children_that_are_predicted_best(oracle):
    strategy = begin(strategies.create("npenas", batch=4, pool=50))
    trials = play(strategy, matches(TARGET), 10)
    asked = [strategy.ask() for _ in range(4)]
    parents = {t.number: t.arch for t in trials}
    for suggestion in asked:
        (parent,) = suggestion.info["parents"]
        assert suggestion.arch in set(TOPOLOGY.neighbors(parents[parent]))
    scores = [s.info["predicted"] for s in asked]
    assert scores == sorted(scores, reverse=True) == [matches(TARGET)(s.arch) for s in asked]


def test_exploration_adds_the_uncertainty_of_the_network():
    strategy = begin(strategies.create("npenas", exploration=0.5))
    mean, std = np.array([1.0, 2.0]), np.array([4.0, 0.0])
    assert strategy.acquisition(mean, std, 0.0).tolist() == [3.0, 2.0]


@pytest.mark.parametrize(
    ("name", "params", "space"),
    [("neural_predictor", {"training": 40}, TOPOLOGY), ("npenas", {}, TOPOLOGY), ("npenas", {}, Size())],
)
def test_a_real_network_finds_better_than_chance(name, params, space):
    target = tuple(options - 2 for options in space.radix)
    trials = play(begin(strategies.create(name, **params), space), matches(target), 50)
    initial = [-t.loss for t in trials if t.suggestion.info["phase"] == "initial"]
    later = [-t.loss for t in trials if t.suggestion.info["phase"] != "initial"]
    assert np.mean(later) > np.mean(initial) + 1
