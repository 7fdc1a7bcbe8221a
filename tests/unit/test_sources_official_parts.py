"""A part of an import that a disk has spoiled, or somebody has made up: one sentence, and memory stays bounded."""

import io
import re
import tracemalloc
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nas_core import spaces
from nas_core.sources import _official_parts, nats, official
from nas_core.sources.download import SourceError

SIZE = 6  # of the space
ROWS = np.array([5, 2], np.int64)
CURVES = [{"cifar10:val_acc@3#1": np.array([1, 2, 3 + i], np.float32)} for i in range(2)]
SENTENCE = (
    r"^part.npz in .* is damaged \(.*\); delete it and import the archives again: only what it held is read again$"
)


@pytest.fixture(scope="module")
def content(tmp_path_factory):
    """The bytes of a whole part."""
    file = tmp_path_factory.mktemp("whole") / "part.npz"
    _official_parts.write(file, ROWS, CURVES)
    return file.read_bytes()


def everything(part):
    return _official_parts.read(part, lambda _: True, SIZE)


def part_of(folder, **arrays):
    """A part whose arrays are as given, bytes as they are."""
    with zipfile.ZipFile(folder / "part.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, values in arrays.items():
            if not isinstance(values, bytes):
                out = io.BytesIO()
                np.lib.format.write_array(out, values)
                values = out.getvalue()
            archive.writestr(f"{name}.npy", values)
    return folder / "part.npz"


def claims(shape, dtype="<f4"):
    """An array of four bytes whose header claims more."""
    out = io.BytesIO()
    np.lib.format.write_array_header_1_0(out, {"descr": dtype, "fortran_order": False, "shape": shape})
    return out.getvalue() + bytes(4)


def test_a_whole_part_is_read(tmp_path, content):
    (tmp_path / "part.npz").write_bytes(content)
    read = everything(tmp_path / "part.npz")
    assert read["rows"].tolist() == [5, 2]
    assert read["cifar10:val_acc@3#1"].tolist() == [[1, 2, 3], [1, 2, 4]]
    assert _official_parts.where(tmp_path, SIZE) == {5: (tmp_path / "part.npz", 0), 2: (tmp_path / "part.npz", 1)}


@given(data=st.data())
def test_a_spoiled_part_is_one_sentence_or_reads_as_before(tmp_path_factory, content, data):
    spoiled = bytearray(content)
    for at in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=3)):
        spoiled[at] ^= data.draw(st.integers(1, 255))
    part = tmp_path_factory.getbasetemp() / "part.npz"
    part.write_bytes(spoiled[: data.draw(st.integers(0, len(content)) | st.just(len(content)))])
    try:
        read = everything(part)
    except SourceError as error:
        assert re.match(SENTENCE, str(error))
    else:  # a flipped bit of a date, say, or a column that has lost its name
        whole = {"rows": [5, 2], "cifar10:val_acc@3#1": [[1, 2, 3], [1, 2, 4]]}
        assert all(values.tolist() == whole[name] for name, values in read.items() if name in whole)


def refused_in_little_memory(part):
    """Reading the part ends in one sentence, and takes less than 10 MB."""
    tracemalloc.start()
    try:
        with pytest.raises(SourceError, match=SENTENCE):
            everything(part)
        assert tracemalloc.get_traced_memory()[1] < 10 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "arrays",
    [
        {"rows": np.array([{}, {}], object)},
        {"rows": ROWS, "a#1": np.array([[{}], [{}]], object)},
        {"rows": ROWS, "a#1": np.zeros((1, 3), np.float32)},
        {"rows": ROWS, "a#1": np.zeros((2, 0), np.float32)},
        {"rows": ROWS, "a#1": np.zeros((2, 3))},
        {"rows": ROWS.astype(float)},
        {"rows": ROWS + 1, "a#1": np.zeros((2, 3), np.float32)},
        {"rows": ROWS - 3, "a#1": np.zeros((2, 3), np.float32)},
        {"a#1": np.zeros((2, 3), np.float32)},
        {"rows": claims((10**12,), "<i8")},
        {"rows": ROWS, "a#1": claims((2, 10**9))},
        {"rows": ROWS, "a#1": claims((2, -1))},
        {"rows": ROWS, "a#1": b"\x93NUMPY\x01\x00\x10\x00{'descr': [[[[[[[["},
        {"rows": ROWS, "a#1": bytes(20 << 20)},
    ],
    ids=range(14),
)
def test_what_no_import_writes_is_refused_in_little_memory(tmp_path, monkeypatch, arrays):
    monkeypatch.setattr(_official_parts, "LARGEST", 10 << 20)
    part = part_of(tmp_path, **arrays)
    refused_in_little_memory(part)


def test_a_member_that_unpacks_to_more_than_it_says_is_not_unpacked(tmp_path):
    part = part_of(tmp_path, rows=ROWS, **{"a#1": bytes(20 << 20)})
    raw = part.read_bytes()
    part.write_bytes(raw.replace((20 << 20).to_bytes(4, "little"), (100).to_bytes(4, "little")))
    refused_in_little_memory(part)


@pytest.mark.parametrize("table", [recipe.table for recipe in nats.RECIPES])
@pytest.mark.parametrize("row", [None, -1, 32_768])
def test_all_that_reads_the_parts_says_so(data_folder, table, row):
    folder = official.parts_folder(table)
    folder.mkdir(parents=True)
    part = part_of(folder, rows=np.array([row or 0]), **{"cifar10:val_acc@3#1": np.zeros((1, 3), np.float32)})
    if row is None:
        part.write_bytes(b"PK\x03\x04")
    archive = official.Archive(table, folder, [], np.arange(len(spaces.create(table.removeprefix("nats_")))))
    for read in (
        official.imported,
        lambda table: official.curves(table, 5),
        lambda _: official._make_table(archive, folder),
    ):
        with pytest.raises(SourceError, match=SENTENCE):
            read(table)
