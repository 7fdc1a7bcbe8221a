"""The long jobs, small enough to be hurt many times: each can be begun again at any moment, and says how it ended."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from nas_core import searches, sweep
from nas_core.child import TICK
from nas_core.cli._options import run_folder
from nas_core.executors import SerialExecutor, processes
from nas_core.experiments import Experiments
from nas_core.jobs import search
from nas_core.places import data_dir
from nas_core.sources.chunks import METRICS, Recipe, train_archs
from nas_core.store import Store, StoreError
from nas_core.types import Arch, Asked, RunSpec, Told

SPEC = RunSpec("pocket_topology", "cluttered_digits", "regularized_evolution", {"population_size": 10}, max_trials=150)
BOTH = [replace(SPEC, strategy=name, params={}, max_trials=60) for name in ("random_search", "local_search")]
SEEDS = range(3)


@dataclass(frozen=True)
class Work:
    """steps: the job itself, from where it stands in the data folder; end: what came of it, the same words for the same
    result. torch: it needs torch. calm: it leaves no thread or process behind. heavy: it takes many seconds. command:
    the command line that does the same."""

    steps: Callable[[], Iterable[Any]]
    end: Callable[[], Any]
    torch: bool = False
    calm: bool = True
    heavy: bool = False
    command: tuple[str, ...] = ()


def digest(content: Any) -> str:
    """A word for JSON-able content."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[:12]


def _run(run_id: str) -> list[Any]:
    """What a run asked and was told; no real seconds."""
    events = Store(data_dir() / "runs").read(run_id)
    asked = [
        (e.number, e.suggestion.arch, e.suggestion.epochs, e.suggestion.measure) for e in events if type(e) is Asked
    ]
    told = [(e.trial.number, dict(e.trial.metrics), e.trial.error) for e in events if type(e) is Told]
    return [len(events), asked, told]


def _search() -> Iterator[Any]:
    yield from search(Store(data_dir() / "runs"), SPEC)


def _sweep() -> Iterator[Any]:
    yield from sweep.sweep({spec.strategy: spec for spec in BOTH}, SEEDS, 1, run_folder("sweeps"))


def _traces() -> Any:
    compact = sweep.Compact(data_dir() / "sweeps")
    traces = [compact.find(replace(spec, seed=seed)) for spec in BOTH for seed in SEEDS]
    return [(t.spec.id, t.end.tolist(), t.incumbent.tolist(), t.values.tolist()) for t in traces]


def _experiment() -> Iterator[Any]:
    specs = [replace(spec, seed=seed) for seed in SEEDS for spec in BOTH]
    store = Store(data_dir() / "runs")
    Experiments(data_dir() / "experiments", store).collect(specs, "two strategies")
    for item in searches.save_each(store, specs, fresh=False):
        if item is not TICK and item.problem:
            raise StoreError(item.problem)
        yield item


def _experiments() -> Any:
    found, faults = Experiments(data_dir() / "experiments", Store(data_dir() / "runs")).all()
    if faults:
        raise StoreError(next(iter(faults.values())))
    return [(one.name, sorted(one.settings), one.seeds, [_run(run) for run in sorted(one.run_ids)]) for one in found]


def _plan() -> Any:
    from nas_core.sources.scores import Scoring

    return Scoring(net="pocket", batch=4)


def _score() -> Iterator[Any]:
    from nas_core import scoring

    run_folder("scores")
    yield from scoring.sweep(_plan(), [15624, 3, 77, 900], ["params", "synflow"])


def _scores() -> Any:
    from nas_core.benchmarks import _table
    from nas_core.sources import scores

    table = _table.columns(_plan().file)
    columns = {n: values[np.isfinite(values)].tolist() for n, values in sorted(table.items()) if "second" not in n}
    return columns, {row: dict(one.values) for row, one in sorted(scores.read(_plan()).items())}


def _recipe() -> Any:
    from nas_core.sources import live

    whole = live.recipe("pocket_topology")
    return replace(whole, dataset_params={**whole.dataset_params, "train": 64, "held_out": 64})


def _train() -> Iterator[Any]:
    from nas_core import resuming

    recipe = _recipe()
    if not _weights().exists():
        yield from resuming.train(recipe, recipe.make_space().arch(3000), recipe.load(), _weights())


def _weights() -> Path:
    return run_folder("weights") / "net.safetensors"


def _trained() -> Any:
    from nas_core import trained

    record, tensors = trained.load(_weights())
    epochs = [{k: v for k, v in epoch.items() if k != "seconds"} for epoch in record.epochs]
    return epochs, {name: hashlib.sha256(t.numpy().tobytes()).hexdigest() for name, t in sorted(tensors.items())}


