"""Rows of a table with a label: of CSV, JSON lines or Parquet."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nas_core.sources._numbers import short
from nas_core.sources._rows import open_rows
from nas_core.sources.own_data._items import Items, Options, label_of, part_of

MOST_BYTES = 500_000_000  # of a Parquet file of images
MOST_TEXT = 50_000_000  # of any other
USUAL = {
    "text": ("text", "sentence", "question", "query", "content", "review", "utterance", "title"),
    "image": ("image", "img", "picture"),
    "label": ("label", "category", "class", "intent", "target", "labels", "fine_label"),
}
"""What such a column is usually called, the likeliest first."""


@dataclass(frozen=True)
class Record:
    """A row: what it is called in messages, its value, its class, its part ("" if it does not say) and its group."""

    name: str
    value: Any
    label: str
    part: str
    group: str


def is_table(file: str) -> bool:
    """Whether a file of that name has rows."""
    return file.lower().endswith((".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet"))


def records(path: Path, options: Options, what: str, items: Items, part: str = "") -> Iterator[Record]:
    """The rows of a file with a column of `what` ("text" or "image") and one of labels.

    part: of all of them, if the name of the file says so. A row that cannot be used is left out of `items` with the
    reason. ValueError in one sentence if the file cannot be read.
    """
    names, rows, classes = _open(path)
    place = _columns(path.name, names, options, what)
    for number, row in rows:
        name = f"{path.name}, {'row' if path.suffix.lower() == '.parquet' else 'line'} {number}"
        try:
            if len(row) != len(names):
                raise ValueError(f"it has {len(row)} fields, and the first line {len(names)}")
            label = label_of(row[place["label"]], classes.get(place["label"], ()))
            own = part or (part_of(row[place["split"]]) if "split" in place else "")
            group = row[place["group"]] if "group" in place else None
        except ValueError as error:
            items.leave_out(name, str(error))
            continue
        if label not in options.without:
            yield Record(name, row[place[what]], label, own, "" if group is None or group != group else f"{group}")


def _columns(file: str, names: Sequence[str], options: Options, what: str) -> dict[str, int]:
    """{"label": its place, …} of the columns that are read."""
    lower, place = [name.strip().lower() for name in names], {}
    for role in (what, "label", "split", "group"):
        column = getattr(options, role)
        fitting = [usual for usual in USUAL.get(role, ()) if usual in lower]
        if column and column.strip().lower() not in lower:
            raise ValueError(f"{file} has no column {short(column, 40)!r}; it has: {_listing(names)}")
        if column or fitting:
            place[role] = lower.index(column.strip().lower() if column else fitting[0])
        elif role in USUAL:
            raise ValueError(f"{file} has no column called {role}; say which of these it is: {_listing(names)}")
    return place


def _listing(names: Sequence[str]) -> str:
    return short(", ".join(short(name, 40) for name in names), 400) or "none"


def _open(path: Path) -> tuple[list[str], Iterator[tuple[int, list[Any]]], dict[int, list[str]]]:
    """(names of the columns, rows with their numbers, {column: names of its numbered classes})."""
    kind = path.suffix.lower()
    most = MOST_BYTES if kind == ".parquet" else MOST_TEXT
    if path.stat().st_size > most:
        raise ValueError(
            f"{path.name} has {path.stat().st_size / 1e6:,.0f} MB; at most {most // 1_000_000:,} MB are read"
        )
    if kind == ".parquet":
        return _parquet(path)
    if kind in (".jsonl", ".ndjson", ".json"):
        return _json_lines(path)
    rows = open_rows(path.read_bytes(), path.name)
    return [name.strip() for name in rows.names], rows.read(range(len(rows.names))), {}


def _json_lines(path: Path) -> tuple[list[str], Iterator[tuple[int, list[Any]]], dict[int, list[str]]]:
    try:
        lines: list[str] = path.read_bytes().decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ValueError(f"{path.name} is not UTF-8 text (line {line}); save it in UTF-8") from None
    objects: list[tuple[int, Mapping[str, Any]]] = []
    for number, text in enumerate(lines, 1):
        if text.strip():
            try:
                value = json.loads(text)
            except (ValueError, RecursionError):
                value = None
            if not isinstance(value, dict):
                raise ValueError(f'{path.name} is not JSON lines: line {number} is not an object such as {{"text": …}}')
            objects.append((number, value))
    names = list(dict.fromkeys(key for _, value in objects for key in value))
    return names, ((number, [value.get(name) for name in names]) for number, value in objects), {}


def _parquet(path: Path) -> tuple[list[str], Iterator[tuple[int, list[Any]]], dict[int, list[str]]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    def rows() -> Iterator[tuple[int, list[Any]]]:
        try:
            done = 0
            for batch in file.iter_batches(256, use_threads=False):
                for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                    done += 1
                    yield done, list(row)
        except (pa.ArrowException, OSError, UnicodeError) as error:
            raise ValueError(f"{path.name} is not a Parquet file ({_first_line(error)})") from None

    try:
        file = pq.ParquetFile(path, page_checksum_verification=True, pre_buffer=False)
        schema = file.schema_arrow
    except (pa.ArrowException, OSError, UnicodeError) as error:
        raise ValueError(f"{path.name} is not a Parquet file ({_first_line(error)})") from None
    return list(schema.names), rows(), _class_names(schema)


def _class_names(schema: Any) -> dict[int, list[str]]:
    """The names of numbered classes, as Hugging Face's `datasets` notes them in a file's metadata."""
    try:
        features = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
        numbered = {name: feature["names"] for name, feature in features.items() if "names" in feature}
        return {i: [str(n) for n in numbered[name]] for i, name in enumerate(schema.names) if name in numbered}
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        return {}


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
