"""Lines of run files that a test reads or changes."""

from __future__ import annotations

import json
from typing import Any


def record(line: str) -> dict[str, Any]:
    """An event as a line of a run file has it, without the checksum, which would give a change away."""
    data = json.loads(line)
    del data["crc"]
    return data
