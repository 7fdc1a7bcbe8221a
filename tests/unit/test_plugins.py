"""A file is a plugin: how it is found, made and refused. The sentences are part of the contract."""

import importlib

import pytest

from nas_core import benchmarks, datasets, plugins, spaces, strategies
from nas_core.plugins import Plugin, param
from nas_core.strategies import Strategy


class Sampler(Plugin):
    """Draws samples.

    Second paragraph.
    """

    size: int = param(10, "how many", low=1, high=100)
    rate: float = param(0.5, "how fast", low=0.0)
    spread: float = param(1.0, "how wide")
    greedy: bool = param(False, "whether to take the best")
    kernel: str = param("rbf", "its kernel", options=("rbf", "linear"))
    width: int = param(8, "its width", options=(8, 16))
    depth: int = param(1, "its depth", options=(1, 2))
    note: str = param("", "a remark")
    data: str = "plain"


BASE = "from nas_core.plugins import Plugin\nclass Walker(Plugin):\n    'Walks.'\n"


def folder(package, **files):
    """The base of a made-up kind whose folder holds these {file: source of its class}."""
    name = package({"__init__.py": BASE})
    head = f"from {name} import Walker\n"
    package({f"{file}.py": head + source for file, source in files.items()}, name)
    return importlib.import_module(name).Walker


def test_a_file_is_a_plugin_and_its_name_is_the_files(package):
    walker = folder(
        package,
        hill_climber="class Climber(Walker):\n    'Climbs.'\n",
        published="class _Part(Walker): pass\nclass Other(Walker):\n    name = 'Net16-120'\n",
        _parts="raise RuntimeError('a helper file is not imported')",
    )
    classes = plugins.find(walker)
    assert list(classes) == ["hill_climber", "Net16-120"]
    assert classes["hill_climber"].title() == "hill climber"
    assert classes["hill_climber"].summary() == "Climbs."
    assert plugins.get(walker, "Net16-120") is classes["Net16-120"]


def test_what_find_returns_is_the_callers_own():
    plugins.find(Strategy).clear()
    assert "random_search" in plugins.find(Strategy)


def test_a_label_is_how_the_name_is_written_and_no_variant_inherits_it():
    class Shouted(Sampler):
        label = "SHOUT"

    class Variant(Shouted):
        name = "shouted_again"

    assert (Shouted.title(), Shouted.heading()) == ("SHOUT", "SHOUT")
    assert (Variant.title(), Variant.heading()) == ("shouted again", "Shouted again")


def test_a_strategy_that_is_not_here_is_called_by_its_plain_name():
    assert strategies.title("ppo") == "PPO"
    assert strategies.title("my_own_search") == "my own search"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("x = 1", "must define exactly one public Walker; it defines none"),
        ("class A(Walker): pass\nclass B(Walker): pass\n", "it defines A, B"),
    ],
)
def test_a_file_with_no_plugin_or_two_says_so_with_its_path(package, source, said):
    with pytest.raises(TypeError) as error:
        plugins.find(folder(package, wrong=source))
    assert said in str(error.value)
    assert "wrong.py" in str(error.value)


def test_two_plugins_of_one_name_are_refused_with_both_paths(package):
    source = "class A(Walker):\n    name = 'same'\n"
    with pytest.raises(TypeError) as error:
        plugins.find(folder(package, one=source, two=source))
    assert all(part in str(error.value) for part in ("one.py", "two.py", "both define 'same'"))


def test_an_unknown_name_is_answered_with_those_that_exist():
    with pytest.raises(ValueError, match="no strategy named 'evolutoin'; there are: ") as error:
        strategies.create("evolutoin")
    assert "random_search" in str(error.value)
    with pytest.raises(ValueError, match=r"did you mean 'random_search'\?"):
        strategies.create("random_serch")
    with pytest.raises(ValueError, match="no search space named 'tology'; there are: "):
        spaces.create("tology")
    with pytest.raises(ValueError, match="no benchmark named 'pocket'; there are: "):
        benchmarks.create("pocket", "cluttered_digits")
    with pytest.raises(ValueError, match="no dataset named 'mnist'; there are: "):
        datasets.create("mnist")
    with pytest.raises(ValueError, match="pocket_topology has no dataset 'mnist'; there are: cluttered_digits"):
        benchmarks.create("pocket_topology", "mnist")


