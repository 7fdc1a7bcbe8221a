"""A limit on the command line: what `run` and `sweep` keep, report and refuse, and the command that repeats it."""

import shlex

import pytest

from nas_core import benchmarks, command
from nas_core.store import Store
from nas_core.summary import summarise
from nas_core.types import Constraint, RunSpec
from tests.command_line import call, last, refused

pytestmark = pytest.mark.usefixtures("tables")
HERE = ("--benchmark", "formula", "--trials", 40)
SEARCH = ("run", *HERE, "--strategy", "regularized_evolution")
ALL = ("sweep", *HERE, "--strategies", "regularized_evolution,random_search", "--seeds", "0:2", "--processes", 1)


def test_a_run_keeps_it_and_regret_is_counted_from_the_best_that_does():
    result = last(*SEARCH, "--limit", "flops_m<=9")
    table = benchmarks.table("formula", "numbers")
    inside, test = table.column("flops_m") <= 9, table.column("test_acc")
    row = table.space.index(table.space.parse(result["incumbent"]))
    assert inside[row] and result["regret"] == pytest.approx(test[inside].max() - test[row])
    assert result == last(*SEARCH, "--limit", "flops_m=:9"), "another spelling is another run"
    assert result["run"] != last(*SEARCH)["run"]


def test_nothing_found_is_said():
    assert "none of 40 trials keeps flops_m<=1;" in call(*SEARCH, "--limit", "flops_m <= 1").stdout
    swept = call(*ALL, "--limit", "flops_m<=1").stdout
    assert "within flops_m<=1" in swept and "random_search: 2 of 2 runs found nothing within the limits" in swept


@pytest.mark.parametrize("command_line", [SEARCH, ALL])
@pytest.mark.parametrize(
    ("limit", "words"),
    [("nonsense", "as in flops_m<=100"), ("speed<=1", "no such metric"), ("test_acc>=9", "may not see it")],
)
def test_what_cannot_be_kept_is_refused(command_line, limit, words):
    assert words in refused(2, *command_line, "--limit", limit)


def test_a_supernet_can_keep_none():
    assert "cannot respect a limit" in refused(2, "run", *HERE, "--strategy", "darts", "--limit", "flops_m<=9")


def test_the_command_repeats_it_and_the_list_of_runs_shows_the_best_within(tmp_path):
    from nas_core import jobs

    spec = RunSpec("formula", "numbers", "random_search", constraints=(Constraint("flops_m", 5.0, 9.0),), max_trials=40)
    words = shlex.split(command.run(spec))
    assert words[words.index("--limit") + 1] == "5<=flops_m<=9"
    assert last(*words[3:])["run"] == spec.id
    store = Store(tmp_path)
    list(jobs.search(store, spec))
    assert summarise(store, spec.id).best == pytest.approx(last(*words[3:])["val_acc"])
