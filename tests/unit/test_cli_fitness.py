"""A fitness on the command line: what `run` and `sweep` maximise, how they report it, and what they refuse."""

import numpy as np
import pytest

from nas_core import benchmarks
from tests.command_line import last, refused

pytestmark = pytest.mark.usefixtures("tables")
HERE = ("--benchmark", "formula", "--trials", 9)


def test_it_is_reported_with_test_accuracy_and_regret_is_its_own():
    result = last("run", *HERE, "--strategy", "random_search", "--fitness", "val_acc-log(flops_m)")
    table = benchmarks.create("formula", "numbers")
    values = table.column("test_acc") - np.log(table.column("flops_m").astype(float))
    row = table.space.index(table.space.parse(result["incumbent"]))
    assert result["fitness"]["expression"] == "val_acc - log(flops_m)"
    assert result["fitness"]["seen"] == pytest.approx(result["val_acc"] - np.log(table.column("flops_m")[row]))
    assert result["fitness"]["reported"] == pytest.approx(values[row])
    assert result["regret"] == pytest.approx(values.max() - values[row])
    options = ("--strategies", "random_search", "--seeds", 0, "--processes", 1)
    swept = last("sweep", *HERE, *options, "--fitness", "(val_acc) - log( flops_m )")
    assert swept["metric"] == "fitness" and swept["rows"][0]["mean"] == pytest.approx(result["fitness"]["reported"])


def test_a_metric_alone_is_maximised_too():
    best = last("run", *HERE, "--strategy", "random_search", "--fitness", "flops_m")
    turned = last("run", *HERE, "--strategy", "random_search", "--objectives", "flops_m:max")
    assert best == turned
    assert best["run"] != last("run", *HERE, "--strategy", "random_search", "--objectives", "flops_m")["run"]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("run", "--strategy", "random_search", "--fitness", "test_acc / 2"), "may not see test_acc"),
        (("run", "--strategy", "random_search", "--objectives", "flops_m:up"), "not 'up'"),
        (("sweep", "--strategies", "random_search", "--fitness", "speed"), "no metric named 'speed'"),
        (("sweep", "--strategies", "random_search", "--fitness", ""), "the fitness is empty"),
        (
            ("sweep", "--strategies", "random_search", "--fitness", "val_acc/2", "--objective", "flops_m"),
            "--fitness takes the place of the objectives",
        ),
        (("sweep", "--strategies", "nsga2", "--objective", "val_acc,flops_m"), "the command front"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(args, words):
    assert words in refused(2, args[0], *HERE, *args[1:])
