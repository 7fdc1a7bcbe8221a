"""A table of one's own: what is read, which lines are left out and why, and that it is a benchmark afterwards."""

import io

import numpy as np
import pandas as pd
import pytest

from nas_core import benchmarks, plugins, runner
from nas_core.benchmarks import Benchmark
from nas_core.sources import _rows, pickles, user_table
from nas_core.sources.download import SourceError
from nas_core.spaces.topology import Topology
from nas_core.types import RunSpec, Told

OwnTopology = plugins.get(Benchmark, "own_topology")

SPACE = Topology()


def cell(row):
    return SPACE.text(SPACE.arch(row))


def csv(*lines):
    return "\n".join(lines).encode()


def whole(count=300):
    """A made-up table of every 50th cell: accuracy is its place."""
    lines = ["arch,val_acc,test_acc,params_m,train_s"]
    lines += [f"{cell(50 * i)},{i / 10},{i / 10 + 1},{i},{10 + i}" for i in range(count)]
    return user_table.read(csv(*lines), "mine.csv", "topology")


def test_architectures_may_be_written_in_three_ways():
    draft = user_table.read(
        csv("arch,val_acc", f"{cell(5)},50", "own:7,60.5", '"naslib:(0, 0, 0, 0, 0, 0)",70'), "mine.csv", "topology"
    )
    assert draft.problems == [] and draft.count == 3
    values = draft.columns["val_acc"]
    assert values[[5, 7]].tolist() == [50, 60.5] and np.nansum(values) == 180.5


@pytest.mark.parametrize("row", [7, SPACE.arch(4711)])
def test_numbers_and_tuples_that_could_be_of_another_notation_are_left_out_and_said(row):
    content = csv("arch,val_acc", f'"{row}",50')
    draft = user_table.read(content, "mine.csv", "topology")
    (problem,) = draft.problems
    assert draft.count == 0 and "can mean more than one cell; write na" in problem.text
    for notation, index in (
        ("own", SPACE.index(SPACE.parse(f"own:{row}"))),
        ("nats", SPACE.index(SPACE.parse("nats:7"))),
    ):
        if notation == "own" or row == 7:
            values = user_table.read(content, "mine.csv", "topology", notation).columns["val_acc"]
            assert np.flatnonzero(~np.isnan(values)).tolist() == [index]


def test_every_bad_line_is_listed_with_its_number_and_reason():
    draft = user_table.read(
        csv(
            "arch,val_acc,params_m",
            f"{cell(1)},50,1",
            "no cell,50,1",
            f"{cell(2)},fifty,1",
            f"{cell(3)},101,1",
            f"{cell(1)},50,1",
            "",
            f"{cell(4)},,1",
            f"{cell(5)},50",
            f"{cell(6)},50,inf",
            f"{cell(7)},50,",
        ),
        "mine.csv",
        "topology",
    )
    assert [p.line for p in draft.problems] == [3, 4, 5, 6, 8, 9, 10]
    says = [p.text for p in draft.problems]
    for text, part in zip(
        says,
        (
            "'no cell' is not a topology cell",
            "val_acc is not a number: 'fifty'",
            "val_acc must be 0 to 100 percent",
            "the same architecture as in line 2",
            "val_acc is missing",
            "another number of fields than the first line",
            "params_m must be finite; it is inf",
        ),
        strict=True,
    ):
        assert part in text
    assert draft.count == 2 and np.isnan(draft.columns["params_m"][7])


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separators_and_the_mark_of_spreadsheets(separator):
    content = "\ufeff" + separator.join(["arch", "val_acc"]) + "\n" + separator.join(["own:3", "40"])
    assert user_table.read(content.encode(), "mine.csv", "topology").columns["val_acc"][3] == 40


