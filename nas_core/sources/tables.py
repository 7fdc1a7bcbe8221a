"""What builders of tables share: reading CSV files, checking, and writing one Parquet file of a row per architecture.

A table is replaced whole or not at all.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock

import nas_core
from nas_core.places import check_own, replacing, shared_place
from nas_core.sources.download import SourceError, is_full


def tables_dir() -> Path:
    """The folder of the tables that are the same for everybody, whether it is there or not."""
    return shared_place() / "tables"


def read_csv(file: Path) -> dict[str, np.ndarray]:
    """The columns of a CSV file by name: numbers as float64 or int64[rows], anything else as objects."""
    import pyarrow.csv

    table = pyarrow.csv.read_csv(file)
    return {name: table[name].to_numpy() for name in table.column_names}


def require(good: bool, what: str) -> None:
    """SourceError unless `good`; `what` must hold of every table that is written."""
    if not good:
        raise SourceError(
            f"the merged table does not pass its own check: {what}. Nothing was changed; fetch again, and if it stays "
            f"so, report it."
        )


def write(
    file: Path,
    columns: Mapping[str, np.ndarray],
    provenance: Mapping[str, str],
    floats: type[np.floating] = np.float32,
    **meta: Any,
) -> None:
    """Write `columns`, [len(space)] each in index order, to `file`.

    provenance: {label: text}, shown wherever the numbers are. floats: the type that floats are stored as; SourceError
    if a value is too large for it. The file's metadata gets a fingerprint over the numbers alone, so that the same
    numbers written on another day are the same table, and a checksum over all else that it says; both are compared
    when the table is opened. Until the new file is complete on disk the old one stays; SourceError in one sentence if
    it cannot be written.
    """
    check_own()
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrays = {name: _as_type(name, values, floats) for name, values in columns.items()}
    metadata = {
        "provenance": json.dumps(dict(provenance)),
        "fingerprint": fingerprint(arrays),
        "version": nas_core.__version__,
        **{key: json.dumps(value) for key, value in meta.items()},
    }
    metadata["checksum"] = checksum(metadata)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(file.with_suffix(".lock")):
            for old in file.parent.glob(f"{file.name}.*.new"):  # of a process that was killed
                old.unlink()
            table = pa.table(arrays).replace_schema_metadata(metadata)
            with replacing(file) as new:
                pq.write_table(table, new, compression="zstd", write_page_checksum=True)
    except OSError as error:
        why = "the disk is full" if is_full(error) else f"the folder cannot be written ({error.strerror or error})"
        raise SourceError(
            f"{file.name} could not be saved in {file.parent}: {why}. The table that was there before is untouched; "
            f"make room or set NAS_EXPLORER_DATA to another folder, then try again."
        ) from error


def _as_type(name: str, values: np.ndarray, floats: type[np.floating]) -> np.ndarray:
    values = np.asarray(values)
    if values.dtype.kind != "f":
        return values
    with np.errstate(over="ignore"):
        array = np.ascontiguousarray(values, floats)
    if (overflow := np.isinf(array) & ~np.isinf(values)).any():
        raise SourceError(
            f"{name} has the value {values[overflow][0]:g}, too large for {np.dtype(floats)}; nothing was saved"
        )
    return array


def checksum(metadata: Mapping[str, str]) -> str:
    """12 hex digits over what a file's metadata says, its checksum aside."""
    rest = {key: value for key, value in metadata.items() if key != "checksum"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()[:12]


def fingerprint(columns: Mapping[str, np.ndarray]) -> str:
    """12 hex digits over the `columns` of a table, [len(space)] each, in the types they are stored as."""
    digest = hashlib.sha256()
    for name in sorted(columns):
        digest.update(name.encode())
        digest.update(columns[name].tobytes())
    return digest.hexdigest()[:12]
