"""Reading other people's pickles: only plain containers and NumPy arrays come out, and no code of theirs runs.

A pickle is a program; `pickle.load` would run whatever it says. The unpickler here has the few names that the pinned
files and the official archives need, each with a constructor of this project, and refuses every other one. Arrays are
of the plain types in `_DTYPES`. The work is done in a child process with a limit on memory (docs/decisions/0033).
"""

from __future__ import annotations

import bz2
import importlib
import math
import pickle
import sys
from collections import OrderedDict
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import IO, Any

import numpy as np

from nas_core import child

ROOM = 300 << 20  # bytes that reading may take beyond the size of the file
_DTYPES = frozenset({"b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"})
_AGAIN = "Get the file again from its official source."


class UnsafePickle(ValueError):
    """The pickle asks for something that data never needs, or is not a pickle at all."""


class _Frame:
    """What is left of a pandas object: the state it was pickled with."""

    state: Any = None

    def __init__(self, *_: Any) -> None:
        """What pandas would make of the arguments is not needed."""

    def __getstate__(self) -> Any:
        return self.state

    def __setstate__(self, state: Any) -> None:
        self.state = state


class _Dtype:
    """The type of an array's numbers, by name; `numpy.dtype` itself believes whatever state it is given."""

    def __init__(self, name: Any, *_: Any) -> None:
        self.name = _text(name)
        self.order = "="

    def __setstate__(self, state: Any) -> None:
        self.order = _text(state[1])

    def plain(self) -> np.dtype:
        """The type with its byte order; UnsafePickle if it is not one of `_DTYPES`."""
        if self.name not in _DTYPES or self.order not in ("<", ">", "=", "|"):
            raise UnsafePickle(
                f"it has an array of type {self.name[:20]!r}; plain numbers are read: {', '.join(sorted(_DTYPES))}"
            )
        return np.dtype(self.name).newbyteorder(self.order)  # type: ignore[arg-type]  # checked above


class _Array(np.ndarray):
    """An array that takes its state once, and only of a plain type; it pickles as a common one."""

    complete = False

    def __setstate__(self, state: Any) -> None:
        _, shape, dtype, by_column, content = state
        if self.complete or not isinstance(dtype, _Dtype):
            raise UnsafePickle("it has an array that is put together in no known way")
        if dtype.name == "O8":
            content, plain = _texts(content)
        else:
            content, plain = _bytes(content), dtype.plain()
        if (
            not isinstance(shape, tuple)
            or min(shape, default=1) < 0
            or math.prod(shape) * plain.itemsize != len(content)
        ):
            raise UnsafePickle("it has an array whose shape and numbers do not agree")
        super().__setstate__((1, shape, plain, bool(by_column), content))  # type: ignore[arg-type]
        self.complete = True

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self.view(np.ndarray).__reduce_ex__(protocol)


def _text(value: Any) -> str:
    """A short name, which Python 2 wrote as bytes."""
    return value.decode("latin1") if isinstance(value, bytes) else str(value)


def _bytes(content: Any) -> bytes:
    if not isinstance(content, bytes):
        raise UnsafePickle(f"the numbers of an array are bytes, not a {type(content).__name__}")
    return content


def _texts(content: Any) -> tuple[bytes, np.dtype]:
    """The texts that pandas keeps as objects, as an array of text."""
    if not isinstance(content, list) or not all(isinstance(text, str) for text in content):
        raise UnsafePickle("it has an array of objects; only texts are read")
    texts = np.array(content, np.str_)
    return texts.tobytes(), texts.dtype


def _reconstruct(*_: Any) -> _Array:
    """An empty array, to be filled by its state."""
    return np.ndarray.__new__(_Array, 0, np.uint8)


def _scalar(dtype: Any, content: Any) -> Any:
    """One number."""
    return np.frombuffer(_bytes(content), dtype.plain(), 1)[0]


def _frombuffer(content: Any, dtype: Any, shape: Any, order: Any, axes: Any = None) -> _Array:
    """An array from the bytes of its numbers."""
    flat = np.frombuffer(bytes(content) if isinstance(content, bytearray) else _bytes(content), dtype.plain())
    array = flat.reshape(shape).transpose(axes) if axes is not None else flat.reshape(shape, order=_text(order))  # type: ignore[call-overload]
    out = array.view(_Array)
    out.complete = True
    return out


def _new_index(_kind: Any, state: dict[str, Any]) -> list[Any]:
    """The labels of a pandas Index; an empty list for a RangeIndex, whose labels are not needed."""
    return list(state.get("data", ()))


