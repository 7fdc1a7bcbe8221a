"""The command line in this process: what each command says, and one clear sentence for whatever goes wrong."""

from __future__ import annotations

import importlib
import json
import math

import numpy as np
import pytest
from click.testing import CliRunner

from nas_core import benchmarks, cli, plugins
from nas_core.cli import commands
from nas_core.store import Store
from nas_core.strategies import Strategy
from nas_core.types import Stopped
from tests.command_line import call, last, refused
from tests.records import record

CELL = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|none~1|avg_pool_3x3~2|"
LAST_LINE = {"run", "incumbent", "val_acc", "test_acc", "regret", "search_epochs", "report_epochs", "trials", "seconds"}
LAST_LINE |= {"failures"}


def known(value: float | None) -> float:
    """JSON has no nan: null stands for a number that is missing."""
    return math.nan if value is None else value


def test_every_file_is_a_command_with_help():
    names = commands.list_commands(None)
    assert {"arch", "build", "fetch", "import", "list", "run", "sweep", "train"} <= set(names)
    for name in names:
        assert commands.get_command(None, name).name == name
        result = call(name, "--help")
        assert result.exit_code == 0
        assert ("--json" in result.stdout) == (name != "app")  # the app gives no result


def test_without_arguments_it_shows_its_help():
    result = call()
    assert result.exit_code == 2
    assert "Commands:" in result.output


def test_list_names_what_the_folders_hold():
    assert last("list", "strategies")["names"] == list(plugins.find(Strategy))
    assert "pocket_topology" in last("list", "benchmarks")["names"]
    assert "Mutates the winner" in call("list", "strategies").stdout


def test_list_of_a_kind_that_has_no_plugins_is_empty(monkeypatch):
    monkeypatch.setattr(plugins, "find", lambda base: {})
    assert last("list", "proxies") == {"names": []}
    assert "There are no proxies yet." in call("list", "proxies").stdout


def test_arch_says_every_metric_with_its_origin():
    table = benchmarks.create("pocket_topology", "cluttered_digits")
    result = last("arch", CELL)
    row = table.space.index(table.space.parse(CELL))
    assert (result["arch"], result["index"]) == (CELL, row)
    assert [m["name"] for m in result["metrics"]] == list(table.metrics)
    for metric in result["metrics"]:
        assert set(metric) == {"name", "value", "unit", "epochs", "split", "seed", "source"}
        assert known(metric["value"]) == pytest.approx(float(table.column(metric["name"])[row]), nan_ok=True)
    by_name = {m["name"]: m for m in result["metrics"]}
    assert (by_name["val_acc"]["split"], by_name["val_acc"]["epochs"]) == ("validation", table.fidelities[-1])
    assert (by_name["params_m"]["split"], by_name["params_m"]["epochs"]) == (None, None)
    assert by_name["train_s"]["split"] is None  # seconds of training, not a training split


def test_arch_takes_an_index_and_an_epoch():
    table = benchmarks.create("pocket_topology", "cluttered_digits")
    said = {m["name"]: m for m in last("arch", "own:4711", "--epochs", "1")["metrics"]}
    assert known(said["val_acc"]["value"]) == pytest.approx(float(table.column("val_acc", 1)[4711]), nan_ok=True)
    assert said["val_acc"]["epochs"] == 1
    assert "val_acc" in call("arch", "own:4711").stdout


def test_run_ends_with_the_promised_line():
    args = ("run", "--strategy", "regularized_evolution", "--trials", 60)
    result = last(*args)
    table = benchmarks.create("pocket_topology", "cluttered_digits")
    row = table.space.index(table.space.parse(result["incumbent"]))
    assert set(result) == LAST_LINE
    assert result["trials"] == 60
    assert result["search_epochs"] == result["report_epochs"] == table.fidelities[-1]
    assert result["val_acc"] == pytest.approx(float(table.column("val_acc")[row]))
    assert result["test_acc"] == pytest.approx(float(table.column("test_acc")[row]))
    assert result["regret"] == pytest.approx(float(np.nanmax(table.column("test_acc"))) - result["test_acc"])
    assert last(*args) == result
    assert result["incumbent"] in call(*args).stdout


def test_the_same_search_is_the_same_run_however_it_is_written(data_folder):
    base = ("run", "--strategy", "regularized_evolution", "--trials", 20)
    plain = last(*base)
    assert last(*base, "--set", "population_size=10", "--benchmark", "pocket_topology", "--workers", 1) == plain
    assert last(*base, "--set", "population_size=5")["run"] != plain["run"]
    assert len(Store(data_folder / "runs").ids()) == 2


