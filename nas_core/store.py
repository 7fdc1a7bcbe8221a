"""Saved runs: one append-only text file a run, one event a line.

A run is its events and nothing else. The file can be read while it grows, copied, compared with diff, and
continued after a crash (a torn last line is dropped).
"""

from __future__ import annotations

import io
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from nas_core import places
from nas_core.run_file import decode, encode
from nas_core.types import Asked, Event, RunSpec, Started, Stopped, Told, Trial

LONGEST = 50 * 2**20  # bytes of an imported run file
LARGEST = 200 * 2**20  # bytes of memory that it may take once it is read
CACHE_LIMIT = 2 * 2**20  # bytes of a run file up to which its events are cached


class StoreError(RuntimeError):
    """A run file that cannot be read or written; the message says which, why, and the way out."""


class Store:
    """A folder of runs. read_only: of somebody else, in which nothing is changed."""

    def __init__(self, folder: Path, read_only: bool = False) -> None:
        self.folder, self.read_only = folder, read_only
        self.trash = folder / "deleted"

    def check_writable(self) -> None:
        """StoreError where nothing may be changed."""
        if self.read_only:
            raise StoreError("this belongs to another visitor: it can be looked at and exported, not changed")

    def path(self, run_id: str) -> Path:
        if not is_id(run_id):
            raise StoreError(f"{run_id!r} is not a run id; a run id is 12 hex digits")
        return self.folder / f"{run_id}.jsonl"

    def ids(self) -> list[str]:
        """All runs, the most recently written first."""
        files = []
        for path in self.folder.glob("*.jsonl"):
            with suppress(FileNotFoundError):  # deleted while we looked
                files.append((path.stat().st_mtime, path.stem))
        return [stem for _, stem in sorted(files, reverse=True) if is_id(stem)]

    def read(self, run_id: str) -> list[Event]:
        """All events so far; empty if there is no such run; StoreError if a line before the last cannot be read."""
        path = self.path(run_id)
        try:
            stat = path.stat()
            read = _cached_events if stat.st_size < CACHE_LIMIT else _cached_events.__wrapped__
            return list(read(path, stat.st_mtime_ns, stat.st_size))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise StoreError(f"run file {path.name} cannot be read ({error.strerror or error})") from error

    def stamp(self, run_id: str) -> tuple[int, int] | None:
        """Changes whenever the run's file does: (modification time in nanoseconds, bytes); None if there is none."""
        try:
            stat = self.path(run_id).stat()
        except FileNotFoundError:
            return None
        return stat.st_mtime_ns, stat.st_size

    def has_ended(self, run_id: str) -> bool:
        """True if the run came to its own end."""
        events = self.read(run_id)
        return bool(events) and isinstance(events[-1], Stopped)

    def record(self, run_id: str, events: Iterable[Event], after: int | None = None) -> Generator[Event]:
        """Pass `events` through, each written before it is handed on. Only one process at a time may write a run.

        `after`: how many saved events they continue; StoreError if there are others by now.
        """
        path = self.path(run_id)
        with self._writing(run_id):
            if after is not None and len(self.read(run_id)) != after:
                raise StoreError(f"run {run_id} was written by another process in the meantime; run it again to see it")
            with _saving(f"run {run_id}"):
                _drop_torn_line(path)
                file = path.open("a", buffering=1, encoding="utf-8")
            try:
                for event in events:
                    with _saving(f"run {run_id}"):
                        file.write(encode(event) + "\n")
                    yield event
            finally:
                with _saving(f"run {run_id}"):
                    file.close()
                    if not path.stat().st_size:  # it was refused before its first event
                        path.unlink()

    def delete(self, run_id: str) -> None:
        """Move the run out of sight; `restore` brings it back until the next run of that id is deleted."""
        with self._writing(run_id), _saving(f"run {run_id}"):
            self.trash.mkdir(exist_ok=True)
            _move(self.path(run_id), self.trash)
            for weights in self.folder.glob(f"{run_id}.*.weights"):  # see nas_core/checkpoints.py
                weights.unlink(missing_ok=True)

    def restore(self, run_id: str) -> None:
        """Undo `delete`."""
        self.check_writable()
        if self.path(run_id).exists():
            raise StoreError(f"run {run_id} exists again; delete that one first to bring the older one back")
        with _saving(f"run {run_id}"):
            _move(self.trash / f"{run_id}.jsonl", self.folder)

    def add(self, data: str | bytes, check: Callable[[Sequence[Event]], str] = lambda _: "") -> str:
        """Take in an exported run, marked as imported; returns its id. Of two the one that matches stays, then the
        longer. StoreError, and nothing taken in, if it is not a run file.

        check: the objection to the events, see `objection`; "" for none.
        """
        raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
        events = _imported(raw)
        run_id, wrong = events[0].spec.id, check(events)
        path, mark = self.path(run_id), self._mark(run_id)
        with self._writing(run_id), _saving(f"run {run_id}"):
            if path.exists():
                before = self.objection(run_id)
                if wrong and not before:
                    raise StoreError(f"run {run_id} is here already, and the imported one {wrong}")
                if bool(wrong) == bool(before) and len(self.read(run_id)) >= len(events):
                    return run_id
            with places.replacing(path) as new, places.replacing(mark) as new_mark:  # the mark is there first
                new.write_text("".join(encode(e) + "\n" for e in events), encoding="utf-8")
                new_mark.write_text(wrong, encoding="utf-8")
        return run_id

    def objection(self, run_id: str) -> str | None:
        """The objection to an imported run, such as "does not match the table here: …"; "" if there was none, None for
        a run that was made here."""
        try:
            return self._mark(run_id).read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return None

    def check_origin(self, run_id: str) -> None:
        """StoreError for an imported run with an objection: it must not pass for one made here."""
        if wrong := self.objection(run_id):
            raise StoreError(
                f"run {run_id} was imported and {wrong}. Delete it on the Runs page, or run it again with --fresh."
            )

    def _mark(self, run_id: str) -> Path:
        return self.path(run_id).with_suffix(".imported")

    @contextmanager
    def _writing(self, run_id: str) -> Iterator[None]:
        """Hold the run's lock; StoreError if another process has it."""
        self.check_writable()
        lock = FileLock(self.path(run_id).with_suffix(".lock"), thread_local=False)
        try:
            with _saving(f"the folder {self.folder}"):
                self.folder.mkdir(parents=True, exist_ok=True)
            with _saving(f"run {run_id}"):
                lock.acquire(timeout=0)
        except Timeout:
            raise StoreError(f"run {run_id} is being written by another process; wait for it or stop it") from None
        try:
            yield
        finally:
            lock.release()


