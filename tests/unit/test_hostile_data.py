"""Files that somebody made to do harm, given as data of one's own: each ends in one sentence, and nothing is kept."""

import io
import json
import pickle
import stat
import struct
import subprocess
import sys
import zipfile
import zlib

import numpy as np
import pytest
from PIL import Image

from nas_core.sources import own_data
from nas_core.sources.own_data import Options, _entries
from nas_core.sources.pickles import ROOM
from tests.conftest import ROOT
from tests.unit.test_own_data import picture, pictures, png, table


@pytest.fixture(autouse=True)
def data_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("NAS_EXPLORER_DATA", str(tmp_path / "data"))
    yield
    left = [path.name for path in (tmp_path / "data" / "own_data").glob("*")]
    assert left == [], "something was half kept"


def complaint(path, kind, **options):
    with pytest.raises(ValueError) as caught:
        list(own_data.read(path, Options(kind, **options)))
    text = str(caught.value)
    assert "\n" not in text and len(text) < 500 and "Error:" not in text
    return text


def archive(path, files, **attributes):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name, content in files.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            for key, value in attributes.items():
                setattr(info, key, value)
            out.writestr(info, content)
    return path


@pytest.mark.parametrize("name", ["../../etc/cat/a.png", "/etc/cat/a.png", "cat/../../a.png", "c:\\cat\\a.png"])
def test_an_archive_that_leads_outside_itself(tmp_path, name):
    path = archive(tmp_path / "a.zip", {name: png(picture(0))})
    assert "leads outside the archive" in complaint(path, "images")


def test_an_archive_with_a_link(tmp_path):
    path = archive(tmp_path / "a.zip", {"cat/a.png": "/etc/passwd"}, external_attr=(stat.S_IFLNK | 0o777) << 16)
    assert "has a link" in complaint(path, "images")


def test_an_archive_of_more_files_than_are_read(tmp_path, monkeypatch):
    path = archive(tmp_path / "a.zip", {"cat/a.png": b"x"})
    raw = bytearray(path.read_bytes())
    end = raw.rfind(b"PK\5\6")
    raw[end:end] = b"PK\6\6" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, 1_000_000, 1_000_000, 46, 0)
    path.write_bytes(bytes(raw))
    assert "has more than 250,000 files" in complaint(path, "images")
    monkeypatch.setattr(_entries, "MOST_FILES", 5)
    pictures(tmp_path / "pets", each=4)
    with pytest.raises(ValueError, match="pets has more than 5 files"), _entries.ExitStack() as stack:
        list(_entries.entries(tmp_path / "pets", stack))


def test_a_bomb_unpacks_to_no_more_than_is_read(tmp_path):
    path = archive(tmp_path / "a.zip", {"cat/a.png": bytes(300_000_000), "dog/b.png": bytes(300_000_000)})
    assert path.stat().st_size < 1_000_000
    assert "it has 300 MB; at most 50 MB are read" in complaint(path, "images")


def test_an_archive_that_lies_about_a_size(tmp_path):
    path = archive(tmp_path / "a.zip", {"cat/a.png": bytes(200_000_000)})
    raw = bytearray(path.read_bytes())
    for at in (raw.find(b"PK\3\4") + 22, raw.find(b"PK\1\2") + 24):
        raw[at : at + 4] = struct.pack("<I", 100)
    path.write_bytes(bytes(raw))
    assert "no image can be read" in complaint(path, "images")


@pytest.mark.parametrize("kind", ["images", "text", "arrays"])
@pytest.mark.parametrize("content", [b"", b"PK\3\4 and nothing", bytes(1000), b"\x93NUMPY\1\0"])
def test_junk_under_every_name(tmp_path, kind, content):
    for name in ("a.zip", "a.csv", "a.jsonl", "a.parquet", "a.npz", "a"):
        (tmp_path / name).write_bytes(content)
        complaint(tmp_path / name, kind)


READ = """
import json, sys
from pathlib import Path
from nas_core.sources import own_data
from tests.peaks import peak

before = peak()
*_, draft = own_data.read(Path(sys.argv[1]), own_data.Options("images"))
own_data.discard(draft)
print(json.dumps([draft.left_out, peak() - before]))
"""


