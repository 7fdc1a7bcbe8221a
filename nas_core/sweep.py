"""Many searches at once: strategies × seeds, in processes, resumable.

Of each run a few arrays are kept (`race.Trace`) and not its events: the same seed gives any single run again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future, as_completed
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from filelock import FileLock

import nas_core
from nas_core import runner
from nas_core.executors import processes
from nas_core.history import History
from nas_core.race import Trace
from nas_core.store import StoreError
from nas_core.types import RunSpec


def trace(spec: RunSpec) -> Trace:
    """Run `spec` in this process; ValueError for a spec that cannot run."""
    return Trace.of(History.of(runner.run(spec)), runner.check(spec).space)


def sweep(
    entries: Mapping[str, RunSpec], seeds: Sequence[int], workers: int = 2, folder: Path | None = None
) -> Generator[tuple[str, int, Trace]]:
    """(label, seed, trace) of every entry at every seed, as they finish.

    entries maps a label to a spec whose own seed is ignored. With a `folder`, runs that are saved there come first
    and are not repeated, and new ones are saved as they finish, so an interrupted sweep goes on; more seeds later
    cost only those. workers 1 works in this process. ValueError, before anything runs, for a spec that cannot run.
    """
    tables = {label: runner.check(spec).fingerprint() for label, spec in entries.items()}
    todo: list[tuple[str, RunSpec]] = []
    saved: dict[str, Traces] = {}
    for label, spec in entries.items():
        known: Mapping[int, Trace] = {}
        if folder is not None:
            saved[label] = Traces(folder, spec, tables[label])
            known = saved[label].read()
        for seed in seeds:
            if seed in known:
                yield label, seed, known[seed]
            else:
                todo.append((label, replace(spec, seed=seed)))
    for label, seed, result in _work(todo, workers):
        if folder is not None:
            saved[label].add(result)
        yield label, seed, result


def _work(todo: Sequence[tuple[str, RunSpec]], workers: int) -> Iterator[tuple[str, int, Trace]]:
    if workers == 1 or len(todo) < 2:
        for label, spec in todo:
            yield label, spec.seed, trace(spec)
        return
    with processes(min(workers, len(todo))) as pool:
        futures: dict[Future[Trace], tuple[str, int]] = {
            pool.submit(trace, spec): (label, spec.seed) for label, spec in todo
        }
        for future in as_completed(futures):
            yield *futures.pop(future), future.result()


class Traces:
    """The saved traces of one spec, all seeds: a text file with one run a line. The last line of a seed counts.

    A line that cannot be read, or that another version or another table made, is a run that is done again.
    """

    def __init__(self, folder: Path, spec: RunSpec, table: str) -> None:
        self.spec = replace(spec, seed=0)
        self.path = folder / f"{self.spec.id}.jsonl"
        self.made_by = {"version": nas_core.__version__, "table": table}

    def read(self) -> dict[int, Trace]:
        """{seed: trace}; empty if there is no such file."""
        if not self.path.exists():
            return {}
        out = {}
        for line in self.path.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                data = json.loads(line)
                if {k: data[k] for k in self.made_by} == self.made_by:
                    out[data["seed"]] = self._decode(data)
            except (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError):
                continue
        return out

    def add(self, made: Trace) -> None:
        """Append one run; StoreError if it cannot be written."""
        line = json.dumps({**self.made_by, **_encode(made)}, separators=(",", ":"), allow_nan=False).encode()
        try:
            with FileLock(self.path.with_suffix(".lock")), self.path.open("ab+") as file:
                if file.tell() and not _ends_whole(file):
                    file.write(b"\n")
                file.write(line + b"\n")
        except OSError as error:
            raise StoreError(
                f"the sweep could not be saved ({error.strerror or error}); the runs saved before are kept. Make room "
                f"or choose another folder with NAS_EXPLORER_DATA, then run it again: it goes on from there."
            ) from error

    def delete(self) -> None:
        """Forget all seeds."""
        self.path.unlink(missing_ok=True)

    def _decode(self, data: dict[str, Any]) -> Trace:
        """Inverse of `_encode`; KeyError, TypeError, ValueError or IndexError for anything else."""
        end, steps = np.array(data["end"], float), np.array(data["steps"], int)
        if not len(steps) == len(data["incumbent"]) == len(data["seen"]):
            raise ValueError("steps, incumbent and seen belong together")
        since = np.searchsorted(steps, np.arange(len(end)), side="right")  # 0 before the first success
        return Trace(
            replace(self.spec, seed=data["seed"]),
            end,
            np.array([-1, *data["incumbent"]], np.int32)[since],
            np.array([np.nan, *data["seen"]], float)[since],
            np.array(data["shares"], float),
            data["stopped"],
            named=data.get("named", 0),
        )


def _encode(made: Trace) -> dict[str, Any]:
    """JSON of a trace: the end of every trial, and the incumbents where they change."""
    moved = np.diff(made.incumbent, prepend=-1) != 0
    better = (np.diff(made.seen, prepend=np.nan) != 0) & (made.incumbent >= 0)  # the same one, seen after more epochs
    changed = np.flatnonzero(moved | better)
    return {
        "seed": made.spec.seed,
        "end": made.end.tolist(),
        "steps": changed.tolist(),
        "incumbent": made.incumbent[changed].tolist(),
        "seen": made.seen[changed].tolist(),
        "shares": made.shares.tolist(),
        "stopped": made.stopped,
        **({"named": made.named} if made.named else {}),
    }


def _ends_whole(file: BinaryIO) -> bool:
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"
