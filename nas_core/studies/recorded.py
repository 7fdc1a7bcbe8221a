"""Studies that come with the app finished, because they take longer than a first visitor waits.

Each is a small file of arrays, made by `python -m nas_core record`. It counts only for the table it was made from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from nas_core import arrays, benchmarks, places, plugins
from nas_core.benchmarks import Benchmark
from nas_core.sources import hw_nas_bench_360, nas_bench_graph
from nas_core.sources.catalogue import DATASETS
from nas_core.studies import lab, predictor_study
from nas_core.studies.lab import LabPlan, Results
from nas_core.studies.predictor_study import PredictorStudy, Score

FOLDER = Path(__file__).parent / "recordings"
POCKET = ("pocket_topology", "cluttered_digits")
WIDTHS = (("pocket_size", "cluttered_digits"), *(("nats_size", dataset) for dataset in DATASETS))  # nothing isomorphic
TABLES = (
    POCKET,
    ("pocket_topology", "cluttered_digits_2"),
    ("pocket_topology", "banking77"),
    *(("nats_topology", dataset) for dataset in (*DATASETS, *hw_nas_bench_360.TASKS)),
    ("nas_bench_macro", "cifar10"),
    *(("nas_bench_graph", dataset) for dataset in nas_bench_graph.DATASETS),
    *WIDTHS,
)
PLANS = tuple(LabPlan(*table, "dies", ("oldest", "worst"), "noise", ("none", "frozen", "redrawn")) for table in TABLES)
PREDICTORS = tuple(PredictorStudy(*table, predictor_study.USUAL, once=table not in WIDTHS) for table in TABLES)


def scores(study: PredictorStudy) -> list[Score]:
    """All scores of `study`, as `predictor_study.run` yields them; none if it does not come with the app."""
    names = [field.name for field in fields(Score)]
    columns = [column.tolist() for column in _read("predictors", study, *names)]
    rows = (dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True))
    return [Score(**{**row, "regrets": tuple(row["regrets"])}) for row in rows]


def results(plan: LabPlan) -> Results:
    """All searches of `plan`; none if it does not come with the app."""
    nothing = Results.of(plan)
    accuracy, perfect = _read("lab", plan, "accuracy", "perfect") or (nothing.accuracy, nothing.perfect)
    return replace(nothing, accuracy=accuracy, perfect=perfect)


def missing(study: PredictorStudy | LabPlan) -> str:
    """ "" if the table of `study` is here, else one sentence on how to get it."""
    return plugins.get(Benchmark, study.benchmark).missing(study.dataset)  # type: ignore[type-abstract]


def record_scores(study: PredictorStudy) -> Path:
    """Run `study` and keep its scores."""
    every = [vars(score) for score in predictor_study.run(study)]
    return _write("predictors", study, {name: np.array([score[name] for score in every]) for name in every[0]})


def record_results(plan: LabPlan) -> Path:
    """Run `plan` and keep its results."""
    every = Results.of(plan, lab.run(plan))
    return _write("lab", plan, {"accuracy": every.accuracy, "perfect": every.perfect})


def _file(kind: str, study: PredictorStudy | LabPlan) -> Path:
    return FOLDER / f"{kind}_{study.key}.npz"


def _write(kind: str, study: PredictorStudy | LabPlan, columns: Mapping[str, np.ndarray]) -> Path:
    FOLDER.mkdir(exist_ok=True)
    file = _file(kind, study)
    with places.replacing(file) as new, new.open("wb") as out:
        np.savez_compressed(out, fingerprint=np.array(_fingerprint(study)), **columns)  # type: ignore[arg-type]
    return file


@lru_cache(maxsize=8)
def _arrays(file: Path, *names: str) -> list[np.ndarray]:
    return arrays.load(file, "install this version again", *names)


def _read(kind: str, study: PredictorStudy | LabPlan, *names: str) -> list[np.ndarray]:
    """The arrays of a study; none if it does not come with the app, or is of another table."""
    file = _file(kind, study)
    if not file.exists():
        return []
    fingerprint, *columns = _arrays(file, "fingerprint", *names)
    return columns if fingerprint == _fingerprint(study) else []


def _fingerprint(study: PredictorStudy | LabPlan) -> str:
    return benchmarks.table(study.benchmark, study.dataset).fingerprint()
