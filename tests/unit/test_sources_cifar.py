"""CIFAR: an archive as its author packs it, from a server or a copy of the user, and what can be wrong with it."""

from __future__ import annotations

import hashlib
import io
import json
import os
import pickle
import struct
import tarfile
from dataclasses import replace

import numpy as np
import pytest

from nas_core import datasets, scoring
from nas_core.sources import cifar, download, files
from nas_core.sources.download import SourceError
from nas_core.sources.scores import Scoring
from tests.command_line import call, refused
from tests.loopback import serving

IN_FILE = 60


class Python2(pickle._Pickler):
    """Pickles as Python 2 did, by which the published files were written: text and bytes alike are plain strings."""

    dispatch = dict(pickle._Pickler.dispatch)

    def save_string(self, value):
        content = value.encode("latin1") if isinstance(value, str) else value
        self.write(pickle.BINSTRING + struct.pack("<i", len(content)) + content)
        self.memoize(value)

    dispatch[bytes] = dispatch[str] = save_string

    def save_name(self, value):
        module = value.__module__.replace("numpy._core", "numpy.core")
        self.write(pickle.GLOBAL + f"{module}\n{value.__qualname__}\n".encode())
        self.memoize(value)

    dispatch[type] = dispatch[type(np.ndarray.copy)] = save_name
    dispatch[type(np.empty)] = dispatch[type(lambda: 0)] = save_name


def python2(thing):
    written = io.BytesIO()
    Python2(written, 2).dump(thing)
    return written.getvalue()


