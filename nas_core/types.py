"""The vocabulary: what strategies, benchmarks, runs and pages say to each other. Standard library only."""

from __future__ import annotations

import hashlib
import json
import math
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any

Arch = tuple[int, ...]
"""An architecture: the option index of every decision of its search space."""


_HIGHEST = {"max_trials": 10**9, "max_seconds": 1e12, "workers": 10_000, "seed": 10**60}
_LONGEST = 1000  # characters of a name or an expression
_MOST = 10_000  # characters of all parameters written out
_DEEPEST = 6  # levels of lists in a parameter


def shown(value: Any) -> str:
    """A value as a sentence quotes it."""
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "…"


def _word(name: str, value: Any) -> str:
    """One line of text that can be written anywhere."""
    if not isinstance(value, str) or len(value) > _LONGEST or not value.isprintable():
        raise ValueError(f"{name} must be one line of text of at most {_LONGEST} characters, not {shown(value)}")
    return str(value)


def _plain_value(name: str, value: Any, highest: float = sys.float_info.max, depth: int = _DEEPEST) -> Any:
    """`value` as JSON has it; numbers up to `highest`, nan only if that is infinite."""
    if type(value).__module__ == "numpy" and hasattr(value, "tolist"):
        value = value.tolist()
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float) and (highest == math.inf or abs(value) <= highest):
        return float(value) if isinstance(value, float) else int(value)
    if isinstance(value, str) and not re.search("[\ud800-\udfff]", value):
        return str(value)
    if depth and isinstance(value, list | tuple):
        return [_plain_value(name, v, highest, depth - 1) for v in value]
    if depth and isinstance(value, Mapping):
        return {_word(f"a name in {name}", k): _plain_value(name, v, highest, depth - 1) for k, v in value.items()}
    raise ValueError(f"{name} must be a finite number, a text, true, false or a list of these, not {shown(value)}")


def _number(name: str, value: Any, low: float) -> Any:
    """An int if `low` is one, else an int or float; no less than `low` and no more than is of use."""
    value, whole, high = _plain_value(name, value, math.inf), isinstance(low, int), _HIGHEST[name]
    if isinstance(value, int if whole else int | float) and not isinstance(value, bool) and low <= value <= high:
        return value
    what = "a whole number" if whole else "a number"
    most = f" and at most {high:,}" if isinstance(value, int | float) and high < value < math.inf else ""
    raise ValueError(f"{name} must be {what} of at least {low}{most}, not {shown(value)}")


def is_test(metric: str) -> bool:
    """Whether a metric's name has "test" as a word, in whatever case: for reports, and no search sees it."""
    return re.search("(?i:(?<![a-z])test)|Test|(?<=[a-z])TEST", metric) is not None


@dataclass(frozen=True)
class Objective:
    """A metric, or an expression over metrics, and whether more of it is better."""

    metric: str
    goal: str = "max"

    def __post_init__(self) -> None:
        object.__setattr__(self, "metric", _word("an objective's metric", self.metric))
        if self.goal not in ("max", "min"):
            raise ValueError(f"an objective's goal is 'max' or 'min', not {shown(self.goal)} (objective {self.metric})")

    def loss(self, value: float) -> float:
        """`value` turned so that less is better: the only place where a sign changes."""
        return -value if self.goal == "max" else value

    def value(self, loss: float) -> float:
        """Inverse of `loss`."""
        return -loss if self.goal == "max" else loss


@dataclass(frozen=True)
class Constraint:
    """A limit on a metric: low <= metric <= high; a trial outside it is infeasible."""

    metric: str
    low: float = -math.inf
    high: float = math.inf

    def __post_init__(self) -> None:
        object.__setattr__(self, "metric", _word("a constraint's metric", self.metric))
        for name in ("low", "high"):
            value = _plain_value(f"{name} of {self.metric}", getattr(self, name), math.inf)
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise ValueError(f"the limits of {self.metric} must be numbers, not {shown(value)}")
            object.__setattr__(self, name, value)
        if not self.low <= self.high:
            raise ValueError(f"the limits of {self.metric} must be low <= high, not {self.low} and {self.high}")

    def __str__(self) -> str:
        """As `nas_core.fitness.limits` reads it."""
        low, high = (f"{end:.12g}" if math.isfinite(end) else "" for end in (self.low, self.high))
        if low and high:
            return f"{low}<={self.metric}<={high}"
        return f"{self.metric}>={low}" if low else f"{self.metric}<={high}"

    def allows(self, values: Any) -> Any:
        """True within the limits, a bool or an array like `values`; False where nan."""
        return (self.low <= values) & (values <= self.high)

    def violation(self, value: float) -> float:
        """How far outside the limits, in the metric's unit; 0 inside, inf for nan."""
        return max(self.low - value, value - self.high, 0.0) if value == value else math.inf


@dataclass(frozen=True)
class Suggestion:
    """What a strategy wants to know next."""

    arch: Arch
    epochs: int = 0  # fidelity; 0 = the run's search fidelity
    resume: int = 0  # epochs of it already paid for, where the benchmark is resumable
    measure: str = "train"  # or the name of a zero-cost proxy, or "derive"
    seconds: float = 0.0  # real seconds the strategy itself spent (a supernet epoch)
    info: Mapping[str, Any] = field(default_factory=dict)  # small JSON that charts read

    def same_question(self, other: Suggestion) -> bool:
        """True if both ask the same of the benchmark (replay ignores `seconds` and `info`)."""
        return (self.arch, self.epochs, self.resume, self.measure) == (
            other.arch,
            other.epochs,
            other.resume,
            other.measure,
        )


