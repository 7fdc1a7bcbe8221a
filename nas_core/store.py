"""Saved runs: one append-only text file a run, one event a line.

A run is its events; nothing else is kept. The file can be read while it grows, copied, compared with diff, and
continued after a crash (a torn last line is dropped).
"""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import MISSING, fields, is_dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from nas_core import types
from nas_core.types import Constraint, Event, Objective, RunSpec, Started, Stopped, Suggestion, Trial


class StoreError(RuntimeError):
    """A run file that cannot be read or written; the message says which, why, and the way out."""


def encode(event: Event) -> str:
    """One line of strict JSON; infinite and missing numbers are written as null."""
    return json.dumps({"event": type(event).__name__, **_said(event)}, separators=(",", ":"), allow_nan=False)


def _said(value: Any) -> Any:
    """Dataclasses as dicts without fields at their defaults; tuples as lists; inf and nan as None."""
    if is_dataclass(value):
        pairs = ((f, getattr(value, f.name)) for f in fields(value))
        return {f.name: _said(v) for f, v in pairs if not _default(f, v)}
    if isinstance(value, dict):
        return {k: _said(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_said(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _default(f: Any, value: Any) -> bool:
    if f.default_factory is not MISSING:
        return value == f.default_factory()
    return f.default is not MISSING and value == f.default and type(value) is type(f.default)


def decode(line: str) -> Event:
    """Inverse of `encode`; ValueError or KeyError or TypeError for anything else."""
    data = json.loads(line)
    kind = data.pop("event")
    if kind == "Started":
        data["spec"] = spec_from(data["spec"])
    elif kind == "Asked":
        data["suggestion"] = _suggestion(data["suggestion"])
    elif kind == "Told":
        t = data["trial"]
        t["suggestion"] = _suggestion(t["suggestion"])
        t["losses"] = tuple(math.inf if x is None else x for x in t["losses"])
        t["metrics"] = {k: math.nan if v is None else v for k, v in t["metrics"].items()}
        data["trial"] = Trial(**t)
    elif kind != "Stopped":
        raise ValueError(f"no event is called {kind!r}")
    return getattr(types, kind)(**data)


def spec_from(data: dict[str, Any]) -> RunSpec:
    """A RunSpec from its JSON form."""
    data = dict(data)
    if "objectives" in data:
        data["objectives"] = tuple(Objective(**o) for o in data["objectives"])
    if "constraints" in data:
        data["constraints"] = tuple(_constraint(c) for c in data["constraints"])
    return RunSpec(**data)


def _constraint(data: dict[str, Any]) -> Constraint:
    return Constraint(**{k: v for k, v in data.items() if v is not None})


def _suggestion(data: dict[str, Any]) -> Suggestion:
    return Suggestion(**{**data, "arch": tuple(data["arch"])})


class Store:
    """A folder of runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.trash = folder / "deleted"
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, run_id: str) -> Path:
        if not (len(run_id) == 12 and set(run_id) <= set("0123456789abcdef")):
            raise StoreError(f"{run_id!r} is no run id; a run id is 12 hex digits")
        return self.folder / f"{run_id}.jsonl"

    def ids(self) -> list[str]:
        """All runs, the most recently written first."""
        files = [(p.stat().st_mtime, p.stem) for p in self.folder.glob("*.jsonl")]
        return [stem for _, stem in sorted(files, reverse=True)]

    def read(self, run_id: str) -> list[Event]:
        """All events so far; empty if there is no such run; StoreError if a line before the last cannot be read."""
        path = self.path(run_id)
        if not path.exists():
            return []
        stat = path.stat()
        return list(_read(path, stat.st_mtime_ns, stat.st_size))

    def finished(self, run_id: str) -> bool:
        """True if the run came to its own end."""
        events = self.read(run_id)
        return bool(events) and isinstance(events[-1], Stopped)

    def record(self, run_id: str, events: Iterable[Event]) -> Iterator[Event]:
        """Pass `events` through, each written before it is handed on. Only one process at a time may write a run."""
        path = self.path(run_id)
        lock = FileLock(path.with_suffix(".lock"))
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise StoreError(f"run {run_id} is being written by another process; wait for it or stop it") from None
        try:
            _drop_torn_line(path)
            with path.open("a", buffering=1, encoding="utf-8") as file:
                for event in events:
                    file.write(encode(event) + "\n")
                    yield event
        except OSError as error:
            raise StoreError(
                f"run {run_id} could not be saved ({error.strerror or error}); what was saved before is kept. "
                f"Make room or choose another folder with NAS_EXPLORER_DATA, then run it again: it goes on from there."
            ) from error
        finally:
            lock.release()

    def delete(self, run_id: str) -> None:
        """Move the run out of sight; `restore` brings it back until the next run of that id is deleted."""
        self.trash.mkdir(exist_ok=True)
        self.path(run_id).replace(self.trash / f"{run_id}.jsonl")

    def restore(self, run_id: str) -> None:
        """Undo `delete`."""
        if self.path(run_id).exists():
            raise StoreError(f"run {run_id} exists again; delete that one first to bring the older one back")
        (self.trash / self.path(run_id).name).replace(self.path(run_id))

    def add(self, text: str) -> str:
        """Take in an exported run; returns its id. StoreError, and nothing taken in, if it is no run file."""
        try:
            events = _decode_all(text)
        except _BadLine as bad:
            raise StoreError(f"this is no run file: line {bad.number} cannot be read ({bad.reason})") from None
        if not events or not isinstance(events[0], Started):
            raise StoreError("this is no run file: its first line must be the event Started")
        run_id = events[0].spec.id
        if len(self.read(run_id)) < len(events):
            fresh = self.path(run_id).with_suffix(".new")
            fresh.write_text("".join(encode(e) + "\n" for e in events), encoding="utf-8")
            shutil.move(fresh, self.path(run_id))
        return run_id


class _BadLine(ValueError):
    def __init__(self, number: int, reason: str) -> None:
        super().__init__(number, reason)
        self.number, self.reason = number, reason


def _decode_all(text: str) -> list[Event]:
    events: list[Event] = []
    for number, line in enumerate(text.splitlines(), 1):
        try:
            events.append(decode(line))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise _BadLine(number, f"{type(error).__name__}: {error}") from error
    return events


@lru_cache(maxsize=512)
def _read(path: Path, _mtime: int, _size: int) -> tuple[Event, ...]:
    whole, _, _torn = path.read_text(encoding="utf-8", errors="replace").rpartition("\n")
    try:
        return tuple(_decode_all(whole))
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
