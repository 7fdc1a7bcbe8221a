"""Tables that a user brings along: a CSV or Parquet file of architectures and numbers for one of our spaces.

The file needs a column ``arch`` (whatever the space can parse) and a column ``val_acc`` in percent; every other column
of numbers becomes a metric. ``val_acc@12`` is the value after 12 epochs; without @ it is that of the full training.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from nas_core import spaces
from nas_core.sources import tables
from nas_core.sources.download import SourceError

SPACES = ("topology", "size")
NONE_YET = "none yet"  # stands where a benchmark lists its datasets and there is none
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,39}")
COLUMN = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}(@[1-9][0-9]{0,4})?")
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?|nan", re.IGNORECASE)
MOST_BYTES, MOST_TABLES = 50_000_000, 50
BETTER_IF_MORE = re.compile(r"acc|auc|f1|score|map|iou")  # in a metric's name


@dataclass(frozen=True)
class Problem:
    """Why a line of the file is left out."""

    line: int  # as an editor counts; in a Parquet file the row, from 1
    text: str


@dataclass
class Draft:
    """A file that was read and not saved yet."""

    space: str
    columns: dict[str, np.ndarray]  # float64[len(space)] each, nan where the file has nothing
    problems: list[Problem] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)  # columns that are no metrics

    @property
    def known(self) -> int:
        """How many architectures have a value in any column."""
        return int(np.any([~np.isnan(c) for c in self.columns.values()], 0).sum()) if self.columns else 0


def read(content: bytes, file: str, space_name: str, notation: str = "") -> Draft:
    """The good rows of a file's `content`, and the bad ones with their lines.

    file: its name, which says by .parquet or .csv how it is written. notation: of the architectures, where they do not
    say it themselves as in nats:1. ValueError in one sentence if the file as a whole cannot be used.
    """
    if len(content) > MOST_BYTES:
        raise ValueError(f"{file} has {len(content) / 1e6:.0f} MB; a table may have {MOST_BYTES // 1_000_000}")
    names, read = _parquet(content, file) if file.lower().endswith(".parquet") else _csv(content, file)
    names = [name.strip() for name in names]
    for needed in ("arch", "val_acc"):
        if needed not in (n.partition("@")[0] for n in names):
            raise ValueError(f"{file} has no column {needed!r}; it has: {', '.join(names) or 'none'}")
    if twice := {n for n in names if names.count(n) > 1}:
        raise ValueError(f"{file} has two columns called {sorted(twice)[0]!r}; rename or remove one")
    rows = list(read)
    metrics = [n for i, n in enumerate(names) if n != "arch" and COLUMN.fullmatch(n) and _any_number(rows, i)]
    space = spaces.create(space_name)
    draft = Draft(space_name, {n: np.full(len(space), np.nan) for n in metrics})
    draft.ignored = [n for n in names if n != "arch" and n not in metrics]
    seen: dict[int, int] = {}
    for line, values in rows:
        said = dict(zip(names, values, strict=False))
        if notation:
            said["arch"] = f"{notation}:{said.get('arch')}"
        try:
            row, numbers = _one(said, metrics, space, len(values) == len(names))
            if row in seen:
                raise ValueError(f"the same architecture as in line {seen[row]}")
        except ValueError as error:
            draft.problems.append(Problem(line, str(error)))
            continue
        seen[row] = line
        for name, value in numbers.items():
            draft.columns[name][row] = value
    return draft


def _any_number(rows: list[tuple[int, list[Any]]], column: int) -> bool:
    """True unless the column has values and none of them is a number: then it is a note, not a metric."""
    values = [str(v[column]).strip() for _, v in rows if len(v) > column and v[column] not in (None, "")]
    return not values or any(_NUMBER.fullmatch(value) for value in values)


def _one(said: Mapping[str, Any], metrics: list[str], space: Any, whole: bool) -> tuple[int, dict[str, float]]:
    """(row in the space, {metric: value}) of one line; ValueError says what is wrong with it."""
    if not whole:
        raise ValueError("another number of fields than the first line")
    row = space.index(space.parse(str(said["arch"])))
    numbers = {}
    for name in metrics:
        text = "" if said[name] is None else str(said[name]).strip()
        try:
            value = float(text) if text else math.nan
        except ValueError:
            raise ValueError(f"{name} is no number: {text!r}") from None
        if math.isinf(value) or ("_acc" in name and not (math.isnan(value) or 0 <= value <= 100)):
            raise ValueError(f"{name} must be {'0 to 100 percent' if '_acc' in name else 'finite'}; it is {text}")
        numbers[name] = value
    if all(math.isnan(v) for n, v in numbers.items() if n.partition("@")[0] == "val_acc"):
        raise ValueError("val_acc is missing")
    return row, numbers


def _csv(content: bytes, file: str) -> tuple[list[str], Iterator[tuple[int, list[Any]]]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"{file} is no text in UTF-8; save it as CSV in UTF-8, or as Parquet") from None
    head = text.partition("\n")[0]
    separator = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)
    try:
        names = next(reader)
        rows = [(reader.line_num, row) for row in reader if row]
    except StopIteration:
        raise ValueError(f"{file} is empty") from None
    except csv.Error as error:
        raise ValueError(f"{file} is no CSV file (line {reader.line_num}: {error})") from None
    return names, iter(rows)


def _parquet(content: bytes, file: str) -> tuple[list[str], Iterator[tuple[int, list[Any]]]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(io.BytesIO(content)).read()
    except pa.ArrowException as error:
        raise ValueError(f"{file} is no Parquet file ({str(error).splitlines()[0]})") from None
    columns = [table[name].to_pylist() for name in table.column_names]
    return table.column_names, ((i, list(row)) for i, row in enumerate(zip(*columns, strict=True), 1))


def folder(space_name: str) -> Path:
    """Where the user's tables for a space are."""
    return tables.tables_dir() / f"own_{space_name}"


