"""An experiment on regularized evolution: two of its ingredients varied together, everything else fixed.

Each combination of levels is searched many times, and the setting of seed k starts from the same random population
and, with frozen errors, from the same errors as every other setting of seed k; so settings are compared in pairs.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import product
from typing import Any

import numpy as np

from nas_core import benchmarks, plugins, strategies
from nas_core.benchmarks import Table
from nas_core.benchmarks.tables.noise import of_run
from nas_core.history import History
from nas_core.race import Trace
from nas_core.searches import each, traces
from nas_core.spaces import SearchSpace
from nas_core.types import RunSpec
from nas_core.values import digest

MOST_SETTINGS = 20
REPORTED = "test_acc"  # at full training
OF_THE_RUN = -1  # seed of the frozen errors: those of seed k are the same in every setting, and others for each k


@dataclass(frozen=True)
class Factor:
    """One ingredient that an experiment can vary."""

    title: str
    help: str
    say: str  # a level in a sentence, {} standing for it
    levels: tuple[Any, ...]  # what it can be set to; those of `epochs` come from the table
    start: Any = None  # the default level

    def words(self, level: Any) -> str:
        """The level in a sentence, e.g. "population 10"."""
        return self.say.format("no" if level == "none" else f"{level:g}" if isinstance(level, float) else level)


FACTORS: dict[str, Factor] = {
    "dies": Factor(
        "Who dies",
        "Which member leaves the population when a new one is born. The oldest, however good it is: "
        "regularized evolution. The worst: evolution without aging. A random one: neither age nor merit decides.",
        "{} dies",
        ("oldest", "worst", "random"),
        "oldest",
    ),
    "population": Factor("Population", "Members alive at a time.", "population {}", (2, 5, 10, 20, 50, 100), 10),
    "sample": Factor(
        "Tournament",
        "Members drawn for each tournament; the best of them becomes the parent. One means that anybody "
        "can be the parent; more means a stronger pull towards the best.",
        "tournaments of {}",
        (1, 2, 3, 5, 10, 20, 50),
        3,
    ),
    "mutation": Factor(
        "Mutation",
        "Which edge of the cell a mutation changes: any with equal chance, or a node first and then one of "
        "its inputs, as in NATS-Bench's own code, which changes early edges more often.",
        "{} mutation",
        ("uniform edge", "node then edge"),
        "uniform edge",
    ),
    "noise": Factor(
        "Errors in the reward",
        "Added to the accuracy that the search sees. None; one error per cell, the same at "
        "every look (frozen); or a new one at every look (redrawn).",
        "{} errors",
        ("none", "frozen", "redrawn"),
        "none",
    ),
    "noise_size": Factor(
        "Size of the errors",
        "Standard deviation of the errors, in percentage points.",
        "an error size of {}",
        (0.25, 0.5, 1.0, 2.0, 4.0),
        1.0,
    ),
    "epochs": Factor(
        "Epochs of the reward",
        "How long each network is trained for the accuracy that the search sees. Short "
        "trainings are cheap and rank the networks a little differently from full ones.",
        "a reward after {} epochs",
        (),
    ),
}


@dataclass(frozen=True)
class LabPlan:
    """What is varied, over what, how often. ValueError in one sentence if that is not an experiment."""

    benchmark: str
    dataset: str
    compare: str  # the factor in question, one of FACTORS
    levels: tuple[Any, ...]
    under: str = ""  # the factor that sets the circumstances; "" for none
    circumstances: tuple[Any, ...] = ()
    fixed: Mapping[str, Any] = field(default_factory=dict)  # levels of the other factors that differ from their start
    seeds: int = 100
    trials: int = 300

    def __post_init__(self) -> None:
        if self.compare == self.under:
            raise ValueError("choose two different factors: one to compare, one for the circumstances")
        if len(self.levels) < 2:
            raise ValueError(f"choose at least two levels of {FACTORS[self.compare].title.lower()!r} to compare")
        if self.under and not self.circumstances:
            raise ValueError(f"choose at least one level of {FACTORS[self.under].title.lower()!r}")
        if len(self.settings) > MOST_SETTINGS:
            raise ValueError(
                f"{len(self.settings)} settings are too many to see what is going on; choose levels that make at most "
                f"{MOST_SETTINGS}"
            )
        silent = [s for s in self.settings if s["noise"] == "none"]
        if "noise_size" in (self.compare, self.under) and len(silent) == len(self.settings):
            raise ValueError("errors that are not there have no size; hold the errors at 'frozen' or 'redrawn'")

    @cached_property
    def settings(self) -> tuple[dict[str, Any], ...]:
        """A level of every factor for each combination, the circumstances changing fastest."""
        start = {name: factor.start for name, factor in FACTORS.items()} | dict(self.fixed)
        inner = [{self.under: c} for c in self.circumstances] if self.under else [{}]
        return tuple(start | {self.compare: level} | c for level, c in product(self.levels, inner))

    @property
    def shape(self) -> tuple[int, int]:
        """(levels compared, circumstances): `settings` in this shape, row by row."""
        return len(self.levels), len(self.circumstances) if self.under else 1

    @property
    def key(self) -> str:
        """12 hex digits: equal plans have equal ones."""
        return digest(self)

    def spec(self, setting: Mapping[str, Any], seed: int) -> RunSpec:
        """The search that `setting` stands for."""
        params = {"population_size": setting["population"], "sample_size": setting["sample"]}
        params["mutation"] = setting["mutation"]
        strategy = "regularized_evolution"
        if setting["dies"] != "oldest":
            strategy, params["dies"] = "non_aging_evolution", setting["dies"]
        usual = plugins.settings(strategies.create(strategy))
        params = {name: value for name, value in params.items() if value != usual[name]}
        table_params = {} if setting["epochs"] is None else {"search_epochs": setting["epochs"]}
        if setting["noise"] != "none":
            table_params |= {"reward_noise": setting["noise"], "noise_size": setting["noise_size"]}
        if setting["noise"] == "frozen":
            table_params["noise_seed"] = OF_THE_RUN
        return RunSpec(self.benchmark, self.dataset, strategy, params, table_params, max_trials=self.trials, seed=seed)

    @property
    def specs(self) -> list[RunSpec]:
        """Every search of it."""
        return [self.spec(setting, seed) for setting in self.settings for seed in range(self.seeds)]

    @property
    def title(self) -> str:
        """What is compared, as in a list: "Who dies × Errors in the reward"."""
        return " × ".join(FACTORS[name].title for name in (self.compare, self.under) if name)


def check(table: Table) -> None:
    """ValueError, in one sentence, if most of what a search would train has no number in `table`."""
    if 2 * table.n_architectures < len(table.space):
        raise ValueError(
            f"“{table.dataset}” knows {table.coverage()}, so that most trainings would fail; this experiment needs a "
            "table that knows at least half of them: choose another benchmark, or import more numbers on the Data page"
        )


def levels(factor: str, table: Table) -> tuple[Any, ...]:
    """What `factor` can be set to on `table`, in the order of menus."""
    return table.fidelities if factor == "epochs" else FACTORS[factor].levels


def start(factor: str, table: Table) -> Any:
    """The default level of `factor`: for the epochs, the table's own."""
    return table.search_epochs if factor == "epochs" else FACTORS[factor].start


