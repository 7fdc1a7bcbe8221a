"""Summaries of saved runs, without decoding them, for lists of thousands of runs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nas_core.history import History
from nas_core.run_file import decode
from nas_core.store import Store, StoreError
from nas_core.types import Event, RunSpec, Started

_LINE = b'{"event":"'
_LOSS = re.compile(
    rb'^\{"event":"Told","trial":\{"number":[0-9]+,"suggestion":\{"arch":\[[0-9,]*\](?:,"epochs":([0-9]+))?'
    rb'.*"losses":\[(-?[0-9.]+(?:e[+-]?[0-9]+)?)',
    re.MULTILINE,  # anchored to the beginning of a line, so that a hostile file takes no longer than any other
)
_END = re.compile(rb'"end":([0-9.]+(?:e[+-]?[0-9]+)?)')


@dataclass(frozen=True)
class Summary:
    """What one run file says."""

    run: str
    spec: RunSpec | None  # None if the file is damaged at its first line
    trials: int  # finished ones, failures included
    seconds: float  # on the run's clock, at the last finished trial
    best: float  # best first objective as the strategy saw it after its longest trainings; nan before any success
    state: str  # "finished", "unfinished" or "damaged"
    problem: str  # why it is damaged, in one sentence
    written_at: float  # seconds since 1970
    objection: str | None  # "" if there is none; None if it was made here and not imported
    size: int  # bytes


def summarise(store: Store, run_id: str) -> Summary | None:
    """The summary of a saved run; None if there is no such file any more."""
    path = store.path(run_id)
    try:
        data, stat = path.read_bytes(), path.stat()
    except FileNotFoundError:
        return None
    whole = data[: data.rfind(b"\n") + 1]
    lines = whole.split(b"\n")[:-1]
    spec, problem = _spec(lines), ""
    limited = spec is not None and bool(spec.constraints)  # then only the events say what is feasible
    try:
        best, seconds = np.nan if limited else _best(whole, spec), _end(lines)
        fine = spec is not None and all(line.startswith(_LINE) and line.endswith(b"}") for line in lines)
    except (ValueError, OverflowError):  # not a number
        best, seconds, fine = np.nan, 0.0, False
    if limited or not fine:
        try:
            events = store.read(run_id)
            problem = "" if events else f"run file {run_id}.jsonl holds no event; delete it"
            best = _best_within(events) if limited and events else best
        except StoreError as error:
            problem = str(error)
    return Summary(
        run_id,
        spec,
        whole.count(b'{"event":"Told"'),
        seconds,
        best,
        "damaged" if problem else "finished" if _stopped(lines) else "unfinished",
        problem,
        stat.st_mtime,
        store.objection(run_id),
        stat.st_size,
    )


def _best(whole: bytes, spec: RunSpec | None) -> float:
    """ValueError or OverflowError for what is not a number."""
    rows = np.array([(int(epochs or 0), float(loss)) for epochs, loss in _LOSS.findall(whole)]).reshape(-1, 2)
    losses = rows[rows[:, 0] == rows[:, 0].max(initial=0), 1]
    return spec.objectives[0].value(float(losses.min())) if spec and len(losses) else np.nan


def _end(lines: list[bytes]) -> float:
    """Seconds at the last finished trial; ValueError or OverflowError for what is not a number."""
    ends = [line for line in lines[-40:] if line.startswith(b'{"event":"Told"')]
    last = _END.search(ends[-1]) if ends else None
    return float(last[1]) if last else 0.0


def _best_within(events: Sequence[Event]) -> float:
    """The incumbent's first objective in a run under limits; nan if no trial meets them."""
    history = History.of(events)
    at = int(history.incumbent()[-1]) if len(history) else -1
    return float(history.values()[at]) if at >= 0 else np.nan


def _spec(lines: list[bytes]) -> RunSpec | None:
    try:
        event = decode(lines[0])
    except (IndexError, ValueError):
        return None
    return event.spec if isinstance(event, Started) else None


def _stopped(lines: list[bytes]) -> bool:
    return bool(lines) and lines[-1].startswith(b'{"event":"Stopped"')
