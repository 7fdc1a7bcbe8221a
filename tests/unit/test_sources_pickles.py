"""Pickles of others: data comes out, code does not run, damage is said in a sentence."""

import bz2
import io
import os
import pickle
import struct
from collections import OrderedDict
from contextlib import suppress
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from nas_core.sources import pickles
from nas_core.sources.pickles import UnsafePickle
from tests.peaks import own_peak


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
    with pytest.raises(UnsafePickle, match="is damaged or not a pickle"):
        pickles.load(file)
    file.write_bytes(b"BZh9 broken" + content)
    with pytest.raises(UnsafePickle, match="is damaged or not a pickle"):
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


def name(module: str, attribute: str) -> bytes:
    return f"c{module}\n{attribute}\n".encode()


def tuple_of(*values: bytes) -> bytes:
    return b"(" + b"".join(values) + b"t"


def call(function: bytes, *values: bytes) -> bytes:
    return function + tuple_of(*values) + b"R"


def build(thing: bytes, state: bytes) -> bytes:
    return thing + state + b"b"


def const(value: object) -> bytes:
    return pickle.dumps(value, 0)[:-1] if not isinstance(value, bytes) else b"B" + struct.pack("<I", len(value)) + value


def dtype_of(text: str, state: tuple = (3, "|", None, None, None, -1, -1, 0)) -> bytes:
    return build(call(name("numpy", "dtype"), const(text), const(False), const(True)), const(state))


