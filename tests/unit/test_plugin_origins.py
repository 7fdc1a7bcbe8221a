"""Plugins from elsewhere: classes registered in a notebook, and entry points of installed packages."""

import re

import pytest

from nas_core import plugins, strategies
from nas_core.strategies import Strategy


class TwoWordsPPO(Strategy):
    """Registered by the tests below; it asks nothing."""

    def ask(self):
        return None


def test_a_registered_class_is_a_plugin_until_it_is_unregistered():
    again = type("TwoWordsPPO", (TwoWordsPPO,), {"__module__": __name__, "ask": lambda self: None})
    try:
        assert plugins.register(TwoWordsPPO) is TwoWordsPPO
        assert isinstance(strategies.create("two_words_ppo"), TwoWordsPPO)
        plugins.register(again)  # the cell of a notebook runs again
        assert plugins.get(Strategy, "two_words_ppo") is again
        plugins.unregister(TwoWordsPPO)  # the older class is not the registered one any more
        assert plugins.get(Strategy, "two_words_ppo") is again
    finally:
        plugins.unregister(again)
    with pytest.raises(ValueError, match="no strategy named 'two_words_ppo'"):
        strategies.create("two_words_ppo")


def test_what_cannot_be_registered_is_refused():
    class Unfinished(Strategy):
        """Has no ask."""

    class Thief(TwoWordsPPO):
        name = "random_search"

    for wrong in (Unfinished, TwoWordsPPO(), int):
        with pytest.raises(TypeError, match="cannot be registered; give a complete class"):
            plugins.register(wrong)
    with pytest.raises(ValueError, match="there is a strategy named 'random_search' already"):
        plugins.register(Thief)


MODULE = """
from nas_core.strategies import Strategy

class TabuSearch(Strategy):
    "Remembers where it has been."
    def ask(self):
        return None

class Double(TabuSearch):
    name = "random_search"

number = 3
"""


def test_a_strategy_of_an_installed_package_is_in_the_menu(installed):
    installed({"__init__.py": MODULE}, strategies={"tabu_search": "TabuSearch"})
    assert plugins.get(Strategy, "tabu_search").summary() == "Remembers where it has been."
    assert strategies.title("tabu_search") == "tabu search"
    with pytest.raises(ValueError, match="there is a strategy named 'tabu_search' already"):
        plugins.register(type("TabuSearch", (TwoWordsPPO,), {"__module__": __name__}))


@pytest.mark.parametrize(
    ("entry", "target", "reason"),
    [
        ("tabu_search", "Missing", "AttributeError: .* has no attribute 'Missing'"),
        ("number", "number", "TypeError: .*:number is not a complete Strategy"),
        ("tabu", "TabuSearch", "ValueError: .*:TabuSearch is named 'tabu_search'; name the entry point likewise"),
        ("random_search", "Double", "ValueError: that name is taken by nas_core.strategies.random_search"),
    ],
)
def test_an_installed_plugin_that_cannot_be_used_is_left_out_with_its_reason(installed, entry, target, reason):
    package = installed({"__init__.py": MODULE}, strategies={entry: target})
    known = plugins.find(Strategy)
    said = plugins.faults(Strategy)[entry]
    assert re.fullmatch(f"the strategy {entry!r} of the package {package} cannot be used: {reason}", said)
    assert known["random_search"].__module__ == "nas_core.strategies.random_search"
    if entry not in known:
        with pytest.raises(ValueError, match="cannot be used"):
            strategies.create(entry)
