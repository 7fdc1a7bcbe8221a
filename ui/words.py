"""Text for people: an error as a sentence, text that markdown must leave alone, and what they look for in a list."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

from nas_core.values import capitalised

_UNITS = "%|points?|M?FLOPs|[mµ]?s|min|h|[kMG]B|mJ"
_TOGETHER = re.compile(rf"(?<=\d) (?=(?:{_UNITS})(?!\w))|(?<=±) (?=\d)|(?<=\d) (?=±)")


def sentence(error: Exception | str) -> str:
    """The message with a capital at its beginning, unless that is the name of a file, and a full stop at its end."""
    text = str(error)
    is_file = "." in text.partition(" ")[0].rstrip(".")
    return (text if is_file else capitalised(text)).rstrip(".") + "."


def plain(text: str) -> str:
    """`text` as it stands, where markdown is read: an architecture string is full of its signs."""
    return re.sub(r"([\\`*_~|$\[\]<>#:])", r"\\\1", text)


def inert(text: str) -> str:
    """`text` whose markdown stays, but for pictures, links and HTML: what others put into it loads nothing."""
    return re.sub(r"([\[\]<>])", r"\\\1", text)


def safe_sentence(error: Exception | str) -> str:
    """`sentence` of a message into which others may have put something, `inert`."""
    return inert(sentence(error))


def are(count: int) -> str:
    """ "is" of one, "are" of any other number."""
    return "is" if count == 1 else "are"


def unbroken(text: str) -> str:
    """`text` with each number on one line with its unit: for pages only, since files and commands have plain spaces."""
    return _TOGETHER.sub("\u00a0", text)


def standout(text: str, kind: str = "headline verdict") -> str:
    """The HTML of a sentence that stands out, which may hold names; kind: its classes in the style sheet."""
    escaped = html.escape(unbroken(text), quote=False).replace("[", "&#91;").replace("]", "&#93;")
    return f"<p class='{kind}'>{escaped}</p>"


def has_all(text: str, cells: Mapping[str, Any]) -> bool:
    """True if every word of `text` occurs in a row of a list, which has these cells."""
    row = " ".join(map(str, cells.values())).lower()
    return all(word in row for word in text.lower().split())
