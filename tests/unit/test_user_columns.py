"""Columns of one's own in tables of others: metrics like the rest, which change no table and only runs on them."""

from dataclasses import replace

import numpy as np
import pytest

from nas_core import benchmarks, runner, verification
from nas_core.benchmarks.tables import added_columns
from nas_core.sources import user_columns, user_table
from nas_core.sources.download import SourceError
from nas_core.store import Store
from nas_core.types import Objective, RunSpec, Told
from tests.command_line import call, last, refused

POCKET = "pocket_topology", "cluttered_digits"
SPEC = RunSpec(*POCKET, "random_search", max_trials=6)


@pytest.fixture
def draft():
    rows = "\n".join(f"own:{row},{row / 2},{15_625 - row}" for row in range(15_625))
    return user_table.read(f"arch,zen,test_delay\n{rows}".encode(), "scores.csv", "topology", main=None)


def test_they_are_metrics_of_every_table_and_change_no_run_that_is_not_on_them(draft, nats_tables):
    before, mark = list(runner.run(SPEC)), benchmarks.create(*POCKET).fingerprint()
    assert "my_zen" not in benchmarks.create(*POCKET).metrics
    added_columns.add(draft, "a paper", ["test_delay"])
    tables = [benchmarks.create(*POCKET), benchmarks.create("nats_topology", "cifar10")]
    for table in tables:
        metric = table.metrics["my_zen"]
        assert (metric.goal, metric.title, metric.local) == ("max", "zen (yours)", True) and "a paper" in metric.source
        assert table.metrics["my_test_delay"].goal == "min" and "my_test_delay" not in table.searchable
        assert np.array_equal(table.column("my_zen"), np.arange(15_625) / 2)
    assert list(runner.run(SPEC)) == before and benchmarks.create(*POCKET).fingerprint() == mark
    few = user_table.read(b"arch,zen\nown:3,1.5\n", "few.csv", "graph", main=None)
    added_columns.add(few)
    assert benchmarks.create("nas_bench_graph", "cora").column("my_zen")[3] == 1.5
    for other in (("pocket_size", "cluttered_digits"), ("nas_bench_graph", "proteins")):  # of other options
        assert not [name for name in benchmarks.create(*other).metrics if name.startswith("my_")]
    spec = RunSpec(*POCKET, "random_search", max_trials=6, objectives=(Objective("my_zen", "max"),))
    for trial in (event.trial for event in runner.run(spec) if isinstance(event, Told)):
        assert trial.metrics["my_zen"] == tables[0].space.index(trial.arch) / 2


def test_more_are_added_the_same_are_replaced_and_one_is_removed(draft, data_folder):
    added_columns.add(draft)
    few = user_table.read(b"arch,zen,flops_m\nown:7,1,2\n", "few.csv", "topology", main=None)
    added_columns.add(few, "another")
    table = benchmarks.create(*POCKET)
    assert table.column("my_zen")[7] == 1 and np.isnan(table.column("my_zen")[8])
    assert table.column("my_flops_m")[7] == 2 and table.column("flops_m")[7] != 2  # what the table itself says stays
    assert table.column("my_test_delay")[7] == 15_618 and "another" in table.metrics["my_zen"].source
    added_columns.remove("topology", "zen")
    assert added_columns.names("topology") == ["flops_m", "test_delay"] and "my_zen" not in table.metrics
    with pytest.raises(SourceError, match="no column 'zen' was added"):
        added_columns.remove("topology", "zen")
    for name in ("flops_m", "test_delay"):
        added_columns.remove("topology", name)
    assert not user_columns.file("topology").exists() and not benchmarks.create(*POCKET).damage(POCKET[1])


def test_a_run_notices_that_a_column_it_names_was_replaced(draft, data_folder):
    added_columns.add(draft)
    named = RunSpec(*POCKET, "random_search", max_trials=6, objectives=(Objective("my_zen", "max"),))
    plain, log = (list(runner.run(spec))[:-1] for spec in (SPEC, named))
    store = Store(data_folder / "runs")
    list(store.record(named.id, iter(log)))
    older = [replace(log[0], table=plain[0].table), *log[1:]]  # of a version that did not say it
    added_columns.add(user_table.read(b"arch,test_delay\nown:7,1\n", "few.csv", "topology", main=None))
    assert len(list(runner.run(SPEC, log=plain))) == len(list(runner.run(named, log=log))) == 1
    added_columns.add(user_table.read(b"arch,zen\nown:7,1\nown:8,2\n", "few.csv", "topology", main=None))
    assert len(list(runner.run(SPEC, log=plain))) == 1
    assert len(list(runner.run(named, log=older))) == 1
    with pytest.raises(
        runner.ReplayError, match=r"columns of yours that it reads have been replaced since it was start"
    ):
        list(runner.run(named, log=log))
    assert "columns of yours that it reads have been replaced" in verification.check(log)
    assert verification.replaced(store, [named]) == "data or columns of yours that it reads have been replaced"
    assert not verification.replaced(store, [SPEC])


def test_a_damaged_file_is_said_with_the_way_out(draft):
    file = added_columns.add(draft)
    file.write_bytes(file.read_bytes()[:-40])
    assert "remove it on the Data page and import it again" in added_columns.damage("topology")
    assert "my_zen" not in benchmarks.create(*POCKET).metrics  # which is there as ever
    added_columns.remove_all("topology")
    assert not added_columns.damage("topology") and not file.exists()


def test_on_the_command_line(tmp_path):
    file = tmp_path / "zen.csv"
    file.write_text("arch,zen\nown:3,2.5\nown:4,1\n")
    assert "Every table of these architectures has my_zen now." in call("table", file, "--everywhere").stdout
    arch = last("arch", "own:3")
    assert {"name": "my_zen", "value": 2.5}.items() <= next(m for m in arch["metrics"] if m["name"] == "my_zen").items()
    assert "give one of them, and leave out --name and --main" in refused(
        2, "table", file, "--everywhere", "--add-to", "mine"
    )
    (tmp_path / "late.csv").write_text("arch,zen@12\nown:3,2.5\n")
    assert "zen@12 says its epochs" in refused(2, "table", tmp_path / "late.csv", "--everywhere")
