"""Learning curves that grow, a small file each, so that a page sees what another process trains just now."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from nas_core import places

MOST = 1000  # files that are kept; the oldest go first
PAUSE = 0.3  # seconds between two times that a file is written

Epochs = Sequence[Mapping[str, float]]


class GrowingCurve:
    """One training's file. It is only looked at, so nothing depends on whether it can be written."""

    def __init__(self, file: Path, epochs: Epochs = ()) -> None:
        self.file, self._written_at = file, 0.0
        with suppress(OSError):
            file.parent.mkdir(parents=True, exist_ok=True)
            for old in sorted(file.parent.iterdir(), key=lambda each: each.stat().st_mtime)[:-MOST]:
                old.unlink(missing_ok=True)
        self.show(epochs, last=True)

    def show(self, epochs: Epochs, last: bool = False) -> None:
        """Write what has been trained, unless that was done just now; `last`: in any case."""
        if not last and time.monotonic() - self._written_at < PAUSE:
            return
        with suppress(OSError), places.replacing(self.file) as new:
            new.write_text(json.dumps(list(epochs)), encoding="utf-8")
        self._written_at = time.monotonic()


def read(file: Path) -> list[dict[str, float]]:
    """The epochs so far; none where there is no such file, or it cannot be read."""
    try:
        epochs = json.loads(file.read_text(encoding="utf-8"))
        return [{name: float(value) for name, value in epoch.items()} for epoch in epochs]
    except (OSError, ValueError, AttributeError, TypeError):
        return []
