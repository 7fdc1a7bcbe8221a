"""User-written objectives: an expression over metric names, read against a whitelist and never handed to `eval`.

`parse("val_acc - 2*log(latency_cpu_ms)", names)` gives an `Expression`; call it with numbers or with arrays.
"""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from nas_core.types import Constraint, counted, is_test

LONGEST, DEEPEST, MOST = 400, 24, 120  # characters, levels of nesting, parts of an expression

_BINARY = {ast.Add: np.add, ast.Sub: np.subtract, ast.Mult: np.multiply, ast.Div: np.divide, ast.Pow: np.power}
_COMPARE = {ast.Lt: np.less, ast.LtE: np.less_equal, ast.Gt: np.greater, ast.GtE: np.greater_equal}
_FUNCTIONS: dict[str, tuple[Callable[..., Any], int]] = {
    "log": (np.log, 1),
    "exp": (np.exp, 1),
    "sqrt": (np.sqrt, 1),
    "abs": (np.abs, 1),
    "min": (np.minimum, 2),
    "max": (np.maximum, 2),
    "where": (np.where, 3),
}
GRAMMAR = "numbers, metric names, + - * / **, comparisons, " + ", ".join(f"{f}()" for f in _FUNCTIONS)

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_LIMITS = [
    re.compile(form)
    for form in (
        rf"(?:(?P<low>{_NUMBER})<=)?(?P<name>[A-Za-z_]\w*)<=(?P<high>{_NUMBER})",
        rf"(?P<high>)(?P<name>[A-Za-z_]\w*)>=(?P<low>{_NUMBER})",
        rf"(?P<low>{_NUMBER})<=(?P<name>[A-Za-z_]\w*)(?P<high>)",
        rf"(?P<high>{_NUMBER})>=(?P<name>[A-Za-z_]\w*)(?P<low>)",
        rf"(?P<name>[A-Za-z_]\w*)=(?P<low>{_NUMBER})?:(?P<high>{_NUMBER})?",
    )
]

_Compiled = Callable[[Mapping[str, Any]], Any]


class FitnessError(ValueError):
    """An expression that cannot be used; the message says what is wrong and what is allowed."""


@dataclass(frozen=True)
class Expression:
    """A parsed expression over `names`; equal texts compare equal."""

    text: str  # in one spelling: however it was spaced or bracketed, it is the same search
    names: tuple[str, ...]  # the metrics it reads, in order of appearance
    _value: Any

    def __call__(self, values: Mapping[str, Any]) -> Any:
        """Its value: a float for floats, float64[n] for arrays [n]; nan where it is undefined or not finite."""
        with np.errstate(all="ignore"):
            out = np.asarray(self._value({name: np.asarray(values[name], float) for name in self.names}), float)
            out = np.where(np.isfinite(out), out, np.nan)
        return float(out) if out.ndim == 0 else out


def is_name(text: str) -> bool:
    """True if `text` is a bare metric name and needs no parsing."""
    return re.fullmatch(r"[A-Za-z_]\w*", text) is not None


def words(text: str) -> tuple[str, ...]:
    """All names in `text` that could be metrics."""
    return tuple(w for w in dict.fromkeys(re.findall(r"(?<![\w.])[A-Za-z_]\w*", text)) if w not in _FUNCTIONS)


def parse(text: str, metrics: Iterable[str]) -> Expression:
    """The expression `text` over `metrics`; FitnessError in one sentence for anything else. Takes under 50 ms."""
    text, names = text.strip(), tuple(metrics)
    if not text:
        raise FitnessError(f"the fitness is empty; write for example val_acc, or use {GRAMMAR}")
    if len(text) > LONGEST:
        raise FitnessError(f"the fitness has {len(text)} characters; at most {LONGEST} are allowed")
    if _nesting(text) > DEEPEST:
        raise FitnessError(f"the fitness is nested deeper than {DEEPEST} levels; write it flatter")
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        at = getattr(error, "offset", None)
        place = f" near character {at}" if at else ""
        raise FitnessError(f"the fitness cannot be read{place}; it takes {GRAMMAR}") from None
    if sum(1 for _ in ast.walk(tree)) > MOST * 3:
        raise FitnessError(f"the fitness has too many parts; use at most about {MOST}")
    reader = _Reader(names)
    value = reader.read(tree, DEEPEST * 2)
    if not reader.names:
        raise FitnessError(f"the fitness reads no metric, so it would be the same for all; there are: {_list(names)}")
    return Expression(ast.unparse(tree), tuple(reader.names), value)


def searchable(text: str, metrics: Iterable[str]) -> Expression:
    """Likewise, over those of `metrics` that a search may see; FitnessError for a test metric."""
    names = tuple(metrics)
    for name in words(text):
        if is_test(name) and name in names:
            raise FitnessError(f"a search may not see {name}; use val_acc, and {name} is reported afterwards")
    return parse(text, [name for name in names if not is_test(name)])


