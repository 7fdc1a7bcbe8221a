"""One line of a run file: an event as strict JSON, and back.

A file may come from anywhere, so a line becomes an event only if every field has its type and its range.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any

from nas_core import sums
from nas_core.types import (
    Asked,
    Constraint,
    Event,
    Objective,
    Result,
    RunSpec,
    Started,
    Stopped,
    Suggestion,
    Told,
    Trial,
)
from nas_core.values import quote

LONGEST = 1_000_000  # characters of a line
_MOST = 10**12  # of what is counted: trials and epochs

_JSON = json.JSONEncoder(separators=(",", ":"), allow_nan=False)


def encode(event: Event) -> str:
    """One line of strict JSON with its checksum; infinite and missing numbers are written as null."""
    return sums.with_sum(_JSON.encode({"event": type(event).__name__, **_plain(event)}))


def _plain(value: Any) -> Any:
    """Dataclasses as dicts without fields at their defaults; tuples as lists; inf and nan as None."""
    kind = type(value)
    if kind is float:
        return value if math.isfinite(value) else None
    if kind in (str, int, bool):
        return value
    if kind in (list, tuple):
        return [_plain(v) for v in value]
    if isinstance(value, Mapping):
        return {k: _plain(v) for k, v in value.items()}
    if is_dataclass(kind):
        pairs = ((name, default, getattr(value, name)) for name, default in _defaults(kind))
        return {name: _plain(v) for name, default, v in pairs if v != default or type(v) is not type(default)}
    return None if isinstance(value, float) and not math.isfinite(value) else value  # NumPy's own floats


@cache
def _defaults(kind: type) -> tuple[tuple[str, Any], ...]:
    """(name, default) of each field; MISSING where there is none."""
    return tuple((f.name, f.default if f.default_factory is MISSING else f.default_factory()) for f in fields(kind))


def decode(line: str | bytes) -> Event:
    """Inverse of `encode`, or of its UTF-8; ValueError in one sentence for anything else.

    A line without a checksum is taken too: files of older versions, and of other programs, have none.
    """
    if len(line) > LONGEST:
        raise ValueError(f"it is {len(line):,} characters long; at most {LONGEST:,} are allowed")
    try:
        text = line if isinstance(line, str) else line.decode("utf-8")
        data = json.loads(text, parse_constant=_refuse_constant)
    except UnicodeDecodeError:
        raise ValueError("it is not text") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(data, dict):
        raise ValueError("it is not a JSON object")
    if "\\ud" in text.lower() or not text.isascii():
        _check_text(data)
    if not sums.take_sum(text, data):
        raise ValueError(sums.CHANGED)
    kind = data.pop("event", None)
    if not isinstance(kind, str) or kind not in _EVENTS:
        raise ValueError(f"no event is called {kind!r}"[:100])
    return _build(_EVENTS[kind], data)


def spec_data(spec: RunSpec) -> dict[str, Any]:
    """A spec's JSON form, without what is at its default."""
    return _plain(spec)


def spec_from(data: Any) -> RunSpec:
    """A RunSpec from its JSON form; ValueError in one sentence for anything else."""
    if not isinstance(data, dict):
        raise ValueError(f"a spec must be an object, not {quote(data)}")
    read = {"objectives": Objective, "constraints": Constraint, "warm_start": Result}
    lists = {n: tuple(_build(kind, v) for v in _list(n, data[n])) for n, kind in read.items() if n in data}
    return _build(RunSpec, data | lists)


def _build(kind: Any, data: Any) -> Any:
    """The dataclass `kind` with the fields in `data`, each of them read by its reader in _READ."""
    if not isinstance(data, dict):
        raise ValueError(f"a {kind.__name__} must be an object, not {quote(data)}")
    allowed, required = _names(kind)
    if not data.keys() <= allowed:
        unknown = min(data.keys() - allowed)
        raise ValueError(f"a {kind.__name__} has no {quote(unknown)}; it has: {', '.join(sorted(allowed))}")
    for name in required:
        if data.get(name) is None:
            raise ValueError(f"it has no '{name}'")
    if kind in (RunSpec, Objective, Constraint, Result):  # these check themselves
        return kind(**{k: v for k, v in data.items() if v is not None})
    return kind(**{name: _READ[name](name, value) for name, value in data.items()})


