"""What a server does, for its operator: one JSON object a line. Nothing that people named is in it, and no address.

The environment variable NAS_EXPLORER_LOG says where the lines go: "stderr", or a file; without it, nowhere. Errors are
told by their kind and by where in the code they happened: what an error says may hold the name of somebody's data.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import traceback
from collections import deque
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

PLACE = "NAS_EXPLORER_LOG"
KEPT = 100  # lines for `troubles`
_OURS = logging.getLogger("nas_core")
_OURS.addHandler(logging.NullHandler())  # else the errors of a command would appear twice
_PAGES = ("streamlit.error_util", "streamlit.runtime.scriptrunner.script_runner")  # who logs what a page raises


def note(event: str, level: int = logging.INFO, /, **facts: Any) -> None:
    """Log that something happened. event: two or three words, always the same; facts: JSON without names."""
    _OURS.log(level, event, extra={"facts": facts})


def fault(error: BaseException) -> dict[str, Any]:
    """{"error": its kind, "trace": ["module:line function", …] from the outermost call to where it was raised}."""
    frames = traceback.walk_tb(error.__traceback__)
    trace = [f"{f.f_globals.get('__name__', '?')}:{line} {f.f_code.co_name}" for f, line in frames]
    return {"error": type(error).__name__, "trace": trace}


def gravity(error: BaseException) -> int:
    """The level of an error: a wrong input is not a trouble, a full disk is, and a fault of the program even more."""
    if isinstance(error, ValueError):
        return logging.INFO
    return logging.WARNING if isinstance(error, RuntimeError | OSError) else logging.ERROR


def function(make: Any) -> str:
    """Where in the code stands what a job does, "nas_core.searches.save_each": its title may be a name."""
    inner = make.func if isinstance(make, partial) else make
    return f"{getattr(inner, '__module__', '')}.{getattr(inner, '__qualname__', type(inner).__name__)}"


def start() -> None:
    """From now on keep the latest troubles, those of pages too, and write every line where PLACE says; once a process.

    A file that cannot be written is itself a trouble, and the lines go to stderr.
    """
    _OURS.setLevel(logging.INFO)
    _OURS.propagate = False
    loggers = [_OURS, *map(logging.getLogger, _PAGES)]
    for logger in loggers:
        logger.addHandler(_latest)
    if place := os.environ.get(PLACE, ""):
        writer, problem = _writer(place)
        writer.setFormatter(_JsonLines())
        for logger in loggers:
            logger.handlers[:] = [writer, _latest]  # Streamlit's own would say it again, in many lines and with names
        if problem is not None:
            note("log file failed", logging.WARNING, **fault(problem))


def troubles() -> list[dict[str, Any]]:
    """The latest warnings and errors of this process, the last one first."""
    return list(reversed(_latest.lines))


def _writer(place: str) -> tuple[logging.Handler, OSError | None]:
    if place != "stderr":
        try:
            return logging.FileHandler(Path(place).expanduser(), encoding="utf-8"), None
        except OSError as error:
            return logging.StreamHandler(sys.stderr), error
    return logging.StreamHandler(sys.stderr), None


class _Latest(logging.Handler):
    """Keeps the last lines that matter in memory."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: deque[dict[str, Any]] = deque(maxlen=KEPT)

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(_line(record))


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(_line(record), default=str)


def _line(record: logging.LogRecord) -> dict[str, Any]:
    """What is written of a record; of those of others only who wrote it, and the error."""
    line = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "event": record.getMessage() if record.name == _OURS.name else record.name,
        **record.__dict__.get("facts", {}),
    }
    error = record.exc_info[1] if record.exc_info else None
    return line | (fault(error) if error else {})


_latest = _Latest()
