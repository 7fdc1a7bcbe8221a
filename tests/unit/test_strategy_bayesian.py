"""Bayesian strategies: acquisition against closed forms, candidates, and surrogates that know all or nothing."""

import math

import numpy as np
import pytest

from nas_core import predictors, strategies
from nas_core.spaces.size import Size
from nas_core.strategies._gp_search import expected_improvement
from nas_core.strategies._parzen import densities, propose
from nas_core.strategies._pool import fresh, neighbors, option_means, passes, shares
from nas_core.strategies.bananas import EVERYTHING
from nas_core.types import Constraint, Objective, Suggestion, Trial
from tests.play import TOPOLOGY, begin, matches, play
from tests.tiny import Blocks

TARGET = (3, 3, 3, 1, 3, 2)
RANDOM_SURROGATE = {"surrogate": "random"}
MODEL_BASED = [("gp_hamming", {}), ("gp_wl", {}), ("tpe", {}), ("bananas", RANDOM_SURROGATE)]


class Oracle:
    """A surrogate that knows the truth."""

    def fit(self, archs, y):
        return self

    def predict(self, archs):
        return np.array([matches(TARGET)(arch) for arch in archs]), np.zeros(len(archs))


def trial(number, arch, reward):
    return Trial(number, Suggestion(arch), number, number + 1.0, {}, (-reward,))


def test_expected_improvement_is_its_closed_form():
    rng = np.random.default_rng(0)
    mean, std = np.array([0.0, 1.0, -2.0, 0.3]), np.array([1.0, 0.5, 1.5, 0.0])
    drawn = np.maximum(mean + std * rng.standard_normal((400_000, 4)) - 0.2, 0)
    error = drawn.std(0) / np.sqrt(len(drawn))
    assert np.all(np.abs(expected_improvement(mean, std, 0.2) - drawn.mean(0)) <= 4 * error + 1e-9)
    assert expected_improvement(np.array([5.0]), np.array([2.0]), 5.0)[0] == pytest.approx(2 / np.sqrt(2 * np.pi))


@pytest.mark.parametrize("name", ["gp_hamming", "gp_wl", "tpe", "bananas"])
@pytest.mark.parametrize("space", [TOPOLOGY, Size()], ids=lambda space: space.name)
def test_every_model_based_strategy_beats_chance_on_a_simple_reward(name, space):
    target = tuple(options - 2 for options in space.radix)
    trials = play(begin(strategies.create(name), space), matches(target), 100)
    assert len({t.arch for t in trials}) == 100  # nothing is asked twice
    model = [-t.loss for t in trials if t.suggestion.info["phase"] == "model"]
    assert len(model) >= 80 and max(model) == len(target)  # by chance: once in 156 and 328 runs


@pytest.mark.parametrize(("name", "params"), MODEL_BASED)
def test_a_small_space_is_asked_to_the_end_and_then_nothing_more(name, params):
    space = Blocks()
    strategy = begin(strategies.create(name, **params), space)
    trials = play(strategy, matches((1, 2, 3)), 60)
    assert sorted(t.arch for t in trials) == [space.arch(i) for i in range(24)]
    state = strategy.rng.bit_generator.state
    assert strategy.ask() is None and strategy.rng.bit_generator.state == state


@pytest.mark.parametrize("name", ["gp_hamming", "gp_wl", "bananas"])
def test_candidates_are_one_edit_from_the_best_and_new_networks(name):
    strategy = begin(strategies.create(name))
    trials = play(strategy, matches(TARGET), 10)  # the random start
    best = {t.number: t.arch for t in sorted(trials, key=lambda t: t.loss)[: strategy.parents]}
    candidates = strategy.candidates()
    assert 0 < len(candidates) <= strategy.pool
    for arch, (parent,) in candidates.items():
        assert arch in set(TOPOLOGY.neighbors(best[parent]))
    networks = [TOPOLOGY.canonical(arch) for arch in [*candidates, *(t.arch for t in trials)]]
    assert len(set(networks[: len(candidates)])) == len(candidates)
    assert not set(networks[: len(candidates)]) & set(networks[len(candidates) :])


