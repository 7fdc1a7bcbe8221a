"""The most memory that a process has held.

On Linux not by `ru_maxrss` alone: a process inherits it from the one that started it, so that what a small child of a
large process takes would not be noticed.
"""

import resource
import sys
from pathlib import Path

_UNIT = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss


def own_peak() -> int:
    """Bytes that this process has held at most, since it began or since `forget`."""
    if sys.platform != "linux":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _UNIT
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def peak() -> int:
    """Bytes that this process or one of its ended children has held at most; for a process that has just begun."""
    return max(own_peak(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * _UNIT)


def forget() -> None:
    """Let `own_peak` begin anew, where the system can."""
    if sys.platform == "linux":
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