def test_an_unknown_parameter_is_answered_with_those_that_exist():
    with pytest.raises(
        ValueError, match="regularized_evolution has no parameter 'popsize'; it takes: no_repeats, population_size"
    ):
        strategies.create("regularized_evolution", popsize=3)
    with pytest.raises(ValueError, match="local_search has no parameter 'name'; it takes: "):
        strategies.create("local_search", **{"name": "x"})
    with pytest.raises(ValueError, match="the dataset is not a parameter of pocket_topology"):
        benchmarks.create("pocket_topology", "cluttered_digits", **{"dataset": "mnist"})


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ({"size": 5}, 5),
        ({"size": 5.0}, 5),
        ({"size": "5"}, 5),
        ({"size": " 5 "}, 5),
        ({"rate": 2}, 2.0),
        ({"rate": "1e-3"}, 0.001),
        ({"rate": "2"}, 2.0),
        ({"greedy": True}, True),
        ({"greedy": "yes"}, True),
        ({"greedy": "False"}, False),
        ({"greedy": "0"}, False),
        ({"kernel": "linear"}, "linear"),
        ({"width": 16}, 16),
        ({"width": "16"}, 16),
        ({"width": 16.0}, 16),
        ({"note": "café ☕"}, "café ☕"),
    ],
)
def test_values_are_read_in_the_type_of_the_default(given, value):
    (name,) = given
    made = getattr(Sampler(**given), name)
    assert made == value
    assert type(made) is type(value)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"size": 0}, "size must be between 1 and 100; it is 0"),
        ({"size": 101}, "size must be between 1 and 100; it is 101"),
        ({"size": 10**400}, "size must be between 1 and 100; it is 1000"),
        ({"size": 2.5}, "size must be a whole number; it is 2.5"),
        ({"size": "many"}, "size must be a whole number; it is 'many'"),
        ({"size": "9" * 5000}, "size must be a whole number; it is '999"),
        ({"size": True}, "size must be a whole number; it is True"),
        ({"size": None}, "size must be a whole number; it is None"),
        ({"size": [3]}, "size must be a whole number; it is [3]"),
        ({"rate": -0.1}, "rate must be at least 0.0; it is -0.1"),
        ({"rate": "nan"}, "rate must be a number; it is nan"),
        ({"spread": float("nan")}, "spread must be a number; it is nan"),
        ({"spread": float("inf")}, "spread must be a number; it is inf"),
        ({"spread": 10**400}, "spread must be a number; it is 1000"),
        ({"greedy": 1}, "greedy must be true or false; it is 1"),
        ({"greedy": "perhaps"}, "greedy must be true or false; it is 'perhaps'"),
        ({"kernel": "cubic"}, "kernel must be one of rbf, linear; it is 'cubic'"),
        ({"depth": True}, "depth must be one of 1, 2; it is True"),
        ({"width": 9}, "width must be one of 8, 16; it is 9"),
        ({"note": 3}, "note must be a text; it is 3"),
    ],
)
def test_values_that_are_not_allowed_are_refused_with_what_is(given, said):
    with pytest.raises(ValueError) as error:
        Sampler(**given)
    assert said in str(error.value)
    assert str(error.value).startswith("sampler: ")


def test_parameters_are_the_fields_made_with_param_in_order():
    assert [f.name for f in plugins.params(Sampler)] == [
        "size",
        "rate",
        "spread",
        "greedy",
        "kernel",
        "width",
        "depth",
        "note",
    ]
    assert Sampler.summary() == "Draws samples."


@pytest.mark.parametrize("folder", ["spaces", "benchmarks", "datasets", "strategies", "predictors"])
def test_every_plugin_of_the_project_explains_itself(folder):
    module = importlib.import_module(f"nas_core.{folder}")
    base = next(
        c
        for c in vars(module).values()
        if isinstance(c, type) and c.__module__ == module.__name__ and issubclass(c, Plugin)
    )
    classes = plugins.find(base)
    assert classes
    for name, plugin in classes.items():
        assert plugin.summary().endswith((".", ":")), f"{name} needs a docstring that begins with a sentence"
        for f in plugins.params(plugin):
            assert f.metadata["help"], f"{name}.{f.name} needs a help text"
            assert plugins.validate(name, f, f.default) == f.default, f"the default of {name}.{f.name} is not allowed"
