"""From files of one's own to a .zip that answers elsewhere as it did here: by the commands, in an empty folder."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
import zipfile

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")
for package in ("safetensors", "onnx", "onnxruntime"):
    pytest.importorskip(package, reason=f"{package} is not installed")

from nas_core import trained
from nas_core.export import predict
from tests import own_files
from tests.command_line import call, last, refused
from tests.conftest import ROOT
from tests.unit.test_own_data import TEXTS, pictures, table
from tests.unit.test_site import commands

LIVE = ("--benchmark", "live_topology", "--benchmark-set", "channels=2")
ALONE = "import runpy, sys\nfor name in {without}: sys.modules[name] = None\nsys.argv = {argv}\n"
ALONE += "runpy.run_path(sys.argv[0], run_name='__main__')"
OURS = ["nas_core", "scipy", "sklearn", "pandas", "streamlit"]
ENGINES = {"torch": ["onnxruntime", "onnx"], "onnxruntime": ["torch", "safetensors"]}  # and what is not there


def answers(home, files, engine):
    """float64[n, classes]: the probabilities that predict.py prints where only NumPy, Pillow and `engine` are."""
    argv = [str(home / "predict.py"), *map(str, files), "--json", "--top", "99", "--with", engine]
    code = ALONE.format(without=[*OURS, *ENGINES[engine]], argv=argv)
    said = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, cwd=home)
    assert said.returncode == 0, said.stderr
    labels = json.loads((home / "labels.json").read_text(encoding="utf-8"))
    return np.array([[json.loads(line)["classes"][name] for name in labels] for line in said.stdout.splitlines()])


@pytest.mark.parametrize(
    "kind, make",
    [
        ("images", lambda folder: own_files.digits(folder, each=20)),
        pytest.param("text", own_files.questions, marks=pytest.mark.shared),
        ("arrays", own_files.signals),
    ],
)
def test_from_files_to_a_zip_that_answers_elsewhere_as_it_did_here(tmp_path, kind, make):
    name = last("import", kind, make(tmp_path / "source"), "--name", "Mine")["dataset"]
    brief = (*LIVE, "--dataset", name)
    found = last("run", *brief, "--benchmark-set", "epochs=1", "--strategy", "gp_hamming", "--trials", 3)
    assert (found["trials"], found["failures"], found["test_acc"]) == (3, 0, None)
    arch, weights = found["incumbent"], tmp_path / "net.safetensors"
    final = last("train", arch, *brief, "--epochs", 3, "--final", 2, "--save", weights)
    result = last("export", arch, "--weights", weights, "--run", found["run"], "--out", tmp_path / "taken.zip")
    assert result["test_acc"] == final["test_acc"] and result["difference"] <= result["allowed"]
    with zipfile.ZipFile(tmp_path / "taken.zip") as archive:
        archive.extractall(tmp_path)
    home, data, (record, tensors) = tmp_path / "taken", own_files.kept(name), trained.load(weights)
    assert record.recipe.network["channels"] == 2 and record.final
    card = (home / "README.md").read_text("utf-8")
    assert f"run --benchmark live_topology --dataset {name}" in card and "--strategy gp_hamming" in card
    assert "--benchmark-set channels=2" in record.command and record.command in card
    assert data.examples == {name: len(split) for name, split in data.load().items()}
    net, test, files = (
        record.recipe.network_of(record.arch),
        data.load()["test"],
        own_files.tested(data, tmp_path / "t"),
    )
    net.load_state_dict(tensors)
    inputs = np.concatenate([predict.read(file, data.preprocessing()) for file in files])
    assert np.array_equal(inputs, test.images)  # to the last bit, also from a .csv
    expected = predict.probabilities(trained.predictions(net, test))
    for engine, tolerance in (("torch", 1e-6), ("onnxruntime", 1e-4)):
        probabilities = answers(home, files, engine)
        assert np.allclose(probabilities, expected, atol=tolerance)
        confusion = trained.confusion(test.labels, probabilities.argmax(1), data.classes)
        assert tuple(map(tuple, confusion.tolist())) == record.confusion  # every answer that the card counts
    other = "|nor_conv_3x3~0|+|none~0|none~1|+|none~0|none~1|none~2|"
    if data.kind == "image":
        assert f"run {found['run']} did not train" in refused(
            2, "export", other, "--benchmark", "live_topology", "--run", found["run"], "--out", tmp_path / "x.zip"
        )


def test_every_command_of_the_page_runs_in_order(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pictures(tmp_path / "pets", each=20)
    shutil.make_archive("pets", "zip", "pets")
    table(tmp_path / "questions.csv", [["text", "intent"], *TEXTS[1:]])
    own_files.signals(tmp_path / "source").rename("sensors.npz")
    lines = [block.text for block in commands(ROOT / "docs" / "your-task.md")]
    assert len(lines) > 5
    for line in lines:
        shorter = line.replace("--trials 30 --opening 6", "--trials 2 --opening 1").replace("--trials 30", "--trials 1")
        shorter = shorter.replace("--epochs 40", "--epochs 1")
        result = call(*shlex.split(shorter))
        assert result.exit_code == 0, f"{line}: {result.output}"
        assert not line.startswith("run") or "not looked at by a search" in result.stdout
    with zipfile.ZipFile("pets.zip") as archive:
        assert "pets/predict.py" in archive.namelist()
