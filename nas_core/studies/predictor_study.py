"""How well predictors rank unseen architectures, by the number of trained ones they learn from.

Every split shuffles the architectures; its training sets are the first n of that order, so larger ones contain
smaller ones, and all predictors learn from and are judged on the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from typing import Any

import numpy as np

from nas_core import benchmarks, plugins, predictors, stats
from nas_core.predictors import Predictor
from nas_core.spaces import SearchSpace, representatives
from nas_core.values import digest

PICKS = (1, 10, 100)  # how many of the best predictions are trained
BASELINE = "plain random forest"
USUAL = ("gp_wl", "gradient_boosting", "mlp_ensemble", "random_forest")  # predictors that a study begins with
TRUTH = "test_acc"  # at full training


@dataclass(frozen=True)
class PredictorStudy:
    """Which predictors learn from which data, on how many architectures."""

    benchmark: str
    dataset: str
    names: tuple[str, ...]  # of predictors
    params: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # {predictor: what differs from its defaults}
    sizes: tuple[int, ...] = (25, 50, 100, 200)
    splits: int = 5
    signal: str = "val_acc"  # the metric they learn from
    epochs: int | None = None  # of training behind it; None: full
    once: bool = True  # count isomorphic architectures once, so that no tested one is a trained one in disguise

    def __post_init__(self) -> None:
        if not self.names:
            raise ValueError("choose at least one predictor")
        if not self.sizes or min(self.sizes) < 2:
            raise ValueError("choose at least one training size, of two architectures or more")

    @property
    def key(self) -> str:
        """12 hex digits: equal studies have equal ones."""
        return digest(self)

    @property
    def steps(self) -> int:
        """How many scores `run` yields."""
        return self.splits * len(self.sizes) * (len(self.names) + 1)


@dataclass(frozen=True)
class Score:
    """One predictor after one training set."""

    name: str
    size: int
    split: int
    kendall: float  # with the truth, over all architectures it was not trained on; so are the others
    spearman: float
    kendall_best: float  # among the truly best tenth
    regrets: tuple[float, ...]  # points by which the best of the PICKS best predicted misses the best there is
    fit_s: float
    predict_s: float


@dataclass(frozen=True)
class Measure:
    """One way to look at a score."""

    title: str
    help: str
    goal: str  # "max" or "min"
    read: Callable[[Score], float]


MEASURES = {
    "kendall": Measure(
        "Kendall's tau",
        "How well the predicted order agrees with the true one over all architectures it did not learn from: 1 if "
        "every pair is in the right order, 0 if that is chance.",
        "max",
        lambda s: s.kendall,
    ),
    "spearman": Measure(
        "Spearman's rho",
        "The correlation of predicted and true ranks: 1 is perfect, 0 is chance.",
        "max",
        lambda s: s.spearman,
    ),
    "best": Measure(
        "Kendall's tau among the best tenth",
        "The same among the truly best tenth, where a search spends its time. It is always lower: good networks differ "
        "by little.",
        "max",
        lambda s: s.kendall_best,
    ),
    **{
        f"regret{k}": Measure(
            f"Regret of the best {k}" if k > 1 else "Regret of the first pick",
            f"If the {k} architectures with the highest prediction were trained, by how many points would the best of "
            f"them miss the best there is?",
            "min",
            partial(lambda i, s: s.regrets[i], i),
        )
        for i, k in enumerate(PICKS)
    },
    "fit": Measure("Time to fit", "Seconds of training the predictor.", "min", lambda s: s.fit_s),
    "predict": Measure("Time to predict", "Seconds of asking it about all others.", "min", lambda s: s.predict_s),
}


@dataclass(frozen=True)
class Cells:
    """The architectures of a study with their values."""

    space: SearchSpace
    rows: np.ndarray  # int64[n], `space.index`
    archs: np.ndarray  # int64[n, decisions]
    signal: np.ndarray  # float64[n]
    truth: np.ndarray  # float64[n]

    @property
    def ceiling(self) -> float:
        """Kendall's tau of the signal itself: what a predictor reaches that knows it for every architecture."""
        return stats.kendall(self.signal, self.truth)


