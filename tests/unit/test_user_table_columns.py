"""What the columns of a table of one's own are read as, and their numbers in the ways that people write them."""

import numpy as np
import pytest
from click.testing import CliRunner

from nas_core import benchmarks, runner
from nas_core.cli import commands
from nas_core.sources import tables, user_table
from nas_core.sources.download import SourceError
from nas_core.spaces.topology import Topology
from nas_core.types import Objective, RunSpec


def csv(*lines):
    return "\n".join(lines).encode()


@pytest.mark.parametrize(
    "name",
    ["Test_acc", "acc_test", "final_test_accuracy", "testAccuracy", "TEST_ACC", "cifar10Test", "accTEST"],
)
def test_a_test_metric_under_any_name_is_never_searched(name):
    draft = user_table.read(csv(f"arch,val_acc,{name}", "9,50,49", "8,40,39"), "m.csv", "topology", "own")
    assert len(draft.tests) == 1 and any("no search sees test metrics" in said for said in draft.remarks())
    user_table.save(draft, "mine", "")
    table = benchmarks.create("own_topology", "mine")
    assert table.searchable == ("val_acc",)
    with pytest.raises(ValueError, match="a search may not see"):
        runner.check(
            RunSpec("own_topology", "mine", "random_search", max_trials=2, objectives=(Objective(draft.tests[0]),))
        )


@pytest.mark.parametrize("name", ["latest_acc", "fastest_ms", "contest_score", "LATEST"])
def test_a_word_that_only_ends_like_test_is_no_test_metric(name):
    assert user_table.read(csv(f"arch,val_acc,{name}", "9,50,49"), "m.csv", "topology", "own").tests == []


@pytest.mark.parametrize("name", ["Test_acc", "acc_test", "TestAccuracy", "Test acc (%)", "test-acc"])
def test_accuracies_are_known_in_other_spellings(name):
    draft = user_table.read(csv(f"Architecture,Validation Accuracy,{name}", "9,50,49"), "m.csv", "topology", "own")
    assert {n: c[9] for n, c in draft.columns.items()} == {"val_acc": 50, "test_acc": 49}
    assert draft.names == {"val_acc": "Validation Accuracy", "test_acc": name}


def test_a_column_can_be_named_as_the_one_that_is_meant():
    content = csv("cell,acc_test,val_loss", "9,50,1")
    draft = user_table.read(content, "m.csv", "topology", "own", {"arch": "cell", "val_acc": "acc_test"})
    assert draft.tests == [] and draft.columns["val_acc"][9] == 50
    with pytest.raises(ValueError, match="no column 'x' to take for val_acc; it has: cell, acc_test, val_loss"):
        user_table.read(content, "m.csv", "topology", "own", {"val_acc": "x"})
    with pytest.raises(ValueError, match=r"two columns called 'test_acc' \('test_acc' and 'acc_test'\)"):
        user_table.read(csv("arch,val_acc,test_acc,acc_test", "9,1,2,3"), "m.csv", "topology", "own")


def test_accuracies_that_are_all_at_most_one_are_asked_about():
    draft = user_table.read(csv("arch,val_acc,test_acc", "9,0.93,91", "8,1.0,90"), "m.csv", "topology", "own")
    assert draft.fractions == ["val_acc"]
    with pytest.raises(ValueError, match="val_acc: no value above 1, so they may be fractions; say"):
        user_table.save(draft, "mine", "")
    for scale, value in (("fractions", 93), ("percent", 0.93)):
        user_table.save(draft, "mine", "", scale=scale)
        table = benchmarks.create("own_topology", "mine")
        assert table.column("val_acc")[9] == value and table.column("test_acc")[9] == 91
        assert table.provenance()["accuracies"] == f"val_acc: taken for {scale}"
    assert user_table.read(csv("arch,val_acc", "9,0.9 %"), "m.csv", "topology", "own").fractions == []


def test_numbers_that_float32_cannot_hold_are_kept():
    lines = [f"{i},{50 + i / 1e9},{value}" for i, value in enumerate(("1e32", "1e61", "3e-60", "-2e300"))]
    user_table.save(user_table.read(csv("arch,val_acc,synflow", *lines), "m.csv", "topology", "own"), "mine", "")
    table = benchmarks.create("own_topology", "mine")
    assert table.column("synflow")[:4].tolist() == [1e32, 1e61, 3e-60, -2e300]
    assert table.search_column("synflow")[1] == 1e61 and table.column("val_acc")[3] == 50 + 3 / 1e9
    draft = user_table.read(csv("arch,val_acc,synflow", "1,50,1e400"), "m.csv", "topology", "own")
    assert draft.problems[0].text == "synflow must be finite; it is 1e400"