def published(dataset, spoil=None):
    """The bytes of an archive with `IN_FILE` random images a file; `spoil` changes {file: content} first."""
    said, rng, packed = cifar.ARCHIVES[dataset], np.random.default_rng(0), io.BytesIO()
    contents = {}
    for name in (*said.train, said.test):
        images = rng.integers(0, 256, (IN_FILE, 3072)).astype(np.uint8)
        labels = [int(i) % said.classes for i in range(IN_FILE)]
        contents[name] = python2({"data": images, said.labels: labels, "filenames": ["a.png"] * IN_FILE})
    if spoil:
        spoil(contents)
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in contents.items():
            entry = tarfile.TarInfo(f"{said.folder}/{name}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


@pytest.fixture
def server(tmp_path, monkeypatch):
    """Hands out a small archive of each dataset, which is pinned instead of the real one; yields (address, asked)."""
    root = tmp_path / "server"
    for dataset, said in cifar.ARCHIVES.items():
        file, content = root / said.archive.path, published(dataset)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        small = replace(said.archive, size=len(content), md5=hashlib.md5(content).hexdigest())
        monkeypatch.setitem(cifar.ARCHIVES, dataset, replace(said, archive=small))
    monkeypatch.setattr(download, "RETRIES", 0)
    with serving(root) as answer:
        yield answer


def test_the_archives_are_those_that_torchvision_pins():
    pinned = {name: (said.archive.url(), said.archive.md5) for name, said in cifar.ARCHIVES.items()}
    assert pinned == {
        "cifar10": ("https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz", "c58f30108f718f92721af3b95e74349a"),
        "cifar100": ("https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz", "eb9058c3a382ffc7106e4002c42a8d85"),
    }


@pytest.mark.torch
@pytest.mark.parametrize("dataset", cifar.ARCHIVES)
def test_the_command_fetches_once_and_proxies_see_the_images(server, dataset):
    address, asked = server
    plan = Scoring(data=dataset, batch=4)
    with pytest.raises(FileNotFoundError, match=rf"python -m nas_core fetch {dataset}"):
        next(scoring.sweep(plan, [0], ["snip"]))
    for _ in range(2):
        said = [json.loads(line) for line in call("fetch", dataset, "--from", address, "--json").stdout.splitlines()]
    assert len(asked) == 1 and said[-1] == {"fetched": dataset, "file": str(cifar.file(dataset))}
    assert not download.path(cifar.ARCHIVES[dataset].archive).exists()
    first, second = scoring.batches(plan)
    assert first.images.shape == second.images.shape == (4, 3, 32, 32)
    made = datasets.create(dataset, **files.params(dataset))
    train, val, test = made.load().values()
    parts = len(cifar.ARCHIVES[dataset].train)
    assert [len(train), len(val), len(test)] == [parts * IN_FILE // 2, parts * IN_FILE // 2, IN_FILE]
    assert list(made.examples.values()) == [len(train), len(val), len(test)]
    assert np.allclose(train.images.mean((0, 2, 3)), 0, atol=1e-5)
    assert np.allclose(train.images.std((0, 2, 3)), 1, atol=1e-5)
    assert test.labels[:3].tolist() == [0, 1, 2]
    with np.load(cifar.file(dataset)) as kept:
        pixels = kept["images"][-IN_FILE:].astype(np.float32) / np.float32(255)
    mean, std = (np.array(made.preprocessing()[name], np.float32)[:, None, None] for name in ("mean", "std"))
    assert np.array_equal((pixels - mean) / std, test.images)
    assert len(set(made.class_names())) == made.classes
    assert scoring.network(plan, 0).classes == made.classes


def test_a_spoiled_download_is_thrown_away(server):
    address, _ = server
    said = cifar.ARCHIVES["cifar10"]
    cifar.ARCHIVES["cifar10"] = replace(said, archive=replace(said.archive, md5="0" * 32))
    assert "checksum is wrong" in refused(1, "fetch", "cifar10", "--from", address)
    assert not cifar.file("cifar10").exists()


def test_the_users_own_copy_packed_or_unpacked(tmp_path):
    packed = tmp_path / "cifar-10-python.tar.gz"
    packed.write_bytes(published("cifar10"))
    call("import", "cifar10", packed)
    first = np.load(cifar.file("cifar10"))["images"]
    with tarfile.open(packed) as archive:
        archive.extractall(tmp_path, filter="data")
    for folder in (tmp_path, tmp_path / "cifar-10-batches-py"):
        cifar.file("cifar10").unlink()
        call("import", "cifar10", folder)
        assert np.array_equal(np.load(cifar.file("cifar10"))["images"], first)
    assert first.shape == (6 * IN_FILE, 3, 32, 32) and first.dtype == np.uint8


class Attack:
    def __reduce__(self):
        return os.mkdir, ("made by the pickle",)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda files: files.update(data_batch_2=pickle.dumps(Attack())), "asks for posix.mkdir"),
        (lambda files: files.update(test_batch=files["test_batch"][:-9]), "test_batch is damaged"),
        (lambda files: files.update(test_batch=python2({"data": [1]})), "test_batch does not hold images and labels"),
        (lambda files: files.update(test_batch=python2([1])), "test_batch does not hold images and labels"),
        (lambda files: files.pop("data_batch_5"), "neither cifar-10-python.tar.gz nor the folder cifar-10-batches-py"),
    ],
)
def test_what_is_not_as_published_is_refused_and_nothing_is_kept(tmp_path, monkeypatch, spoil, says):
    monkeypatch.chdir(tmp_path)
    packed = tmp_path / "cifar-10-python.tar.gz"
    packed.write_bytes(published("cifar10", spoil))
    with pytest.raises((SourceError, ValueError), match=says):
        list(cifar.take("cifar10", packed))
    assert not cifar.file("cifar10").exists() and not (tmp_path / "made by the pickle").exists()


@pytest.mark.parametrize("name", ["nothing.tar.gz", "no archive.tar.gz", "empty folder"])
def test_a_path_that_is_no_copy(tmp_path, name):
    (tmp_path / "no archive.tar.gz").write_bytes(b"text")
    (tmp_path / "empty folder").mkdir()
    assert "is neither cifar-100-python.tar.gz nor the folder" in refused(1, "import", "cifar100", tmp_path / name)
