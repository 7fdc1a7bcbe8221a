"""The rows of a user's table, CSV or Parquet, one after the other.

Whatever a file holds, reading it takes a few times its size in memory: one that is too wide, too long or unpacks to too
much is refused, a Parquet file by its own directory before any column is read. Every pass reads the file anew.
"""

from __future__ import annotations

import codecs
import csv
import io
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

MOST_BYTES, MOST_COLUMNS, MOST_ROWS, MOST_CELLS = 50_000_000, 200, 100_000, 3_200_000
MOST_LINES = 10 * MOST_ROWS  # those without a row included
MOST_UNPACKED = 100_000_000  # bytes of all columns of a Parquet file
LONGEST = 1_000_000  # characters of a row of a CSV file
BATCH = 4096  # rows of a Parquet file that are Python objects at a time

Row = tuple[int, list[Any]]  # its line as an editor counts, in Parquet its number from 1; a value a column


class Rows(ABC):
    """A file that was opened: its columns' names, and its rows as often as they are wanted."""

    names: list[str]
    decimal_commas = False  # True if a comma in a number can only be a decimal one

    def __init__(self, content: bytes, file: str) -> None:
        self.content, self.file = content, file

    def read(self, columns: Collection[int]) -> Iterator[Row]:
        """Every row; the values of other columns than these may be None. ValueError in one sentence if that fails."""
        for count, row in enumerate(self._read(columns)):
            if count == self.most:
                raise ValueError(self._too_many(f"more than {self.most}"))
            yield row

    @abstractmethod
    def _read(self, columns: Collection[int]) -> Iterator[Row]: ...

    @property
    def most(self) -> int:
        """How many rows it may have."""
        return min(MOST_ROWS, MOST_CELLS // max(len(self.names), 1))

    def wrong_width(self, width: int) -> str:
        """What is wrong with a row of so many values."""
        hint = "; for decimal commas, separate columns by semicolons"
        hint = "" if self.decimal_commas or width < len(self.names) else hint
        return f"another number of fields than the first line: {width}, not {len(self.names)}{hint}"

    def _too_many(self, rows: object) -> str:
        return f"{self.file} has {rows} rows; a table of {len(self.names)} columns may have {self.most}"

    def _check_width(self, columns: int) -> None:
        if columns > MOST_COLUMNS:
            raise ValueError(f"{self.file} has {columns:,} columns; a table may have {MOST_COLUMNS}")


def check_size(size: int, file: str) -> None:
    """ValueError if a file of `size` bytes is larger than a table may be."""
    if size > MOST_BYTES:
        raise ValueError(f"{file} has {size / 1e6:.0f} MB; a table may have {MOST_BYTES // 1_000_000}")


def open_rows(content: bytes, file: str) -> Rows:
    """The rows of a file's `content`; its name says by .parquet that it is not CSV.

    ValueError in one sentence if it cannot be read so, or is larger than a table may be.
    """
    check_size(len(content), file)
    return _Parquet(content, file) if is_parquet(file) else _Csv(content, file)


def is_parquet(file: str) -> bool:
    """True if a file of that name is Parquet, False if it is CSV."""
    return file.lower().endswith(".parquet")


def reserve_nothing() -> None:
    """From now on Parquet files are read without memory reserved ahead, which a limit on addresses would count."""
    import pyarrow

    pyarrow.set_memory_pool(pyarrow.system_memory_pool())


class _Csv(Rows):
    """Separated by commas, semicolons or tabs, whichever the first line has most of; UTF-8, or UTF-16 with its mark."""

    def __init__(self, content: bytes, file: str) -> None:
        super().__init__(content, file)
        utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        self._encoding = "utf-16" if utf16 else "utf-8-sig"
        head = next(self._lines(), "")
        self._skipped = int(head.startswith("sep=") and len(head.strip()) <= 5)  # a line that spreadsheets write
        self._separator = head[4] if self._skipped else max(",;\t", key=head.count)
        self.decimal_commas = self._separator != ","
        _, self.names = next(self._records(), (0, []))
        if not self.names:
            raise ValueError(f"{file} is empty")
        self._check_width(len(self.names))

    def _read(self, columns: Collection[int]) -> Iterator[Row]:
        records = self._records()
        next(records)
        return records

    def _lines(self) -> Iterator[str]:
        """Line by line; one beyond LONGEST in pieces."""
        try:
            with io.TextIOWrapper(io.BytesIO(self.content), self._encoding, newline="") as text:
                while line := text.readline(LONGEST):
                    yield line
        except UnicodeError:
            raise ValueError(f"{self.file} is not UTF-8 text; save it as CSV in UTF-8, or as Parquet") from None

    def _records(self) -> Iterator[Row]:
        """Every row that is not empty, the names first."""
        length = 0

        def lines() -> Iterator[str]:
            nonlocal length
            for number, line in enumerate(self._lines(), 1):
                if number > MOST_LINES:
                    raise ValueError(f"{self.file} has more than {MOST_LINES:,} lines; remove those that are empty")
                length += len(line)
                if length > LONGEST:
                    raise ValueError(
                        f"{self.file} is not a CSV file (line {number}: a row of more than {LONGEST:,} characters)"
                    )
                yield line

        source = lines()
        for _ in range(self._skipped):
            next(source)
        reader = csv.reader(source, delimiter=self._separator, skipinitialspace=True)
        try:
            for row in reader:
                length = 0
                if row:
                    yield reader.line_num + self._skipped, row
        except csv.Error as error:
            line = reader.line_num + self._skipped
            raise ValueError(f"{self.file} is not a CSV file (line {line}: {error})") from None


class _Parquet(Rows):
    """Columns of numbers and of text; of others only the names."""

    def __init__(self, content: bytes, file: str) -> None:
        super().__init__(content, file)
        self._texts: list[str] = []
        with self._open() as parquet:
            about, fields = parquet.metadata, list(parquet.schema_arrow)
            self.names = [f.name for f in fields]
            self._check_width(max(about.num_columns, len(fields)))
            if about.num_rows > self.most:
                raise ValueError(self._too_many(about.num_rows))
            unpacked = sum(about.row_group(i).total_byte_size for i in range(about.num_row_groups))
            if unpacked > MOST_UNPACKED:
                most = MOST_UNPACKED // 1_000_000
                raise ValueError(f"{file} unpacks to {unpacked / 1e6:,.0f} MB; a table may have {most}")
            self._texts = [f.name for f in fields if _is_text(f.type)]
            self._readable = {i for i, f in enumerate(fields) if f.name in self._texts or _is_number(f.type)}

    def _read(self, columns: Collection[int]) -> Iterator[Row]:
        wanted_columns = sorted(self._readable & set(columns))
        with self._open() as parquet:
            number = 0
            for batch in parquet.iter_batches(
                BATCH, columns=[self.names[i] for i in wanted_columns], use_threads=False
            ):
                values = {i: _values(column) for i, column in zip(wanted_columns, batch.columns, strict=True)}
                nothing = [None] * len(batch)
                whole = [values.get(i, nothing) for i in range(len(self.names))]
                for row in zip(*whole, strict=True):
                    number += 1
                    yield number, list(row)

    @contextmanager
    def _open(self) -> Iterator[Any]:
        """The open file; what pyarrow finds wrong with it, then or while it is read, is a ValueError."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        how = {"read_dictionary": self._texts, "page_checksum_verification": True, "pre_buffer": False}
        try:
            with pq.ParquetFile(pa.BufferReader(self.content), **how) as parquet:
                yield parquet
        except (pa.ArrowException, OSError, UnicodeError, MemoryError) as error:
            why = (str(error).splitlines() or [type(error).__name__])[0]
            raise ValueError(f"{self.file} is not a Parquet file ({why})") from None


def _is_text(kind: Any) -> bool:
    import pyarrow.types as of

    kind = kind.value_type if of.is_dictionary(kind) else kind
    return of.is_string(kind) or of.is_large_string(kind) or of.is_binary(kind) or of.is_large_binary(kind)


def _is_number(kind: Any) -> bool:
    import pyarrow.types as of

    return of.is_integer(kind) or of.is_floating(kind) or of.is_decimal(kind) or of.is_null(kind)


def _values(column: Any) -> list[Any]:
    """The values as Python objects; equal texts are one object, however often they occur."""
    import pyarrow as pa

    column.validate(full=True)  # of a damaged file an index may point beyond its texts
    if not isinstance(column, pa.DictionaryArray):
        return column.to_pylist()
    words = [w.decode("utf-8", "replace") if isinstance(w, bytes) else w for w in column.dictionary.to_pylist()]
    return [None if i is None else words[i] for i in column.indices.to_pylist()]