def test_a_table_in_float32_refuses_what_it_cannot_hold(tmp_path):
    with pytest.raises(SourceError, match=r"a has the value 1e\+39, too large for float32"):
        tables.write(tmp_path / "x.parquet", {"a": np.array([1.0, 1e39, np.inf])}, {})


def test_numbers_as_spreadsheets_write_them():
    text = "sep=;\r\narch;val_acc;test_acc;params_m\r\n9;93,45 %;92%;1,5\r\n8;90,1\u202f%;NA;-\r\n"
    for encoding in ("utf-8-sig", "utf-16"):
        draft = user_table.read(text.encode(encoding), "m.csv", "topology", "own")
        assert draft.problems == [] and draft.columns["val_acc"][[9, 8]].tolist() == [93.45, 90.1]
        assert draft.columns["test_acc"][9] == 92 and draft.columns["params_m"][9] == 1.5
        assert np.isnan(draft.columns["test_acc"][8]) and np.isnan(draft.columns["params_m"][8])


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (("arch;val_acc;n", "9;93,4;1", "8;93,5;1.5"), r"with a comma \(line 2\) and with a point \(line 3\)"),
        (("arch;val_acc", "9;93 %", "8;93"), "val_acc with a percent sign in line 2 and without in line 3"),
    ],
)
def test_numbers_written_in_two_ways_are_refused(lines, says):
    with pytest.raises(ValueError, match=says):
        user_table.read(csv(*lines), "m.csv", "topology", "own")


def test_what_is_not_understood_is_said_exactly():
    draft = user_table.read(csv("arch,val_acc", '9,"93,4"', "8,93,4", "7;1"), "m.csv", "topology", "own")
    assert [p.text for p in draft.problems] == [
        "val_acc is not a number: '93,4'; a decimal comma is understood where semicolons or tabs separate the columns",
        "another number of fields than the first line: 3, not 2; for decimal commas, separate columns by semicolons",
        "another number of fields than the first line: 1, not 2",
    ]


def test_the_command_takes_a_table(tmp_path):
    file = tmp_path / "mine.csv"
    file.write_bytes(csv("arch,acc_test,final_test_accuracy", "9,0.9,80", "x,1,1"))

    def call(*rest):
        return CliRunner().invoke(
            commands, ["table", str(file), "--notation", "own", "--column", "val_acc=acc_test", *rest]
        )

    result = call()
    assert result.exit_code == 2 and "val_acc: no value above 1; say --accuracies" in result.output
    result = call("--accuracies", "fractions")
    assert result.exit_code == 0, result.output
    assert "mine: 1 architectures" in result.output and "line 3: 'own:x'" in result.output
    table = benchmarks.create("own_topology", "mine")
    assert table.column("val_acc")[9] == 90 and table.searchable == ("val_acc",)
    assert call("--accuracies", "fractions", "--minimise", "x").exit_code == 2


@pytest.mark.parametrize(
    ("lines", "notation", "columns"),
    [
        (("cell,score", "own:9,50", "nats:8,40"), "", {"arch": "cell", "val_acc": "score"}),
        (("n,cell,score", "1,own:9,50", "2,own:8,40"), "", {"arch": "cell"}),  # two columns of numbers
        (("score,cell", "50,9", "40,8"), "own", {}),  # either may be the architectures
        (("cell,val_acc,more", "own:9,50,1"), "", {"arch": "cell"}),
        (("arch;score", "own:9;50,5", "own:8;1,5"), "", {"val_acc": "score"}),
        (("cell,test_acc", "own:9,50"), "", {"arch": "cell"}),  # never a test accuracy by itself
        (("a,b", "x,y"), "", {}),
    ],
)
def test_the_columns_that_are_meant_are_guessed_only_where_no_other_can_be(lines, notation, columns):
    assert user_table.guess(csv(*lines), "m.csv", Topology(), notation) == columns


def test_nothing_is_guessed_of_a_parquet_file():
    assert user_table.guess(b"PAR1", "m.parquet", Topology()) == {}
