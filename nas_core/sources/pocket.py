"""A pocket table: every architecture of a small space trained for real on a small image task. What decides one, and
what lies in its work folder while it is built.

seed0/, seed1/ … hold the trainings in chunks, timing/ the rounds of timing, counts.npy the counted costs.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nas_core import arrays, sums
from nas_core.places import shared_place
from nas_core.sources.chunks import Recipe, read_chunks
from nas_core.sources.download import SourceError
from nas_core.spaces import SearchSpace
from nas_core.types import Arch

TIMED_SAMPLE, TIMED_ROUNDS = 120, 3


@dataclass(frozen=True)
class Pocket:
    """What decides a pocket table of one dataset; each is defined in the source file of its benchmark's name."""

    name: str  # of the benchmark
    recipe: Recipe
    archs: Callable[[], list[Arch]]  # what is trained, in this order; any prefix is a fair sample
    repeated: int  # how many of them, from the first, are trained with one more seed; 0 if there are several seeds
    network_text: str
    drivers: Callable[[SearchSpace], np.ndarray]  # float[len(space), d]: what times depend on, linearly
    drivers_text: str
    seeds: int = 1  # with how many all of them are trained: 0, 1, …
    first: bool = True  # False for a further dataset of the benchmark, which then is part of the table's name

    @property
    def table(self) -> str:
        """The name of its files and its page of documentation."""
        return self.name if self.first else f"{self.name}_{self.recipe.dataset}"

    @property
    def folder(self) -> Path:
        """The default work folder."""
        return shared_place() / "build" / self.table

    @property
    def command(self) -> str:
        """The command line that builds the table, or goes on building it."""
        more = "" if self.first else f" --dataset {self.recipe.dataset}"
        return f"python -m nas_core build {self.name}{more}"

    def trainings(self) -> list[list[Arch]]:
        """What is trained with seed 0, 1, …"""
        archs = self.archs()
        return [archs] * self.seeds + [archs[: self.repeated]] * bool(self.repeated)

    def timed_rows(self) -> np.ndarray:
        """int[t]: the rows of the timed sample, drawn once from the whole space, isomorphic architectures included."""
        size = len(self.recipe.make_space())
        return np.random.default_rng(1).choice(size, min(TIMED_SAMPLE, size), replace=False)


class Measurements(NamedTuple):
    """The content of a complete work folder; n architectures trained, N in the space."""

    archs: np.ndarray  # int8[n, decisions]
    curves: np.ndarray  # float32[seeds, n, epochs, 6], see _chunks.METRICS
    repeats: np.ndarray  # float32[m, epochs, 6]: the first m of them with seed 1
    counts: np.ndarray  # float64[N, 3], see _costs.COUNTED
    times: np.ndarray  # float64[t, 2]: the timed sample, see _costs.TIMED; the fastest of all rounds
    engines: list[str]  # that trained them


def read(pocket: Pocket, folder: Path) -> Measurements:
    """What a build left in `folder`; SourceError in one sentence if a part of it is missing."""
    plan = [np.array(part, np.int8) for part in pocket.trainings()]
    chunks = [read_chunks(folder / f"seed{seed}") for seed in range(len(plan))]
    for seed, (part, (archs, _)) in enumerate(zip(plan, chunks, strict=True)):
        if not np.array_equal(archs, part):
            raise SourceError(
                f"{folder} holds {len(archs):,} trainings with seed {seed}; the table needs {len(part):,} in its own "
                f"order. Go on with: {pocket.command}"
            )
    rounds = sorted((folder / "timing").glob("*.npy"))
    if len(rounds) < TIMED_ROUNDS or not (folder / "counts.npy").exists():
        raise SourceError(f"{folder} holds no complete costs yet. Go on with: {pocket.command}")
    way_out = f"go on with: {pocket.command}"
    timed = np.min([arrays.load(r, way_out)[0] for r in rounds], axis=0)  # whatever else runs can only slow it down
    (counts,) = arrays.load(folder / "counts.npy", way_out)
    engines = claim(pocket, folder)["engines"]
    curves = [part for _, part in chunks]
    return Measurements(plan[0], np.stack(curves[: pocket.seeds]), curves[1], counts, timed, engines)


def claim(pocket: Pocket, folder: Path) -> dict[str, Any]:
    """What the work folder says it is for: "recipe", and "engines" that worked on it. DamagedFile if that cannot be
    read."""
    text = (folder / "build.json").read_text(encoding="utf-8", errors="replace")
    try:
        data = json.loads(text)
        if sums.take_sum(text, data) and {"recipe", "engines"} <= data.keys():
            return dict(data)
    except (ValueError, AttributeError):
        pass
    raise arrays.DamagedFile(f"build.json in {folder} is damaged; delete it and go on with: {pocket.command}")