@dataclass(frozen=True)
class LabSearch:
    """What the experiment keeps of one search."""

    settings: list[int]  # several where errors that are not there have different sizes
    seed: int
    accuracy: np.ndarray  # float32[trials]: REPORTED of the incumbent after each trial
    perfect: float  # REPORTED of the cell that the reward prefers to all others

    @classmethod
    def of(cls, plan: LabPlan, history: History, space: SearchSpace) -> LabSearch:
        """From the events of a search of `plan`."""
        spec = history.spec
        settings = [i for i, setting in enumerate(plan.settings) if plan.spec(setting, spec.seed) == spec]
        truth = benchmarks.table(spec.benchmark, spec.dataset).column(REPORTED)
        incumbent = Trace.of(history, space).incumbent
        # a search that had nothing left to ask stays where it was
        incumbent = np.pad(incumbent, (0, plan.trials - len(incumbent)), mode="edge")
        accuracy = np.where(incumbent >= 0, truth[incumbent], np.nan).astype(np.float32)
        return cls(settings, spec.seed, accuracy, _perfect(spec))


def run(plan: LabPlan, processes: int = 2, done: Sequence[LabSearch] = ()) -> Generator[Any]:
    """The searches of `plan` as `searches.traces` yields them: those `done` before, then the others."""
    yield from done
    before = {(setting, one.seed) for one in done for setting in one.settings}
    places = [place for place in product(range(len(plan.settings)), range(plan.seeds)) if place not in before]
    specs = [plan.spec(plan.settings[setting], seed) for setting, seed in places]
    yield from traces(each(specs, read=partial(LabSearch.of, plan), processes=processes))


