"""Plugins are found by the names that people use, and what is saved has the plugin's own name."""

import re

import pytest

import nas_core as nas
from nas_core import plugins, strategies
from nas_core.cli.list import KINDS
from nas_core.strategies import Strategy
from nas_core.strategies.regularized_evolution import RegularizedEvolution
from tests.command_line import call, last, refused

USED = {
    "REA": "regularized_evolution",
    "aging evolution": "regularized_evolution",
    "Regularised-Evolution": "regularized_evolution",
    "BO": "gp_hamming",
    "Bayesian optimisation": "gp_hamming",
    "bayesian_optimization": "gp_hamming",
    "NAS-BOWL": "gp_wl",
    "ppo": "ppo",
    "HB": "hyperband",
    "sh": "successive_halving",
    "hill climbing": "local_search",
    "NSGA-II": "nsga2",
    "NSGA 2": "nsga2",
    "MOEA/D": "moead",
}
TINY = ("--trials", 4, "--benchmark", "pocket_topology")


@pytest.mark.parametrize("kind", KINDS)
def test_no_word_means_two_plugins(kind):
    owners: dict[str, str] = {}
    for name, plugin in plugins.find(KINDS[kind]).items():
        for word in (name, plugin.title(), *plugin.aliases):
            plain = re.sub("[ _-]", "", word.casefold())
            assert owners.setdefault(plain, name) == name, f"{word!r} is also a name of {owners[plain]}"


@pytest.mark.parametrize(("word", "name"), USED.items())
def test_a_strategy_is_found_by_the_names_that_people_use(word, name):
    assert strategies.resolve(word) == name


@pytest.mark.parametrize(
    ("word", "near"),
    [
        ("GP", "did you mean 'gp_hamming' or 'gp_wl'?"),
        ("ASHA", "did you mean 'successive_halving'?"),
        ("one-shot", "did you mean 'darts' or 'enas' or 'fbnet_v2' or 'gdas' or 'rsps'?"),
        ("aging evolutoin", "did you mean 'regularized_evolution'?"),
    ],
)
def test_a_word_that_names_several_in_part_or_none_is_answered_with_those_near_it(word, near):
    with pytest.raises(ValueError, match=f"no strategy named '{word}'; there are: area, .*{re.escape(f'({near})')}$"):
        strategies.resolve(word)


@pytest.fixture
def other():
    class Other(RegularizedEvolution):
        """Calls itself like another."""

        aliases = ("rea", "BOHB", "another evolution")

    yield plugins.register(Other)
    plugins.unregister(Other)


def test_an_alias_of_two_plugins_is_refused_and_a_name_is_stronger_than_an_alias(other):
    with pytest.raises(ValueError, match=r"^'REA' may mean regularized_evolution or other; give one of these names$"):
        strategies.resolve("REA")
    assert strategies.resolve("bohb") == "bohb"
    assert strategies.resolve("Another evolution") == "other"


def test_a_variant_does_not_inherit_aliases():
    class Variant(RegularizedEvolution):
        """A variant."""

    assert RegularizedEvolution.aliases == ("REA", "aging evolution") and Variant.aliases == ()


def test_an_alias_on_the_command_line_is_the_same_run():
    plain, alias = (last("run", "--strategy", name, *TINY) for name in ("regularized_evolution", "REA"))
    assert plain == alias


def test_sweep_and_front_say_the_plugins_name():
    rows = last("sweep", "--strategies", "REA,RS", "--seeds", "0:2", "--against", "rs", *TINY)["rows"]
    assert [row["strategy"] for row in rows] == ["regularized_evolution", "random_search"] and "p" in rows[0]
    rows = last(
        "front", "--objectives", "val_acc,flops_m", "--strategies", "NSGA-II,nsga2,RS", "--seeds", "0:2", *TINY
    )["rows"]
    assert [row["strategy"] for row in rows] == ["nsga2", "random_search"] and "p" in rows[0]
    assert "did you mean 'gp_hamming' or 'gp_wl'?" in refused(2, "sweep", "--strategies", "RS,GP", *TINY)


def test_compare_takes_aliases():
    found = nas.compare("RS", "hill climbing", max_trials=4, seeds=2)
    assert {trace.spec.strategy for trace in found.traces} == {"random_search", "local_search"}


def test_a_spec_with_an_alias_cannot_run_so_no_run_id_depends_on_one():
    spec = nas.RunSpec("pocket_topology", "cluttered_digits", "REA", max_trials=4)
    with pytest.raises(ValueError, match=r"no strategy named 'REA';.*\(did you mean 'regularized_evolution'"):
        list(nas.run(spec))


def test_list_says_the_aliases():
    assert re.search(r"^regularized_evolution +REA, aging evolution +Mutates", call("list", "strategies").stdout, re.M)
    assert last("list", "strategies")["aliases"]["hyperband"] == ["HB"]
    assert set(last("list", "spaces")) == {"names"}
    assert set(plugins.find(Strategy)) == set(last("list", "strategies")["names"])
