"""Reading other people's pickles: only plain containers and NumPy arrays come out, and no code of theirs runs.

A pickle is a program; `pickle.load` would run whatever it says. The unpickler here knows the few names that the pinned
files and the official archives need and refuses every other one.
"""

from __future__ import annotations

import bz2
import io
import pickle
from collections import OrderedDict
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy._core import multiarray, numeric  # type: ignore[attr-defined]


class UnsafePickle(ValueError):
    """The pickle asks for something that data never needs, or is no pickle at all."""


class _Frame:
    """What is left of a pandas object: the state it was pickled with."""

    def __init__(self, *_: Any) -> None:
        self.state: Any = None

    def __setstate__(self, state: Any) -> None:
        self.state = state


def _new_index(_kind: type, said: dict[str, Any]) -> list[Any]:
    """The labels of a pandas Index; an empty list for a RangeIndex, whose labels nobody needs."""
    return list(said.get("data", ()))


_ALLOWED = {
    ("builtins", "slice"): slice,
    ("collections", "OrderedDict"): OrderedDict,
    ("numpy", "dtype"): np.dtype,
    ("numpy", "ndarray"): np.ndarray,
    ("numpy.core.multiarray", "_reconstruct"): multiarray._reconstruct,
    ("numpy.core.multiarray", "scalar"): multiarray.scalar,
    ("numpy.core.numeric", "_frombuffer"): numeric._frombuffer,  # type: ignore[attr-defined]
    ("pandas.core.frame", "DataFrame"): _Frame,
    ("pandas.core.internals.managers", "BlockManager"): _Frame,
    ("pandas.core.indexes.base", "_new_Index"): _new_index,
    ("pandas.core.indexes.base", "Index"): _Frame,
    ("pandas.core.indexes.range", "RangeIndex"): _Frame,
}


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: IO[bytes], source: str, encoding: str = "ASCII") -> None:
        super().__init__(file, encoding=encoding)
        self._source = source

    def find_class(self, module: str, name: str) -> Any:
        known = _ALLOWED.get((module.replace("numpy._core", "numpy.core"), name))
        if known is None:
            raise UnsafePickle(
                f"{self._source} asks for {module}.{name}, which no table of numbers needs; it was not read. "
                f"Get the file again from its official source."
            )
        return known


def load(path: Path) -> Any:
    """The content of a pickle, or of a bz2-compressed one; UnsafePickle if it is damaged or asks for code."""
    with bz2.open(path) if path.suffix == ".pbz2" else path.open("rb") as file:
        return _read(_Unpickler(file, path.name), path.name)


def loads(content: bytes, name: str) -> Any:
    """Likewise, the content of a pickle called `name` that Python 2 wrote, its strings as text."""
    return _read(_Unpickler(io.BytesIO(content), name, "latin1"), name)


def _read(pickled: _Unpickler, name: str) -> Any:
    try:
        return pickled.load()
    except UnsafePickle:
        raise
    except (pickle.UnpicklingError, EOFError, OSError, ValueError, TypeError, LookupError, AttributeError) as error:
        raise UnsafePickle(f"{name} is damaged or no pickle ({type(error).__name__}: {error}); get it again") from error


def load_frame(path: Path) -> dict[str, np.ndarray]:
    """The columns of a pickled pandas DataFrame, without pandas: {column: array[rows]}."""
    frame = load(path)
    manager = frame.state.get("_data") if isinstance(frame, _Frame) and isinstance(frame.state, dict) else None
    if not isinstance(manager, _Frame):
        raise UnsafePickle(f"{path.name} holds no table; get it again from its official source")
    _, blocks, labels, *_ = manager.state
    return {label: block[i] for block, names in zip(blocks, labels, strict=True) for i, label in enumerate(names)}