_CONSTRUCTORS: dict[tuple[str, str], Any] = {
    ("builtins", "slice"): slice,
    ("collections", "OrderedDict"): OrderedDict,
    ("numpy", "dtype"): _Dtype,
    ("numpy", "ndarray"): "ndarray",  # named by arrays, never called
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy.core.multiarray", "scalar"): _scalar,
    ("numpy.core.numeric", "_frombuffer"): _frombuffer,
    ("pandas.core.frame", "DataFrame"): _Frame,
    ("pandas.core.internals.managers", "BlockManager"): _Frame,
    ("pandas.core.indexes.base", "_new_Index"): _new_index,
    ("pandas.core.indexes.base", "Index"): "Index",
    ("pandas.core.indexes.range", "RangeIndex"): "RangeIndex",
}


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: IO[bytes], source: str, encoding: str) -> None:
        super().__init__(file, encoding=encoding)
        self._source = source

    def find_class(self, module: str, name: str) -> Any:
        constructor = _CONSTRUCTORS.get((module.replace("numpy._core", "numpy.core"), name))
        if constructor is None:
            raise UnsafePickle(
                f"{self._source} asks for {module}.{name}, which no table of numbers needs; it was not read. {_AGAIN}"
            )
        return constructor


def read(file: IO[bytes], name: str, encoding: str = "ASCII") -> Any:
    """The content of an open pickle called `name`, read in this process: call it inside `apart`.

    encoding: "bytes" for a pickle that Python 2 wrote, whose strings then are bytes. UnsafePickle if it is damaged or
    asks for code.
    """
    try:
        return _Unpickler(file, name, encoding).load()
    except UnsafePickle as error:
        raise error if str(error).startswith(name) else UnsafePickle(f"{name}: {error}. {_AGAIN}") from None
    except (
        pickle.UnpicklingError,
        EOFError,
        OSError,
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
        ArithmeticError,
        BufferError,
        RecursionError,
    ) as error:
        raise UnsafePickle(
            f"{name} is damaged or not a pickle ({type(error).__name__}: {error}); get it again"
        ) from error


def read_file(path: Path) -> Any:
    """Likewise, the content of a pickle in a file, which may be compressed with bz2."""
    with bz2.open(path) if path.suffix == ".pbz2" else path.open("rb") as file:
        return read(file, path.name)


def load(path: Path) -> Any:
    """The content of a pickle, or of a bz2-compressed one, read in a child process; UnsafePickle likewise."""
    return next(apart(partial(_once, path), path.name, path.stat().st_size))


def _once(path: Path) -> Iterator[Any]:
    yield read_file(path)


def apart(
    make: Callable[[], Iterator[Any]], name: str, size: int, kind: str = "pickle", module: str = "pickle"
) -> Generator[Any]:
    """What `make()` yields in a child process that may take `ROOM` bytes of memory beyond `size`.

    Errors of `make` are raised here. UnsafePickle, which calls what is read `name` and says that it is not a `kind`, if
    memory runs out or the child crashes. module: what reads it, imported before the limit begins. Where the system
    knows no such limit (Windows, macOS) a crash still stays in the child.
    """
    with closing(child.stream(partial(_limited, make, name, size, kind, module), silence=60)) as items:
        while True:
            try:
                item = next(items)
            except StopIteration:
                return
            except RuntimeError as error:
                again = f". {_AGAIN}" if kind == "pickle" else ""
                raise UnsafePickle(f"{name} cannot be read: {error}{again}") from error
            if isinstance(item, Exception):
                raise item
            if item is not child.TICK:
                yield item


def _limited(make: Callable[[], Iterator[Any]], name: str, size: int, kind: str, module: str) -> Iterator[Any]:
    importlib.import_module(module)
    if sys.platform == "linux":
        import resource

        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        limit = pages * resource.getpagesize() + ROOM + size
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    try:
        yield from make()
    except MemoryError:
        megabytes = (ROOM + size) >> 20
        yield UnsafePickle(
            f"{name} is damaged or not a {kind} (it takes more than {megabytes} MB of memory); get it again"
        )
    except (ValueError, RuntimeError, OSError) as error:
        yield error


def load_frame(path: Path) -> dict[str, np.ndarray]:
    """The columns of a pickled pandas DataFrame, without pandas: {column: array[rows]}."""
    frame = load(path)
    manager = frame.state.get("_data") if isinstance(frame, _Frame) and isinstance(frame.state, dict) else None
    if not isinstance(manager, _Frame):
        raise UnsafePickle(f"{path.name} holds no table; get it again from its official source")
    try:
        _, blocks, labels, *_ = manager.state
        return {label: block[i] for block, names in zip(blocks, labels, strict=True) for i, label in enumerate(names)}
    except (TypeError, ValueError, IndexError) as error:
        raise UnsafePickle(f"{path.name} holds no table ({error}); get it again from its official source") from error
