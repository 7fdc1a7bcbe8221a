"""The vocabulary: what strategies, benchmarks, runs and pages say to each other."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar

from nas_core.values import number, plain_value, quote, settings, unit_beside, word

if TYPE_CHECKING:
    import numpy as np

    Losses = TypeVar("Losses", float, np.ndarray)

Arch = tuple[int, ...]
"""An architecture: the option index of every decision of its search space."""

MOST_RESULTS = 2000  # that a run starts from


def with_unit(title: str, unit: str) -> str:
    """ "latency (ms)", for an axis; the title alone where there is no unit or the title has it, as in "MFLOPs"."""
    return f"{title} ({unit})" if (unit := unit_beside(title, unit)) else title


def counted(number: int, noun: str) -> str:
    """ "1 epoch", "1,200 epochs"."""
    return f"{number:,} {noun}{'s' * (number != 1)}"


def is_test(metric: str) -> bool:
    """Whether a metric's name has "test" as a word, in whatever case: for reports, and no search sees it."""
    return re.search("(?i:(?<![a-z])test)|Test|(?<=[a-z])TEST", metric) is not None


@dataclass(frozen=True)
class Objective:
    """A metric, or an expression over metrics, and whether more of it is better."""

    metric: str
    goal: str = "max"

    def __post_init__(self) -> None:
        object.__setattr__(self, "metric", word("an objective's metric", self.metric))
        if self.goal not in ("max", "min"):
            raise ValueError(f"an objective's goal is 'max' or 'min', not {quote(self.goal)} (objective {self.metric})")

    def loss(self, value: float) -> float:
        """`value` turned so that less is better: the only place where a sign changes."""
        return -value if self.goal == "max" else value

    def value(self, loss: Losses) -> Losses:
        """Inverse of `loss`."""
        return -loss if self.goal == "max" else loss


@dataclass(frozen=True)
class Constraint:
    """A limit on a metric: low <= metric <= high; a trial outside it is infeasible."""

    metric: str
    low: float = -math.inf
    high: float = math.inf

    def __post_init__(self) -> None:
        object.__setattr__(self, "metric", word("a constraint's metric", self.metric))
        for name in ("low", "high"):
            value = plain_value(f"{name} of {self.metric}", getattr(self, name), math.inf)
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise ValueError(f"the limits of {self.metric} must be numbers, not {quote(value)}")
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
    """What a strategy asks for: an architecture, and how to evaluate it."""

    arch: Arch
    epochs: int = 0  # fidelity; 0 = the run's search fidelity
    resume: int = 0  # epochs of it already paid for, where the benchmark is resumable
    measure: str = "train"  # or the name of a zero-cost proxy, or "derive"
    seconds: float = 0.0  # real seconds the strategy itself spent (a supernet epoch)
    info: Mapping[str, Any] = field(default_factory=dict)  # small JSON that charts read

    def same_question(self, other: Suggestion) -> bool:
        """True if both ask the benchmark for the same (replay ignores `seconds` and `info`)."""
        question = attrgetter("arch", "epochs", "resume", "measure")
        return bool(question(self) == question(other))


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
    metrics: Mapping[str, float]  # as the search saw them, in the units of `Benchmark.metrics`
    losses: tuple[float, ...]  # one for each objective, less is better
    error: str = ""  # why it failed

    @property
    def arch(self) -> Arch:
        return self.suggestion.arch

    @property
    def loss(self) -> float:
        """The first objective's loss; inf for a failed or a loss-less trial."""
        return self.losses[0] if self.losses else math.inf


@dataclass(frozen=True)
class Result:
    """What is known of an architecture before a search: its metrics, as that search would measure them."""

    arch: Arch
    metrics: Mapping[str, float]

    def __post_init__(self) -> None:
        arch, metrics = _arch(self.arch), settings("metrics", self.metrics)
        for name, value in metrics.items():
            if type(value) not in (int, float):
                raise ValueError(f"{name} must be a number, not {quote(value)}")
        object.__setattr__(self, "arch", arch)
        object.__setattr__(self, "metrics", metrics)


