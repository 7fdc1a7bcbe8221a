"""What was read from files, for several threads at once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")
Stamp = tuple[int, int]  # when and how long a file was; any other means that it has changed


class FileCache(Generic[T]):
    """What was made of each file as it is now; the `capacity` used last."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._lock = Lock()
        self._entries: OrderedDict[Hashable, tuple[Stamp, T]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: Hashable, stamp: Stamp, make: Callable[[], T | None]) -> T | None:
        """What is here under that key and stamp; or else what `make` makes, put here unless it is None."""
        with self._lock:
            if key in self._entries and self._entries[key][0] == stamp:
                self._entries.move_to_end(key)
                return self._entries[key][1]
        if (value := make()) is not None:
            self.put(key, stamp, value)
        return value

    def put(self, key: Hashable, stamp: Stamp, value: T) -> None:
        """Remember it in place of what was there under that key."""
        with self._lock:
            self._entries[key] = stamp, value
            self._entries.move_to_end(key)
            while len(self._entries) > self.capacity:
                self._entries.popitem(last=False)
