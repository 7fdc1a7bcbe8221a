"""Saved runs: one append-only text file a run, one event a line.

A run is its events; nothing else is kept. The file can be read while it grows, copied, compared with diff, and
continued after a crash (a torn last line is dropped).
"""

from __future__ import annotations

import json
import math
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import MISSING, fields, is_dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from nas_core import types
from nas_core.types import Constraint, Event, Objective, RunSpec, Started, Stopped, Suggestion, Told, Trial


class StoreError(RuntimeError):
    """A run file that cannot be read or written; the message says which, why, and the way out."""


_JSON = json.JSONEncoder(separators=(",", ":"), allow_nan=False)


def encode(event: Event) -> str:
    """One line of strict JSON; infinite and missing numbers are written as null."""
    return _JSON.encode({"event": type(event).__name__, **_said(event)})


def _said(value: Any) -> Any:
    """Dataclasses as dicts without fields at their defaults; tuples as lists; inf and nan as None."""
    kind = type(value)
    if kind is float:
        return value if math.isfinite(value) else None
    if kind in (str, int, bool):
        return value
    if kind in (list, tuple):
        return [_said(v) for v in value]
    if isinstance(value, Mapping):
        return {k: _said(v) for k, v in value.items()}
    if is_dataclass(kind):
        pairs = ((name, default, getattr(value, name)) for name, default in _defaults(kind))
        return {name: _said(v) for name, default, v in pairs if v != default or type(v) is not type(default)}
    return None if isinstance(value, float) and not math.isfinite(value) else value  # NumPy's own floats


@cache
def _defaults(kind: type) -> tuple[tuple[str, Any], ...]:
    """(name, default) of each field; MISSING where there is none."""
    return tuple((f.name, f.default if f.default_factory is MISSING else f.default_factory()) for f in fields(kind))


def decode(line: str) -> Event:
    """Inverse of `encode`; ValueError or KeyError or TypeError for anything else."""
    data = json.loads(line)
    if not isinstance(data, dict):
        raise TypeError("it is no JSON object")
    kind = data.pop("event")
    if kind == "Started":
        data["spec"] = spec_from(data["spec"])
    elif kind == "Asked":
        data["suggestion"] = _suggestion(data["suggestion"])
        _check_numbers(data["number"], data["at"])
    elif kind == "Told":
        t = data["trial"]
        t["suggestion"] = _suggestion(t["suggestion"])
        t["losses"] = tuple(math.inf if x is None else x for x in t["losses"])
        t["metrics"] = {k: math.nan if v is None else v for k, v in t["metrics"].items()}
        _check_numbers(t["number"], t["start"], t["end"], *t["losses"], *t["metrics"].values())
        data["trial"] = Trial(**t)
    elif kind == "Stopped":
        _check_numbers(data["at"])
    else:
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
    _check_numbers(*data["arch"])
    if not isinstance(data.get("info", {}), dict):
        raise TypeError(f"info must be an object, not {data['info']!r}")
    return Suggestion(**{**data, "arch": tuple(data["arch"])})


def _check_numbers(*values: Any) -> None:
    for value in values:
        if type(value) not in (int, float):
            raise TypeError(f"{value!r} stands where a number belongs")


