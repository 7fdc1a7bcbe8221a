"""How long the jobs of each visitor have worked within a day, on disk: a server that starts again goes on counting.

A file for each day, of which lines are only ever added, so that several servers can share a data folder.
"""

from __future__ import annotations

import json
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from nas_core import places

DAY = 86_400.0  # seconds


def note(folder: Path, visitor: str, seconds: float) -> None:
    """A job of that visitor has worked for so long until now; nothing where that cannot be written."""
    now = time.time()
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        line = json.dumps([round(now), visitor, round(seconds, 3)])
        places.append_line(_file(folder, datetime.fromtimestamp(now, UTC)), line.encode())


def recall(folder: Path) -> list[tuple[float, str, float]]:
    """(seconds ago, visitor, seconds of work) for each turn that ended within a day, in the order of their ends; files
    of earlier days go. Lines that are damaged are left out."""
    now = datetime.now(UTC)
    days = [_file(folder, now - timedelta(days=1)), _file(folder, now)]
    out = []
    for file in sorted(folder.glob("*.jsonl")):
        with suppress(OSError):
            if file < days[0]:
                file.unlink()
                continue
            for line in file.read_bytes().splitlines():
                with suppress(ValueError, TypeError):
                    end, visitor, seconds = json.loads(line)
                    out.append((max(0.0, now.timestamp() - end), str(visitor), float(seconds)))
    return [turn for turn in out if turn[0] < DAY]


def _file(folder: Path, day: datetime) -> Path:
    return folder / f"{day:%Y-%m-%d}.jsonl"