def test_an_image_of_2_500_million_pixels(tmp_path):
    small = png(Image.new("L", (8, 8)))
    header = small[:16] + struct.pack(">II", 50_000, 50_000) + small[24:29]
    huge = header + struct.pack(">I", zlib.crc32(header[12:])) + small[33:]
    folder = pictures(tmp_path / "pets")
    (folder / "cat" / "huge.png").write_bytes(huge)
    out = subprocess.run([sys.executable, "-c", READ, str(folder)], cwd=ROOT, capture_output=True, text=True)
    assert out.returncode == 0, out.stderr
    left_out, took = json.loads(out.stdout)
    assert ["cat/huge.png", "it has 50,000 × 50,000 pixels; at most 50,000,000 are read"] in left_out
    assert took < ROOM


class _Harm:
    def __reduce__(self):
        return (open, ("/tmp/harm", "w"))


def test_a_pickle_inside_an_array_file(tmp_path):
    raw = io.BytesIO()
    np.save(raw, np.array([_Harm()], dtype=object), allow_pickle=True)
    plain = io.BytesIO()
    np.save(plain, np.zeros((3, 1, 16)))
    for x, y in ((raw, plain), (plain, raw)):
        path = archive(tmp_path / "a.npz", {"x.npy": x.getvalue(), "y.npy": y.getvalue()})
        assert "Python objects, which are not read" in complaint(path, "arrays")
    path = archive(tmp_path / "b.npz", {"x.npy": pickle.dumps(_Harm()), "y.npy": plain.getvalue()})
    assert "is not an array of NumPy" in complaint(path, "arrays")


def test_an_array_that_claims_to_be_huge(tmp_path):
    raw = io.BytesIO()
    np.lib.format.write_array_header_1_0(raw, {"descr": "<f4", "fortran_order": False, "shape": (10**9, 3, 10**6)})
    labels = io.BytesIO()
    np.save(labels, np.zeros(3, int))
    path = archive(tmp_path / "a.npz", {"x.npy": raw.getvalue(), "y.npy": labels.getvalue()})
    assert "at most 400 MB are read" in complaint(path, "arrays")


def test_texts_with_nul_and_in_mixed_encodings(tmp_path):
    rows = [["text", "label"], *([f"good words {i}", "ab"[i % 2]] for i in range(20)), ["bad\0words", "a"]]
    *_, draft = own_data.read(table(tmp_path / "nul.csv", rows), Options("text"))
    assert draft.n_left_out == 1 and "NUL" in draft.left_out[0][1]
    own_data.discard(draft)
    (tmp_path / "mixed.csv").write_bytes("text,label\nschön,a\n".encode() + "schön,b\n".encode("latin1"))
    assert "is not UTF-8 text" in complaint(tmp_path / "mixed.csv", "text")
    (tmp_path / "mixed.jsonl").write_bytes(b'{"text": "a b", "label": "x"}\n{"text": "\xff", "label": "y"}\n')
    assert "is not UTF-8 text (line 2)" in complaint(tmp_path / "mixed.jsonl", "text")


def test_labels_that_cannot_be(tmp_path):
    one = table(
        tmp_path / "one.csv", [["text", "label"], *([f"words {i}", "a"] for i in range(20)), ["rare words", "b"]]
    )
    assert "b (1)" in complaint(one, "text")
    every = table(tmp_path / "every.csv", [["text", "label"], *([f"words {i}", f"c{i}"] for i in range(1500))])
    assert "there must be 2 to 1,000 classes; the data has 1,500" in complaint(every, "text")
    same = table(tmp_path / "same.csv", [["text", "label"], *([f"words {i}", "a"] for i in range(20))])
    assert "the data has 1: a" in complaint(same, "text")
    markup = table(tmp_path / "m.csv", [["text", "label"], *([f"words {i}", "a\u202e"] for i in range(20))])
    assert "printable" in complaint(markup, "text")


def test_a_column_that_is_not_there(tmp_path):
    path = table(tmp_path / "t.csv", [["message", "kind"], ["hello you", "a"]])
    assert complaint(path, "text") == "t.csv has no column called text; say which of these it is: message, kind"
    assert "has no column 'nope'" in complaint(path, "text", text="nope")


def test_options_that_cannot_be():
    for options in ({"size": 4}, {"colour": "red"}, {"length": 1000}, {"val_share": 0.9}, {"words": 1}, {"seed": -1}):
        with pytest.raises(ValueError, match=f"{next(iter(options))} must be"):
            Options("images", **options)
