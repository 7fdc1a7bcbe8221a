"""The archive of an experiment: what is in it, the way back, another machine, and archives from anywhere."""

import csv
import io
import json
import zipfile
from dataclasses import replace

import numpy as np
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from nas_core import archives, jobs, race, searches, verification
from nas_core import experiment_archive as archive
from nas_core.cli import commands
from nas_core.experiment_file import Experiment
from nas_core.experiments import Experiments
from nas_core.history import History
from nas_core.runner import run
from nas_core.store import Store, StoreError
from nas_core.types import Objective, RunSpec, Told
from tests.command_line import last, refused
from tests.records import record

pytestmark = pytest.mark.usefixtures("tables")
SPEC = RunSpec("tiny", "numbers", "random_search", max_trials=6)
BAND = replace(SPEC, strategy="hyperband")
FRONT = replace(SPEC, strategy="nsga2", objectives=(Objective("val_acc"), Objective("flops_m", "min")))
ONE = Experiment("first", {"random": SPEC, "band": BAND, "front": FRONT}, (3, 0), note="why")


def shelf(folder):
    return Experiments(folder / "experiments", Store(folder / "runs"))


def packed(folder, one=ONE):
    path = folder / "a.zip"
    list(archive.pack(one, Store(folder / "runs"), path))
    return path.read_bytes()


@pytest.fixture
def data(tmp_path):
    (tmp_path / "here").mkdir()
    return packed(tmp_path / "here")


def members(data):
    with zipfile.ZipFile(io.BytesIO(data)) as held:
        return {name: held.read(name) for name in held.namelist()}


def zipped(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return out.getvalue()


def test_the_way_there_and_back_keeps_specs_and_trials(tmp_path, data):
    there = shelf(tmp_path / "there")
    one, problems = archive.unpack(data, there)
    assert (one, problems) == (ONE, {})
    assert there.all()[0] == [ONE]
    for _, spec in ONE.specs:
        assert there.store.read(spec.id) == list(run(spec))
        assert there.store.objection(spec.id) == ""  # imported, and it matches
    again = members(packed(tmp_path / "there"))
    same = [name for name in members(data) if name != "provenance.json"]
    assert [again[name] for name in same] == [members(data)[name] for name in same]


def test_both_tables_hold_every_trial_of_every_seed(data):
    files = members(data)
    parquet = pq.read_table(io.BytesIO(files["trials.parquet"]))
    csv = pyarrow.csv.read_csv(io.BytesIO(files["trials.csv"]))
    assert parquet.column_names == csv.column_names and parquet.num_rows == csv.num_rows
    rows = parquet.to_pylist()
    expected = [(label, e.trial) for label, spec in ONE.specs for e in run(spec) if isinstance(e, Told)]
    assert len(rows) == len(expected)
    for row, (label, trial) in zip(rows, expected, strict=True):
        assert (row["label"], row["trial"], tuple(json.loads(row["arch"]))) == (label, trial.number, trial.arch)
        assert (row["start"], row["end"], row["epochs"]) == (trial.start, trial.end, trial.suggestion.epochs)
        assert {name: row[name] for name in trial.metrics} == dict(trial.metrics)
        assert [row["loss_1"], row["loss_2"]][: len(trial.losses)] == list(trial.losses)
    np.testing.assert_allclose(csv["val_acc"].to_numpy(), parquet["val_acc"].to_numpy())


def test_provenance_and_the_commands_that_repeat_it(data, data_folder):
    said = json.loads(members(data)["provenance.json"])
    assert set(said["runs"]) == {spec.id for _, spec in ONE.specs}
    assert said["nas_explorer"] and said["packages"]["numpy"] and said["sources"]["tiny, numbers"]
    for line in members(data)["commands.txt"].decode().splitlines():
        words = line.split()
        assert words[:3] == ["python", "-m", "nas_core"]
        assert CliRunner().invoke(commands, words[3:]).exit_code == 0
    assert set(Store(data_folder / "runs").ids()) == {spec.id for _, spec in ONE.specs}


def test_a_saved_run_goes_in_as_it_is_and_a_trace_is_that_of_the_run_made_again(tmp_path, data):
    store = Store(tmp_path / "runs")
    list(jobs.search(store, ONE.specs[0][1]))
    assert members(packed(tmp_path)).keys() == members(data).keys()
    trace = searches.trace(SPEC)
    history = History.of(store.read(ONE.specs[0][1].id))
    assert len(trace) == len(history) and isinstance(trace, race.Trace)


def test_numbers_that_the_table_here_does_not_give_are_told(tmp_path, data):
    files = members(data)
    name = f"runs/{ONE.specs[0][1].id}.jsonl"
    lines = files[name].decode().splitlines(keepends=True)
    at = next(i for i, line in enumerate(lines) if '"Told"' in line)
    event = record(lines[at])
    event["trial"]["metrics"]["val_acc"] += 1.0
    files[name] = "".join([*lines[:at], json.dumps(event) + "\n", *lines[at + 1 :]])
    there = shelf(tmp_path / "there")
    _, problems = archive.unpack(zipped(files), there)
    assert list(problems) == [ONE.specs[0][1].id]
    assert problems[ONE.specs[0][1].id].startswith(verification.OTHER)
    with pytest.raises(StoreError, match="was imported"):
        there.store.check_origin(ONE.specs[0][1].id)


def test_an_id_that_is_another_experiment_here_gets_a_new_one(tmp_path, data):
    there = shelf(tmp_path / "there")
    there.save(replace(ONE, name="mine", seeds=(9,)))
    one, _ = archive.unpack(data, there)
    assert one.id != ONE.id and one.specs == ONE.specs
    assert {e.name for e in there.all()[0]} == {"mine", "first"}


RUN = f"runs/{ONE.specs[0][1].id}.jsonl"
OTHER = f"runs/{ONE.specs[1][1].id}.jsonl"


def without(files, name):
    return {k: v for k, v in files.items() if k != name}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f: {**f, "../../evil.jsonl": ""}, "it holds '../../evil.jsonl'"),
        (lambda f: {**f, "/etc/passwd": ""}, "it holds '/etc/passwd'"),
        (lambda f: {**f, "runs/../../0123456789ab.jsonl": ""}, "it holds 'runs/../"),
        (lambda f: {**f, "runs/0123456789ab.jsonl": ""}, "does not belong to its experiment"),
        (lambda f: without(f, RUN), "lacks 1 of the 6 runs"),
        (lambda f: without(f, "experiment.json"), "holds no experiment.json"),
        (lambda f: {**f, "experiment.json": b"{}"}, "experiment.json cannot be read: it must be an object"),
        (lambda f: {**f, "experiment.json": b"0" * 40 * 2**20}, "bytes"),
        (lambda f: {**f, RUN: b"0" * 60 * 2**20}, "the archive is too large"),
        (lambda f: {**f, **{f"runs/{i:012x}.jsonl": "" for i in range(5001)}}, "too many files"),
    ],
)
def test_a_hostile_archive_is_one_sentence_and_nothing_is_taken_in(tmp_path, data, change, words):
    there = shelf(tmp_path / "there")
    with pytest.raises(StoreError) as error:
        archive.unpack(zipped(change(members(data))), there)
    assert words in str(error.value) and "\n" not in str(error.value)
    assert there.store.ids() == [] and there.all()[0] == []
    assert not list(tmp_path.rglob("evil*"))


