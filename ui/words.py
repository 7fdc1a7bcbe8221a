"""Text for people: an error as a sentence, and text that markdown must leave alone."""

from __future__ import annotations

import re


def sentence(error: Exception | str) -> str:
    """The message with a capital at its beginning and a full stop at its end."""
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}".rstrip(".") + "."


def plain(text: str) -> str:
    """`text` as it stands, where markdown is read: an architecture string is full of its signs."""
    return re.sub(r"([\\`*_~|$\[\]<>#:])", r"\\\1", text)