def test_a_round_asks_for_the_keys_of_its_candidates_only_however_much_was_known_before(monkeypatch):
    calls, key = [], strategies.Problem.key
    monkeypatch.setattr(strategies.Problem, "key", lambda problem, arch: calls.append(arch) or key(problem, arch))
    strategy = begin(strategies.create("bananas", **RANDOM_SURROGATE))
    earlier = TOPOLOGY.draw(np.random.default_rng(1), 600)
    strategy.warm_start([trial(i - 600, arch, matches(TARGET)(arch)) for i, arch in enumerate(earlier)])
    assert len(calls) == 600
    trials = play(strategy, matches(TARGET), 3 * strategy.batch)
    assert len(calls) <= 600 + len(trials) + 3 * strategy.parents * 24
    asked = {TOPOLOGY.canonical(t.arch) for t in trials}
    assert len(asked) == len(trials) and not asked & {TOPOLOGY.canonical(arch) for arch in earlier}


@pytest.mark.parametrize(("lessons", "times"), [(0, 150), (1, 150), (640, 150), (2000, 48), (200_000, 1)])
def test_networks_see_thousands_of_results_less_often(lessons, times):
    assert passes(150, lessons) == times


@pytest.mark.parametrize("name", ["bananas", "npenas", "neural_predictor"])
def test_every_strategy_with_a_network_does_so(name, monkeypatch):
    epochs = []
    monkeypatch.setattr(predictors, "create", lambda *_, **settings: epochs.append(settings["epochs"]) or Oracle())
    strategy = begin(strategies.create(name), max_trials=10)
    earlier = TOPOLOGY.draw(np.random.default_rng(1), 1000)
    strategy.warm_start([trial(i - 1000, arch, matches(TARGET)(arch)) for i, arch in enumerate(earlier)])
    strategy.ask()
    assert epochs == [96]


def test_bananas_with_an_oracle_finds_the_best_architecture_in_one_round():
    strategy = begin(strategies.create("bananas", candidates_from=EVERYTHING))
    strategy.model = Oracle
    trials = play(strategy, matches(TARGET), 12)
    assert trials[10].arch == TARGET
    assert [t.suggestion.info["phase"] for t in trials] == ["initial"] * 10 + ["model"] * 2


def test_bananas_with_an_oracle_climbs_a_step_a_round_if_it_sees_the_neighbours_of_the_best():
    strategy = begin(strategies.create("bananas", batch=1, pool=20_000))
    strategy.model = Oracle
    rewards = [-t.loss for t in play(strategy, matches(TARGET), 16)]
    start = max(rewards[:10])
    climb = [min(6.0, start + step) for step in range(1, 7)]
    assert np.maximum.accumulate(rewards)[10:].tolist() == climb


def test_bananas_draws_once_for_each_candidate_and_not_at_all_where_it_is_certain():
    strategy = begin(strategies.create("bananas"))
    mean = np.array([3.0, 1.0, 2.0])
    assert strategy.acquisition(mean, np.zeros(3), 0.0).tolist() == [3.0, 1.0, 2.0]
    draws = strategy.acquisition(np.zeros(5000), np.full(5000, 2.0), 0.0)
    assert abs(draws.std() - 2.0) < 4 * 2.0 / np.sqrt(2 * 5000) and len(set(draws)) == 5000


def test_the_random_surrogate_ignores_what_was_told():
    def asked(reward):
        strategy = begin(strategies.create("bananas", surrogate="random", candidates_from=EVERYTHING))
        return [t.arch for t in play(strategy, reward, 40)]

    assert asked(matches(TARGET)) == asked(lambda arch: -matches(TARGET)(arch))


def test_the_density_of_tpe_is_counts_plus_prior():
    space = Blocks()
    archs = [(0, 0, 3), (0, 1, 3), (1, 0, 3)]
    expected = [[3 / 5, 2 / 5, 0, 0], [3 / 6, 2 / 6, 1 / 6, 0], [1 / 7, 1 / 7, 1 / 7, 4 / 7]]
    assert np.allclose(densities(space, archs, prior=1.0), expected)


def test_tpe_asks_for_the_highest_ratio_of_good_to_bad_density():
    space = Blocks()
    rng = np.random.default_rng(0)
    trials = [trial(i, space.sample(rng), float(rng.normal())) for i in range(20)]
    ranked = sorted(trials, key=lambda t: t.loss)
    good = densities(space, [t.arch for t in ranked[:5]], 1.0)
    bad = densities(space, [t.arch for t in ranked[5:]], 1.0)
    ratio = {a: float(np.prod(good[range(3), a] / bad[range(3), a])) for a in map(space.arch, range(24))}
    options = {"quantile": 0.25, "candidates": 2000, "prior": 1.0}
    first, info = propose(space, ranked, set(), rng, **options)
    assert ratio[first] == pytest.approx(max(ratio.values()))
    assert info["score"] == pytest.approx(np.log(ratio[first]), abs=1e-4)
    second, _ = propose(space, ranked, {first}, rng, **options)
    assert ratio[second] == pytest.approx(max(r for arch, r in ratio.items() if arch != first)) and second != first
    assert propose(space, ranked, set(ratio), rng, **options) == (None, {})