def test_parquet_and_csv_say_the_same():
    frame = pd.DataFrame({"arch": [cell(3), cell(4), "bad"], "val_acc": [40.0, None, 1.0], "note": ["a", "b", "c"]})
    out = io.BytesIO()
    frame.to_parquet(out)
    a = user_table.read(out.getvalue(), "mine.parquet", "topology")
    b = user_table.read(frame.to_csv(index=False).encode(), "mine.csv", "topology")
    assert np.array_equal(a.columns["val_acc"], b.columns["val_acc"], equal_nan=True)
    assert [p.line for p in a.problems] == [2, 3] and [p.line for p in b.problems] == [3, 4]


def test_a_large_csv_file_is_read_in_a_process_of_its_own_with_the_same_result(monkeypatch):
    content = csv("arch,val_acc", f"{cell(3)},40", f"{cell(4)},x")
    here, kinds, apart = user_table.read(content, "mine.csv", "topology"), [], pickles.apart
    monkeypatch.setattr(pickles, "apart", lambda make, *about: kinds.append(about[2]) or apart(make, *about))
    monkeypatch.setattr(user_table, "LARGE", len(content))
    user_table.read(content, "mine.csv", "topology")
    assert kinds == []
    there = user_table.read(content + b"\n", "mine.csv", "topology")
    assert kinds == ["CSV file"] and there.problems == here.problems and there.count == here.count == 1
    assert np.array_equal(there.columns["val_acc"], here.columns["val_acc"], equal_nan=True)
    with pytest.raises(ValueError, match=r"^mine.csv has no column"):
        user_table.read(csv("a,b", *["1,2"] * 50), "mine.csv", "topology")


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize("more", [0, 1])
def test_a_table_has_at_most_200_columns(kind, more):
    frame = pd.DataFrame({"arch": [cell(0)], **{f"m{i}": [50.0 + i / 10] for i in range(199 + more)}})
    data = io.BytesIO()
    frame.to_csv(data, index=False) if kind == "csv" else frame.to_parquet(data)
    if more:
        with pytest.raises(ValueError, match="has 201 columns; a table may have 200"):
            user_table.header(data.getvalue(), f"wide.{kind}")
    else:
        assert len(user_table.header(data.getvalue(), f"wide.{kind}")) == 200


def test_columns_of_notes_are_no_metrics():
    draft = user_table.read(
        csv("arch,val_acc,note,2nd,new", "own:9,30,good,1,", "own:8,31,bad,2,"), "m.csv", "topology"
    )
    assert list(draft.columns) == ["val_acc", "new"] and draft.ignored == ["note", "2nd"] and draft.count == 2


@pytest.mark.parametrize(
    ("content", "file", "says"),
    [
        (b"", "a.csv", "a.csv is empty"),
        (b"x,y\n1,2", "a.csv", "has no column 'arch'; it has: x, y"),
        (b"arch,y\n1,2", "a.csv", "has no column 'val_acc'"),
        (b"arch,val_acc,val_acc\n1,2,3", "a.csv", "two columns called 'val_acc'"),
        (b"\xff\xfe\x00", "a.csv", "is not UTF-8 text"),
        (b"no table", "a.parquet", "is not a Parquet file"),
    ],
)
def test_files_that_cannot_be_used(content, file, says):
    with pytest.raises(ValueError, match=says):
        user_table.read(content, file, "topology")


def test_a_file_that_is_too_large(monkeypatch):
    monkeypatch.setattr(_rows, "MOST_BYTES", 10)
    with pytest.raises(ValueError, match="a table may have 0"):
        user_table.read(b"arch,val_acc\n1,2", "a.csv", "topology")


def test_before_any_import_the_way_to_one_is_said():
    assert OwnTopology.datasets == ("none yet",)
    assert "import one on the Data page" in OwnTopology.missing("none yet")
    with pytest.raises(ValueError, match="no dataset 'mine'"):
        benchmarks.create("own_topology", "mine")