def test_a_run_under_the_name_of_another_and_a_name_twice(tmp_path, data):
    files, there = members(data), shelf(tmp_path / "there")
    _, problems = archive.unpack(zipped(files | {RUN: files[OTHER]}), there)
    assert problems == {RUN[5:-6]: f"{RUN} holds another run"}
    out = io.BytesIO(zipped(files))
    with zipfile.ZipFile(out, "a") as twice, pytest.warns(UserWarning, match="Duplicate name"):
        twice.writestr("experiment.json", ONE.text())
    with pytest.raises(StoreError, match=r"experiment\.json twice"):
        archive.unpack(out.getvalue(), there)


@settings(max_examples=25)
@given(noise=st.binary(max_size=60), at=st.floats(0, 1), cut=st.integers(0, 60))
def test_any_bytes_are_read_or_refused(tmp_path_factory, noise, at, cut):
    folder = tmp_path_factory.mktemp("any")
    whole = packed(folder, Experiment("a", {"a": SPEC}, (0,)))
    place = int(at * len(whole))
    try:
        archive.unpack(whole[:place] + noise + whole[place + cut :], shelf(folder / "there"))
    except StoreError as error:
        assert "\n" not in str(error)


def test_what_does_not_fit_or_is_there_already_is_not_written(tmp_path, monkeypatch):
    (tmp_path / "a.zip").write_text("mine")
    with pytest.raises(StoreError, match="exists; move it"):
        packed(tmp_path)
    (tmp_path / "a.zip").unlink()
    monkeypatch.setattr(archives, "LARGEST", 500)
    with pytest.raises(StoreError, match="too large for one archive"):
        packed(tmp_path)
    assert not list(tmp_path.glob("*.zip*"))


def test_a_live_run_that_is_not_saved_is_not_trained_for_an_archive(tmp_path):
    live = Experiment("live", {"a": RunSpec("real", "numbers", "random_search", max_trials=2)}, (0,))
    with pytest.raises(StoreError, match="its trainings are real: do it first with: python -m nas_core run"):
        packed(tmp_path, live)


def test_export_and_import_on_the_command_line(tmp_path, monkeypatch):
    sweep = ("sweep", "--benchmark", "tiny", "--strategies", "random_search", "--trials", 5, "--seeds", "0:2")
    last(*sweep, "--processes", 1, "--name", "mine")
    file = tmp_path / "mine.zip"
    assert last("experiment", "export", "mine", "--file", file)["bytes"] == file.stat().st_size
    assert members(file.read_bytes())["commands.txt"].decode().count("sweep --benchmark tiny") == 1
    monkeypatch.setenv("NAS_EXPLORER_DATA", str(tmp_path / "another machine"))
    result = last("experiment", "import", file)
    assert (result["name"], result["runs"], result["problems"]) == ("mine", 2, {})
    assert last("experiment", "show", "mine")["done"] == {"random_search": 2}
    file.write_text("nonsense")
    assert "not a zip archive" in refused(1, "experiment", "import", file)


def test_no_spreadsheet_runs_a_label_of_the_csv(tmp_path):
    spec = replace(SPEC, strategy="random_search", params={}, max_trials=2)
    one = Experiment("labels", {"=cmd|' /C calc'!A0": spec, "-0.61": replace(spec, max_trials=3)}, (0,))
    (tmp_path / "runs").mkdir()
    file = tmp_path / "labels.zip"
    list(archive.pack(one, Store(tmp_path / "runs"), file))
    rows = list(csv.DictReader(io.StringIO(members(file.read_bytes())["trials.csv"].decode())))
    assert {row["label"] for row in rows} == {"'=cmd|' /C calc'!A0", "'-0.61"}
    assert all(float(row["loss_1"]) < 0 for row in rows), "a number stays one"
    table = pq.read_table(io.BytesIO(members(file.read_bytes())["trials.parquet"]))
    assert "=cmd|' /C calc'!A0" in table["label"].to_pylist()
