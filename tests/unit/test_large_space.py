"""Strategies on a space that is too large to be listed: each asks without ever counting through it."""

import pytest

from nas_core import plugins, strategies
from nas_core.strategies import Strategy
from tests.play import begin, matches, play
from tests.tiny import Endless

SPACE = Endless()
NAMES = [name for name, plugin in plugins.find(Strategy).items() if plugin.searches(SPACE)]


@pytest.mark.parametrize("name", NAMES)
def test_every_strategy_searches_a_space_of_7_to_the_28(name):
    strategy = strategies.create(name, **plugins.get(Strategy, name).quick)
    begin(strategy, SPACE, fidelities=(1, 2, 4), max_trials=12, proxies=("flops",))
    trials = play(strategy, matches((0,) * 28), 12)
    assert len(trials) == 12 and all(SPACE.valid(trial.arch) for trial in trials)


def test_what_ranks_every_architecture_refuses_such_a_space():
    with pytest.raises(ValueError, match="there is no ranking of every architecture: endless has 459,986,536,544,"):
        begin(strategies.create("bananas", candidates_from="the whole space"), SPACE)
