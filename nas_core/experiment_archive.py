"""An experiment as one zip archive: its specs, every trial of every seed, provenance, and how to repeat it."""

from __future__ import annotations

import io
import json
import platform
import secrets
import zipfile
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nas_core
from nas_core import archives, benchmarks, command, places, plugins, run_file, runner, verification
from nas_core.experiment_file import Experiment
from nas_core.experiments import Experiments
from nas_core.store import LONGEST, Store, StoreError, is_id
from nas_core.strategies import Strategy
from nas_core.types import Event, RunSpec, Started, Told
from nas_core.values import cell

if TYPE_CHECKING:
    import pyarrow as pa

SPECS = "experiment.json"
REST = ("trials.parquet", "trials.csv", "provenance.json", "commands.txt")  # for people and other programs
PACKAGES = ("numpy", "scipy", "pyarrow", "scikit-learn", "torch")


def pack(experiment: Experiment, store: Store, path: Path) -> Generator[str]:
    """Write the archive to `path`, whole or not at all; the id of each run is yielded once it is in.

    Of a sweep only compact traces are saved, so its runs are made again from their seeds, without saving them.
    StoreError for what cannot be made again or written, and where the archive would be too large to be imported.
    """
    if experiment.runs + len(REST) + 1 > archives.MOST:
        raise StoreError(f"an archive holds at most {archives.MOST - len(REST) - 1:,} runs, not {experiment.runs:,}")
    if path.exists():
        raise StoreError(f"{path} exists; move it or choose another file")
    try:
        with places.replacing(path) as new, zipfile.ZipFile(new, "w", zipfile.ZIP_DEFLATED) as archive:
            yield from _fill(archive, experiment, store)
    except OSError as error:
        raise StoreError(f"{path} could not be written ({error.strerror or error})") from error


def _fill(archive: zipfile.ZipFile, experiment: Experiment, store: Store) -> Generator[str]:
    archive.writestr(SPECS, experiment.text())
    parts: list[pa.Table] = []
    starts: dict[str, Started] = {}
    size = 0
    for label, spec in experiment.specs:
        events = _events(spec, store)
        parts.append(_trials(label, spec, events))
        if spec.id not in starts:  # the same one may have two labels
            starts[spec.id] = events[0]  # type: ignore[assignment]
            text = "".join(run_file.encode(event) + "\n" for event in events)
            size += len(text)
            if len(text) > LONGEST or size > archives.LARGEST:
                raise StoreError(f"the runs of {experiment.name} are too large for one archive; export fewer seeds")
            archive.writestr(f"runs/{spec.id}.jsonl", text)
        yield spec.id
    rest: list[str | bytes] = [*_tables(parts), _provenance(starts), _commands(experiment)]
    for name, content in zip(REST, rest, strict=True):
        archive.writestr(name, content)


def trials(specs: Iterable[tuple[str, RunSpec]], store: Store) -> pa.Table:
    """One row for each trial of these searches, given with their labels, as in an archive. StoreError as for `pack`."""
    return _whole([_trials(label, spec, _events(spec, store)) for label, spec in specs])


def _whole(parts: Sequence[pa.Table]) -> pa.Table:
    """One table of several, which may lack columns of the others."""
    import pyarrow as pa

    return pa.concat_tables(parts, promote_options="permissive")


def _events(spec: RunSpec, store: Store) -> list[Event]:
    """The saved events of a run that is over, or those that it would have; else as many as there are."""
    events = store.read(spec.id)
    if store.has_ended(spec.id):
        return events
    weights = plugins.get(Strategy, spec.strategy).trains_weights
    if runner.check(spec).simulated and not weights:
        return list(runner.run(spec))
    if events:
        return events
    raise StoreError(f"run {spec.id} is not saved, and its trainings are real: do it first with: {command.run(spec)}")


def _trials(label: str, spec: RunSpec, events: Sequence[Event]) -> pa.Table:
    """One row a trial, proxies' looks included: what was asked, when, and what came back."""
    import pyarrow as pa

    trials = [event.trial for event in events if isinstance(event, Told)]
    columns: dict[str, Any] = {name: [value] * len(trials) for name, value in _which(label, spec).items()}
    columns |= {
        "trial": pa.array([t.number for t in trials], pa.int64()),
        "arch": pa.array([json.dumps(t.arch) for t in trials], pa.string()),
        "measure": pa.array([t.suggestion.measure for t in trials], pa.string()),
        "epochs": pa.array([t.suggestion.epochs for t in trials], pa.int64()),
        "start": pa.array([t.start for t in trials], pa.float64()),
        "end": pa.array([t.end for t in trials], pa.float64()),
        "error": pa.array([t.error for t in trials], pa.string()),
    }
    for place in range(len(spec.objectives)):
        losses = [t.losses[place] if t.losses else None for t in trials]
        columns[f"loss_{place + 1}"] = pa.array(losses, pa.float64())
    for name in dict.fromkeys(name for t in trials for name in t.metrics):
        values = pa.array([t.metrics.get(name) for t in trials], pa.float64())
        columns[f"metric {name}" if name in columns else name] = values
    return pa.table(columns)