@dataclass(frozen=True)
class Outcome:
    """What a benchmark answers: metrics by name, and the seconds it is charged."""

    metrics: Mapping[str, float]
    seconds: float


@dataclass(frozen=True)
class Trial:
    """One finished evaluation. `losses` is () unless `suggestion.measure` is "train"; inf where failed."""

    number: int
    suggestion: Suggestion
    start: float  # seconds on the run's clock
    end: float
    metrics: Mapping[str, float]
    losses: tuple[float, ...]
    error: str = ""

    @property
    def arch(self) -> Arch:
        return self.suggestion.arch

    @property
    def loss(self) -> float:
        """The first objective's loss; inf for a failed or a loss-less trial."""
        return self.losses[0] if self.losses else math.inf


@dataclass(frozen=True)
class RunSpec:
    """Everything that decides the outcome of one search; equal specs give equal simulated runs."""

    benchmark: str
    dataset: str
    strategy: str
    params: Mapping[str, Any] = field(default_factory=dict)
    benchmark_params: Mapping[str, Any] = field(default_factory=dict)
    objectives: tuple[Objective, ...] = (Objective("val_acc"),)
    constraints: tuple[Constraint, ...] = ()
    max_trials: int | None = None
    max_seconds: float | None = None
    workers: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        """Every field in its plain type, NumPy's numbers included; ValueError in one sentence for anything else."""
        if self.max_trials is None and self.max_seconds is None:
            raise ValueError("a run needs a budget: give max_trials, max_seconds, or both")
        plain: dict[str, Any] = {
            name: _word(name, getattr(self, name)) for name in ("benchmark", "dataset", "strategy")
        }
        plain |= {name: _settings(name, getattr(self, name)) for name in ("params", "benchmark_params")}
        plain["max_trials"] = self.max_trials if self.max_trials is None else _number("max_trials", self.max_trials, 1)
        if self.max_seconds is not None:
            plain["max_seconds"] = _number("max_seconds", self.max_seconds, 0.0)
        plain |= {name: _number(name, getattr(self, name), low) for name, low in (("workers", 1), ("seed", 0))}
        plain["objectives"] = tuple(_objective(o) for o in _listed("objectives", self.objectives))
        plain["constraints"] = tuple(_listed("constraints", self.constraints))
        if wrong := [c for c in plain["constraints"] if not isinstance(c, Constraint)]:
            raise ValueError(f"a constraint must be a Constraint(metric, low, high), not {shown(wrong[0])}")
        if not plain["objectives"]:
            raise ValueError("a run needs at least one objective, such as val_acc")
        for name, value in plain.items():
            object.__setattr__(self, name, value)

    @property
    def id(self) -> str:
        """12 hex digits over the fields that differ from their defaults, so a new field renames no old run."""
        said = {f.name: _plain(getattr(self, f.name)) for f in fields(self) if not _is_default(self, f)}
        text = json.dumps(said, sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Started:
    """First event of a run: its full description and the versions that made it."""

    spec: RunSpec
    version: str
    table: str = ""  # fingerprint of the table the run read, "" where there is none


@dataclass(frozen=True)
class Asked:
    """The strategy asked for trial `number` at `at` seconds on the run's clock."""

    number: int
    suggestion: Suggestion
    at: float


@dataclass(frozen=True)
class Told:
    """The strategy was told about a finished trial."""

    trial: Trial


@dataclass(frozen=True)
class Stopped:
    """Last event of a run: "budget" or "exhausted" (the strategy has nothing left to ask)."""

    reason: str
    at: float


Event = Started | Asked | Told | Stopped


def _settings(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError(f"{name} must be a dict of names and values, not {shown(value)}")
    plain = {_word(f"a name in {name}", k): _plain_value(f"{name}: {k}", v) for k, v in value.items()}
    if len(repr(plain)) > _MOST:
        raise ValueError(f"{name} must be at most {_MOST:,} characters written out, not {len(repr(plain)):,}")
    return plain


def _listed(name: str, value: Any) -> tuple[Any, ...]:
    """A tuple, also of one alone."""
    if isinstance(value, str | Objective | Constraint):
        return (value,)
    if not isinstance(value, Iterable) or isinstance(value, Mapping | bytes):
        raise ValueError(f"{name} must be a tuple, not {shown(value)}")
    return tuple(value)


def _objective(value: Any) -> Objective:
    """An objective, also of its text: "flops_m:min"; what is not a cost needs no goal, as in "val_acc"."""
    if isinstance(value, Objective):
        return value
    if not isinstance(value, str):
        raise ValueError(f"an objective must be an Objective or the text of one, not {shown(value)}")
    metric, _, goal = value.rpartition(":")
    if not metric and re.fullmatch(r"[A-Za-z_]\w*", value) and not value.endswith("_acc"):
        raise ValueError(f"whether more or less of {value} is better must be said: '{value}:max' or '{value}:min'")
    return Objective(metric.strip(), goal.strip()) if metric else Objective(value.strip())


def _is_default(spec: RunSpec, f: Any) -> bool:
    default = f.default_factory() if f.default_factory is not MISSING else f.default
    return default is not MISSING and getattr(spec, f.name) == default


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_plain(v) for v in value]
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, Objective):
        return [value.metric, value.goal]
    if isinstance(value, Constraint):
        return [value.metric, *(v if math.isfinite(v) else None for v in (value.low, value.high))]
    return value
