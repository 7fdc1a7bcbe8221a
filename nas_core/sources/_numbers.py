"""Numbers as people write them into files: with a decimal comma, with a percent sign, or a word for none."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Any

_NUMBER = re.compile(r"([-+]?(?:[0-9]+(?:[.,][0-9]*)?|[.,][0-9]+)(?:e[-+]?[0-9]+)?)\s*(%?)", re.IGNORECASE)
_PLAIN = re.compile(r"-?[0-9]{1,20}(?:\.[0-9]{1,20})?", re.ASCII)  # the most frequent kind, read fast
_NOTHING = frozenset(("", "-", "nan", "na", "n/a", "null", "none"))
_INFINITE = frozenset(("inf", "infinity"))
_LONGEST = 100  # characters of a number


def number(value: Any, commas: bool) -> float:
    """`value` as a float: nan where there is none, inf where it is too large for one.

    commas: whether a comma is a decimal one. ValueError, to be put behind the column's name, if it is not a number.
    """
    if isinstance(value, float):
        return value
    text = _text(value)
    if _PLAIN.fullmatch(text):
        return float(text)
    if text.lower() in _NOTHING:
        return math.nan
    if text.lower().lstrip("+-") in _INFINITE:
        return math.inf
    match = _NUMBER.fullmatch(text[: _LONGEST + 1])
    if match is None:
        raise ValueError(f"is not a number: {short(text)!r}")
    if "," in text and not commas:
        raise ValueError(
            f"is not a number: {text!r}; a decimal comma is understood where semicolons or tabs separate the columns"
        )
    return float(match[1].replace(",", "."))


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def short(text: str, most: int = 60) -> str:
    """`text` on one line, its end cut off where it is longer than a sentence can hold."""
    line = " ".join(text[:most].split())
    return line if len(text) <= most else f"{line[: most - 1]}…"


_WHOLE, _POINT = ("number", "no %"), ("number", "no %", ".")


@dataclass
class Style:
    """How a column writes its numbers, from its values one by one."""

    filled: bool = False  # whether there is any value
    lines: dict[str, int] = field(default_factory=dict)  # "number", ",", ".", "%", "no %" -> where it occurs first

    def note(self, line: int, value: Any) -> None:
        """Read one value of the column."""
        if isinstance(value, float):
            self._mark(line, "number", "no %")
            return
        text = _text(value)
        if _PLAIN.fullmatch(text):
            self._mark(line, *(_POINT if "." in text else _WHOLE))
            return
        if text.lower() in _NOTHING:
            return
        self.filled = True
        if match := _NUMBER.fullmatch(text[: _LONGEST + 1]):
            marks = [mark for mark in ",." if mark in match[1]]
            self._mark(line, "number", "%" if match[2] else "no %", *marks)

    def _mark(self, line: int, *what: str) -> None:
        self.filled = True
        for one in what:
            if one not in self.lines:
                self.lines[one] = line
