"""What commands print: JSON lines or aligned text on stdout, progress on stderr."""

from __future__ import annotations

import codecs
import io
import json
import math
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

import click

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON, one object a line; the last one is the result."
)

_PLAIN = str.maketrans({"×": "x", "←": "<-", "∂": "d", "Σ": "sum", "µ": "u", "±": "+-", "·": "*", "≠": "!="})


def _plain(error: UnicodeError) -> tuple[str, int]:
    """The letters that an encoding lacks, in ASCII."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = unicodedata.normalize("NFKD", error.object[error.start : error.end].translate(_PLAIN))
    return text.encode("ascii", "backslashreplace").decode("ascii"), error.end


codecs.register_error("plain", _plain)


def use_plain_letters() -> None:
    """From now on output in an encoding such as cp1252 or gbk has plain letters in the place of those it lacks."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="plain")


def emit(record: Mapping[str, Any]) -> None:
    """One line of strict JSON, in ASCII and so the same in every encoding; missing and infinite numbers are null."""
    click.echo(json.dumps(_finite(record), allow_nan=False))


def say(sentence: str, record: Mapping[str, Any], as_json: bool) -> None:
    """The result of a command: the sentence, or the record where JSON is asked for."""
    if as_json:
        emit(record)
    else:
        click.echo(sentence)


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: _finite(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def number(value: float | None, digits: int = 2) -> str:
    """A number as people read it; "missing" for None and nan."""
    if value is None or not math.isfinite(value):
        return "missing"
    return f"{value:,.{digits}f}"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Aligned columns under a header; the last column is not padded, and a short row ends with empty cells."""
    lines = [tuple(header), *(tuple(row) + ("",) * (len(header) - len(row)) for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    for line in lines:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def progress(label: str, length: int) -> AbstractContextManager[Any]:
    """A bar on stderr whose `update(steps)` moves it; nothing where stderr is not a terminal."""
    steps = max(1, length // 200)
    hidden = not sys.stderr.isatty()
    return click.progressbar(length=length, label=label, file=sys.stderr, hidden=hidden, update_min_steps=steps)
