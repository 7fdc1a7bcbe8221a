"""The vocabulary: what strategies, benchmarks, runs and pages say to each other. Standard library only."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any

Arch = tuple[int, ...]
"""An architecture: the option index of every decision of its search space."""


@dataclass(frozen=True)
class Objective:
    """A metric (or, later, an expression over metrics) and whether more of it is better."""

    metric: str
    goal: str = "max"

    def __post_init__(self) -> None:
        if self.goal not in ("max", "min"):
            raise ValueError(f"an objective's goal is 'max' or 'min', not {self.goal!r} (objective {self.metric})")

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
        if self.max_trials is None and self.max_seconds is None:
            raise ValueError("a run needs a budget: give max_trials, max_seconds, or both")
        for name in ("params", "benchmark_params"):
            if not isinstance(getattr(self, name), Mapping):
                raise ValueError(f"{name} must be a dict of names and values, not {getattr(self, name)!r}")
        _check("max_trials", self.max_trials, int, 1)
        _check("max_seconds", self.max_seconds, (int, float), 0.0)
        _check("workers", self.workers, int, 1)
        _check("seed", self.seed, int, 0)
        object.__setattr__(self, "objectives", tuple(self.objectives))  # a list would change the run's id
        object.__setattr__(self, "constraints", tuple(self.constraints))
        if not self.objectives:
            raise ValueError("a run needs at least one objective, such as val_acc")

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


def _check(name: str, value: Any, kind: Any, low: float) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, kind) or not math.isfinite(value) or value < low:
        what = "a whole number" if kind is int else "a number"
        raise ValueError(f"{name} must be {what} of at least {low}, not {value!r}")


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
