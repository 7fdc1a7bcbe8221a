"""Keeps a data folder below a size: the oldest of what nobody asked to keep goes first.

Not kept are: what was deleted, drafts that nobody saved and files that were never finished; downloads of which tables
were made, checkpoints, learning curves and .zip files that can be made again; runs and traces of sweeps that no
experiment names. All else stays, however large. What changed within the last hour stays too: somebody may be at it.

A visitor who keeps as much as they may loses only what they deleted, at once, and old left-overs; no run.
"""

from __future__ import annotations

import itertools
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from filelock import FileLock, Timeout

from nas_core import logs, places
from nas_core.experiments import Experiments
from nas_core.places import size
from nas_core.settings import Settings
from nas_core.store import Store, StoreError

HOUR = 3600.0  # seconds
FRESH = 20.0  # seconds for which the size of the data folder is not looked at again
_AGAIN = ("downloads/*/*", "trainings/*", "curves/*", "weights/*.checkpoint", "models/*.zip")  # can be made again
_DELETED = ("runs/deleted/*", "experiments/deleted/*", "own_data/.deleted-*")
_LEFT_OVER = ("own_data/.draft-*", "*/*.new", "*/*.tmp")


@dataclass(frozen=True)
class Tidied:
    """What came of a clean-up."""

    files: int  # how many were removed; a folder is one
    freed: int  # bytes
    size: int  # bytes of what is still there


@dataclass(frozen=True)
class _Item:
    """What may go."""

    path: Path
    remove: Callable[[Path], None]
    changed: float  # seconds since the epoch
    size: int  # bytes


def sizes(root: Path) -> dict[str, int]:
    """{kind: bytes} of a data folder, the largest first; a kind is a folder's name, the same for all visitors."""
    kinds: Counter[str] = Counter()
    for place in _places(root):
        with suppress(OSError):  # it cannot be read
            for folder in place.iterdir() if place.is_dir() else ():
                if folder != root / "visitors":
                    kinds[folder.name if folder.is_dir() else "other files"] += size(folder)
    return dict(kinds.most_common())


def tidy(root: Path, most: int) -> Tidied:
    """Remove what is not kept, oldest first, until the data folder has at most `most` bytes, and log what was done."""
    if (total := size(root)) <= most:
        return Tidied(0, 0, total)
    return _remove_oldest((item for place in _places(root) for item in _not_kept(place)), total, most)


def full(settings: Settings, owner: str) -> str:
    """Why no more may be kept in the folder of this owner, even without what they deleted, or in the whole data folder,
    even without what nobody asked to keep; "" if more may."""
    return _room_is_full(settings, owner) or _folder_is_full(settings)


def _folder_is_full(settings: Settings) -> str:
    most = settings.disk_mb << 20
    if not most or (total := _measured.of(places.shared_place(), most)) < most:
        return ""
    return (
        f"this server keeps {total >> 20:,} MB, and at most {settings.disk_mb:,} MB are allowed; delete what you do "
        "not need, or ask who runs it to make room"
    )


class _Measured:
    """The size of the data folder, which is not looked at for every job anew."""

    def __init__(self) -> None:
        self._lock, self._last = threading.Lock(), ((Path(), 0), -FRESH, 0)

    def of(self, root: Path, most: int) -> int:
        """Bytes, after a clean-up if there are not fewer than `most`."""
        with self._lock:
            which, at, total = self._last
            if which != (root, most) or time.monotonic() - at > FRESH:
                total = tidy(root, most - 1).size
                self._last = (root, most), time.monotonic(), total
            return total


_measured = _Measured()


def _room_is_full(settings: Settings, owner: str) -> str:
    most = settings.visitor_disk_mb << 20
    if not (owner and most):
        return ""
    place = places.place_of(owner)
    if (total := size(place)) >= most:
        deleted = (replace(item, changed=0.0) for item in _deleted(place))
        total = _remove_oldest((*deleted, *_items(place)), total, most - 1).size
    if total < most:
        return ""
    return (
        f"you keep {total >> 20:,} MB here, and at most {settings.visitor_disk_mb:,} MB are allowed; delete runs, "
        "tables or data to make room"
    )


def _remove_oldest(items: Iterable[_Item], total: int, most: int) -> Tidied:
    """Until no more than `most` of `total` bytes are there; what changed within the last hour stays."""
    files, freed, old = 0, 0, time.time() - HOUR
    for item in sorted(items, key=lambda item: item.changed):
        if total - freed <= most:
            break
        if item.changed < old:
            with suppress(OSError, StoreError, Timeout):  # somebody is at it, or has removed it already
                item.remove(item.path)
                files, freed = files + 1, freed + item.size
    logs.note("disk tidied", files=files, freed=freed, size=total - freed, most=most)
    return Tidied(files, freed, total - freed)


def _places(root: Path) -> list[Path]:
    """The data folder itself and the folders of visitors in it."""
    return [root, *root.glob("visitors/*")]


def _not_kept(place: Path) -> list[_Item]:
    """All of a folder that may go; nothing where it cannot be read, which is logged."""
    try:
        return [*_deleted(place), *_items(place), *_unnamed(place)]
    except (OSError, RuntimeError, ValueError) as error:
        logs.note("folder not tidied", logs.gravity(error), **logs.fault(error))
        return []


def _deleted(place: Path) -> Iterator[_Item]:
    for path in itertools.chain.from_iterable(map(place.glob, _DELETED)):
        yield from _item(path, _remove)


def _items(place: Path) -> Iterator[_Item]:
    for pattern in (*_LEFT_OVER, *_AGAIN):
        for path in place.glob(pattern):
            remove = partial(_locked, place / "downloads" / ".lock") if pattern.startswith("downloads") else _remove
            yield from _item(path, remove)


def _unnamed(place: Path) -> Iterator[_Item]:
    """Runs and traces that no experiment of this place names; none where an experiment cannot be read."""
    if not (place / "runs").is_dir():
        return
    store = Store(place / "runs")
    experiments, faults = Experiments(place / "experiments", store).with_files()
    if faults:
        return
    runs = frozenset[str]().union(*(one.run_ids for one in experiments))
    settings = frozenset[str]().union(*(one.setting_ids for one in experiments))
    for run in store.ids():
        if run not in runs:
            yield from _item(store.path(run), partial(_forget, store))
    for path in place.glob("sweeps/*.jsonl"):
        if path.stem not in settings:
            yield from _item(path, partial(_locked, path.with_suffix(".lock")))


def _item(path: Path, remove: Callable[[Path], None]) -> Iterator[_Item]:
    with suppress(FileNotFoundError):
        yield _Item(path, remove, path.stat().st_mtime, size(path))


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def _locked(lock: Path, path: Path) -> None:
    with FileLock(lock, timeout=0):
        _remove(path)


def _forget(store: Store, path: Path) -> None:
    store.delete(path.stem)
    _remove(store.trash / path.name)
