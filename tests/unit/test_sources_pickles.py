"""Pickles of others: data comes out, code does not run, damage is said in a sentence."""

import bz2
import os
import pickle
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nas_core.sources import pickles
from nas_core.sources.pickles import UnsafePickle


class Attack:
    """What an evil pickle does: call a function when it is read."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self):
        return os.mkdir, (str(self.file),)


def dumped(path: Path, thing: object, protocol: int = 4) -> Path:
    content = pickle.dumps(thing, protocol)
    path.write_bytes(bz2.compress(content) if path.suffix == ".pbz2" else content)
    return path


@pytest.mark.parametrize("name", ["plain.pkl", "packed.pickle.pbz2"])
@pytest.mark.parametrize("protocol", [4, 5])
def test_plain_data_and_arrays_are_read(tmp_path, name, protocol):
    thing = OrderedDict(a=[1, 2.5, None, "x"], b=np.arange(6.0).reshape(2, 3), c=np.float64(1.5), d=(True, {3: "y"}))
    read = pickles.load(dumped(tmp_path / name, thing, protocol))
    assert list(read) == list(thing)
    assert (read["a"], read["c"], read["d"]) == (thing["a"], thing["c"], thing["d"])
    assert np.array_equal(read["b"], thing["b"])


@pytest.mark.parametrize("name", ["evil.pkl", "evil.pickle.pbz2"])
def test_code_is_refused_and_not_run(tmp_path, name):
    target = tmp_path / "made by the pickle"
    with pytest.raises(UnsafePickle, match=rf"{name} asks for posix.mkdir, which no table of numbers needs"):
        pickles.load(dumped(tmp_path / name, [1, Attack(target)]))
    assert not target.exists()


@pytest.mark.parametrize(("module", "name"), [("builtins", "eval"), ("os", "system"), ("numpy", "load")])
def test_no_way_to_a_function(tmp_path, module, name):
    file = tmp_path / "evil.pkl"
    file.write_bytes(f"c{module}\n{name}\n.".encode())
    with pytest.raises(UnsafePickle, match=f"asks for {module}.{name}"):
        pickles.load(file)


@pytest.mark.parametrize("content", [b"", b"no pickle", pickle.dumps([1, 2, 3])[:-2], b"\x80\x04]\x94(K\x01b."])
@pytest.mark.parametrize("name", ["bad.pkl", "bad.pickle.pbz2"])
def test_damage_is_said(tmp_path, content, name):
    file = tmp_path / name
    file.write_bytes(bz2.compress(content) if name.endswith("pbz2") else content)
    with pytest.raises(UnsafePickle, match="is damaged or no pickle"):
        pickles.load(file)
    file.write_bytes(b"BZh9 broken" + content)
    with pytest.raises(UnsafePickle, match="is damaged or no pickle"):
        pickles.load(file)


def test_a_missing_file_stays_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        pickles.load(tmp_path / "nothing.pkl")


def test_what_is_no_frame_is_said(tmp_path):
    with pytest.raises(UnsafePickle, match="holds no table"):
        pickles.load_frame(dumped(tmp_path / "list.pkl", [1, 2]))


def test_pandas_own_code_is_not_used(tmp_path):
    """Only the pickles of old pandas, which the pinned file is, are known; a new one is refused, not half read."""
    file = tmp_path / "frame.pkl"
    pd.DataFrame({"a": [1.0]}).to_pickle(file)
    with pytest.raises(UnsafePickle):
        pickles.load_frame(file)
