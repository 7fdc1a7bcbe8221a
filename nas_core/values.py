"""Plain values of any origin: converted to their types, or refused in one sentence."""

from __future__ import annotations

import hashlib
import json
import math
import re
import sys
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a text that begins so is a formula to spreadsheets
_HIGHEST = {"max_trials": 10**9, "max_seconds": 1e12, "workers": 10_000, "seed": 10**60}
_LONGEST = 1000  # characters of a name or an expression
_MOST = 10_000  # characters of all parameters written out
_DEEPEST = 6  # levels of lists in a parameter


def quote(value: Any) -> str:
    """`value` as messages quote it: its repr, at most 80 characters."""
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "…"


def digest(settings: Any) -> str:
    """12 hex digits of a dataclass: equal ones have equal digits, today and later."""
    return hashlib.sha256(json.dumps(asdict(settings), sort_keys=True).encode()).hexdigest()[:12]


def cell(value: Any) -> Any:
    """`value` for a CSV file: a text that spreadsheets would run as a formula has an apostrophe before it."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def unit_beside(title: str, unit: str) -> str:
    """The unit that is said of a number of that title: none where the title has it, as in "MFLOPs"."""
    return "" if unit in title.split() else unit


def word(name: str, value: Any) -> str:
    """`value` if it is one line of printable text; ValueError otherwise."""
    if not isinstance(value, str) or len(value) > _LONGEST or not value.isprintable():
        raise ValueError(f"{name} must be one line of text of at most {_LONGEST} characters, not {quote(value)}")
    return str(value)


def plain_value(name: str, value: Any, highest: float = sys.float_info.max, depth: int = _DEEPEST) -> Any:
    """`value` as JSON has it; numbers up to `highest`, nan only if that is infinite."""
    if type(value).__module__ == "numpy" and hasattr(value, "tolist"):
        value = value.tolist()
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float) and (highest == math.inf or abs(value) <= highest):
        return float(value) if isinstance(value, float) else int(value)
    if isinstance(value, str) and not re.search("[\ud800-\udfff]", value):
        return str(value)
    if depth and isinstance(value, list | tuple):
        return [plain_value(name, v, highest, depth - 1) for v in value]
    if depth and isinstance(value, Mapping):
        return {word(f"a name in {name}", k): plain_value(name, v, highest, depth - 1) for k, v in value.items()}
    raise ValueError(f"{name} must be a finite number, a text, true, false or a list of these, not {quote(value)}")


def number(name: str, value: Any, low: float) -> Any:
    """An int if `low` is an int, else an int or float; ValueError below `low` or above the highest sensible value."""
    value, whole, high = plain_value(name, value, math.inf), isinstance(low, int), _HIGHEST[name]
    if isinstance(value, int if whole else int | float) and not isinstance(value, bool) and low <= value <= high:
        return value
    what = "a whole number" if whole else "a number"
    most = f" and at most {high:,}" if isinstance(value, int | float) and high < value < math.inf else ""
    raise ValueError(f"{name} must be {what} of at least {low}{most}, not {quote(value)}")


def settings(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError(f"{name} must be a dict of names and values, not {quote(value)}")
    plain = {word(f"a name in {name}", k): plain_value(f"{name}: {k}", v) for k, v in value.items()}
    if len(repr(plain)) > _MOST:
        raise ValueError(f"{name} must be at most {_MOST:,} characters written out, not {len(repr(plain)):,}")
    return plain


def capitalised(text: str) -> str:
    """The text as a sentence begins; its other letters stay."""
    return text[:1].upper() + text[1:]
