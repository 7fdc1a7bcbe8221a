"""NumPy arrays that nobody may change, and files of arrays, read or refused in one sentence: disks fail, and people
copy half of a file."""

from __future__ import annotations

import io
import zlib
from pathlib import Path
from typing import Any, Literal

import numpy as np


class DamagedFile(RuntimeError):
    """A file that does not hold what was written into it. The message says which, and the way out."""


def read_only(values: np.ndarray) -> np.ndarray:
    """`values` itself, which cannot be written into any more."""
    values.flags.writeable = False
    return values


def load(file: Path, way_out: str, *names: str, mapped: bool = False) -> list[np.ndarray]:
    """The arrays `names` of an .npz file, or the one of an .npy file. DamagedFile if they cannot be read,
    FileNotFoundError if there is no such file.

    way_out: what to do once a damaged file is deleted. mapped: leave an .npy file's numbers on the disk, read-only.
    """
    mode: Literal["r"] | None = "r" if mapped else None
    try:
        content: Any = np.load(file, mode, allow_pickle=False) if mapped or names else _checked(file)
        if isinstance(content, np.ndarray) != (not names):
            raise ValueError("it is a file of another kind")
        if not names:
            return [content]
        with content:
            return [content[name] for name in names]
    except FileNotFoundError:
        raise
    except Exception as error:  # whatever zipfile, zlib and NumPy call a file that is damaged
        why = (str(error).splitlines() or [type(error).__name__])[0]
        raise DamagedFile(f"{file.name} in {file.parent} is damaged ({why}); delete it and {way_out}") from error


def save(file: Path, values: np.ndarray) -> None:
    """As an .npy file with a checksum behind it, which NumPy does not read: without one a digit that has changed is
    another number."""
    stream = io.BytesIO()
    np.save(stream, values)
    file.write_bytes(stream.getvalue() + _sum(stream.getvalue()))


def _checked(file: Path) -> np.ndarray:
    """ValueError where what is behind the array is not its checksum."""
    raw = file.read_bytes()
    stream = io.BytesIO(raw)
    content: np.ndarray = np.load(stream, allow_pickle=False)
    if isinstance(content, np.ndarray) and raw[stream.tell() :] not in (b"", _sum(raw[: stream.tell()])):
        raise ValueError("its checksum does not fit")
    return content


def _sum(content: bytes) -> bytes:
    return b"CRC-32: %08x" % zlib.crc32(content)
