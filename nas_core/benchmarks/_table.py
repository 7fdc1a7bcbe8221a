"""Reading tables: Parquet files of one row per architecture, as read-only columns that all visitors share.

A file is compared with its own checksums when it is opened, once in a process: a damaged one is not read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from nas_core.arrays import read_only
from nas_core.sources import nats, scores, tables, user_columns, user_table


class Damaged(FileNotFoundError):
    """A table that is as good as missing: its file is not what was written. The message says so, and the way out."""


def columns(file: Path, dataset: str = "") -> Mapping[str, np.ndarray]:
    """Every column, read-only: float64[rows] where it was stored so, else float32[rows].

    dataset: only the columns named ``dataset:…``, without that prefix. A file that was replaced is read again.
    FileNotFoundError if there is no such file, Damaged if its content has changed since it was written.
    """
    every = _content(file).columns
    prefix = f"{dataset}:"
    return {n.removeprefix(prefix): every[n] for n in every if n.startswith(prefix)} if dataset else every


def meta(file: Path) -> Mapping[str, str]:
    """What the builder noted in the file, as text or JSON; fails as `columns` does."""
    return _content(file).meta


def fingerprint(file: Path) -> str:
    """12 hex digits that change when the numbers change; fails as `columns` does."""
    return meta(file)["fingerprint"]


def damage(file: Path) -> str:
    """One sentence if there is such a file and it is damaged, else ""."""
    try:
        _content(file)
    except Damaged as error:
        return str(error)
    except FileNotFoundError:
        pass
    return ""


def _content(file: Path) -> _Content:
    stat = file.stat()
    content = _read(file, stat.st_mtime_ns, stat.st_size)
    if content.damage:
        raise Damaged(f"The table {file.name} is damaged ({content.damage}) and was not read; {_way_out(file)}")
    return content


def _way_out(file: Path) -> str:
    if file.parent == Path(__file__).parent:
        return "it comes with NAS Explorer, so install that again"
    if file.parent == scores.folder():
        return "score again to rebuild it: python -m nas_core score"
    if user_table.holds(file) or file.parent == user_columns.folder():
        return "remove it on the Data page and import it again"
    if file.stem.endswith("_official"):
        return "import the archives again: python -m nas_core import nats FOLDER"
    return f"get it again: {nats.command(file.stem)}"


@dataclass(frozen=True)
class _Content:
    columns: Mapping[str, np.ndarray]
    meta: Mapping[str, str]
    damage: str = ""  # what is wrong with the file, in words


@lru_cache(maxsize=32)
def _read(file: Path, _mtime: int, _size: int) -> _Content:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(file, page_checksum_verification=True) as parquet:
            metadata = parquet.schema_arrow.metadata or {}
            table = parquet.read(use_threads=False)
        meta = {key.decode(): value.decode() for key, value in metadata.items() if key != b"ARROW:schema"}
        # by DLPack, because pyarrow's own to_numpy imports pandas: half a second and 50 MB
        columns = {n: np.from_dlpack(table[n].combine_chunks()) for n in table.column_names}
    except FileNotFoundError:
        raise
    except (pa.ArrowException, OSError, ValueError, TypeError, BufferError, MemoryError) as error:
        return _Content({}, {}, (str(error).splitlines() or [type(error).__name__])[0])
    if tables.fingerprint(columns) != meta.get("fingerprint"):
        return _Content({}, {}, "its numbers do not have its fingerprint")
    if "checksum" in meta and tables.checksum(meta) != meta["checksum"]:
        return _Content({}, {}, "what it says of itself does not have its checksum")
    return _Content({n: _plain(values) for n, values in columns.items()}, meta)


def _plain(values: np.ndarray) -> np.ndarray:
    return read_only(np.array(values, np.float64 if values.dtype == np.float64 else np.float32))
