"""Files of runs and archives of experiments that somebody brings: read, checked against the tables here, kept."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

from nas_core import archives, child, experiment_archive, verification
from nas_core.experiment_file import Experiment
from nas_core.experiments import Experiments
from nas_core.store import Store, StoreError

LARGE = 2 * 2**20  # bytes from which a file is read in a process of its own: to decode it takes seconds
Taken = tuple[Experiment | None, list[str], list[str]]


def take_in(experiments: Experiments, name: str, data: bytes) -> Taken:
    """(the experiment of an archive, the runs of other files, sentences on what was not taken in); a large file is read
    apart, so that nobody else waits for it."""
    if len(data) < LARGE:
        return _take_in(experiments, name, data)
    try:
        experiments.store.check_writable()
        make = partial(_apart, experiments.store.folder, experiments.secret_ids, name, data)
        with closing(child.stream(make)) as items:
            return next(item for item in items if item is not child.TICK)
    except RuntimeError as error:
        return None, [], [f"{name}: {error}"]


def _apart(runs: Path, secret_ids: bool, name: str, data: bytes) -> Generator[Taken]:
    yield _take_in(Experiments(runs.parent / "experiments", Store(runs), secret_ids), name, data)


def _take_in(experiments: Experiments, name: str, data: bytes) -> Taken:
    imported, refused = [], []
    try:
        if name.lower().endswith(".zip") and any(archives.files(data, experiment_archive.SPECS.__eq__)):
            one, problems = experiment_archive.unpack(data, experiments)
            why = [
                f"{len(problems):,} of {one.runs:,} runs do not pass the check; run {k}: {v}."
                for k, v in problems.items()
            ]
            return one, [], why[:1]
        for file, raw in _files(name, data):
            try:
                imported.append(experiments.store.add(raw, verification.check))
            except StoreError as error:
                refused.append(f"{file}: {error}")
    except StoreError as error:
        refused.append(f"{name}: {error}")
    return None, imported, refused


def _files(name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    """(name, content) of each run file, one at a time; StoreError in words for an archive that cannot be read."""
    if not name.lower().endswith(".zip"):
        yield name, data
        return
    any_file = False
    for file, raw in archives.files(data, lambda file: file.endswith(".jsonl")):
        any_file = True
        yield file, raw
    if not any_file:
        raise StoreError("the archive holds no run file (.jsonl)")
