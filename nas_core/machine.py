"""What this machine has left, and how much of it a process and the processes that it started take.

Linux says all of this in files; where a system does not say it, the answer is None or empty.
"""

from __future__ import annotations

import ctypes
import gc
import platform
import sys
from contextlib import suppress
from pathlib import Path

_GROUP = Path("/sys/fs/cgroup")  # where a container's own limits stand
_MMAP_THRESHOLD, _ARENA_MAX = -3, -8  # of mallopt, in glibc's malloc.h
_LIMITS = (("memory.max", "memory.current"), ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"))


def processor() -> str:
    """The model of the processor; on Linux as the kernel names it."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def free_memory() -> int | None:
    """Bytes that can still be used before something must be ended, the limit of a container included; None where the
    system does not say."""
    rooms = []
    with suppress(OSError, KeyError, ValueError):
        rows = _rows(Path("/proc/meminfo"))
        rooms.append(1024 * int(rows["MemAvailable"].split()[0]))
    for limit, use in _LIMITS:
        with suppress(OSError, ValueError):  # "max" is not a number: there is no limit
            rooms.append(int((_GROUP / limit).read_text(encoding="ascii")) - int((_GROUP / use).read_text("ascii")))
    return max(0, min(rooms)) if rooms else None


def family(pid: int) -> list[int]:
    """The process and all its descendants, it first; it alone where the system does not say."""
    members = [pid]
    for member in members:  # which grows
        with suppress(OSError):
            for file in Path(f"/proc/{member}/task").glob("*/children"):
                members += map(int, file.read_text(encoding="ascii").split())
    return members


def occupied(pid: int) -> int | None:
    """Bytes of memory of a process, of pages that several share its part, so that a sum over a family counts each page
    once. None if it is gone, or not known here."""
    try:
        return 1024 * int(_rows(Path(f"/proc/{pid}/smaps_rollup"))["Pss"].split()[0])
    except (OSError, KeyError):
        return None


def occupied_by_family(pid: int) -> int:
    """Bytes of memory of the process and all its descendants; 0 where the system does not say."""
    return sum(occupied(member) or 0 for member in family(pid))


def share_memory() -> None:
    """From now on new threads of this process take memory from the arenas that there are, and blocks of 1 MB or more
    go back to the system when they are freed.

    glibc gives each of many threads an arena, where what that thread has freed is of no use to the others. Other C
    libraries have no arenas.
    """
    if sys.platform == "linux":
        with suppress(AttributeError):
            mallopt = ctypes.CDLL(None).mallopt
            mallopt(_ARENA_MAX, 2)
            mallopt(_MMAP_THRESHOLD, 2**20)


def give_memory_back() -> None:
    """Collect garbage, and hand what is free within the arenas of this process back to the system, where it is glibc's.

    Everything else that runs in this process waits for the collection.
    """
    gc.collect()
    if sys.platform == "linux":
        with suppress(AttributeError):
            ctypes.CDLL(None).malloc_trim(0)


def _rows(file: Path) -> dict[str, str]:
    lines = file.read_text(encoding="ascii", errors="replace").splitlines()
    return {name: value for name, colon, value in (line.partition(":") for line in lines) if colon}
