"""A table of one's own that was read and is not saved yet, and what the user says of its main metric."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from nas_core.sources._column_names import COLUMN, head
from nas_core.sources._numbers import short
from nas_core.types import is_test

MOST_PROBLEMS = 1000  # that are kept; the others are counted


@dataclass(frozen=True)
class LineProblem:
    """Why a line of the file is left out."""

    line: int  # as an editor counts; in a Parquet file the row, from 1
    text: str


@dataclass(frozen=True)
class Main:
    """The metric that searches are on and that architectures are compared by. ValueError for one that cannot be."""

    name: str = "val_acc"
    goal: str = "max"
    unit: str = ""

    def __post_init__(self) -> None:
        if not COLUMN.fullmatch(self.name) or "@" in self.name or self.name == "arch":
            raise ValueError(f"{self.name!r} cannot be the name of a metric: letters, digits and _, such as val_f1")
        if is_test(self.name):
            raise ValueError(f"{self.name} cannot be the main metric, for no search may see a test metric")
        if self.goal not in ("max", "min"):
            raise ValueError(f"the goal of {self.name} is {self.goal!r}; there are: max, min")


ACCURACY = Main()


@dataclass
class TableDraft:
    """A file that was read and not saved yet."""

    space: str
    columns: dict[str, np.ndarray]  # float64[len(space)] each, nan where the file has nothing
    problems: list[LineProblem] = field(default_factory=list)  # the first MOST_PROBLEMS
    left_out: int = 0  # lines, those in `problems` and all others
    ignored: list[str] = field(default_factory=list)  # columns that are not metrics
    names: dict[str, str] = field(default_factory=dict)  # column -> what the file calls it, where that differs
    fractions: list[str] = field(default_factory=list)  # accuracies that are all at most 1, without a percent sign
    main: Main = ACCURACY

    @property
    def count(self) -> int:
        """How many architectures have a value in any column."""
        return int(np.any([~np.isnan(c) for c in self.columns.values()], 0).sum()) if self.columns else 0

    @property
    def metrics(self) -> list[str]:
        """The columns without their epochs."""
        return list(dict.fromkeys(map(head, self.columns)))

    @property
    def tests(self) -> list[str]:
        """The test metrics, which no search sees."""
        return [name for name in self.metrics if is_test(name)]

    def remarks(self) -> list[str]:
        """What is to be known about the columns, a sentence each, without a full stop."""
        out = [f"{name} is the file's column {short(name_in_file, 40)!r}" for name, name_in_file in self.names.items()]
        if self.tests:
            out.append(f"For reports only, no search sees test metrics: {', '.join(self.tests)}")
        if self.ignored:
            names = short(", ".join(short(name, 40) for name in self.ignored), 600)
            out.append(f"Not used, because not numeric or not named like params_m: {names}")
        return out

    def leave_out(self, line: int, why: str) -> None:
        """Note that a line is left out."""
        self.left_out += 1
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(LineProblem(line, short(why, 300)))
