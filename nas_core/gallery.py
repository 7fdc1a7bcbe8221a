"""Questions that the app answers on its home page, each with the view of the page that has made the answer.

To add one, write a function that computes its answer from what comes with the app and add a `Question`; then run
`python -m nas_core record`, which keeps the answers of all, since some take seconds.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import cast

import numpy as np

from nas_core import benchmarks, datasets, race, searches, strategies
from nas_core.benchmarks import Table
from nas_core.benchmarks.live import LiveTraining
from nas_core.charts import palette, thumbnails
from nas_core.history import History
from nas_core.places import app_dir, replacing
from nas_core.sources.scores import Scoring
from nas_core.store import Store
from nas_core.studies import (
    lab_reading,
    landscape,
    live_search,
    predictor_study,
    proxy_quality,
    proxy_reading,
    proxy_study,
    recorded,
    supernets,
)
from nas_core.studies.compare import races, sentences
from nas_core.studies.fronts import FrontTask
from nas_core.studies.lab import FACTORS
from nas_core.studies.landscape_reading import basins, shorter
from nas_core.studies.optima import optima
from nas_core.studies.supernets import SupernetRun
from nas_core.studies.transfer import transfer
from nas_core.types import Objective, RunSpec, counted

FILE = recorded.FOLDER / "gallery.json"
STRATEGIES = ("random_search", "regularized_evolution")
TRIALS, SEEDS = 200, 50
RACE = tuple(
    RunSpec(*recorded.POCKET, strategy, max_trials=TRIALS, seed=seed)
    for strategy in STRATEGIES
    for seed in range(SEEDS)
)
COLLAPSE = "3fab9a65aacb"  # the recorded run of DARTS that is long enough to collapse
OWN = "fdebfe323e3d"  # the recorded search with real trainings
TRAINED = 100  # networks that a predictor learns from
GRAPHS = ("cora", "physics")
SHOWN = 300  # points of a cloud


@dataclass(frozen=True)
class Answer:
    """One sentence, and a picture as SVG."""

    sentence: str
    picture: str


@dataclass(frozen=True)
class Question:
    """A question, how it is answered, and where: a page of the app and the query string of the view."""

    title: str
    answer: Callable[[], Answer]
    page: str
    link: Mapping[str, str | list[str]]


def table() -> Table:
    """The embedded table that most answers are read from."""
    return benchmarks.table(*recorded.POCKET)


def _evolution() -> Answer:
    groups = race.entrants([searches.trace(spec) for spec in RACE])
    signal = race.report_signal(table(), "test_acc")
    at = np.arange(5.0, TRIALS + 1)
    curves = {label: (at, race.curves(traces, signal, "trials", at).mean(0)) for label, traces in groups.items()}
    sentence = sentences.headline(races.claims(groups, signal, "trials", TRIALS))
    colours = [palette.strategy(name, strategies.names())[0] for name in STRATEGIES]  # as in the race above it
    return Answer(sentence, thumbnails.lines(sentence, curves, ("trainings", "test accuracy, mean"), colours=colours))


def _collapse() -> Answer:
    events = Store(app_dir() / "assets" / "runs").read(COLLAPSE)
    run = SupernetRun.of(events, table().space)
    column = table().column(supernets.REPORTED).astype(float)[run.rows]
    epochs = np.arange(1.0, len(run) + 1)
    title = strategies.title(run.spec.strategy)
    sentence = supernets.reading(run, table())[1].replace("It", title, 1)
    curve = {"": (epochs, column)}
    return Answer(sentence, thumbnails.lines(sentence, curve, ("epochs", "test accuracy of the cell it names"), True))


def _proxies() -> Answer:
    study = proxy_study.ProxyStudy(*recorded.POCKET, proxy_study.USUAL, Scoring(net="pocket", data=recorded.POCKET[1]))
    scores = proxy_study.from_table(study)
    qualities = proxy_quality.judge(scores) if scores else []
    sentence = " ".join(proxy_reading.answer(qualities)[:2])
    rows = [(proxy_reading.title(j.name), j.spearman, j.name in proxy_study.BASELINES) for j in qualities[:7]]
    return Answer(sentence, thumbnails.bars(f"Spearman correlation with accuracy. {sentence}", rows))


def _small() -> Answer:
    task = FrontTask(table(), (Objective("val_acc", "max"), Objective("flops_m", "min")), reported=True)
    accuracy, cost = task.values[task.front].T
    best = int(accuracy.argmax())
    half = float(accuracy[cost <= cost[best] / 2].max())
    sentence = (
        f"With half the multiply-adds of the best network, {half:.2f} % of the test images are recognised, with all of "
        f"them {accuracy[best]:.2f} %."
    )
    order = np.argsort(cost)
    front = {"": (cost[order], accuracy[order])}
    return Answer(sentence, thumbnails.lines(sentence, front, ("MFLOPs", "test accuracy of the exact front"), True))


def _aging() -> Answer:
    plan = recorded.PLANS[0]
    results = recorded.results(plan)
    sentence = lab_reading.answer_of(results, plan.trials)
    values = results.values(plan.trials)
    middle = values.mean(2)
    half = 1.96 * values.std(2, ddof=1) / np.sqrt(values.shape[2])
    words = FACTORS[plan.compare].words
    series = {words(level): np.stack([m - h, m, m + h]) for level, m, h in zip(plan.levels, middle, half, strict=True)}
    under = [FACTORS[plan.under].words(c) for c in plan.circumstances]
    return Answer(sentence, thumbnails.intervals(sentence, under, series, ("", "test accuracy")))


def _graphs() -> Answer:
    first, second = (benchmarks.table("nas_bench_graph", name) for name in GRAPHS)
    return _across(first, second)


def _texts() -> Answer:
    return _across(table(), benchmarks.table(recorded.POCKET[0], "banking77"))


def _across(first: Table, second: Table) -> Answer:
    """What a ranking on the first dataset says of that on the second, of isomorphic networks one."""
    pair = transfer(first, second, mask=landscape.distinct(first.space))
    one, other = (datasets.title(t.dataset, t.dataset_titles) for t in (first, second))
    sentence = pair.sentence(one, other)
    sample = _sample(len(pair.rows))
    best = [pair.x.argmax()]
    cloud, ringed = ((pair.x_rank[i], pair.y_rank[i]) for i in (sample, best))
    return Answer(sentence, thumbnails.points(sentence, cloud, ringed, (f"rank on {one}", f"rank on {other}")))


def _model() -> Answer:
    history = History.of(Store(app_dir() / "assets" / "runs").read(OWN))
    live = cast(LiveTraining, benchmarks.create(history.spec.benchmark, history.spec.dataset))
    best = live_search.candidates(history, live.space, live.epochs)[0]
    sentence = (
        f"{len(history)} trainings in {history.end[-1] / 60:.0f} minutes found a network that recognises "
        f"{best.metrics['val_acc']:.1f} % of the validation images; it is taken home as PyTorch and ONNX."
    )
    values = np.maximum.accumulate(np.nan_to_num(history.metrics["val_acc"]))
    lines = {"": (np.arange(1.0, len(values) + 1), values)}
    return Answer(sentence, thumbnails.lines(sentence, lines, ("trainings", "validation accuracy of the best"), True))


def _landscape() -> Answer:
    space = table().space
    peaks = optima(table().column("val_acc").astype(float), space, "max")
    sentence = basins(peaks, space.noun)
    height = table().column("val_acc").astype(float)[peaks.rows]
    order = np.argsort(height)
    axes = ("local optima, in order", "validation accuracy; area: basin")
    return Answer(sentence, thumbnails.circles(sentence, height[order], peaks.basin[order], axes))


def _predictors() -> Answer:
    study = recorded.PREDICTORS[0]
    scores = recorded.scores(study)
    ceiling = predictor_study.cells(study).ceiling

    def mean(name: str, size: int) -> float:
        return float(np.mean([s.kendall for s in scores if (s.name, s.size) == (name, size)]))

    best = max(study.names, key=lambda name: mean(name, TRAINED))
    names = {predictor_study.title(best): best, predictor_study.BASELINE: predictor_study.BASELINE}
    sizes = np.array(study.sizes, float)
    curves = {title: (np.log(sizes), np.array([mean(n, s) for s in study.sizes])) for title, n in names.items()}
    sentence = (
        f"From {TRAINED} trained networks, {predictor_study.title(best)} ranks all others with a Kendall’s tau of "
        f"{mean(best, TRAINED):.2f}; their own validation accuracy would give {ceiling:.2f}."
    )
    across = f"{study.sizes[0]} to {study.sizes[-1]} trained networks"
    return Answer(sentence, thumbnails.lines(sentence, curves, (across, "Kendall’s tau")))


def _short() -> Answer:
    rows = np.flatnonzero(landscape.distinct(table().space))
    first, last = table().fidelities[0], table().fidelities[-1]
    early, late = (table().column("val_acc", e).astype(float)[rows] for e in (first, last))
    sentence = shorter("validation accuracy", (first, last), early, late)
    sample = _sample(len(rows))
    cloud, ringed = ((early[i], late[i]) for i in (sample, [int(late.argmax())]))
    return Answer(
        sentence,
        thumbnails.points(
            sentence, cloud, ringed, (f"after {counted(first, 'epoch')}", f"validation accuracy after {last}")
        ),
    )


def _sample(count: int) -> np.ndarray:
    return np.sort(np.random.default_rng(0).choice(count, min(SHOWN, count), replace=False))


EXPLORE = "pages/10_explore.py"
QUESTIONS = (
    Question(
        "Does evolution beat random search?",
        _evolution,
        "pages/20_search.py",
        {"strategies": list(STRATEGIES), "trials": str(TRIALS), "runs": str(SEEDS), "edit": "false"},
    ),
    Question(
        "Watch DARTS collapse",
        _collapse,
        "pages/55_supernet.py",
        {
            "method": "DARTS",
            "net.darts.epochs": "200",
            "net.darts.steps": "48",
            "net.darts.score_every": "20",
            "net.darts.curvature": "true",
        },
    ),
    Question(
        "From a folder of images to an ONNX file in ten minutes",
        _model,
        "pages/17_your_task.py",
        {"task_data": "cluttered digits", "task_epochs": "2"},
    ),
    Question("Which proxy can be trusted?", _proxies, "pages/45_proxies.py", {}),
    Question("How small can a good network be?", _small, EXPLORE, {"view": "Pareto front", "judged": "on test images"}),
    Question("Does aging help evolution?", _aging, "pages/60_why_evolution.py", {}),
    Question(
        "Does what is good on one graph work on another?",
        _graphs,
        EXPLORE,
        {
            "benchmark": "NAS-Bench-Graph",
            "dataset": "Cora",
            "across": "true",
            "against": "NAS-Bench-Graph · Coauthor Physics",
            "isomorphic": "true",
        },
    ),
    Question(
        "Do good image cells make good text cells?",
        _texts,
        EXPLORE,
        {"across": "true", "against": "Pocket topology · Banking77", "isomorphic": "true"},
    ),
    Question("How rugged is the landscape?", _landscape, EXPLORE, {"view": "Landscape"}),
    Question("Can a predictor learn from 100 networks?", _predictors, "pages/50_predictors.py", {}),
    Question(
        "Do short trainings rank like long ones?",
        _short,
        EXPLORE,
        {"x": "validation accuracy after 1 epoch", "isomorphic": "true"},
    ),
)


def record() -> Path:
    """Answer all questions and keep the answers."""
    answers = {question.title: asdict(question.answer()) for question in QUESTIONS}
    with replacing(FILE) as new:
        new.write_text(json.dumps(answers, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return FILE


@lru_cache(maxsize=1)
def answers() -> Mapping[str, Answer]:
    """{title: the answer that comes with the app}."""
    return {title: Answer(**answer) for title, answer in json.loads(FILE.read_text(encoding="utf-8")).items()}
