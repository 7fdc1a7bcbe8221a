"""REINFORCE and PPO: gradients against autograd, and PPO's relation to REINFORCE."""

import numpy as np
import pytest

from nas_core import strategies
from nas_core.spaces.size import Size
from nas_core.strategies import ppo, reinforce
from nas_core.strategies._policy import Adam, SoftmaxPolicy
from tests.play import TOPOLOGY, begin, matches, play

TARGET = (3, 3, 3, 1, 3, 2)


@pytest.fixture
def policy():
    policy = SoftmaxPolicy(TOPOLOGY, np.random.default_rng(1))
    policy.logits += np.random.default_rng(2).normal(size=policy.logits.shape)
    return policy


@pytest.fixture
def archs(policy):
    rng = np.random.default_rng(3)
    return [policy.sample(rng) for _ in range(12)]


def log_prob_in_torch(logits, archs):
    import torch

    rows = torch.log_softmax(logits, 1)
    return torch.stack([rows[torch.arange(6), torch.tensor(arch)].sum() for arch in archs])


@pytest.mark.torch
def test_reinforce_gradient_is_that_of_autograd(policy, archs):
    import torch

    logits = torch.tensor(policy.logits, requires_grad=True)
    (-2.5 * log_prob_in_torch(logits, archs[:1])).sum().backward()
    assert np.allclose(reinforce.gradient(policy, archs[0], 2.5), logits.grad.numpy(), atol=1e-12)


@pytest.mark.torch
@pytest.mark.parametrize("clip", [0.05, 0.2, np.inf])
def test_ppo_gradient_is_that_of_autograd(policy, archs, clip):
    import torch

    rng = np.random.default_rng(4)
    advantages, old = rng.normal(size=12), policy.log_prob(archs) + rng.normal(0, 0.3, 12)
    logits = torch.tensor(policy.logits, requires_grad=True)
    ratio = torch.exp(log_prob_in_torch(logits, archs) - torch.tensor(old))
    gain = torch.tensor(advantages)
    surrogate = torch.minimum(ratio * gain, ratio.clamp(1 - clip, 1 + clip) * gain).mean()
    rows = torch.log_softmax(logits, 1)
    (-surrogate + 0.03 * (rows.exp() * rows).sum()).backward()
    ours, fraction = ppo.gradient(policy, archs, advantages, old, clip, 0.03)
    assert np.allclose(ours, logits.grad.numpy(), atol=1e-12)
    assert fraction == np.mean(np.abs(ratio.detach().numpy() - 1) > clip)


@pytest.mark.torch
def test_adam_is_that_of_torch():
    import torch

    rng = np.random.default_rng(0)
    ours, gradients = rng.normal(size=(6, 5)), rng.normal(size=(20, 6, 5))
    theirs = torch.tensor(ours.copy(), requires_grad=True)
    adam, optimizer = Adam(ours, 0.03), torch.optim.Adam([theirs], 0.03)
    for gradient in gradients:
        adam.step(gradient)
        theirs.grad = torch.tensor(gradient)
        optimizer.step()
    assert np.allclose(ours, theirs.detach().numpy(), atol=1e-12)


def test_one_epoch_of_ppo_without_clipping_is_a_batch_step_of_reinforce():
    options = {"epochs": 1, "clip": 0.0, "entropy_bonus": 0.0, "max_norm": 0.0, "learning_rate": 0.1}
    strategy = begin(strategies.create("ppo", batch_size=12, **options))
    before = strategy.policy.logits.copy()
    trials = play(strategy, matches(TARGET), 12)
    same = SoftmaxPolicy(TOPOLOGY, np.random.default_rng(0))
    same.logits[:] = before
    rewards = -np.array([t.loss for t in trials])
    advantages = (rewards - rewards.mean()) / (rewards.std() + 1e-8)
    steps = [reinforce.gradient(same, t.arch, a) for t, a in zip(trials, advantages, strict=True)]
    Adam(same.logits, 0.1).step(np.mean(steps, 0))
    assert np.allclose(strategy.policy.logits, same.logits, atol=1e-9)
    assert not np.allclose(strategy.policy.logits, before)
    assert strategy.learned["clip_fraction"] == 0.0


def test_ppo_clips_once_it_learns_several_times_from_a_batch_and_says_so():
    strategy = begin(strategies.create("ppo", target_kl=0.0))
    trials = play(strategy, matches(TARGET), 60)
    assert trials[0].suggestion.info.keys() == {"phase", "policy", "log_prob"}
    logged = [t.suggestion.info["clip_fraction"] for t in trials[10:]]
    assert max(logged) > 0 and all(0 <= fraction < 1 for fraction in logged)


def test_the_stored_log_probability_is_that_of_the_policy_the_architecture_was_drawn_from():
    for trial in play(begin(strategies.create("ppo")), matches(TARGET), 40):
        info = trial.suggestion.info
        expected = sum(np.log(info["policy"][edge][option]) for edge, option in enumerate(trial.arch))
        assert info["log_prob"] == pytest.approx(expected, abs=0.01)


def test_the_first_advantage_of_reinforce_is_zero():
    strategy = begin(strategies.create("reinforce"))
    before = strategy.policy.logits.copy()
    play(strategy, matches(TARGET), 1)
    assert np.array_equal(strategy.policy.logits, before)


@pytest.mark.parametrize(("name", "params"), [("reinforce", {"learning_rate": 0.1}), ("ppo", {})])
def test_the_policy_learns_a_simple_reward(name, params):
    strategy = begin(strategies.create(name, **params))
    play(strategy, matches(TARGET), 600)
    chance = strategy.policy.probabilities()[np.arange(6), TARGET]
    assert chance.mean() > 0.6  # 0.2 at the start


@pytest.mark.parametrize("name", ["reinforce", "ppo"])
def test_failed_trials_teach_nothing(name):
    strategy = begin(strategies.create(name))
    before = strategy.policy.logits.copy()
    play(strategy, lambda arch: -np.inf, 40)
    assert np.array_equal(strategy.policy.logits, before)


def test_a_policy_gives_no_chance_to_options_that_do_not_exist():
    class Uneven(Size):
        options = (("a", "b"), ("a", "b", "c"), ("a",), ("a", "b"), ("a", "b"))

    space = Uneven()
    policy = SoftmaxPolicy(space, np.random.default_rng(0))
    assert policy.probabilities()[0, 2] == 0 and policy.probabilities()[2].tolist() == [1.0, 0.0, 0.0]
    rng = np.random.default_rng(1)
    assert all(space.valid(policy.sample(rng)) for _ in range(200))
    strategy = begin(strategies.create("reinforce", learning_rate=0.5), space)
    play(strategy, matches((1, 2, 0, 1, 0)), 300)
    assert np.allclose(strategy.policy.probabilities().sum(1), 1)
    assert np.isneginf(strategy.policy.logits[2, 1:]).all()