@cache
def _names(kind: type) -> tuple[frozenset[str], tuple[str, ...]]:
    """(all fields, those without a default)"""
    defaults = dict(_defaults(kind))
    return frozenset(defaults), tuple(name for name, default in defaults.items() if default is MISSING)


def _whole(name: str, value: Any) -> int:
    if type(value) is not int or not 0 <= value <= _MOST:
        raise ValueError(f"{name} must be a whole number from 0 to {_MOST:,}, not {quote(value)}")
    return value


def _finite(name: str, value: Any) -> float:
    if type(value) not in (int, float) or not abs(value) <= sys.float_info.max:
        raise ValueError(f"{name} must be a number, not {quote(value)}")
    return value


def _text(name: str, value: Any) -> str:
    if type(value) is not str:
        raise ValueError(f"{name} must be a text, not {quote(value)}")
    return value


def _list(name: str, value: Any) -> list[Any]:
    if type(value) is not list:
        raise ValueError(f"{name} must be a list, not {quote(value)}")
    return value


def _object(name: str, value: Any) -> dict[str, Any]:
    if type(value) is not dict:
        raise ValueError(f"{name} must be an object, not {quote(value)}")
    return value


def _arch(name: str, value: Any) -> tuple[int, ...]:
    return tuple(_whole(name, v) for v in _list(name, value))


def _metrics(name: str, value: Any) -> dict[str, float]:
    return {sys.intern(k): math.nan if v is None else _finite(k, v) for k, v in _object(name, value).items()}


def _losses(name: str, value: Any) -> tuple[float, ...]:
    return tuple(math.inf if v is None else _finite(name, v) for v in _list(name, value))


def _grid(name: str, value: Any) -> None:
    """Numbers, each of which may be missing, or lists of equal length of them."""
    if type(value) is not list:
        if value is not None:
            _finite(name, value)
        return
    for v in value:
        _grid(name, v)
    if len({len(v) if type(v) is list else -1 for v in value}) > 1:
        raise ValueError(f"the lists in {name} must have equal lengths")


def _info(name: str, value: Any) -> dict[str, Any]:
    """What charts read in it must be what they expect; the rest may be any JSON."""
    for key, read in _INFO.items():
        if key in _object(name, value):
            read(key, value[key])
    return value


def _scores(name: str, value: Any) -> None:
    for key in ("cells", "batch", "running"):
        _grid(key, _list(key, _object(name, value).get(key)))


_INFO: dict[str, Callable[[str, Any], Any]] = {
    "parents": lambda name, value: [_whole(name, abs(v) if type(v) is int else v) for v in _list(name, value)],
    **dict.fromkeys(("predicted", "score", "loss", "accuracy", "eigenvalue", "epoch"), _grid),
    **dict.fromkeys(("policy", "density", "pool", "belief", "alpha"), _grid),
    "scores": _scores,
}
_READ: dict[str, Callable[[str, Any], Any]] = {
    **dict.fromkeys(("number", "epochs", "resume"), _whole),
    **dict.fromkeys(("at", "start", "end", "seconds"), _finite),
    **dict.fromkeys(("version", "table", "measure", "error", "reason"), _text),
    "arch": _arch,
    "info": _info,
    "metrics": _metrics,
    "losses": _losses,
    "spec": lambda _, value: spec_from(value),
    "suggestion": lambda _, value: _build(Suggestion, value),
    "trial": lambda _, value: _build(Trial, value),
}
_EVENTS = {kind.__name__: kind for kind in (Started, Asked, Told, Stopped)}


def _refuse_constant(text: str) -> None:
    raise ValueError(f"{text} is not a JSON number")


def _check_text(data: Any) -> None:
    try:
        json.dumps(data, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise ValueError("it holds half a character (a lone surrogate)") from None