class Store:
    """A folder of runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.trash = folder / "deleted"
        with _saving(f"the folder {folder}"):
            folder.mkdir(parents=True, exist_ok=True)

    def path(self, run_id: str) -> Path:
        if not _is_id(run_id):
            raise StoreError(f"{run_id!r} is no run id; a run id is 12 hex digits")
        return self.folder / f"{run_id}.jsonl"

    def ids(self) -> list[str]:
        """All runs, the most recently written first."""
        files = []
        for path in self.folder.glob("*.jsonl"):
            with suppress(FileNotFoundError):  # deleted while we looked
                files.append((path.stat().st_mtime, path.stem))
        return [stem for _, stem in sorted(files, reverse=True) if _is_id(stem)]

    def read(self, run_id: str) -> list[Event]:
        """All events so far; empty if there is no such run; StoreError if a line before the last cannot be read."""
        path = self.path(run_id)
        try:
            stat = path.stat()
            return list(_read(path, stat.st_mtime_ns, stat.st_size))
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

    def finished(self, run_id: str) -> bool:
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
                raise StoreError(f"run {run_id} was written by another process meanwhile; run it again to see it")
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

    def delete(self, run_id: str) -> None:
        """Move the run out of sight; `restore` brings it back until the next run of that id is deleted."""
        with self._writing(run_id), _saving(f"run {run_id}"):
            self.trash.mkdir(exist_ok=True)
            _move(self.path(run_id), self.trash / f"{run_id}.jsonl")
            for weights in self.folder.glob(f"{run_id}.*.weights"):  # see nas_core/checkpoints.py
                weights.unlink(missing_ok=True)

    def restore(self, run_id: str) -> None:
        """Undo `delete`."""
        if self.path(run_id).exists():
            raise StoreError(f"run {run_id} exists again; delete that one first to bring the older one back")
        with _saving(f"run {run_id}"):
            _move(self.trash / f"{run_id}.jsonl", self.path(run_id))

    def add(self, text: str) -> str:
        """Take in an exported run; returns its id. StoreError, and nothing taken in, if it is no run file."""
        try:
            events = _decode_all(text)
        except _BadLine as bad:
            raise StoreError(f"this is no run file: line {bad.number} cannot be read ({bad.reason})") from None
        if not events or not isinstance(events[0], Started):
            raise StoreError("this is no run file: it holds no event")
        run_id = events[0].spec.id
        with self._writing(run_id), _saving(f"run {run_id}"):
            if len(self.read(run_id)) < len(events):
                fresh = self.path(run_id).with_suffix(".new")
                fresh.write_text("".join(encode(e) + "\n" for e in events), encoding="utf-8")
                fresh.replace(self.path(run_id))
        return run_id

    @contextmanager
    def _writing(self, run_id: str) -> Iterator[None]:
        """Hold the run's lock; StoreError if another process has it."""
        lock = FileLock(self.path(run_id).with_suffix(".lock"), thread_local=False)
        try:
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
    """A failure to write, in words."""
    try:
        yield
    except Timeout:
        raise
    except OSError as error:
        raise StoreError(
            f"{what} could not be saved ({error.strerror or error}); what was saved before is kept. Make room or "
            f"choose another folder with NAS_EXPLORER_DATA, then try again: a run goes on where it stopped."
        ) from error


def _move(source: Path, target: Path) -> None:
    if not source.exists():
        raise StoreError(f"there is no run {source.stem} to move; it may have been deleted meanwhile")
    source.replace(target)


def _is_id(text: str) -> bool:
    return len(text) == 12 and set(text) <= set("0123456789abcdef")


class _BadLine(ValueError):
    def __init__(self, number: int, reason: str) -> None:
        super().__init__(number, reason)
        self.number, self.reason = number, reason


def _decode_all(text: str) -> list[Event]:
    events: list[Event] = []
    for number, line in enumerate(text.removesuffix("\n").split("\n") if text else (), 1):
        try:
            event = decode(line)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise _BadLine(number, f"it has no {error}" if isinstance(error, KeyError) else str(error)) from error
        if isinstance(event, Started) != (number == 1):
            raise _BadLine(number, "a run begins with the event Started, and it occurs only there")
        events.append(event)
        if isinstance(event, Told) and isinstance(started := events[0], Started):
            _check_losses(number, event.trial, started.spec)
    return events


def _check_losses(line: int, trial: Trial, spec: RunSpec) -> None:
    expected = len(spec.objectives) if trial.suggestion.measure == "train" else 0
    if len(trial.losses) != expected:
        raise _BadLine(line, f"trial {trial.number} has {len(trial.losses)} losses where there must be {expected}")


@lru_cache(maxsize=64)  # a run of 300 trials takes 1 MB
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