@contextmanager
def _saving(what: str) -> Iterator[None]:
    """Turns a failure to write into a StoreError."""
    try:
        yield
    except Timeout:
        raise
    except OSError as error:
        raise StoreError(
            f"{what} could not be saved ({error.strerror or error}); what was saved earlier is safe. Make room or "
            f"choose another folder with NAS_EXPLORER_DATA, then try again: a run goes on where it stopped."
        ) from error


def _move(source: Path, folder: Path) -> None:
    """Move a run file and its mark; they replace any of that run in the folder."""
    if not source.exists():
        raise StoreError(f"there is no run {source.stem} to move; it may have been deleted already")
    mark = source.with_suffix(".imported")
    (folder / mark.name).unlink(missing_ok=True)
    if mark.exists():
        mark.replace(folder / mark.name)
    source.replace(folder / source.name)


def is_id(text: str) -> bool:
    """True for 12 hex digits."""
    return len(text) == 12 and set(text) <= set("0123456789abcdef")


class _BadLine(ValueError):
    def __init__(self, number: int, reason: str) -> None:
        super().__init__(number, reason)
        self.number, self.reason = number, reason


def _events(lines: Iterable[bytes]) -> Iterator[Event]:
    """The events of a run file, one a line; _BadLine for a line that is not an event."""
    spec = None
    asks: dict[int, Asked] = {}
    for number, line in enumerate(lines, 1):
        try:
            event = decode(line)
        except ValueError as error:
            raise _BadLine(number, str(error)) from error
        if isinstance(event, Started) != (number == 1):
            raise _BadLine(number, "a run begins with the event Started, and it occurs only there")
        match event:
            case Started():
                spec = event.spec
            case Asked():
                asks[event.number] = event
            case Told(trial) if spec is not None:
                _check_losses(number, trial, spec)
                question = asks.pop(trial.number, None)
                if question is not None and question.suggestion == trial.suggestion:  # share one object
                    event = Told(replace(trial, suggestion=question.suggestion))
        yield event


def _imported(raw: bytes) -> list[Any]:
    """The events of an exported run, the first of them Started; StoreError in words."""
    if len(raw) > LONGEST:
        raise StoreError(f"this run file has {len(raw) >> 20:,} MB, and at most {LONGEST >> 20} are allowed")
    if (memory := _memory(raw)) > LARGEST:
        raise StoreError(
            f"this run file is too large: read it would take about {memory >> 20:,} MB of memory, and at most "
            f"{LARGEST >> 20} are allowed"
        )
    try:
        events = list(_events(io.BytesIO(raw)))
    except _BadLine as bad:
        raise StoreError(f"this is not a run file: line {bad.number} cannot be read ({bad.reason})") from None
    if not events:
        raise StoreError("this is not a run file: it has no events")
    return events


def _memory(raw: bytes) -> int:
    """About how many bytes the events of a run file take once they are read."""
    return 64 * (raw.count(b"{") + raw.count(b"[")) + 30 * raw.count(b'"') + 32 * raw.count(b",")


def _check_losses(line: int, trial: Trial, spec: RunSpec) -> None:
    expected = len(spec.objectives) if trial.suggestion.measure == "train" else 0
    if len(trial.losses) != expected:
        raise _BadLine(line, f"trial {trial.number} has {len(trial.losses)} losses where there must be {expected}")


@lru_cache(maxsize=64)  # a run of 300 trials takes 1 MB
def _cached_events(path: Path, _mtime: int, _size: int) -> tuple[Event, ...]:
    try:
        with path.open("rb") as file:
            return tuple(_events(line for line in file if line.endswith(b"\n")))  # the last one may be torn
    except _BadLine as bad:
        raise StoreError(
            f"run file {path.name} is damaged at line {bad.number} ({bad.reason}); the file was left as it is. "
            f"Delete the run, or run it again with --fresh."
        ) from bad


def _drop_torn_line(path: Path) -> None:
    if path.exists():
        data = path.read_bytes()
        whole = data.rpartition(b"\n")[0]
        keep = len(whole) + 1 if whole else 0
        if keep < len(data):
            with path.open("r+b") as file:
                file.truncate(keep)
