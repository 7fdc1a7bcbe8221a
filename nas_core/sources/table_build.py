"""The work behind a pocket table, stage by stage: train everything, train a part again, time a sample, count costs.

Every stage keeps what it has done, so a build that was stopped goes on where it was.
"""

from __future__ import annotations

import json
from collections.abc import Generator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from nas_core import arrays, sums
from nas_core.places import replacing
from nas_core.sources import _costs, _pocket_table
from nas_core.sources.chunks import Recipe, build_chunks
from nas_core.sources.download import Progress
from nas_core.sources.pocket import TIMED_ROUNDS, Pocket, claim, read

ENGINES = ("fused", "torch", "batched")


def build(
    pocket: Pocket,
    processes: int = 2,
    engine: str = "",
    folder: Path | None = None,
    device: str = "cpu",
    file: Path | None = None,
) -> Generator[Progress]:
    """Do whatever is missing in the work `folder`, then write the table; closing the iterator stops it, resumably.

    engine: "fused", "torch" or "batched" (see `chunks.train_archs`); "" takes the fastest for one core that works
    here. file: the table; default: beside its benchmark. ValueError for an unknown engine, or if the folder was begun
    with another recipe.
    """
    folder, engine = folder or pocket.folder, _choose_engine(engine)
    _claim(pocket, folder, engine)
    for seed, part in enumerate(pocket.trainings()):
        for done, total in build_chunks(pocket.recipe, part, folder / f"seed{seed}", seed, engine, processes, device):
            yield Progress(f"training with seed {seed}", done, total, "networks")
    yield from _time(pocket, folder)
    yield from _count(pocket, folder)
    yield Progress("writing the table", 0, 1, "tables")
    _pocket_table.finish(pocket, read(pocket, folder), file)
    yield Progress("the table is ready", 1, 1, "tables")


def _choose_engine(engine: str) -> str:
    import torch  # noqa: F401  (every engine needs it: say so here and not in a worker)

    from nas_core.nets import fused

    engine = engine or ("fused" if fused.available() else "torch")
    if engine not in ENGINES:
        raise ValueError(f"no engine named {engine!r}; there are: {', '.join(ENGINES)}")
    return engine


def _claim(pocket: Pocket, folder: Path, engine: str) -> None:
    """Note in `folder` what it is for and who works on it; ValueError if it was begun with another recipe."""
    folder.mkdir(parents=True, exist_ok=True)
    note = folder / "build.json"
    record: dict[str, Any] = (
        claim(pocket, folder) if note.exists() else {"recipe": asdict(pocket.recipe), "engines": []}
    )
    if Recipe.from_dict(record["recipe"]) != pocket.recipe:
        raise ValueError(
            f"{folder} was begun with another recipe, and a table has only one; give another folder or remove this one"
        )
    record["engines"] = sorted({engine, *record["engines"]})
    with replacing(note) as new:
        new.write_text(sums.with_sum(json.dumps(record, indent=1)))


def _time(pocket: Pocket, folder: Path) -> Generator[Progress]:
    space, rows = pocket.recipe.make_space(), pocket.timed_rows()
    (folder / "timing").mkdir(exist_ok=True)
    for number in range(TIMED_ROUNDS):
        yield Progress(f"timing {len(rows)} networks, alone on the machine", number, TIMED_ROUNDS, "rounds")
        file = folder / "timing" / f"{number}.npy"
        if not file.exists():
            values = _costs.measure(pocket.recipe, [space.arch(int(row)) for row in rows])
            _save(file, values)


def _count(pocket: Pocket, folder: Path) -> Generator[Progress]:
    space, file, values = pocket.recipe.make_space(), folder / "counts.npy", []
    if file.exists():
        return
    for costs in _costs.counts(pocket.recipe, [space.arch(row) for row in range(len(space))]):
        values.append(costs)
        if len(values) % 500 == 0:
            yield Progress("counting costs", len(values), len(space), "networks")
    _save(file, np.array(values))


def _save(file: Path, values: np.ndarray) -> None:
    with replacing(file) as new:
        arrays.save(new, values)