@dataclass(frozen=True)
class RunSpec:
    """Everything that decides the outcome of one search; equal specs give equal simulated runs.

    At least one of `max_trials` and `max_seconds` is given. ValueError in one sentence for what cannot be a search.
    """

    benchmark: str
    dataset: str
    strategy: str
    params: Mapping[str, Any] = field(default_factory=dict)
    benchmark_params: Mapping[str, Any] = field(default_factory=dict)
    objectives: tuple[Objective, ...] = (Objective("val_acc"),)
    constraints: tuple[Constraint, ...] = ()
    max_trials: int | None = None  # trainings, repeated ones included
    max_seconds: float | None = None  # on the run's clock: simulated for a table, else real
    workers: int = 1  # trials that are evaluated at the same time
    seed: int = 0
    warm_start: tuple[Result, ...] = ()  # told to the strategy before its first ask; no trials
    warm_source: str = field(default="", compare=False)  # where they came from; not part of the id
    opening: tuple[Arch, ...] = ()  # trained first, in pairs: one that is proposed, and a random one beside it
    opening_source: str = field(default="", compare=False)  # what proposed them; not part of the id

    def __post_init__(self) -> None:
        """Every field in its plain type, NumPy's numbers included; ValueError in one sentence for anything else."""
        if self.max_trials is None and self.max_seconds is None:
            raise ValueError("a run needs a budget: give max_trials, max_seconds, or both")
        plain: dict[str, Any] = {
            name: word(name, getattr(self, name))
            for name in ("benchmark", "dataset", "strategy", "warm_source", "opening_source")
        }
        plain["opening"] = tuple(_arch(arch) for arch in _as_tuple("opening", self.opening))
        plain |= {name: settings(name, getattr(self, name)) for name in ("params", "benchmark_params")}
        plain["max_trials"] = self.max_trials if self.max_trials is None else number("max_trials", self.max_trials, 1)
        if self.max_seconds is not None:
            plain["max_seconds"] = number("max_seconds", self.max_seconds, 0.0)
        plain |= {name: number(name, getattr(self, name), low) for name, low in (("workers", 1), ("seed", 0))}
        plain["objectives"] = tuple(_objective(o) for o in _as_tuple("objectives", self.objectives))
        plain["constraints"] = tuple(_as_tuple("constraints", self.constraints))
        if wrong := [c for c in plain["constraints"] if not isinstance(c, Constraint)]:
            raise ValueError(f"a constraint must be a Constraint(metric, low, high), not {quote(wrong[0])}")
        plain["warm_start"] = tuple(_as_tuple("warm_start", self.warm_start))
        if strange := [r for r in plain["warm_start"] if not isinstance(r, Result)]:
            raise ValueError(f"a result to start from must be a Result(arch, metrics), not {quote(strange[0])}")
        if len(plain["warm_start"]) > MOST_RESULTS:
            raise ValueError(f"a run can start from {MOST_RESULTS:,} results, not {len(plain['warm_start']):,}")
        if not plain["objectives"]:
            raise ValueError("a run needs at least one objective, such as val_acc")
        for name, value in plain.items():
            object.__setattr__(self, name, value)

    @property
    def id(self) -> str:
        """12 hex digits over the fields that differ from their defaults, so a new field renames no old run."""
        values = {f.name: _plain(getattr(self, f.name)) for f in fields(self) if f.compare and not _is_default(self, f)}
        text = json.dumps(values, sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Started:
    """First event of a run: its full description and the versions that made it."""

    spec: RunSpec
    version: str
    table: str = ""  # what its numbers follow from, see `nas_core.marks`; "" where there is no table


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


def _as_tuple(name: str, value: Any) -> tuple[Any, ...]:
    """`value` as a tuple; a single item becomes a tuple of one."""
    if isinstance(value, str | Objective | Constraint):
        return (value,)
    if not isinstance(value, Iterable) or isinstance(value, Mapping | bytes):
        raise ValueError(f"{name} must be a tuple, not {quote(value)}")
    return tuple(value)


def _arch(value: Any) -> Arch:
    arch = plain_value("arch", value)
    if not isinstance(arch, list) or not all(type(option) is int for option in arch):
        raise ValueError(f"an architecture must be a tuple of whole numbers, not {quote(value)}")
    return tuple(arch)


def _objective(value: Any) -> Objective:
    """An objective, also from its text "flops_m:min"; the goal may be left out of an accuracy, as in "val_acc"."""
    if isinstance(value, Objective):
        return value
    if not isinstance(value, str):
        raise ValueError(f"an objective must be an Objective or the text of one, not {quote(value)}")
    metric, _, goal = value.rpartition(":")
    if not metric and re.fullmatch(r"[A-Za-z_]\w*", value) and not value.endswith("_acc"):
        raise ValueError(f"say whether more or less of {value} is better: '{value}:max' or '{value}:min'")
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
    if isinstance(value, Result):
        return [list(value.arch), dict(value.metrics)]  # plain already
    if isinstance(value, Constraint):
        return [value.metric, *(v if math.isfinite(v) else None for v in (value.low, value.high))]
    return value
