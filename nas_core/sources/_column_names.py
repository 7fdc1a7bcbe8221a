"""What the columns of a user's table mean, by their names."""

from __future__ import annotations

import re
from collections.abc import Mapping

from nas_core.sources._numbers import short
from nas_core.sources._rows import Rows

COLUMN = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}(@[1-9][0-9]{0,4})?")
_ACCURACY = re.compile(r"(?i:(?<![a-z])acc(uracy)?(?![a-z]))|Acc(uracy)?(?![a-z])")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")
_SAME = {"valid": "val", "validation": "val", "training": "train", "accuracy": "acc"}


def is_accuracy(metric: str) -> bool:
    """Whether a metric's name says that it is an accuracy."""
    return _ACCURACY.search(metric) is not None


def names_of(rows: Rows, columns: Mapping[str, str], main: str) -> list[str]:
    """What the columns are read as, `main` among them if it is not ""; ValueError if that is not clear."""
    there = [name.strip() for name in rows.names]
    listing = short(", ".join(short(name, 40) for name in there), 600) or "none"
    for name, column in columns.items():
        if column not in there:
            raise ValueError(f"{rows.file} has no column {column!r} to take for {name}; it has: {listing}")
        if name != "arch" and not COLUMN.fullmatch(name):
            raise ValueError(f"{name!r} cannot be the name of a metric: letters, digits and _, such as val_acc@12")
    metric_of = {column: name for name, column in columns.items()}
    names = [metric_of.get(column) or ("" if usual(column) in columns else usual(column)) or column for column in there]
    for required in ("arch", main):
        if required and required not in map(head, names):
            other = ", or say which metric is its main one" if required == "val_acc" else ""
            raise ValueError(f"{rows.file} has no column {required!r}; it has: {listing}{other}")
    if twice := [n for n in names if names.count(n) > 1]:
        both = " and ".join(repr(short(s, 40)) for s, n in zip(there, names) if n == twice[0])
        raise ValueError(f"{rows.file} has two columns called {short(twice[0], 40)!r} ({both}); rename or remove one")
    return names


def usual(name: str) -> str:
    """The usual name of a column of architectures or accuracies that is spelled in another way; else its own."""
    _, at, epochs = name.partition("@")
    words = [_SAME.get(word, word) for word in map(str.lower, _WORD.findall(head(name)))]
    if words in (["arch"], ["architecture"]):
        return "arch"
    splits = [word for word in words if word in ("val", "test", "train")]
    return f"{splits[0]}_acc{at}{epochs}" if len(words) == 2 and splits and "acc" in words else name


def head(name: str) -> str:
    """A column's name without its epochs."""
    return name.partition("@")[0]