def _perfect(spec: RunSpec) -> float:
    """REPORTED of the architecture that the reward of `spec` prefers; the mean of those it cannot tell apart."""
    table = of_run(benchmarks.table(spec.benchmark, spec.dataset, **spec.benchmark_params), spec.seed)
    rewards = table.search_column(spec.objectives[0].metric)
    return float(np.nanmean(table.column(REPORTED)[rewards == np.nanmax(rewards)]))


@dataclass(frozen=True)
class Results:
    """All there is so far of an experiment."""

    plan: LabPlan
    accuracy: np.ndarray  # float32[settings, seeds, trials], nan where not done
    perfect: np.ndarray  # float32[settings, seeds]
    optimum: float  # REPORTED of the best architecture there is

    @classmethod
    def of(cls, plan: LabPlan, done: Iterable[LabSearch] = ()) -> Results:
        """From the searches that `run` has yielded so far."""
        accuracy = np.full((len(plan.settings), plan.seeds, plan.trials), np.nan, np.float32)
        perfect = np.full(accuracy.shape[:2], np.nan, np.float32)
        for one in done:
            accuracy[one.settings, one.seed], perfect[one.settings, one.seed] = one.accuracy, one.perfect
        column = benchmarks.table(plan.benchmark, plan.dataset).column(REPORTED)
        return cls(plan, accuracy, perfect, float(np.nanmax(column)))

    def values(self, at: int) -> np.ndarray:
        """float64[levels, circumstances, seeds]: what was found after `at` trials."""
        return self.accuracy[:, :, at - 1].reshape(*self.plan.shape, -1).astype(np.float64)

    @property
    def seeds(self) -> int:
        """How many seeds of every setting are done."""
        return int((~np.isnan(self.perfect)).sum(1).min())

    @property
    def searches(self) -> int:
        """How many searches are done."""
        return int((~np.isnan(self.perfect)).sum())

    def empty(self, at: int) -> tuple[int, int]:
        """(searches that had found nothing after `at` trials, all that are done)."""
        nothing = np.isnan(self.accuracy[:, :, at - 1]) & ~np.isnan(self.perfect)
        return int(nothing.sum()), self.searches

    @cached_property
    def names(self) -> np.ndarray:
        """str[levels, circumstances]: each setting in words."""
        plan = self.plan
        under = [", " + FACTORS[plan.under].words(c) for c in plan.circumstances] if plan.under else [""]
        return np.array([[FACTORS[plan.compare].words(level) + c for c in under] for level in plan.levels], object)

    def by_setting(self, at: int) -> dict[str, np.ndarray]:
        """{setting in words: float64[seeds]}: what was found after `at` trials."""
        return dict(zip(self.names.flat, self.values(at).reshape(self.names.size, -1), strict=True))

    def favourites(self) -> np.ndarray:
        """float64[levels, circumstances]: where a search that evaluated every cell would end; mean over the seeds."""
        present = ~np.isnan(self.perfect)
        total = np.where(present, self.perfect, 0).sum(1) / np.maximum(present.sum(1), 1)
        return np.where(present.any(1), total, np.nan).reshape(self.plan.shape).astype(np.float64)
