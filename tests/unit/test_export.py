"""A model taken home: the unpacked .zip answers as the app does, with torch alone and with onnxruntime alone."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch", reason="torch is not installed")
for package in ("safetensors", "onnx", "onnxruntime"):
    pytest.importorskip(package, reason=f"{package} is not installed")

from nas_core import datasets, export, resuming, spaces, trained
from nas_core.datasets import Split
from nas_core.export import Model, card, onnx_file
from nas_core.sources import live, own_data
from nas_core.sources.own_data import Options
from nas_core.training import Protocol
from tests.command_line import call, last, refused

CELL = "|nor_conv_3x3~0|+|none~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_1x1~1|none~2|"


def _own(path, kind, title):
    *_, draft = own_data.read(path, Options(kind))
    return datasets.create(own_data.save(draft, title))


def _pictures(folder):
    """Pictures of two classes, dark and light."""
    for c, name in enumerate(("night", "day")):
        (folder / name).mkdir(parents=True)
        for i in range(20):
            rng = np.random.default_rng([c, i])
            values = np.clip(rng.normal(80 + 90 * c, 40, (12, 12)), 0, 255).astype(np.uint8)
            Image.fromarray(values).save(folder / name / f"{i}.png")
    return _own(folder, "images", "Sky")


def _model(name, epochs=1):
    """A trained model of a small network, with its numbers."""
    recipe = replace(live.recipe_on("pocket_topology", name), network=dict(channels=4, cells=1))
    recipe = replace(recipe, protocol=Protocol(epochs=epochs, batch=8))
    space = recipe.make_space()
    steps = resuming.train(
        recipe, space.canonical(space.parse(CELL)), recipe.load(), command="python -m nas_core train …"
    )
    try:
        while True:
            next(steps)
    except StopIteration as end:
        record, net = end.value
    return Model(recipe, record.arch, record, net.state_dict()), net


def _unpacked(file):
    with zipfile.ZipFile(file) as archive:
        archive.extractall(file.parent)
    return file.parent / file.stem


@pytest.fixture
def taken(tmp_path):
    """(its folder, the model) of pictures."""
    dataset = _pictures(tmp_path / "source")
    model, _ = _model(dataset.name, epochs=2)
    export.write(replace(model, facts={"In the table": "nowhere"}), tmp_path / "taken.zip")
    return _unpacked(tmp_path / "taken.zip"), model


def test_the_card_says_how_good_and_how_it_came_about(taken):
    home, model = taken
    text = (home / "README.md").read_text(encoding="utf-8")
    record, data = model.trained, model.recipe.make_dataset()
    share = 100 * record.right / record.answers
    assert f"**{share:.2f} %** of {record.answers} test inputs are answered right ({record.right})" in text
    low, high = map(float, re.search(r"95 % interval ([\d.]+) to ([\d.]+) %", text).groups())
    assert 0 <= low <= share <= high <= 100 and high - low > 5
    assert (
        f"fingerprint {data.info['fingerprint']}" in text
        and f"**Fingerprint of the data:** {data.info['fingerprint']}" in text
    )
    for row, name in zip(record.confusion, data.class_names(), strict=True):
        assert f"| {name} | {' | '.join(map(str, row))} |" in text
    said = ("pictures of 1 × 12 × 12 numbers", "2 epochs of SGD", "Repeat it with", "python -m nas_core train …")
    for sentence in (*said, "**In the table:** nowhere"):
        assert sentence in text
    listed = set(re.findall(r"^\| ([\w.]+) \| [\d,]+ \|", text, re.MULTILINE)) - set(data.class_names())
    assert listed == {file.name for file in home.iterdir()} - {"README.md"}
    assert (home / "architecture.svg").read_text(encoding="utf-8").startswith("<svg")


def test_of_many_classes_the_card_names_the_worst_confusions():
    names = [f"c{i}" for i in range(30)]
    matrix = np.eye(30, dtype=int) * 9
    matrix[3, 7], matrix[20, 1] = 5, 2
    record = trained.Trained(live.recipe("pocket_topology"), (0,) * 6, (), tuple(map(tuple, matrix.tolist())))
    lines = card._confusion(record, names).splitlines()
    assert lines[-2:] == ["| c3 | c7 | 5 |", "| c20 | c1 | 2 |"]


@pytest.mark.filterwarnings("ignore:y_pred contains classes")
def test_classes_counted_alike_are_as_scikit_learn_counts_them():
    from sklearn.metrics import balanced_accuracy_score, f1_score

    rng = np.random.default_rng(0)
    truth, answers = rng.choice([0, 1, 2, 4], 90, p=[0.7, 0.1, 0.1, 0.1]), rng.choice([0, 1, 2, 3], 90)
    truth[:30] = answers[:30]  # class 3 is there, 4 is never answered, 5 is neither
    answers[30:33], truth[30:33] = 3, 0
    truth[truth == 3] = 0
    matrix = trained.confusion(truth, answers, 6)
    record = trained.Trained(live.recipe("pocket_topology"), (0,) * 6, (), tuple(map(tuple, matrix.tolist())))
    expected = balanced_accuracy_score(truth, answers), f1_score(truth, answers, average="macro", zero_division=0)
    found = [record.qualities[name] for name in ("balanced accuracy", "macro F1")]
    assert [value for _, value, _ in found] == pytest.approx([100 * value for value in expected])
    ends = [f"(95 % interval {low:.2f} to {high:.2f} %)" for low, _, high in found]
    said = f"{100 * expected[0]:.2f} % balanced accuracy {ends[0]}, {100 * expected[1]:.2f} % macro F1 {ends[1]}, by a"
    assert said in card._quality(record, list("abcdef"))


def test_a_final_training_is_called_one(taken):
    _, model = taken
    final = replace(model.trained, seeds=(0, 1), losses=(0.5, 0.25))
    assert "They were looked at once, after all choices had been made." in card._quality(final, ["a", "b"])
    assert "(0: 0.5000, 1: 0.2500); the test data had no part" in card._training(final)
    assert "looked at once" not in card._quality(model.trained, ["a", "b"])


def test_a_wrong_file_is_answered_in_one_sentence_and_the_others_as_ever(taken, tmp_path):
    home, _ = taken
    said = subprocess.run([sys.executable, home / "predict.py", "no.png"], capture_output=True, text=True)
    assert said.returncode == 1 and said.stderr.count("\n") == 1 and "no.png" in said.stderr
    Image.new("L", (20, 20)).save(tmp_path / "there.png")
    files = [tmp_path / "there.png", "no.png", tmp_path / "there.png"]
    said = subprocess.run([sys.executable, home / "predict.py", *files], capture_output=True, text=True)
    assert said.returncode == 1 and said.stderr.count("\n") == 1 and said.stdout.count("there.png:1  ") == 2


def test_an_onnx_file_that_computes_something_else_is_not_given_out(tmp_path, monkeypatch):
    right = onnx_file.logits
    monkeypatch.setattr(onnx_file, "logits", lambda file, inputs: right(file, inputs) + 0.01)
    net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(4, 2))
    for weight in net.parameters():
        weight.data.fill_(0.1)  # logits below 1, whatever was drawn before
    with pytest.raises(
        RuntimeError, match=r"differ by at most 1\.00e-02 from torch's, of which .* 1\.00e-04 is allowed"
    ):
        onnx_file.write(net, np.ones((3, 1, 2, 2), np.float32), tmp_path / "model.onnx")
    assert not list(tmp_path.glob("*.onnx"))


@pytest.mark.parametrize("scale, allowed", [(1.0, 1e-4), (1e4, 1.0)])
def test_what_is_allowed_is_what_is_said(tmp_path, monkeypatch, scale, allowed):
    """The sentence and the check are of the same number, also where the logits are large."""
    net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(1, 1, bias=False))
    net[1].weight.data.fill_(scale)
    inputs, right = np.ones((3, 1, 1, 1), np.float32), onnx_file.logits
    for share, fits in ((0.9, True), (1.1, False)):
        monkeypatch.setattr(onnx_file, "logits", lambda file, x, off=share * allowed: right(file, x) + np.float64(off))
        if fits:
            found = onnx_file.write(net, inputs, tmp_path / "model.onnx")
            assert found.allowed == pytest.approx(allowed) and found.difference == pytest.approx(share * allowed)
            assert f"{allowed:.2e} is allowed" in found.words and found.inputs == 3
        else:
            with pytest.raises(RuntimeError, match=re.escape(f"{allowed:.2e} is allowed")):
                onnx_file.write(net, inputs, tmp_path / "model.onnx")


def test_the_fingerprint_of_made_data_changes_with_them():
    made, x, y = datasets.create("cluttered_digits"), np.zeros((2, 1, 2, 2), np.float32), np.zeros(2, np.int64)
    one, other = ({"train": Split(values, y)} for values in (x, x + 1))
    assert export.fingerprint(made, one) == export.fingerprint(made, {"train": Split(x.copy(), y.copy())})
    assert export.fingerprint(made, one) != export.fingerprint(made, other)


def test_the_command_takes_what_was_trained_before(tmp_path):
    dataset = _pictures(tmp_path / "source")
    weights = tmp_path / "net.safetensors"
    call("train", CELL, "--benchmark", "live_topology", "--dataset", dataset.name, "--epochs", 1, "--save", weights)
    result = last("export", CELL, "--weights", weights, "--out", tmp_path / "net.zip", "--int8")
    record, _ = trained.load(weights)
    assert result["test_acc"] == pytest.approx(100 * record.right / record.answers) and result["int8"]["val_acc"] >= 0
    assert result["sizes"]["model.int8.onnx"] < result["sizes"]["model.onnx"]
    found = export.checked(tmp_path / "net.zip")
    assert found["val_acc of int8"] == result["int8"]["val_acc"] and found["allowed"] == result["allowed"]
    assert "weights of 8 bits (model.int8.onnx)" in (_unpacked(tmp_path / "net.zip") / "README.md").read_text("utf-8")
    other = "|nor_conv_3x3~0|+|none~0|none~1|+|none~0|none~1|none~2|"
    assert "holds weights of" in refused(2, "export", other, "--weights", weights, "--out", tmp_path / "x.zip")
    assert "was trained on sky" in refused(
        2, "export", CELL, "--weights", weights, "--dataset", "cifar10", "--out", tmp_path / "x.zip"
    )
    assert not (tmp_path / "x.zip").exists()


def test_without_weights_it_is_the_code_at_any_size(tmp_path):
    args = ("export", CELL, "--benchmark", "pocket_topology", "--out", tmp_path / "plain.zip")
    result = last(*args, "--network", "nats", "--network-set", "channels=4")
    home = _unpacked(tmp_path / "plain.zip")
    assert set(result["sizes"]) == {"model.py", "labels.json", "preprocess.json", "architecture.svg"}
    assert result["test_acc"] is None and "*(Cell(4) for _ in range(5))" in (home / "model.py").read_text("utf-8")
    card_text = (home / "README.md").read_text(encoding="utf-8")
    assert "It has not been trained: there are no weights." in card_text and "pocket_topology gives it" in card_text
    assert "no network 'x' of the topology space; there are: nats, pocket" in refused(2, *args, "--network", "x")
    assert "must be a whole number of at least 1; it is '0'" in refused(2, *args, "--network-set", "channels=0")
    assert "are for a model without weights" in refused(2, *args, "--epochs", 1, "--network", "nats")


@pytest.mark.parametrize("name, arch", [("size", (0, 1, 2, 3, 0)), ("macro", (0, 1, 2, 0, 1, 2, 1, 0))])
def test_other_spaces_are_written_too(tmp_path, name, arch):
    dataset = _pictures(tmp_path / "source")
    space = spaces.create(name)
    recipe = live.recipe_of(space, dataset.name)
    net = recipe.initial(arch, 0)
    record = trained.Trained(replace(recipe, protocol=Protocol(epochs=1)), arch, ({"epoch": 1, "seconds": 1.0},))
    record = trained.tested_on(record, net, dataset.load()["test"])
    bundle = export.write(Model(recipe, arch, record, net.state_dict()), tmp_path / "net.zip")
    assert bundle.agreement.difference <= bundle.agreement.allowed and "model.onnx" in bundle.sizes