def test_a_finished_run_is_shown_and_fresh_repeats_it(data_folder):
    args = ("run", "--strategy", "random_search", "--trials", 20)
    result = last(*args)
    path = data_folder / "runs" / f"{result['run']}.jsonl"
    before = path.stat().st_mtime_ns
    assert last(*args) == result
    assert path.stat().st_mtime_ns == before
    assert last(*args, "--fresh") == result
    assert path.stat().st_mtime_ns != before


def test_fewer_epochs_are_a_separate_signal():
    result = last("run", "--strategy", "random_search", "--trials", 30, "--benchmark-set", "search_epochs=1")
    table = benchmarks.create("pocket_topology", "cluttered_digits")
    row = table.space.index(table.space.parse(result["incumbent"]))
    assert (result["search_epochs"], result["report_epochs"]) == (1, table.fidelities[-1])
    assert result["val_acc"] == pytest.approx(float(table.column("val_acc", 1)[row]))
    assert result["test_acc"] == pytest.approx(float(table.column("test_acc")[row]))


def test_a_budget_in_seconds_that_nothing_fits_in_finds_nothing():
    result = last("run", "--strategy", "random_search", "--seconds", 0.001)
    assert (result["incumbent"], result["test_acc"], result["regret"], result["trials"]) == (None, None, None, 0)
    assert "no trial ended" in call("run", "--strategy", "random_search", "--seconds", 0.001).stdout


def test_several_objectives_end_with_a_front():
    result = last("run", "--strategy", "nsga2", "--trials", 60, "--objectives", "val_acc,flops_m")
    assert result["objectives"] == ["val_acc", "flops_m"]
    values = [point["values"] for point in result["front"]]
    assert result["hypervolume"] > 0
    for acc, flops in values:
        assert acc > result["reference"][0]
        assert not any(a >= acc and f <= flops and (a, f) != (acc, flops) for a, f in values)


def test_a_fitness_expression_is_an_objective():
    result = last("run", "--strategy", "random_search", "--trials", 40, "--fitness", "0 - params_m")
    table = benchmarks.create("pocket_topology", "cluttered_digits")
    params = table.column("params_m")[table.space.index(table.space.parse(result["incumbent"]))]
    assert params < table.column("params_m").mean()


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["frobnicate"], "no command named 'frobnicate'; there are: app, arch, build"),
        (["arch", "|nonsense|"], "'|nonsense|' is not a topology cell"),
        (["arch", CELL.replace("none", "nothing")], "no operation named 'nothing'"),
        (["arch", "99999"], "architectures 0 to 15624"),
        (["arch", CELL, "--benchmark", "pocket"], "no benchmark named 'pocket'; there are: "),
        (["arch", CELL, "--dataset", "mnist"], "no dataset 'mnist'; there are: cluttered_digits"),
        (["arch", CELL, "--epochs", "77"], "no numbers at 77 epochs; there are: 1, 2"),
        (["list", "strategys"], "'strategys' is not one of"),
        (["run", "--strategy", "evolutoin", "--trials", "9"], "no strategy named 'evolutoin'; there are: "),
        (["run", "--strategy", "random_search", "--trials", "-5"], "-5 is not in the range x>=1"),
        (["run", "--strategy", "random_search", "--seconds", "-0.5"], "-0.5 is not in the range x>=0"),
        (["run", "--strategy", "random_search", "--seconds", "nan"], "nan"),
        (["run", "--strategy", "random_search"], "needs a budget: --trials, --seconds or both"),
        (["run", "--trials", "9"], "Missing option '--strategy'"),
        (["run", "--strategy", "random_search", "--trials", "9", "--set", "x"], "'x' is not of the form name=value"),
        (["run", "--strategy", "random_search", "--trials", "9", "--set", "x=1"], "no parameter 'x'"),
        (["run", "--strategy", "regularized_evolution", "--trials", "9", "--set", "sample_size=0"], "between 1 and"),
        (["run", "--strategy", "random_search", "--trials", "9", "--objectives", "val_ac"], "'val_ac'"),
        (["run", "--strategy", "random_search", "--trials", "9", "--objectives", "test_acc"], "may not see test_acc"),
        (
            ["run", "--strategy", "random_search", "--trials", "9", "--fitness", "val_acc +"],
            "the fitness cannot be read",
        ),
        (["run", "--strategy", "random_search", "--trials", "9", "--executor", "cloud"], "no executor 'cloud'"),
        (["sweep", "--trials", "9"], "a sweep needs strategies"),
        (["sweep", "--strategies", "random_search", "--trials", "9", "--seeds", "9:3"], "'9:3' names no seeds"),
        (["sweep", "--strategies", "random_search,x", "--trials", "9"], "no strategy named 'x'"),
        (["train", "|nonsense|"], "'|nonsense|' is not a topology cell"),
        (
            ["train", CELL, "--dataset", "mnist"],
            "no dataset named 'mnist'; there are: banking77, cifar10, cifar100, cluttered_digits",
        ),
        (["train", CELL, "--epochs", "0"], "0 is not in the range"),
        (
            ["train", CELL, "--benchmark", "nats_topology"],
            "try --benchmark live_topology or pocket_topology; or train as",
        ),
        (["train", "0", "--benchmark", "nas_bench_macro"], "has no recipe to follow; try --benchmark live_macro"),
        (["export", "own:5", "--benchmark", "nas_bench_graph", "--out", "x.zip"], "the graph space builds no networks"),
        (["train", "0", "--benchmark", "nas_bench_graph"], "the graph space builds no networks"),
        (["build", "pocket_universe"], "no table named 'pocket_universe' can be built; there are: pocket_"),
    ],
)
def test_bad_arguments_are_refused_in_one_sentence(args, words):
    assert words in refused(2, *args)