def names(space_name: str) -> tuple[str, ...]:
    """The user's tables for a space, in alphabetical order."""
    return tuple(sorted(f.stem for f in folder(space_name).glob("*.parquet")))


def save(draft: Draft, name: str, source: str, epochs: int = 1, fewer_is_better: tuple[str, ...] | None = None) -> Path:
    """Write the good rows as the dataset `name`, replacing one of that name; ValueError if the name is not allowed.

    source: where the numbers come from, in the user's words. epochs: of the full training, for columns that do not say.
    fewer_is_better: metrics to be minimised; None goes by their names.
    """
    if not NAME.fullmatch(name):
        raise ValueError(f"{name!r} cannot be the name of a table: 1 to 40 letters, digits, spaces and . _ -")
    if not draft.known:
        raise ValueError("no line of the file can be used, so there is nothing to save")
    if len(names(draft.space)) >= MOST_TABLES and name not in names(draft.space):
        raise ValueError(f"there are {MOST_TABLES} tables of your own already; remove one first")
    columns = _with_epochs(draft.columns, epochs)
    metrics = {n.partition("@")[0] for n in columns}
    least = {m for m in metrics if not BETTER_IF_MORE.search(m)} if fewer_is_better is None else set(fewer_is_better)
    file = folder(draft.space) / f"{name}.parquet"
    today = datetime.now(UTC).date().isoformat()
    provenance = {
        "source": source or "not said by whoever imported it",
        "imported": f"on {today}; {draft.known:,} architectures, {len(draft.problems):,} lines left out",
    }
    tables.write(file, columns, provenance, goals={m: "min" if m in least else "max" for m in sorted(metrics)})
    return file


def _with_epochs(columns: Mapping[str, np.ndarray], epochs: int) -> dict[str, np.ndarray]:
    """The columns, those of trainings all called metric@epochs; `epochs` (at least 1) where the file does not say."""
    trained = {n.partition("@")[0] for n in columns if "@" in n or n.endswith(("_acc", "_loss"))}
    full = max([epochs, 1, *(int(n.partition("@")[2]) for n in columns if "@" in n)])
    out: dict[str, np.ndarray] = {}
    for name, values in columns.items():
        stored = f"{name}@{full}" if name in trained else name
        if stored in out or (stored != name and stored in columns):
            raise ValueError(f"the file has {name} and {stored}; say how many epochs {name} was trained for")
        out[stored] = values
    return out


def delete(space_name: str, name: str) -> None:
    """Remove one of the user's tables; SourceError if there is none of that name."""
    if name not in names(space_name):
        known = ", ".join(names(space_name)) or "none"
        raise SourceError(f"there is no table {name!r} of your own for the {space_name} space; there are: {known}")
    (folder(space_name) / f"{name}.parquet").unlink()


def goals(meta: Mapping[str, str]) -> dict[str, str]:
    """{metric: "max" or "min"} as it was saved."""
    return json.loads(meta["goals"])
