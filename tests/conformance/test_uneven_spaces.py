"""Every strategy searches a space one of whose decisions leaves no choice."""

import pytest

from nas_core import strategies
from nas_core.types import Trial
from tests.conformance.test_strategies import FOUND, TWO, every_strategy
from tests.play import begin
from tests.tiny import Blocks


class Uneven(Blocks):
    """A space whose decisions have different numbers of options, and one of them no choice."""

    decisions = ("1", "2", "3", "4")
    options = (("a", "b"), ("a", "b", "c"), ("a",), ("a", "b"))


@pytest.mark.usefixtures("tables")
@every_strategy
def test_a_decision_of_one_option_is_left_alone(name):
    strategy = strategies.create(name, **FOUND[name].quick)
    try:
        begin(strategy, Uneven(), objectives=TWO if FOUND[name].many_objectives else TWO[:1])
    except ValueError as error:
        assert "scores" in str(error), "those that look at scores find none here"
        return
    number, target = 0, (1, 2, 0, 1)
    while number < 40 and (suggestion := strategy.ask()) is not None:
        assert Uneven().valid(suggestion.arch)
        off = float(sum(a != b for a, b in zip(suggestion.arch, target, strict=True)))
        losses = (off, -off) if FOUND[name].many_objectives else (off,)
        strategy.tell(Trial(number, suggestion, number, number + 1.0, {}, losses))
        number += 1
    assert number >= 12
