"""Small files that would exhaust memory, and any bytes at all: a sentence or a draft, and a few times the file."""

import json
import subprocess
import sys

import hypothesis
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import strategies as st

from nas_core.sources import user_table
from tests.conftest import ROOT

MB = 1_000_000
MOST = 300 * MB  # above the size of the file
MEASURE = """
import json, pathlib, sys, time
import pyarrow.parquet
from nas_core.sources import user_table
from tests.peaks import forget, peak

first = peak()
for file in map(pathlib.Path, sys.argv[1:]):
    forget()
    content, start = file.read_bytes(), time.process_time()
    try:
        said = f"{user_table.read(content, file.name, 'topology', 'own').left_out} left out"
    except ValueError as error:
        said = str(error)
    print(json.dumps([file.name, len(content), peak() - first, time.process_time() - start, said]), flush=True)
"""


def parquet(file, columns, **how):
    pq.write_table(pa.table(columns), file, compression="zstd", **how)


def lying(content):
    """A Parquet file whose directory says that it unpacks to 1 byte."""
    size = pq.ParquetFile(pa.BufferReader(content)).metadata.row_group(0).total_byte_size
    said = varint(2 * size)  # as Thrift writes a number that has a sign
    claim = bytes([0x82, *[0x80] * (len(said) - 2), 0])
    place = content.rindex(said)
    lie = content[:place] + claim + content[place + len(said) :]
    assert pq.ParquetFile(pa.BufferReader(lie)).metadata.row_group(0).total_byte_size == 1
    return lie


def varint(number):
    out = []
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def uploads(folder):
    """{file: what is said of it}"""
    many = ",".join(["arch", "val_acc", *(f"c{i}" for i in range(20_000))])
    texts = {
        "wide.csv": (many + "\n" + "1," * 20_001 + "1", "20,002 columns; a table may have 200"),
        "junk.csv": ("arch,val_acc\n" + "zzz,zz\n" * 1_400_000, "more than 100000 rows"),
        "bad.csv": ("arch,val_acc\n" + "zzz,zz\n" * 90_000, "90000 left out"),
        "field.csv": ("arch,val_acc\n" + "x" * 10 * MB, "field larger than field limit"),
        "commas.csv": ("arch,val_acc\n" + "," * 10 * MB, "left out"),
        "quotes.csv": ("arch,val_acc\n" + '"a\n",' * 2 * MB, "a row of more than 1,000,000 characters"),
        "blank.csv": ("arch,val_acc\n" + "\n" * 10 * MB, "more than 1,000,000 lines"),
        "long.csv": ("arch,val_acc\n" + ("x" * 130_000 + ",5\n") * 80, "80 left out"),
    }
    for name, (text, _) in texts.items():
        (folder / name).write_text(text)
    ones = np.ones(3 * MB)
    whole = dict(use_dictionary=False, write_statistics=False)  # every value is written out
    parquet(folder / "equal.parquet", {"arch": pa.repeat("1", len(ones)), "val_acc": ones})
    parquet(folder / "bomb.parquet", {"arch": pa.repeat("y" * MB, 200), "val_acc": ones[:200]}, **whole)
    out = pa.BufferOutputStream()
    parquet(out, {"arch": pa.repeat("y" * MB, 500), "val_acc": ones[:500]}, **whole)
    (folder / "liar.parquet").write_bytes(lying(out.getvalue().to_pybytes()))
    indices = pa.array(np.zeros(90_000, np.int32))
    word = pa.DictionaryArray.from_arrays(indices, pa.array(["y" * MB]))
    parquet(folder / "word.parquet", {"arch": word, "val_acc": ones[:90_000]})
    parquet(folder / "wide.parquet", {"arch": ["1"], **{f"c{i}": [1.0] for i in range(5000)}})
    cells = {f"c{i}": np.full(15_625, 50.0) for i in range(198)}
    parquet(folder / "full.parquet", {"arch": [str(i) for i in range(15_625)], "val_acc": ones[:15_625], **cells})
    return {name: says for name, (_, says) in texts.items()} | {
        "equal.parquet": "3000000 rows",
        "bomb.parquet": "unpacks to 200 MB; a table may have 100",
        "liar.parquet": "is not a Parquet file (malloc of size" if sys.platform == "linux" else "left out",
        "word.parquet": "90000 left out",
        "wide.parquet": "5,001 columns",
        "full.parquet": "0 left out",
    }


@pytest.mark.skipif(sys.platform == "win32", reason="no peak memory without resource")
def test_hostile_uploads_take_little_memory_and_time(tmp_path):
    says = uploads(tmp_path)
    files = [str(tmp_path / name) for name in says]
    child = subprocess.run(
        [sys.executable, "-c", MEASURE, *files], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert child.returncode == 0, child.stderr
    lines = [json.loads(line) for line in child.stdout.splitlines()]
    assert [name for name, *_ in lines] == list(says)
    for name, size, memory, seconds, said in lines:
        assert says[name] in said and len(said) < 1000
        assert memory < MOST + size, f"{name}: {memory / MB:.0f} MB"
        assert seconds < 30, f"{name}: {seconds:.0f} s of CPU"


def a_parquet_file():
    out = pa.BufferOutputStream()
    parquet(out, {"arch": ["1", "2", "x"], "val_acc": [50.0, 60.0, None], "note": ["a", None, "b"], "n": [1, 2, 3]})
    return out.getvalue().to_pybytes()


WHOLE = a_parquet_file()
SIGNS = [",", ";", "\t", "\n", "\r\n", '"', "\ufeff", "é"]
PIECES = [*SIGNS, "arch", "val_acc", "Test_acc@3", "1", "93,4", "9.5 %", "inf", "1e400"]


def reads(content, file):
    peaks = pytest.importorskip("tests.peaks")  # needs resource, which Windows does not have
    peaks.forget()
    before = peaks.own_peak()
    try:
        draft = user_table.read_here(content, file, "topology", "own", {})
    except ValueError as error:
        assert "\n" not in str(error) and len(str(error)) < 1200
        draft = None
    assert peaks.own_peak() - before < MOST + len(content)
    assert draft is None or not any(np.isinf(values).any() for values in draft.columns.values())


@hypothesis.settings(max_examples=150)
@hypothesis.given(st.lists(st.sampled_from(PIECES), max_size=40), st.binary(max_size=20))
def test_any_text_is_read_or_refused_in_a_sentence(pieces, tail):
    reads(b"arch,val_acc\n" * (len(tail) % 2) + "".join(pieces).encode() + tail, "a.csv")


@hypothesis.settings(max_examples=150)
@hypothesis.given(st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), min_size=1, max_size=8))
def test_any_damaged_parquet_file_is_read_or_refused_in_a_sentence(changes):
    content = bytearray(WHOLE)
    for place, byte in changes:
        content[place] = byte
    reads(bytes(content), "a.parquet")