@pytest.mark.parametrize(("name", "params"), [("tpe", {}), ("bohb", {"random_fraction": 0.0})])
def test_densities_count_as_good_what_breaks_a_limit_least(name, params):
    strategy = begin(strategies.create(name, **params), constraints=(Constraint("flops_m", high=1.0),))
    sizes = []
    for number in range(60):
        suggestion = strategy.ask()
        sizes.append(float(sum(suggestion.arch)))
        strategy.tell(Trial(number, suggestion, 0.0, 1.0, {"flops_m": sizes[-1]}, (math.inf,)))
    assert np.mean(sizes[40:]) < 9  # by chance 12


def test_a_fresh_architecture_is_drawn_from_those_not_seen():
    space, rng = Blocks(), np.random.default_rng(0)
    seen = {space.arch(i) for i in range(24) if i not in (5, 17)}
    assert {fresh(space, seen, rng) for _ in range(40)} == {space.arch(5), space.arch(17)}
    state = rng.bit_generator.state
    with pytest.raises(ValueError, match="every architecture"):
        fresh(space, {space.arch(i) for i in range(24)}, rng)
    assert rng.bit_generator.state == state


def test_neighbors_name_the_first_parent_and_shares_count_options():
    space = Blocks()
    found = neighbors(space, [(0, 0, 0), (0, 0, 1)], {(1, 0, 0)})
    assert found[0, 0, 2] == (0, 0, 0) and found[1, 0, 1] == (0, 0, 1) and (1, 0, 0) not in found
    assert shares(space, [(0, 0, 3), (0, 1, 3)]) == [[1, 0, 0, 0], [0.5, 0.5, 0, 0], [0, 0, 0, 1]]


def test_what_a_model_thinks_of_an_option_is_its_mean_over_the_candidates_that_have_it():
    space = Blocks()
    means = option_means(space, [(0, 0, 3), (0, 1, 3), (1, 1, 0)], np.array([1.0, 2.0, 6.0]))
    assert means == [[1.5, 6, None, None], [1, 4, None, None], [6, None, None, 1.5]]


@pytest.mark.parametrize("goal", ["max", "min"])
@pytest.mark.parametrize("name", ["gp_hamming", "gp_wl", "npenas"])
def test_predictions_are_told_in_the_unit_of_the_objective(name, goal):
    objective = Objective("val_acc" if goal == "max" else "latency_ms", goal)
    strategy = begin(strategies.create(name, **strategies.create(name).quick), objectives=(objective,))
    trials = play(strategy, lambda arch: (1 if goal == "max" else -1) * (50.0 + 5 * matches(TARGET)(arch)), 12)
    told = [
        (t.suggestion.info["predicted"], objective.value(t.loss)) for t in trials if "predicted" in t.suggestion.info
    ]
    assert len(told) == 8
    for predicted, got in told:
        assert abs(predicted - got) < 20  # rewards lie between 50 and 80
    belief = np.array(trials[-1].suggestion.info["belief"], float)
    assert belief.shape == (6, 5) and np.nanmin(belief) > 30 and np.nanmax(belief) < 100


def test_isomorphic_cells_are_candidates_of_their_own_if_the_objective_is_no_accuracy():
    def candidates(metric):
        strategy = begin(strategies.create("gp_wl", pool=20_000), objectives=(Objective(metric),))
        play(strategy, matches(TARGET), 10)
        return set(strategy.candidates())

    distinct, every = candidates("val_acc"), candidates("val_acc - 0.1 * flops_m")
    assert distinct < every == candidates("flops_m + val_acc")


@pytest.mark.parametrize(("name", "params"), MODEL_BASED)
def test_failed_trials_are_not_repeated_and_do_not_stop_the_search(name, params):
    trials = play(
        begin(strategies.create(name, **params)), lambda arch: -np.inf if arch[0] == 3 else 50.0 + sum(arch), 60
    )
    assert len({t.arch for t in trials}) == 60
    assert sum(np.isinf(t.loss) for t in trials) > 0
