"""Tables that a user imported; a subclass gives the space."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from nas_core.arrays import read_only
from nas_core.benchmarks import Metric, Table, _table
from nas_core.benchmarks.tables import proxy_scores
from nas_core.sources import tables, user_table
from nas_core.sources.user_table import TableDraft
from nas_core.spaces import representatives

USUAL = {  # name -> (unit, title)
    "val_acc": ("%", "validation accuracy"),
    "test_acc": ("%", "test accuracy"),
    "train_acc": ("%", "training accuracy"),
    "params_m": ("million", "parameters"),
    "flops_m": ("MFLOPs", "MFLOPs"),
    "train_s": ("s", "training time"),
}
_UNITS = {"_ms": "ms", "_mj": "mJ", "_mb": "MB", "_s": "s", "_m": "million"}


class _Names:
    """The class attribute `datasets`: the tables that are there at this moment, or one entry that stands for none."""

    def __get__(self, _: object, owner: type[OwnTable]) -> tuple[str, ...]:
        return user_table.names(owner.space.name) or (user_table.NONE_YET,)


class OwnTable(Table):
    """A table of yours; import one on the Data page."""

    datasets: ClassVar[Any] = _Names()
    personal = True

    @classmethod
    def missing(cls, dataset: str) -> str:
        if cls._file(dataset).exists():
            return cls.damage(dataset)
        return f"There is no table of your own for the {cls.space.title()} space yet; import one on the Data page"

    @classmethod
    def damage(cls, dataset: str) -> str:
        return _table.damage(cls._file(dataset)) or proxy_scores.damage(cls.space)

    @classmethod
    def _file(cls, dataset: str) -> Path:
        return user_table.folder(cls.space.name) / f"{dataset}.parquet"

    @cached_property
    def _columns(self) -> Mapping[str, np.ndarray]:
        if sentence := self.missing(self.dataset):
            raise FileNotFoundError(sentence)
        return _table.columns(self._file(self.dataset))

    @cached_property
    def fidelities(self) -> tuple[int, ...]:
        return tuple(sorted(int(n.partition("@")[2]) for n in self._columns if n.startswith(f"{self.main}@")))

    @classmethod
    def main_of(cls, dataset: str) -> str:
        return cls._main(dataset).name

    @classmethod
    def _main(cls, dataset: str) -> user_table.Main:
        if sentence := cls.missing(dataset):
            raise FileNotFoundError(sentence)
        return user_table.main(_table.meta(cls._file(dataset)))

    @property
    def metrics(self) -> Mapping[str, Metric]:
        return self._imported | proxy_scores.metrics(self.space)

    @cached_property
    def _imported(self) -> dict[str, Metric]:
        source = f"tabulated: {self.dataset}, imported by you"
        out, twin = {}, f"test_{self.main.removeprefix('val_')}"
        for name, goal in user_table.goals(_table.meta(self._file(self.dataset))).items():
            unit, title = USUAL.get(name, (_unit(name), name.replace("_", " ")))
            if name in (self.main, twin):
                unit = self._main(self.dataset).unit or unit
            help, curve = f"the column {name} of the file", name not in self._columns
            whole = not curve and name == "train_s"
            out[name] = Metric(unit, goal, help, source, title, curve, self._shared(name), whole_training=whole)
        if self.main == "val_acc" and "test_acc" not in out:
            help = "the file has no test accuracy, so this is its validation accuracy"
            out["test_acc"] = Metric("%", "max", help, source, "test accuracy", True, True)
        return {n: out[n] for n in dict.fromkeys((self.main, twin, *out)) if n in out}

    def _shared(self, name: str) -> bool:
        """True for an accuracy or a loss; a column that we know nothing of is shared if all isomorphic ones agree."""
        if name in USUAL or name.endswith(("_acc", "_loss")) or name == self.main:
            return name.endswith(("_acc", "_loss")) or name == self.main
        first = representatives(self.space)
        twins = first != np.arange(len(first))
        columns = (values for column, values in self._columns.items() if column.partition("@")[0] == name)
        return all(np.array_equal(v[twins], v[first][twins]) for v in columns)

    @property
    def timed(self) -> bool:
        """True if the file has training times."""
        return any(n.partition("@")[0] == "train_s" for n in self._columns)

    def column(self, metric: str, epochs: int | None = None, seed: int | None = None) -> np.ndarray:
        curve = self._metric(metric).curve
        if seed is not None:
            raise ValueError(f"{self.dataset} does not record seeds, so there is no seed {seed}")
        if metric not in self._imported:
            return proxy_scores.column(self.space, metric)
        if epochs is not None and self._imported[metric].whole_training:
            return read_only(self.seconds(self._fidelity(epochs)).astype(np.float32))
        epochs = self.fidelities[-1] if epochs is None else self._fidelity(epochs)
        if metric == "test_acc" and not any(n.startswith("test_acc@") for n in self._columns):
            metric = "val_acc"
        return self._columns.get(
            f"{metric}@{epochs}" if curve else metric, read_only(np.full(len(self.space), np.nan, np.float32))
        )

    def seconds(self, epochs: int) -> np.ndarray:
        """float64[len(space)]: the file's train_s at those epochs, or its share of the full training; zeros without."""
        if not self.timed:
            return np.zeros(len(self.space))
        if f"train_s@{self._fidelity(epochs)}" in self._columns:
            return self._columns[f"train_s@{epochs}"].astype(np.float64)
        return self.column("train_s").astype(np.float64) * (epochs / self.fidelities[-1])

    def provenance(self) -> Mapping[str, str]:
        return json.loads(_table.meta(self._file(self.dataset))["provenance"])

    def fingerprint(self) -> str:
        return _table.fingerprint(self._file(self.dataset))


def add(
    draft: TableDraft, name: str, source: str = "", fewer_is_better: Iterable[str] | None = None, scale: str = ""
) -> Path:
    """Put the columns of `draft` into the user's table `name`, as metrics of the architectures that it has.

    The other arguments are those of `user_table.save`. ValueError if there is no such table, or it has one of them.
    """
    there = user_table.names(draft.space)
    if name not in there:
        raise ValueError(f"there is no table {name!r} of your own to add to; there are: {', '.join(there) or 'none'}")
    file = user_table.folder(draft.space) / f"{name}.parquet"
    columns, meta = _table.columns(file), _table.meta(file)
    goals, main = user_table.goals(meta), user_table.main(meta)
    if twice := sorted(goals.keys() & set(draft.metrics)):
        raise ValueError(f"the table {name} has a metric {twice[0]} already; rename the column of the file")
    present = np.any([~np.isnan(values) for values in columns.values()], 0)
    extra = {n: np.where(present, values, np.nan) for n, values in user_table.in_percent(draft, scale).items()}
    if not any(np.isfinite(values).any() for values in extra.values()):
        raise ValueError(f"the file has no number for any architecture of the table {name}")
    about = f"{source or 'source not given'}, added on {datetime.now(UTC).date().isoformat()}"
    provenance = {**json.loads(meta["provenance"]), ", ".join(draft.metrics): about}
    goals |= user_table.goals_of(draft, fewer_is_better)
    tables.write(file, {**columns, **extra}, provenance, np.float64, goals=goals, main=asdict(main))
    return file


def _unit(name: str) -> str:
    by_suffix = next((unit for end, unit in _UNITS.items() if name.endswith(end)), "")
    return by_suffix or ("%" if user_table.is_accuracy(name) else "")
