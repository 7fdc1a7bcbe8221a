"""JSON objects whose last member, "crc", is the checksum of all before it: a byte that has changed is noticed.

They are still JSON, and one without a checksum is taken too: files of older versions, and of other programs, have none.
"""

from __future__ import annotations

import re
import zlib
from typing import Any

_SUM = re.compile(r',"crc":"([0-9a-f]{8})"\}\s*')  # how a text ends: with the CRC-32 of all before it
CHANGED = "its checksum does not fit, so a part of it has changed"


def with_sum(text: str) -> str:
    """The text of a JSON object that has members, with its checksum."""
    text = text[:-1]
    return f'{text},"crc":"{zlib.crc32(text.encode()):08x}"}}'


def take_sum(text: str, data: dict[str, Any]) -> bool:
    """Take the checksum out of `data`, which is what `text` says; False if it does not fit."""
    if data.pop("crc", None) is None:
        return True
    end = _SUM.search(text, max(0, len(text) - 30))
    return end is not None and end.end() == len(text) and zlib.crc32(text[: end.start()].encode()) == int(end[1], 16)