EMPTY = call(name("numpy.core.multiarray", "_reconstruct"), name("numpy", "ndarray"), const((0,)), const(b"b"))
FROM_BYTES, SCALAR = name("numpy.core.numeric", "_frombuffer"), name("numpy.core.multiarray", "scalar")
FLOATS = tuple_of(const(1), const((1,)), dtype_of("f8"), const(False), const(b"A" * 8))
RECORD = (3, "|", None, ("a", "b"), {"a": (1, 0), "b": (2, 8)}, 16, 1, 27)
ATTACKS = {
    "objects without their flag": (call(FROM_BYTES, const(b"A" * 8), dtype_of("O8"), const((1,)), const("C")), "'O8'"),
    "a state of objects": (
        build(EMPTY, tuple_of(const(1), const((1,)), dtype_of("O8"), const(False), const(b"A" * 8))),
        "array of objects",
    ),
    "an object": (call(SCALAR, dtype_of("O8"), const(b"A" * 8)), "'O8'"),
    "a record": (call(FROM_BYTES, const(b"A" * 16), dtype_of("V16", RECORD), const((1,)), const("C")), "'V16'"),
    "floats that become objects": (
        call(FROM_BYTES, const(b"A" * 8), build(dtype_of("f8"), const((3, "O", *RECORD[2:]))), const((1,)), const("C")),
        "'f8'",
    ),
    "a wrong length": (
        build(EMPTY, tuple_of(const(1), const((2**40,)), dtype_of("f8"), const(False), const(b"A" * 8))),
        "do not agree",
    ),
    "a negative shape": (
        build(EMPTY, tuple_of(const(1), const((-1, -1)), dtype_of("f8"), const(False), const(b"A" * 8))),
        "do not agree",
    ),
    "memory that is freed below a view": (build(build(EMPTY, FLOATS), FLOATS), "in no known way"),
    "a view of an array": (
        call(FROM_BYTES, build(EMPTY, FLOATS), dtype_of("i8"), const((1,)), const("C")),
        "are bytes",
    ),
    "an array of any memory": (call(name("numpy", "ndarray"), const((9,)), const("O")), "not callable"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_allowed_names_do_not_lead_to_memory_that_is_not_theirs(tmp_path, attack):
    program, says = ATTACKS[attack]
    file = tmp_path / "evil.pkl"
    file.write_bytes(b"\x80\x03" + program + b".")
    with pytest.raises(UnsafePickle, match=rf"^evil.pkl.*{says}"):
        pickles.load(file)


def test_a_crash_stays_in_the_child():
    with pytest.raises(UnsafePickle, match=r"evil cannot be read: the worker process ended unexpectedly \(.*-6\)"):
        next(pickles.apart(os.abort, "evil", 0))


def packed(*content: bytes) -> bytes:
    """As one file of bz2, which may be put together from several."""
    return b"".join(map(bz2.compress, content))


@pytest.mark.parametrize(
    "content",
    [
        packed(b"\x80\x04\x8e" + struct.pack("<Q", 2**31) + b"A."),  # bytes that the file does not have
        packed(b"\x80\x04Nr\xff\xff\xff\x7f."),  # a memo of two thousand million things
        packed(b"\x80\x04\x8e" + struct.pack("<Q", 2**29)) + 32 * packed(bytes(2**24)) + packed(b"."),  # a bomb
    ],
    ids=["length", "memo", "bomb"],
)
def test_what_asks_for_too_much_memory_is_refused(tmp_path, content):
    file = tmp_path / "bomb.pickle.pbz2"
    file.write_bytes(content)
    with pytest.raises(UnsafePickle, match=r"bomb.pickle.pbz2 is damaged or not a pickle \(it takes more than 300 MB"):
        pickles.load(file)


PLAIN = st.sampled_from(
    [const(v) for v in (None, False, 0, 1, -1, 8, 2**62, "C", "<", "f8", (), (1,), (2, 4), b"", b"A" * 8, b"A" * 64)]
)
DTYPES = st.sampled_from([dtype_of(t) for t in ("O8", "f8", "i4", "V8", "U2", "b1", "M8[s]", "f8,O", "S9999999999")])
NAMES = st.sampled_from([name(*pair) for pair in pickles._CONSTRUCTORS])


def compound(values: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    several = st.lists(values, max_size=5)
    return st.one_of(
        several.map(lambda v: tuple_of(*v)),
        several.map(lambda v: b"(" + b"".join(v) + b"l"),
        st.builds(lambda f, v: call(f, *v), values, several),
        st.builds(build, values, values),
        st.builds(
            lambda d, s, c: build(EMPTY, tuple_of(const(1), s, d, const(False), c)),
            st.one_of(DTYPES, values),
            values,
            values,
        ),
        st.builds(lambda c, d, s: call(FROM_BYTES, c, d, s, const("C")), values, DTYPES, values),
        st.builds(lambda cls, args: cls + args + b"\x81", values, values),
        st.builds(lambda v, i: v + b"q" + bytes([i]) + b"h" + bytes([i]) + b"\x86", values, st.integers(0, 3)),
    )


PROGRAMS = st.recursive(st.one_of(PLAIN, DTYPES, NAMES), compound, max_leaves=6).map(
    lambda body: b"\x80\x04" + body + b"."
)
HONEST = [pickle.dumps({"a": np.arange(9.0), "b": [np.float32(1), "x", (None, 2)]}, protocol) for protocol in range(6)]
DAMAGED = st.builds(
    lambda content, at, put: content[: at % len(content)] + put + content[at % len(content) + len(put) :],
    st.sampled_from(HONEST),
    st.integers(0, 10**6),
    st.binary(min_size=1, max_size=3),
)


def outcomes(programs: list[bytes]):
    """Whether each program is read or refused, then the most memory that reading took beyond the start, in bytes."""
    before = own_peak()
    for program in programs:
        try:
            content = pickles.read(io.BytesIO(program), "it")
        except (UnsafePickle, MemoryError):
            yield "refused"
            continue
        with suppress(Exception):  # on the way to the parent: an error is said by the child, a crash would end it
            pickle.loads(pickle.dumps(content))
        yield "read"
    yield own_peak() - before


@settings(max_examples=4, phases=[Phase.generate])  # the list of programs is long to shrink
@given(st.lists(st.one_of(PROGRAMS, DAMAGED), min_size=10, max_size=20))
def test_whatever_is_in_a_pickle_it_is_read_or_refused(programs):
    *said, took = pickles.apart(partial(outcomes, programs), "it", 0)
    assert len(said) == len(programs) and set(said) <= {"read", "refused"}
    assert took < 300 << 20
