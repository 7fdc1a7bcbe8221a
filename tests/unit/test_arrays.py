"""A file of arrays that a disk has spoiled is one sentence with the way out, wherever one is read."""

import io

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nas_core import arrays, datasets
from nas_core.datasets.own import OwnDataset
from nas_core.sources import catalogue, chunks, nats_size
from tests.command_line import refused
from tests.nats_files import UPSTREAM

NAMES = ("images", "labels", "train")
SENTENCE = r"^{} in .* is damaged \([^\n]+\); delete it and {}"


def packed(**content):
    out = io.BytesIO()
    np.savez_compressed(out, **content)
    return out.getvalue()


def single(values):
    out = io.BytesIO()
    np.save(out, values)
    return out.getvalue()


SEVERAL = packed(images=np.zeros((4, 3, 2, 2), np.uint8), labels=np.arange(4), train=2)
ONE = single(np.arange(6.0))
SPOILED = [
    SEVERAL[: len(SEVERAL) // 2],
    ONE[:-4],
    b"",
    b"PK\x03\x04",
    b"\x93NUMPY\x01\x00\x10\x00{'descr': [[[[[[[[",
    single(np.array([{}], object)),
    packed(images=np.zeros(3)),
]


def test_a_whole_file_is_read(tmp_path):
    (tmp_path / "a.npz").write_bytes(SEVERAL)
    (tmp_path / "b.npy").write_bytes(ONE)
    images, labels, train = arrays.load(tmp_path / "a.npz", "", *NAMES)
    assert images.shape == (4, 3, 2, 2) and labels.tolist() == [0, 1, 2, 3] and train == 2
    for mapped in (False, True):
        (values,) = arrays.load(tmp_path / "b.npy", "", mapped=mapped)
        assert values.tolist() == [0, 1, 2, 3, 4, 5] and values.flags.writeable != mapped
    with pytest.raises(FileNotFoundError):
        arrays.load(tmp_path / "c.npy", "")


def test_what_is_saved_has_a_checksum_that_numpy_does_not_read(tmp_path):
    file, values = tmp_path / "a.npy", np.arange(6.0)
    arrays.save(file, values)
    assert np.load(file).tolist() == arrays.load(file, "")[0].tolist() == values.tolist()
    whole = file.read_bytes()
    for place in range(len(ONE) - 40, len(whole), 7):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(arrays.DamagedFile, match=SENTENCE.format("a.npy", "do it again")):
            arrays.load(file, "do it again")


@given(data=st.data(), several=st.booleans())
@example(data=None, several=True)
@example(data=None, several=False)
def test_any_bytes_are_arrays_or_one_sentence(tmp_path_factory, data, several):
    content = bytearray(SEVERAL if several else ONE)
    for at in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=3)) if data else ():
        content[at] ^= data.draw(st.integers(1, 255))
    file = tmp_path_factory.getbasetemp() / "spoiled"
    file.write_bytes(content[: data.draw(st.integers(0, len(content)))] if data else content[:-9])
    try:
        loaded = arrays.load(file, "get it again", *(NAMES if several else ()))
    except arrays.DamagedFile as error:
        assert "\n" not in str(error) and str(error).endswith("; delete it and get it again")
    else:
        assert len(loaded) == (3 if several else 1)


def fetched(folder):
    return datasets.create("cifar10", folder=str(folder)).load()


def own(folder):
    return type("Mine", (OwnDataset,), {"place": folder, "info": {"fingerprint": "0"}})().load()


def raw(folder):
    return type("Mine", (OwnDataset,), {"place": folder, "info": {}})().raw("train")


def size(broken):
    """The size table, of the published files but for `broken`."""

    def place(folder):
        if not UPSTREAM.exists():
            pytest.skip("needs the published files of NATS-Bench")
        here = folder / "file.npy"
        return nats_size.build(lambda f: here if f is broken else UPSTREAM / f.repository / f.commit / f.path)

    return place


READERS = {
    "cifar10": (fetched, ["cifar10.npz"], "get it again on the Data page or with: python -m nas_core fetch cifar10$"),
    "own": (
        own,
        [f"{part}_{what}.npy" for part in ("train", "val", "test") for what in "xy"],
        "import the data again$",
    ),
    "raw": (raw, ["train_x.npy", "train_y.npy"], "import the data again$"),
    "chunks": (chunks.read_chunks, ["0000.npz"], "run the build again: only what it held is trained again$"),
    "archs": (size(catalogue.SIZE_ARCHS), ["file.npy"], "fetch it again on the Data page or with: python -m nas_core"),
    "valid": (size(catalogue.SIZE_VALIDATION["cifar100"]), ["file.npy"], "fetch it again on the Data page or with"),
}


@pytest.mark.parametrize("content", SPOILED, ids=range(len(SPOILED)))
@pytest.mark.parametrize("reader", READERS)
def test_every_reader_says_so(tmp_path, reader, content):
    read, names, way_out = READERS[reader]
    for name in names:
        (tmp_path / name).write_bytes(content)
    (tmp_path / "info.json").write_text("{}")
    with pytest.raises(arrays.DamagedFile, match=SENTENCE.format(names[0], way_out)):
        read(tmp_path)


def test_the_command_line_ends_with_that_sentence(data_folder):
    (data_folder / "datasets").mkdir(parents=True)
    (data_folder / "datasets" / "cifar10.npz").write_bytes(SEVERAL[:-9])
    message = refused(1, "train", "own:4711", "--dataset", "cifar10")
    assert "cifar10.npz in " in message and "python -m nas_core fetch cifar10" in message