def _supernet() -> Iterator[Any]:
    yield from search(Store(data_dir() / "runs"), _rsps())


def _rsps() -> RunSpec:
    small = {"epochs": 3, "channels": 2, "batch": 8, "steps": 2, "judged_on": 16, "scored": 3, "candidates": 3}
    return replace(SPEC, strategy="rsps", params={**small, "images": "cluttered_digits"}, max_trials=1)


def _download() -> Iterator[Any]:
    from nas_core.sources import download, tables

    yield from download.download(pinned(), os.environ["MIRROR"])
    numbers = [np.frombuffer(download.path(file).read_bytes(), np.uint8) for file in pinned()]
    columns = {f"part{n}": part.astype(np.float32) for n, part in enumerate(numbers)}
    yield tables.write(tables.tables_dir() / "fetched.parquet", columns, {"from": "here"})


def content(number: int) -> bytes:
    """Of a file that is downloaded."""
    return np.random.default_rng(number).bytes(200_000)


def pinned() -> list[Any]:
    """Three files of a public repository."""
    from nas_core.sources.catalogue import PinnedFile

    return [
        PinnedFile("some/where", "0" * 40, f"{n}.bin", 200_000, hashlib.sha256(content(n)).hexdigest(), "", "", "")
        for n in range(3)
    ]


def _fetched() -> Any:
    from nas_core.benchmarks import _table
    from nas_core.sources import tables

    return _table.fingerprint(tables.tables_dir() / "fetched.parquet")


def _import() -> Iterator[Any]:
    from nas_core.sources import own_data

    if "mine" not in own_data.names():
        *_, draft = own_data.read(Path(os.environ["UPLOAD"]), own_data.Options("arrays"))
        yield own_data.save(draft, "Mine")


def _imported() -> Any:
    from nas_core import datasets

    one = datasets.create("mine")
    return {part: hashlib.sha256(b"".join(a.tobytes() for a in one.raw(part))).hexdigest() for part in one.load()}


def _build(workers: Callable[..., Executor], train: Callable[..., np.ndarray]) -> Iterator[Any]:
    from nas_core.cli import _os_error
    from nas_core.sources import _costs, chunks, table_build
    from tests.unit.test_pocket_build import POCKET, _timed

    chunks.CHUNK, _costs.measure, chunks.train_archs = 8, _timed, train
    chunks.executors = SimpleNamespace(processes=workers)  # type: ignore[assignment]
    folder = data_dir()
    file = folder / "tables" / "tiny.parquet"
    try:
        yield from table_build.build(POCKET, 1, "torch", folder=folder / "build", file=file)
    except OSError as error:  # as the command says it
        raise RuntimeError(_os_error(error)) from error


def _curves(recipe: Recipe, archs: Sequence[Arch], seed: int, *_: Any) -> np.ndarray:
    """As if they had been trained: what matters here are the files."""
    return np.array(
        [np.random.default_rng([seed, *arch]).random((recipe.protocol.epochs, len(METRICS))) for arch in archs],
        np.float32,
    )


def _built() -> Any:
    from nas_core.benchmarks import _table

    return {n: values.tolist() for n, values in _table.columns(data_dir() / "tables" / "tiny.parquet").items()}


_BUDGET = ("--seed", "0", "--trials", "150")
_TWO = ("sweep", "--strategies", "random_search,local_search", "--seeds", "0:3", "--trials", "60", "--processes", "1")
WORKS = {
    "search": Work(
        _search,
        lambda: _run(SPEC.id),
        command=("run", "--strategy", SPEC.strategy, "--set", "population_size=10", *_BUDGET),
    ),
    "sweep": Work(_sweep, _traces, command=_TWO),
    "experiment": Work(_experiment, _experiments, command=(*_TWO, "--name", "two strategies")),
    "download": Work(_download, _fetched, calm=False),
    "import": Work(_import, _imported, calm=False, command=("import", "arrays", "UPLOAD", "--name", "mine")),
    "score": Work(_score, _scores, torch=True),
    "training": Work(_train, _trained, torch=True),
    "supernet": Work(_supernet, lambda: _run(_rsps().id), torch=True),
    "build": Work(partial(_build, lambda count, nice: SerialExecutor(), _curves), _built, torch=True),
    "build in processes": Work(partial(_build, processes, train_archs), _built, torch=True, calm=False, heavy=True),
}