def test_a_saved_table_is_a_benchmark_that_strategies_search():
    user_table.save(whole(), "my cells", "made up for this test")
    assert OwnTopology.datasets == ("my cells",) and OwnTopology.missing("my cells") == ""
    table = benchmarks.create("own_topology", "my cells")
    assert table.column("val_acc")[500] == 1.0 and np.isnan(table.column("val_acc")[501])
    assert {n: (m.unit, m.goal) for n, m in table.metrics.items()} == {
        "val_acc": ("%", "max"),
        "test_acc": ("%", "max"),
        "params_m": ("million", "min"),
        "train_s": ("s", "min"),
    }
    assert "made up for this test" in table.provenance()["source"] and len(table.fingerprint()) == 12
    assert table.timed and table.seconds(1)[500] == 20
    events = list(runner.run(RunSpec("own_topology", "my cells", "local_search", max_trials=200)))
    trials = [e.trial for e in events if isinstance(e, Told)]
    assert len(trials) == 200 and any(t.metrics and t.metrics["val_acc"] > 0 for t in trials)


def test_epochs_in_the_names_of_columns_are_fidelities():
    draft = user_table.read(csv("arch,val_acc@4,val_acc,test_acc,train_s", "own:9,30,50,49,200"), "m.csv", "topology")
    user_table.save(draft, "two", "", epochs=20)
    table = benchmarks.create("own_topology", "two")
    assert table.fidelities == (4, 20)
    assert [float(table.column("val_acc", e)[9]) for e in (4, 20)] == [30, 50]
    assert np.isnan(table.column("test_acc", 4)[9]) and table.column("test_acc")[9] == 49
    assert table.seconds(4)[9] == 40
    with pytest.raises(ValueError, match="does not record seeds"):
        table.column("val_acc", seed=1)
    with pytest.raises(ValueError, match="say how many epochs val_acc was trained for"):
        user_table.save(draft, "two", "", epochs=4)


def test_without_test_accuracy_and_times_that_is_said():
    user_table.save(user_table.read(b"arch,val_acc\nown:9,30", "m.csv", "topology"), "small", "")
    table = benchmarks.create("own_topology", "small")
    assert table.column("test_acc")[9] == 30 and "has no test accuracy" in table.metrics["test_acc"].help
    assert not table.timed and not table.seconds(1).any()
    with pytest.raises(ValueError, match="does not know how long trainings take"):
        runner.check(RunSpec("own_topology", "small", "random_search", max_seconds=10.0))


def test_the_size_space_has_tables_of_its_own():
    draft = user_table.read(csv("arch;val_acc", "8:16:24:32:40;55"), "m.csv", "size")
    user_table.save(draft, "widths", "")
    table = benchmarks.create("own_size", "widths")
    assert table.column("val_acc")[table.space.index((0, 1, 2, 3, 4))] == 55


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "x" * 41, "line\nbreak"])
def test_names_that_are_not_allowed(name):
    with pytest.raises(ValueError, match="cannot be the name of a table"):
        user_table.save(whole(3), name, "")


def test_nothing_to_save():
    with pytest.raises(ValueError, match="no line of the file can be used"):
        user_table.save(user_table.read(b"arch,val_acc\nbad,1", "m.csv", "topology"), "empty", "")


def test_goals_can_be_chosen_and_tables_replaced_and_removed():
    user_table.save(whole(3), "mine", "", fewer_is_better=("val_acc",), scale="percent")
    assert benchmarks.create("own_topology", "mine").metrics["val_acc"].goal == "min"
    first = benchmarks.create("own_topology", "mine").fingerprint()
    user_table.save(whole(5), "mine", "", scale="percent")
    assert benchmarks.create("own_topology", "mine").fingerprint() != first
    user_table.delete("topology", "mine")
    assert OwnTopology.datasets == ("none yet",)
    with pytest.raises(SourceError, match="there is no table 'mine' of your own"):
        user_table.delete("topology", "mine")