def limits(texts: Iterable[str], metrics: Iterable[str]) -> tuple[Constraint, ...]:
    """The limits that `texts` say, such as "flops_m<=100", "60<=val_acc<=70" or "flops_m=5:100", one for each metric.

    In order of their names: however they are written down, it is the same search. FitnessError, in one sentence, for
    what cannot be read, a metric that is not among `metrics`, and limits that leave nothing.
    """
    names = tuple(metrics)
    ends: dict[str, tuple[float, float]] = {}
    for text in texts:
        match = next((m for form in _LIMITS if (m := form.fullmatch(text.replace(" ", "")))), None)
        if match is None:
            raise FitnessError(f"the limit {text.strip()[:60]!r} cannot be read; it takes <= or >= as in flops_m<=100")
        parts = match.groupdict()
        name = parts["name"]
        if name not in names:
            why = "a search may not see it; use val_acc" if is_test(name) else "there is no such metric"
            raise FitnessError(f"no limit can be set on {name[:40]!r}: {why}; there are: {_list(names)}")
        if any(np.isinf(float(parts[end] or 0)) for end in ("low", "high")):
            raise FitnessError(f"a number in the limit {text.strip()[:60]!r} is too large")
        low, high = ends.get(name, (-np.inf, np.inf))
        ends[name] = max(low, float(parts["low"] or -np.inf)), min(high, float(parts["high"] or np.inf))
    for name, (low, high) in ends.items():
        if not low <= high:
            raise FitnessError(f"no value of {name} lies between {low:g} and {high:g}: limits must be low <= high")
    return tuple(Constraint(name, *ends[name]) for name in sorted(ends))


def _nesting(text: str) -> int:
    depth = deepest = 0
    for c in text:
        depth += (c in "([{") - (c in ")]}")
        deepest = max(deepest, depth)
    return deepest


class _Reader:
    """Turns a syntax tree into nested functions, refusing whatever is not on the whitelist."""

    def __init__(self, metrics: tuple[str, ...]) -> None:
        self.metrics = metrics
        self.names: list[str] = []

    def read(self, node: ast.expr, room: int) -> _Compiled:
        if room == 0:
            raise FitnessError("the fitness is nested too deeply; write it flatter")
        match node:
            case ast.Constant(value=bool() | None | str() | bytes() | complex()):
                raise FitnessError(f"{node.value!r} is not allowed in a fitness; it takes {GRAMMAR}")
            case ast.Constant(value=int() | float() as value):
                return self._number(value)
            case ast.Name(id=name):
                return self._metric(name)
            case ast.BinOp(left, op, right) if type(op) in _BINARY:
                return _apply(_BINARY[type(op)], self.read(left, room - 1), self.read(right, room - 1))
            case ast.UnaryOp(ast.USub(), operand):
                return _apply(np.negative, self.read(operand, room - 1))
            case ast.UnaryOp(ast.UAdd(), operand):
                return self.read(operand, room - 1)
            case ast.Compare(left, [op], [right]) if type(op) in _COMPARE:
                return _apply(_COMPARE[type(op)], self.read(left, room - 1), self.read(right, room - 1))
            case ast.Call(ast.Name(id=name), arguments, []):
                return self._call(name, arguments, room)
        source = ast.unparse(node)
        raise FitnessError(f"{source[:40]!r} is not allowed in a fitness; it takes {GRAMMAR}")

    def _number(self, value: float) -> _Compiled:
        try:
            number = float(value)
        except OverflowError:
            number = np.inf
        if not np.isfinite(number):
            raise FitnessError("a number in the fitness is too large")
        return lambda _: np.float64(number)

    def _metric(self, name: str) -> _Compiled:
        if name not in self.metrics:
            near = difflib.get_close_matches(name, self.metrics, 1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise FitnessError(f"no metric named {name[:40]!r}; there are: {_list(self.metrics)}.{hint}")
        if name not in self.names:
            self.names.append(name)
        return lambda values: values[name]

    def _call(self, name: str, arguments: list[ast.expr], room: int) -> _Compiled:
        if name not in _FUNCTIONS:
            raise FitnessError(f"no function named {name[:40]!r}; there are: {', '.join(_FUNCTIONS)}")
        function, takes = _FUNCTIONS[name]
        if len(arguments) != takes:
            raise FitnessError(f"{name}() takes {counted(takes, 'argument')}, not {len(arguments)}")
        return _apply(function, *(self.read(a, room - 1) for a in arguments))


def _apply(function: Callable[..., Any], *parts: _Compiled) -> _Compiled:
    return lambda values: function(*(part(values) for part in parts))


def _list(names: tuple[str, ...]) -> str:
    return ", ".join(names)
