"""Reading tables: Parquet files of one row per architecture, as read-only columns that all visitors share."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np


def columns(file: Path, dataset: str = "") -> Mapping[str, np.ndarray]:
    """float32[rows] of each column, read-only; a file that was replaced is read again.

    dataset: only the columns named ``dataset:…``, without that prefix. FileNotFoundError if there is no such file.
    """
    return _columns(file, *_version(file), dataset)


def meta(file: Path) -> Mapping[str, str]:
    """What the builder noted in the file, as text or JSON; FileNotFoundError if there is no such file."""
    return _meta(file, *_version(file))


def fingerprint(file: Path) -> str:
    """12 hex digits that change when the numbers change."""
    said = meta(file).get("fingerprint")
    return said if said else _digest(file, *_version(file))


def _version(file: Path) -> tuple[int, int]:
    stat = file.stat()
    return stat.st_mtime_ns, stat.st_size


@lru_cache(maxsize=16)
def _columns(file: Path, _mtime: int, _size: int, dataset: str) -> Mapping[str, np.ndarray]:
    import pyarrow.parquet as pq

    prefix = f"{dataset}:" if dataset else ""
    with pq.ParquetFile(file) as stored:
        names = [name for name in stored.schema_arrow.names if name.startswith(prefix)]
        table = stored.read(columns=names, use_threads=False)
    # by DLPack, because pyarrow's own to_numpy imports pandas: half a second and 50 MB
    out = {n.removeprefix(prefix): np.array(np.from_dlpack(table[n].combine_chunks()), np.float32) for n in names}
    for array in out.values():
        array.flags.writeable = False
    return out


@lru_cache(maxsize=64)
def _meta(file: Path, _mtime: int, _size: int) -> Mapping[str, str]:
    import pyarrow.parquet as pq

    said = pq.read_schema(file).metadata or {}
    return {key.decode(): value.decode() for key, value in said.items() if key != b"ARROW:schema"}


@lru_cache(maxsize=64)
def _digest(file: Path, _mtime: int, _size: int) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:12]
