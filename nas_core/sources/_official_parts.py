"""The parts of an import of the official archives: some hundred architectures with their curves in an .npz file.

A part is written whole or not at all, and read with suspicion: disks fail, and people copy half of a file.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np

from nas_core import places
from nas_core.sources.download import SourceError

LARGEST = 300 << 20  # bytes that a part may hold unpacked; whole ones hold some 20 MB


def write(file: Path, rows: np.ndarray, results: list[dict[str, np.ndarray]]) -> None:
    """Keep the architectures int64[n] with {column: float32[length]} of each; nan where one lacks a column."""
    lengths = {name: len(values) for one in results for name, values in one.items()}
    stacked = {
        name: np.stack([one.get(name, np.full(length, np.nan, np.float32)) for one in results])
        for name, length in lengths.items()
    }
    with places.replacing(file) as new, new.open("wb") as out:
        np.savez_compressed(out, rows=rows, **stacked)  # type: ignore[arg-type]


def where(folder: Path, size: int) -> dict[int, tuple[Path, int]]:
    """{row: (part, position in it)} of every architecture that was imported; SourceError for a damaged part.

    size: of the space, whose rows end there.
    """
    return _where(tuple((part, part.stat().st_mtime_ns) for part in sorted(folder.glob("*.npz"))), size)


@lru_cache(maxsize=8)
def _where(parts: tuple[tuple[Path, int], ...], size: int) -> dict[int, tuple[Path, int]]:
    """Of parts with the time of their last change."""
    out: dict[int, tuple[Path, int]] = {}
    for part, _ in parts:
        rows = read(part, lambda _: False, size)["rows"].tolist()
        out |= {row: (part, i) for i, row in enumerate(rows)}
    return out


def read(part: Path, accepts: Callable[[str], bool], size: int) -> dict[str, np.ndarray]:
    """`rows` int64[n] of a space of `size` architectures, and the columns float32[n, length] with `accepts(name)`;
    SourceError if it is damaged."""
    try:
        with zipfile.ZipFile(part) as archive:
            if sum(member.file_size for member in archive.infolist()) > LARGEST:
                raise ValueError(f"it unpacks to more than {LARGEST >> 20} MB")
            return dict(_arrays(archive, accepts, size))
    except Exception as error:  # whatever zipfile, zlib and NumPy call a file that is damaged
        raise SourceError(
            f"{part.name} in {part.parent} is damaged ({error or type(error).__name__}); delete it and import the "
            f"archives again: only what it held is read again"
        ) from error


def _arrays(archive: zipfile.ZipFile, accepts: Callable[[str], bool], size: int) -> Iterator[tuple[str, np.ndarray]]:
    rows = _array(archive, "rows")
    if rows.dtype != np.int64 or rows.ndim != 1:
        raise ValueError("it does not list its architectures")
    if strange := [row for row in rows.tolist() if not 0 <= row < size]:
        raise ValueError(f"it has row {strange[0]} of a space of {size:,} architectures")
    yield "rows", rows
    for name in (member.removesuffix(".npy") for member in archive.namelist()):
        if name != "rows" and accepts(name):
            values = _array(archive, name)
            if values.dtype != np.float32 or values.ndim != 2 or len(values) != len(rows) or not values.size:
                raise ValueError(f"{name} is {values.dtype}{list(values.shape)}")
            yield name, values


def _array(archive: zipfile.ZipFile, name: str) -> np.ndarray:
    """Read-only. Takes no more memory than the file holds, whatever the array's header claims."""
    member = archive.getinfo(f"{name}.npy")
    with archive.open(member) as stream:
        content = io.BytesIO(stream.read(member.file_size))  # to the end, where the checksum is compared
    np.lib.format.read_magic(content)
    shape, by_column, dtype = np.lib.format.read_array_header_1_0(content)
    return np.frombuffer(content.getbuffer(), dtype, offset=content.tell()).reshape(
        shape, order="F" if by_column else "C"
    )
