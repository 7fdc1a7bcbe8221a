"""Sweeps: strategies × seeds, resumable. Each run is saved as a few arrays (`race.Trace`) instead of its events.

Any single run can be regenerated from its seed.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np

import nas_core
from nas_core import places, runner, searches, sums
from nas_core.child import TICK
from nas_core.race import Trace
from nas_core.store import StoreError
from nas_core.types import RunSpec


def sweep(
    entries: Mapping[str, RunSpec], seeds: Sequence[int], processes: int = 2, folder: Path | None = None
) -> Generator[tuple[str, int, Trace]]:
    """(label, seed, trace) of every entry at every seed, as they finish; the first seed of every entry comes first.

    entries maps a label to a spec whose own seed is ignored. With a `folder`, runs that are saved there come first
    and are not repeated, and new ones are saved as they finish, so an interrupted sweep goes on; more seeds later
    cost only those. processes 1 works in this one. ValueError, before anything runs, for a spec that cannot run;
    RuntimeError, after all the others, for a search that failed.
    """
    for spec in entries.values():
        runner.check(spec)
    labelled = [(label, replace(spec, seed=seed)) for label, spec in entries.items() for seed in seeds]
    labels: dict[str, list[str]] = {}
    for label, spec in labelled:
        labels.setdefault(spec.id, []).append(label)
    specs = list({spec.id: spec for _, spec in labelled}.values())
    stream = searches.each(specs, sink=Compact(folder) if folder else None, processes=processes)
    with closing(searches.traces(stream)) as traces:
        for trace in traces:
            for label in labels[trace.spec.id] if trace is not TICK else ():
                yield label, trace.spec.seed, trace


class Compact:
    """A sink that keeps compact traces: a `Traces` for each setting in a folder."""

    def __init__(self, folder: Path, kind: type[Trace] = Trace) -> None:
        self.folder, self.kind = folder, kind
        self._files: dict[str, tuple[Traces, dict[int, Trace]]] = {}  # by the setting's id

    def find(self, spec: RunSpec) -> Trace | None:
        return self._file(spec)[1].get(spec.seed)

    def add(self, *traces: Trace) -> None:
        """Keep them, those of a setting in one writing."""
        by_setting: dict[Traces, list[Trace]] = {}
        for trace in traces:
            by_setting.setdefault(self._file(trace.spec)[0], []).append(trace)
        for file, together in by_setting.items():
            file.add(*together)

    def delete(self, specs: Iterable[RunSpec]) -> None:
        """Forget all seeds of the settings of `specs`."""
        for spec in specs:
            file, traces = self._file(spec)
            file.delete()
            traces.clear()

    def _file(self, spec: RunSpec) -> tuple[Traces, dict[int, Trace]]:
        setting = replace(spec, seed=0)
        if setting.id not in self._files:
            file = Traces(self.folder, setting, runner.check(setting).fingerprint(), self.kind)
            self._files[setting.id] = file, file.read()
        return self._files[setting.id]


class Traces:
    """The saved traces of one spec, all seeds: a text file with one run a line. The last line of a seed counts.

    A run is repeated if its line cannot be read, does not fit its checksum, or was written by another version or for
    another table.
    """

    def __init__(self, folder: Path, spec: RunSpec, table: str, kind: type[Trace] = Trace) -> None:
        self.spec, self.kind = replace(spec, seed=0), kind
        self.path = folder / f"{self.spec.id}.jsonl"
        self.origin = {"version": nas_core.__version__, "table": table}

    def read(self) -> dict[int, Trace]:
        """{seed: trace}; empty if there is no such file."""
        if not self.path.exists():
            return {}
        out = {}
        for line in self.path.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                data = json.loads(line)
                if sums.take_sum(line, data) and {k: data[k] for k in self.origin} == self.origin:
                    out[data["seed"]] = self._decode(data)
            except (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError):
                continue
        return out

    def add(self, *traces: Trace) -> None:
        """Append runs; StoreError if they cannot be written."""
        every = ({**self.origin, **_encode(trace)} for trace in traces)
        lines = [sums.with_sum(json.dumps(one, separators=(",", ":"), allow_nan=False)) for one in every]
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            places.append_line(self.path, "\n".join(lines).encode())
        except OSError as error:
            raise StoreError(
                f"the sweep could not be saved ({error.strerror or error}); runs saved earlier are safe. Make room "
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
        return self.kind(
            replace(self.spec, seed=data["seed"]),
            end,
            np.array([-1, *data["incumbent"]], np.int32)[since],
            np.array([np.nan, *data["seen"]], float)[since],
            np.array(data["shares"], float),
            data["stopped"],
            **{name: np.array(data[name], np.int32) for name in _more(self.kind)},
            n_derived=data.get("named", 0),
            n_failures=data.get("failures", 0),
            first_error=data.get("error", ""),
        )


def _encode(trace: Trace) -> dict[str, Any]:
    """JSON of a trace: the end of every trial, and the incumbents where they change."""
    changes = np.diff(trace.incumbent, prepend=-1) != 0
    better = (np.diff(trace.values, prepend=np.nan) != 0) & (trace.incumbent >= 0)  # the same one after more epochs
    changed = np.flatnonzero(changes | better)
    return {
        "seed": trace.spec.seed,
        "end": trace.end.tolist(),
        "steps": changed.tolist(),
        "incumbent": trace.incumbent[changed].tolist(),
        "seen": trace.values[changed].tolist(),
        "shares": trace.shares.tolist(),
        "stopped": trace.stop_reason,
        **({"named": trace.n_derived} if trace.n_derived else {}),
        **({"failures": trace.n_failures, "error": trace.first_error} if trace.n_failures else {}),
        **{name: getattr(trace, name).tolist() for name in _more(type(trace))},
    }


def _more(kind: type[Trace]) -> list[str]:
    """The int32 arrays that a kind of trace has besides those of every trace, such as the front of a FrontTrace."""
    plain = {f.name for f in fields(Trace)}
    return [f.name for f in fields(kind) if f.name not in plain]