def cells(study: PredictorStudy) -> Cells:
    """All architectures with signal and truth. ValueError if a training set needs more."""
    table = benchmarks.table(study.benchmark, study.dataset)
    space = table.space
    signal = table.column(study.signal, study.epochs if table.metrics[study.signal].curve else None).astype(np.float64)
    truth = table.column(TRUTH).astype(np.float64)
    rows = np.flatnonzero(np.isfinite(signal) & np.isfinite(truth))
    if study.once:
        rows = rows[np.sort(np.unique(representatives(space)[rows], return_index=True)[1])]
    archs = space.all().astype(np.int64)
    if len(rows) <= max(study.sizes):
        raise ValueError(f"{len(rows)} architectures are known, too few to learn from {max(study.sizes)} of them")
    return Cells(space, rows, archs[rows], signal[rows], truth[rows])


def split(data: Cells, number: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    """(positions int64[size] to learn from, positions int64[n - size] to be judged on)."""
    order = np.random.default_rng([number, 5]).permutation(len(data.rows))
    return order[:size], order[size:]


def title(name: str) -> str:
    """The title of a predictor of a study, or of the BASELINE."""
    return name if name == BASELINE else plugins.get(Predictor, name).title()


def predictor(study: PredictorStudy, name: str, space: SearchSpace) -> Any:
    """The predictor `name` as the study has it."""
    return PlainForest(space) if name == BASELINE else predictors.create(name, space, **study.params.get(name, {}))


def run(study: PredictorStudy, done: Sequence[Score] = ()) -> Generator[Score]:
    """All scores: those `done` before, then the others: split by split, small training sets first, in each the
    baseline and then the predictors in order."""
    yield from done
    have = {(s.name, s.split, s.size) for s in done}
    data = cells(study)
    for number, size, name in product(range(study.splits), study.sizes, (BASELINE, *study.names)):
        if (name, number, size) not in have:
            yield score(study, data, name, number, size)


def score(study: PredictorStudy, data: Cells, name: str, number: int, size: int) -> Score:
    """Fit and judge one predictor."""
    train, test = split(data, number, size)
    model, began = predictor(study, name, data.space), time.perf_counter()
    model.fit(data.archs[train], data.signal[train])
    fitted = time.perf_counter()
    guess, _ = model.predict(data.archs[test])
    done = time.perf_counter()
    truth = data.truth[test]
    ranked = truth[np.argsort(-guess, kind="stable")]
    return Score(
        name,
        size,
        number,
        stats.kendall(guess, truth),
        stats.spearman(guess, truth),
        stats.kendall_of_best(guess, truth),
        tuple(float(truth.max() - ranked[:k].max()) for k in PICKS),
        fitted - began,
        done - fitted,
    )


@dataclass(frozen=True)
class Guess:
    """One predictor's predictions for every architecture of a study."""

    rows: np.ndarray  # int64[n], `space.index`
    predicted: np.ndarray  # float64[n]
    doubt: np.ndarray  # float64[n], one standard deviation
    truth: np.ndarray  # float64[n]
    trained: np.ndarray  # bool[n]: it learned from this one

    @property
    def best(self) -> int:
        """Position of the highest prediction."""
        return int(self.predicted.argmax())

    def position(self, row: int) -> int:
        """Where architecture `row` stands in these columns; that of the highest prediction if it is none of them."""
        places = np.flatnonzero(self.rows == row)
        return int(places[0]) if len(places) else self.best

    def rank(self, position: int) -> int:
        """1 for the truly best."""
        return stats.rank(self.truth, float(self.truth[position]))


def guess(study: PredictorStudy, name: str, number: int, size: int) -> Generator[Guess]:
    """One item: the predictor of that split and size, asked about all; a generator, so that it can run as a job."""
    data = cells(study)
    train, _ = split(data, number, size)
    model = predictor(study, name, data.space)
    model.fit(data.archs[train], data.signal[train])
    mean, std = model.predict(data.archs)
    trained = np.zeros(len(data.rows), bool)
    trained[train] = True
    yield Guess(data.rows, mean, std, data.truth, trained)


class PlainForest:
    """The baseline: a random forest on the one-hot encoding and the raw signal."""

    def __init__(self, space: SearchSpace) -> None:
        self.space = space

    def fit(self, archs: np.ndarray, y: np.ndarray) -> None:
        """As `Predictor.fit`."""
        from sklearn.ensemble import RandomForestRegressor

        self.forest = RandomForestRegressor(100, random_state=0).fit(self.space.encode(archs), y)

    def predict(self, archs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """As `Predictor.predict`; no uncertainty."""
        return self.forest.predict(self.space.encode(archs)), np.zeros(len(archs))