def _which(label: str, spec: RunSpec) -> dict[str, str]:
    """The columns that say which run; seeds may be larger than any number of a table."""
    return {"run": spec.id, "label": label, "strategy": spec.strategy, "seed": str(spec.seed)}


def _tables(parts: Sequence[pa.Table]) -> tuple[bytes, bytes]:
    """All trials as Parquet and as CSV."""
    import pyarrow.csv
    import pyarrow.parquet as pq

    whole = _whole(parts)
    parquet, csv = io.BytesIO(), io.BytesIO()
    pq.write_table(whole, parquet, compression="zstd")
    pyarrow.csv.write_csv(_plain(whole), csv)
    return parquet.getvalue(), csv.getvalue()


def _plain(table: pa.Table) -> pa.Table:
    """The same without formulas, for spreadsheets."""
    import pyarrow as pa

    columns = [
        pa.array([cell(value) for value in column.to_pylist()], column.type)
        if pa.types.is_string(column.type)
        else column
        for column in table.columns
    ]
    return pa.table(columns, [cell(name) for name in table.column_names])


def _provenance(starts: dict[str, Started]) -> str:
    """Versions, fingerprints of the tables, and where each number of them is from."""
    sources: dict[str, Any] = {}
    for event in starts.values():
        spec, where = event.spec, f"{event.spec.benchmark}, {event.spec.dataset}"
        if where not in sources:
            with suppress(ValueError, RuntimeError):  # a plugin that is not installed has no sources
                benchmark = benchmarks.create(spec.benchmark, spec.dataset, **spec.benchmark_params)
                sources[where] = {name: metric.source for name, metric in benchmark.metrics.items()}
    versions = {}
    for package in PACKAGES:
        with suppress(metadata.PackageNotFoundError):
            versions[package] = metadata.version(package)
    data = {
        "nas_explorer": nas_core.__version__,
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "packages": versions,
        "runs": {run: {"version": s.version, "table": s.table} for run, s in starts.items()},
        "sources": sources,
    }
    return json.dumps(data, indent=1) + "\n"


def _commands(experiment: Experiment) -> str:
    """The command line that repeats it, or one for each run where no single one says it all."""
    specs = [spec for _, spec in experiment.specs]
    whole = command.whole(specs) if len({spec.id for spec in specs}) == len(specs) else ""
    return "".join(f"{line}\n" for line in ([whole] if whole else dict.fromkeys(map(command.run, specs))))


def unpack(data: bytes, experiments: Experiments) -> tuple[Experiment, dict[str, str]]:
    """(the experiment, saved here; {run id: what speaks against it or why it was not taken in}).

    Each run is checked against the table here, see `verification`. StoreError in one sentence, and nothing taken in,
    for what is not such an archive.
    """
    names: set[str] = set()
    texts = [raw for _, raw in archives.files(data, partial(_is_specs, names))]
    if not texts:
        raise StoreError(f"the archive is not of an experiment: it holds no {SPECS}")
    try:
        experiment = Experiment.read(texts[0])
    except ValueError as error:
        raise StoreError(f"{SPECS} cannot be read: {error}") from None
    run_files = {f"runs/{spec.id}.jsonl" for _, spec in experiment.specs}
    if strange := sorted(name for name in names - run_files if name.startswith("runs/")):
        raise StoreError(f"the archive holds {strange[0]}, which does not belong to its experiment")
    if lacking := run_files - names:
        raise StoreError(f"the archive lacks {len(lacking):,} of the {len(run_files):,} runs of its experiment")
    problems = {}
    for name, raw in archives.files(data, run_files.__contains__):
        run_id = name[5:-6]
        try:
            experiments.store.add(raw, _checked(run_id))
            problem = experiments.store.objection(run_id)
        except StoreError as error:
            problem = str(error)
        if problem:
            problems[run_id] = problem
    with suppress(ValueError, StoreError):
        if experiments.open(experiment.id).specs != experiment.specs:  # another one has that id here
            experiment = replace(experiment, id=secrets.token_hex(6))
    return experiments.save(experiments.with_own_id(experiment)), problems


def _is_specs(names: set[str], name: str) -> bool:
    """True for the file of the specs; StoreError for a name that has no place in such an archive, or occurs twice."""
    run = name.removeprefix("runs/").removesuffix(".jsonl")
    if name not in (SPECS, *REST) and not (is_id(run) and name == f"runs/{run}.jsonl"):
        raise StoreError(f"the archive is not of an experiment: it holds {name[:60]!r}")
    if name in names:
        raise StoreError(f"the archive holds {name} twice")
    names.add(name)
    return name == SPECS


def _checked(run_id: str) -> Callable[[Sequence[Event]], str]:
    """`verification.check`, after StoreError for the events of another run."""

    def check(events: Sequence[Event]) -> str:
        if not isinstance(events[0], Started) or events[0].spec.id != run_id:
            raise StoreError(f"runs/{run_id}.jsonl holds another run")
        return verification.check(events)

    return check
