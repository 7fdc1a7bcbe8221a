"""ParEGO: how it joins objectives, what its model learns from, and that it reaches every part of a front."""

import numpy as np

from nas_core import strategies
from nas_core.strategies.parego import tchebycheff
from nas_core.types import Constraint, Objective, Trial
from tests.play import begin

TWO = (Objective("convolutions", "max"), Objective("distance", "min"))
TARGET = np.array([0, 1, 2, 3, 4, 0])


def metrics(arch):
    """Two objectives that want different cells: 3×3 convolutions everywhere, and TARGET."""
    return {"convolutions": float(sum(a == 3 for a in arch)), "distance": float(np.sum(np.array(arch) != TARGET))}


def play(strategy, trials):
    """The first trials of a started strategy."""
    told = []
    for number in range(trials):
        suggestion = strategy.ask()
        values = metrics(suggestion.arch)
        losses = tuple(o.loss(values[o.metric]) for o in strategy.problem.objectives)
        told.append(Trial(number, suggestion, number, number + 1.0, values, losses))
        strategy.tell(told[-1])
    return told


def test_tchebycheff_by_hand():
    losses = np.array([[0.0, 10.0], [5.0, 0.0], [10.0, 5.0]])
    weighted = np.array([[0.0, 0.75], [0.125, 0.0], [0.25, 0.375]])
    expected = weighted.max(1) + 0.05 * weighted.sum(1)
    np.testing.assert_allclose(tchebycheff(losses, np.array([0.25, 0.75])), expected)
    assert tchebycheff(np.array([[3.0, 3.0]]), np.array([0.5, 0.5])).tolist() == [0.0]


def test_it_walks_the_whole_front():
    """Any mix of the two wishes is best for someone: 0 to 6 decisions from TARGET, every other one a convolution."""
    strategy = begin(strategies.create("parego"), objectives=TWO)
    found = {t.losses for t in play(strategy, 120)}
    front = {(-float(6 - kept), float(5 - kept)) for kept in range(6)}  # one decision of TARGET is a convolution
    assert len(front & found) >= 5
    assert len({t.arch for t in strategy.trials}) == 120


def test_the_model_learns_from_the_best_and_from_some_others():
    strategy = begin(strategies.create("parego", most=10, initial=30), objectives=TWO)
    play(strategy, 40)
    strategy.candidates()
    lessons = strategy.lessons()
    assert len({t.number for t in lessons}) == 10
    assert lessons[:5] == strategy.best_first()[:5]
    assert sorted(strategy.targets(lessons), reverse=True)[:5] == strategy.targets(lessons)[:5].tolist()


def test_what_violates_a_constraint_is_worse_than_all_that_does_not():
    strategy = begin(strategies.create("parego"), objectives=TWO, constraints=(Constraint("convolutions", high=2),))
    play(strategy, 60)
    strategy.candidates()
    ranked = [t.metrics["convolutions"] for t in strategy.best_first()]
    allowed = sum(c <= 2 for c in ranked)
    assert max(ranked[:allowed]) <= 2 < min(ranked[allowed:])
    assert ranked[allowed:] == sorted(ranked[allowed:])  # the less it violates, the better


def test_with_one_objective_it_is_plain_bayesian_optimisation():
    strategy = begin(strategies.create("parego"), objectives=TWO[:1])
    play(strategy, 40)
    strategy.candidates()
    ranked = [t.loss for t in strategy.best_first()]
    assert ranked == sorted(ranked) and ranked[0] == -6.0
    assert begin(strategies.create("parego"), objectives=(Objective("val_acc"),)).problem.merges_isomorphic
    assert not begin(strategies.create("parego"), objectives=(Objective("val_acc"), TWO[1])).problem.merges_isomorphic
