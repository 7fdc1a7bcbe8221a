"""Which columns of a user's CSV file are meant, where their names do not say it, by what stands in its first rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice

from nas_core.sources._column_names import head, usual
from nas_core.sources._numbers import number
from nas_core.sources._rows import is_parquet, open_rows
from nas_core.spaces import SearchSpace
from nas_core.types import is_test

FIRST = 20  # rows that are looked at


def guess(content: bytes, file: str, space: SearchSpace, notation: str = "") -> dict[str, str]:
    """{"arch", "val_acc": the column of the file}, each only where no column has that name and one alone can be meant:
    one of architectures of `space`, one other of numbers that no test has given. Nothing of a Parquet file, which is
    not unpacked here.

    notation: as in `user_table.read`. ValueError in one sentence if the file cannot be read.
    """
    if is_parquet(file):
        return {}
    rows = open_rows(content, file)
    there = [name.strip() for name in rows.names]
    names = [head(usual(name)) for name in there]
    first = [values for _, values in islice(rows.read(range(len(there))), FIRST) if len(values) == len(there)]
    columns = {name: [row[i] for row in first] for i, name in enumerate(there)}
    prefix = f"{notation}:" if notation else ""
    archs = [n for n, values in columns.items() if _most(values, lambda text: space.parse(prefix + text))]
    numbers = [n for n, values in columns.items() if _most(values, lambda text: number(text, rows.decimal_commas))]
    out = {"arch": archs[0]} if len(archs) == 1 and "arch" not in names else {}
    others = [n for n in numbers if n not in ("arch", out.get("arch")) and usual(n) == n and not is_test(n)]
    return out | ({"val_acc": others[0]} if len(others) == 1 and "val_acc" not in names else {})


def _most(values: Sequence[str], read: Callable[[str], object]) -> bool:
    """True if more than half of the values can be read."""
    return 2 * sum(_reads(value, read) for value in values) > len(values)


def _reads(value: str, read: Callable[[str], object]) -> bool:
    try:
        read(value)
    except ValueError:
        return False
    return True
