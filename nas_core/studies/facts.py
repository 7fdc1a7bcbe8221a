"""What can be counted in the NATS-Bench tables without chance, with the numbers that others found there.

Marks and sources as in `nas_core.studies.published`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nas_core import stats
from nas_core.benchmarks import Table
from nas_core.spaces.topology import OPS
from nas_core.studies import landscape, ruggedness
from nas_core.studies.published import NATS, NB201


@dataclass(frozen=True)
class Fact:
    """A number that follows from the whole table; `values` are the published ones, None where there is none."""

    name: str
    group: str
    compute: Callable[[Table], float]
    values: tuple[float | None, ...]  # cifar10, cifar100, ImageNet16-120
    mark: str
    source: str
    within: float  # how far ours may be from it: what its rounding allows, unless `differs` says more
    stds: tuple[float, ...] = ()  # between runs, where it is itself the mean of RUNS random samples
    differs: str = ""
    other: Callable[[Table], float] | None = None  # the same with ties counted the other way; it may lie between
    benchmark: str = "nats_topology"


def _accuracy(short: str, metric: str = "test_acc") -> Callable[[Table], float]:
    """The accuracy of the cell whose six operations are numbered as in OPS."""
    return lambda t: float(t.column(metric)[t.space.index(tuple(map(int, short)))])


def _best_of(n: int) -> Callable[[Table], float]:
    return lambda t: float(stats.best_of_n(t.column("test_acc"), t.column("test_acc"), [n])[0])


def _autocorrelation(lag: int) -> Callable[[Table], float]:
    return lambda t: float(ruggedness.autocorrelation(t.column("test_acc"), t.space, lag)[-1])


def _share_in_top(op: int) -> Callable[[Table], float]:
    return lambda t: float(
        landscape.option_shares(t.space, landscape.best(t, "test_acc", len(t.space) // 100))[:, op].mean()
    )


def _maxima(strict: bool) -> Callable[[Table], float]:
    return lambda t: float(ruggedness.local_optima(t.column("test_acc"), t.space, strict=strict).sum())


def _basin(t: Table) -> float:
    column = t.column("test_acc")
    return ruggedness.climbs(column, t.space).basin(int(column.argmax()))


def _flops(top: float = 1.0, tau: bool = False) -> Callable[[Table], float]:
    def compute(t: Table) -> float:
        accuracy, flops = t.column("test_acc"), t.column("flops_m")
        top_rows = accuracy >= np.quantile(accuracy, 1 - top)
        return (stats.kendall if tau else stats.spearman)(flops[top_rows], accuracy[top_rows])

    return compute


def _mean(t: Table) -> float:
    return float(t.column("test_acc").mean(dtype=float))


def _best(metric: str) -> Callable[[Table], float]:
    return lambda t: float(t.column(metric).max())


def _test_of_best_validation(t: Table) -> float:
    return float(t.column("test_acc")[t.column("val_acc").argmax()])


_COUNTED = "counted from the public test accuracies"
_CENT, _MIL = 0.0051, 0.0011  # numbers given to two and to three digits
_WALKS = "published: estimated on sampled walks; ours: exact"
_TIES = (
    "ours counts cells that no neighbour beats; published: equal accuracies told apart by rounding in the public "
    "file, so it lies between ours and the count without ties"
)
_BORDER = "published: other ties at the border of the best percent"
_SAMPLED = "published: mean of 500 random samples of NAS-Bench-201 v1.1; ours: exact, NATS-Bench v1.0"
_OP_SHARES = {
    "nor_conv_3x3": (0.454, 0.473, 0.458),
    "nor_conv_1x1": (0.189, 0.230, 0.312),
    "skip_connect": (0.231, 0.196, 0.142),
    "none": (0.080, 0.055, 0.049),
    "avg_pool_3x3": (0.046, 0.045, 0.039),
}
_LAGS = (
    (0.549, 0.604, 0.675),
    (0.350, 0.406, 0.488),
    (0.232, 0.282, 0.361),
    (0.165, 0.206, 0.273),
    (0.119, 0.152, 0.209),
    (0.083, 0.112, 0.160),
)

CELLS, SAMPLES, SHAPE, COST = "The best and other known cells", "Random cells", "Landscape", "Size against accuracy"
FACTS = (
    Fact("best test accuracy", CELLS, _best("test_acc"), (94.37, 73.51, 47.31), "T", NB201, _CENT),
    Fact("best validation accuracy", CELLS, _best("val_acc"), (91.61, 73.49, 46.73), "R", NATS, _CENT),
    Fact("ResNet cell, validation", CELLS, _accuracy("303101", "val_acc"), (90.86, 70.50, 44.10), "R", NATS, _CENT),
    Fact("ResNet cell, test", CELLS, _accuracy("303101"), (93.91, 70.89, 44.23), "M", _COUNTED, _CENT),
    Fact(
        "all-skip cell, test",
        CELLS,
        _accuracy("111111"),
        (54.30, 15.61, 16.32),
        "T",
        f"{NB201}: where DARTS ends",
        _CENT,
    ),
    Fact("all-3x3 cell, test", CELLS, _accuracy("333333"), (93.76, None, 41.44), "M", _COUNTED, _CENT),
    Fact("mean of all cells", SAMPLES, _mean, (86.61, 60.83, 33.13), "T", NB201, _CENT, (13.46, 12.58, 9.66), _SAMPLED),
    Fact("best of 10", SAMPLES, _best_of(10), (93.06, 69.76, 43.30), "T", NB201, _CENT, (0.59, 1.25, 1.87), _SAMPLED),
    Fact("best of 100", SAMPLES, _best_of(100), (93.84, 71.56, 45.67), "T", NB201, _CENT, (0.23, 0.78, 0.64), _SAMPLED),
    Fact("best of 500", SAMPLES, _best_of(500), (94.11, 72.52, 46.39), "M", _COUNTED, _CENT),
    Fact("best of 1000", SAMPLES, _best_of(1000), (94.21, 72.84, 46.64), "M", _COUNTED, _CENT),
    Fact("local maxima", SHAPE, _maxima(False), (18, 24, 36), "M", _COUNTED, 0, (), _TIES, _maxima(True)),
    Fact("basin of the best cell", SHAPE, _basin, (0.543, 0.751, 0.193), "M", _COUNTED, 0.003, (), _TIES),
    *(
        Fact(
            f"random-walk autocorrelation, lag {lag}",
            SHAPE,
            _autocorrelation(lag),
            values,
            "M",
            _COUNTED,
            0.012,
            (),
            _WALKS,
        )
        for lag, values in enumerate(_LAGS, 1)
    ),
    *(
        Fact(f"{op} in the best 1 %", SHAPE, _share_in_top(OPS.index(op)), values, "M", _COUNTED, 0.003, (), _BORDER)
        for op, values in _OP_SHARES.items()
    ),
    Fact("MFLOPs against test accuracy, Kendall", COST, _flops(tau=True), (0.578, 0.553, 0.520), "M", _COUNTED, _MIL),
    Fact("MFLOPs against test accuracy, Spearman", COST, _flops(), (0.753, 0.728, 0.691), "M", _COUNTED, _MIL),
    Fact("MFLOPs in the best tenth, Spearman", COST, _flops(0.1), (0.109, 0.248, 0.471), "M", _COUNTED, 0.002),
    Fact(
        "best validation accuracy, size space",
        CELLS,
        _best("val_acc"),
        (90.71, 70.92, 46.73),
        "M",
        _COUNTED,
        _CENT,
        benchmark="nats_size",
    ),
    Fact(
        "test accuracy of that",
        CELLS,
        _test_of_best_validation,
        (93.40, 70.12, 45.10),
        "M",
        _COUNTED,
        _CENT,
        benchmark="nats_size",
    ),
)
