"""Archives of runs from anywhere are read or refused in one sentence, and a run file takes little memory."""

import io
import struct
import subprocess
import sys
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nas_core import archives
from nas_core.run_file import encode
from nas_core.types import RunSpec, Started
from tests.conftest import ROOT
from ui import experiments as page_experiments

SPEC = RunSpec("pocket_topology", "cluttered_digits", "random_search", max_trials=8)


def archive(method=zipfile.ZIP_DEFLATED, **files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as made:
        for name, data in files.items():
            made.writestr(f"{name}.jsonl", data)
    return out.getvalue()


WHOLE = "".join(encode(e) + "\n" for e in [Started(SPEC, "1")])


def locked():
    """An archive that says it is encrypted."""
    data = bytearray(archive(a=WHOLE))
    struct.pack_into("<H", data, 6, 1)
    struct.pack_into("<H", data, data.index(b"PK\1\2") + 8, 1)
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (archive(a=WHOLE)[:-30], "this is not a zip archive, or it is damaged"),
        (archive(a=WHOLE * 50)[:60] + b"\0" * 40 + archive(a=WHOLE * 50)[100:], "not a zip archive, or it is damaged"),
        (locked(), "the archive is encrypted; make one without a password"),
        (archive(zipfile.ZIP_LZMA, a=WHOLE), "packed in an unusual way"),
        (archive(zipfile.ZIP_BZIP2, a=WHOLE), "packed in an unusual way"),
        (archive(a=b"0" * 60 * 2**20), "the archive is too large"),
        (archive(**{f"r{i}": "" for i in range(5001)}), "the archive has too many files"),
    ],
    ids=["torn", "bytes", "encrypted", "lzma", "bzip2", "bomb", "many"],
)
def test_an_archive_that_cannot_be_read_is_one_sentence(data, said):
    ids, refused = page_experiments.imported("runs.zip", data)[1:]
    assert ids == [] and len(refused) == 1 and said in refused[0]


def test_runs_that_are_large_together_are_one_sentence(monkeypatch):
    monkeypatch.setattr(archives, "LARGEST", 3 * len(WHOLE))
    assert page_experiments.imported("runs.zip", archive(a=WHOLE, b=WHOLE, c=WHOLE))[2] == []
    ids, refused = page_experiments.imported("runs.zip", archive(a=WHOLE, b=WHOLE, c=WHOLE, d=WHOLE))[1:]
    assert ids == [] and len(refused) == 1 and "the archive is too large; at most" in refused[0]


@settings(max_examples=40)
@given(data=st.binary(max_size=80), at=st.floats(0, 1), cut=st.integers(0, 80))
def test_any_bytes_in_an_archive(data, at, cut):
    whole = archive(a=WHOLE, b=WHOLE)
    place = int(at * len(whole))
    ids, refused = page_experiments.imported("runs.zip", whole[:place] + data + whole[place + cut :])[1:]
    assert set(ids) <= {SPEC.id} and all("\n" not in sentence for sentence in refused)


MEMORY = """
import sys
from pathlib import Path
from nas_core import verification
from nas_core import archives
from nas_core.run_file import encode
from nas_core.store import Store, StoreError
from nas_core.types import RunSpec, Started
from tests.peaks import forget, own_peak

first = encode(Started(RunSpec("pocket_topology", "cluttered_digits", "random_search", max_trials=5), "1")).encode()
ask = b'{"event":"Asked","number":%d,"suggestion":{"arch":[0],"info":{"x":%s}},"at":0}'
line = lambda number, item: ask % (number, b"[" + b",".join([item] * (900_000 // (len(item) + 1))) + b"]")
small = b'{"event":"Asked","number":1,"suggestion":{"arch":[0]},"at":0}'
kind, count = sys.argv[1], int(sys.argv[2])
lines = [small] * count if kind == "small" else [line(n, kind.encode()) for n in range(count)]
data = b"\\n".join([first, *lines])
del lines
forget()
before = own_peak()
store = Store(Path(sys.argv[3]))
try:
    store.read(store.add(data, verification.check))
    said = "taken in"
except StoreError as error:
    said = str(error)
print((own_peak() - before) >> 20, len(data) >> 20, said)
"""


@pytest.mark.parametrize(("kind", "count"), [("[]", 9), ('"é"', 12), ("0", 7), ("small", 700_000), ("small", 150_000)])
def test_a_run_file_never_takes_300_mb_more_than_its_size(tmp_path, kind, count):
    out = subprocess.run([sys.executable, "-c", MEMORY, kind, str(count), str(tmp_path)], cwd=ROOT, capture_output=True)
    assert out.returncode == 0, out.stderr.decode()
    took, size, said = out.stdout.decode().split(" ", 2)
    assert int(took) < 300 + int(size), said