def test_a_damaged_run_file_is_named_kept_and_repeated_on_request(data_folder):
    args = ("run", "--strategy", "random_search", "--trials", 20)
    result = last(*args)
    path = data_folder / "runs" / f"{result['run']}.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:5], "rubbish\n", *lines[5:]]))
    damaged = path.read_text()
    sentence = refused(1, *args)
    assert f"{result['run']}.jsonl is damaged at line 6" in sentence
    assert "--fresh" in sentence
    assert path.read_text() == damaged
    assert last(*args, "--fresh") == result


def test_a_folder_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("NAS_EXPLORER_DATA", str(tmp_path / "file" / "data"))
    sentence = refused(1, "run", "--strategy", "random_search", "--trials", 5)
    assert str(tmp_path / "file") in sentence
    assert "NAS_EXPLORER_DATA" in sentence


def test_a_table_that_is_not_there_is_asked_for(monkeypatch):
    plugin = plugins.get(benchmarks.Benchmark, "pocket_topology")
    monkeypatch.setattr(plugin, "missing", classmethod(lambda cls, dataset: "It is missing; get it with: x"))
    assert refused(1, "arch", CELL) == "Error: It is missing; get it with: x"


def test_a_run_of_another_table_says_so(data_folder, monkeypatch):
    args = ("run", "--strategy", "random_search", "--trials", 5)
    result = last(*args)
    path = data_folder / "runs" / f"{result['run']}.jsonl"
    table = benchmarks.create("pocket_topology", "cluttered_digits")
    first, *others = path.read_text().splitlines()
    started = record(first) | {"table": "0123456789ab"}
    assert record(first)["table"] == table.fingerprint()
    path.write_text("\n".join([json.dumps(started), *others, ""]))
    assert "the numbers of pocket_topology have changed (table 0123456789ab, now " in call(*args).stderr


@pytest.mark.parametrize("command", [("train", CELL), ("build", "pocket_topology")])
def test_without_torch_a_command_that_needs_it_says_so(command, without_torch):
    assert "needs torch, which is not installed; install it with: python -m pip install torch" in refused(1, *command)


def test_an_interrupt_in_the_middle_is_resumable(data_folder, monkeypatch):
    args = ("run", "--strategy", "regularized_evolution", "--trials", 60)
    whole = last(*args)
    (data_folder / "runs" / f"{whole['run']}.jsonl").unlink()
    evaluate = benchmarks.Table.evaluate
    calls = iter(range(1000))

    def interrupted(self, suggestion, rng):
        if next(calls) == 25:
            raise KeyboardInterrupt
        return evaluate(self, suggestion, rng)

    monkeypatch.setattr(benchmarks.Table, "evaluate", interrupted)
    assert "interrupted after 25 trials; the same command goes on from there" in refused(130, *args)
    monkeypatch.setattr(benchmarks.Table, "evaluate", evaluate)
    events = Store(data_folder / "runs").read(whole["run"])
    assert events
    assert not isinstance(events[-1], Stopped)
    assert last(*args) == whole


def test_json_has_no_numbers_that_json_does_not_know(capsys):
    output = importlib.import_module("nas_core.cli._output")
    output.emit({"a": [math.nan, {"b": math.inf}], "c": 1.5})
    assert json.loads(capsys.readouterr().out) == {"a": [None, {"b": None}], "c": 1.5}


def test_a_bug_keeps_its_traceback(monkeypatch):
    def broken(*_):
        raise KeyError("a bug")

    monkeypatch.setattr(cli.Commands, "get_command", broken)
    with pytest.raises(KeyError):
        CliRunner().invoke(commands, ["list", "spaces"], catch_exceptions=False)
