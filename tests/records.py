"""A short run, and lines of run files that a test reads or changes."""

from __future__ import annotations

import json
from typing import Any

from nas_core.types import RunSpec

# of a benchmark that the fixture `tables` brings
SPEC = RunSpec("tiny", "numbers", "regularized_evolution", {"population_size": 4}, max_trials=30, workers=3)
# what a live training records beside its metrics: the ends of the intervals of two of them
ENDS = {f"{name}_{end}" for name in ("val_balanced_acc", "val_f1") for end in ("low", "high")}


def record(line: str) -> dict[str, Any]:
    """An event as a line of a run file has it, without the checksum, which would give a change away."""
    data = json.loads(line)
    del data["crc"]
    return data
