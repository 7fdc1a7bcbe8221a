"""Imports NATS-Bench's official archives (the unpacked "-simple" ones), reading them with the nats_bench package.

One architecture is one file of theirs and is forgotten before the next is read, so memory stays small. What was read is
kept in parts of some hundred architectures, which also hold the learning curves; a part is written whole or not at
all, so an interrupted import goes on where it stopped.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout

from nas_core import spaces
from nas_core.sources import _official_parts, catalogue, nats, pickles, tables
from nas_core.sources.download import Progress, SourceError

PART = 256  # architectures in a file of ours
META, FILE = "meta.pickle.pbz2", "{:06d}.pickle.pbz2"
# dataset -> (their name of the training, their name of the images, our name of the split); the first one is searched on
SPLITS = {
    "cifar10": (
        ("cifar10-valid", "x-valid", "val"),
        ("cifar10-valid", "train", "train"),
        ("cifar10-valid", "ori-test", "test_half"),
        ("cifar10", "ori-test", "test"),
        ("cifar10", "train", "train_full"),
    ),
    **{
        name: (
            (name, "x-valid", "val"),
            (name, "train", "train"),
            (name, "x-test", "test"),
            (name, "ori-test", "test_full"),
        )
        for name in ("cifar100", "ImageNet16-120")
    },
}


@dataclass(frozen=True)
class Archive:
    """An unpacked archive."""

    table: str  # the benchmark that it is for
    folder: Path
    texts: list[str]  # the architecture with each published number
    rows: np.ndarray  # int64[n]: its `space.index`

    def files(self) -> list[tuple[int, Path]]:
        """(published number, file) of every architecture that is there."""
        names = set(os.listdir(self.folder))
        numbered = ((i, FILE.format(i)) for i in range(len(self.rows)))
        return [(i, self.folder / name) for i, name in numbered if name in names]


def archives(path: Path) -> list[Archive]:
    """The archives at `path`, or in the folders directly below it; SourceError in one sentence if there is none."""
    folders = [f for f in (path, *(sorted(path.iterdir()) if path.is_dir() else ())) if (f / META).is_file()]
    if folders:
        return [_open(folder) for folder in folders]
    if path.suffix in (".tar", ".gz", ".tgz"):
        raise SourceError(f"{path.name} is still packed; unpack it with 'tar xf {path.name}' and give the folder")
    if path.name.endswith(".pickle.pbz2"):
        raise SourceError(
            f"{path.name} is the archive in one piece; get the one whose name ends in -simple.tar instead"
        )
    if not path.exists():
        raise SourceError(f"there is no {path}; give the folder of an unpacked NATS-Bench archive")
    raise SourceError(f"{path} holds no NATS-Bench archive: neither it nor a folder in it has a file {META}")


def _open(folder: Path) -> Archive:
    meta = pickles.load(folder / META)
    texts = list(meta.get("meta_archs", ())) if isinstance(meta, dict) else []
    spaces_by_table = {recipe.table: spaces.create(recipe.space) for recipe in nats.RECIPES}
    table = next((name for name, space in spaces_by_table.items() if len(texts) == len(space)), "")
    if not table:
        sizes = " or ".join(f"{len(space):,}" for space in spaces_by_table.values())
        raise SourceError(f"{folder / META} lists {len(texts):,} architectures, not {sizes}; get it again")
    space = spaces_by_table[table]
    return Archive(table, folder, texts, space.indices(texts))


def import_archives(path: Path) -> Generator[Progress]:
    """Read every architecture of the archives at `path` that was not read before, then make the tables.

    SourceError in one sentence for what cannot be read; what was read before it is kept.
    """
    if find_spec("nats_bench") is None:
        raise SourceError("the import needs nats_bench; install it with: python -m pip install nats_bench")
    sources = archives(path)
    total, before = sum(len(a.files()) for a in sources), 0
    for archive in sources:
        folder = parts_folder(archive.table)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with FileLock(folder / ".lock", timeout=0):
                for done in _read_all(archive, folder):
                    yield Progress(f"importing {archive.table}", before + done, total, "architectures")
                before += len(archive.files())
                _make_table(archive, folder)
        except Timeout:
            raise SourceError(f"another process imports {archive.table} at this moment; wait for it") from None
        except OSError as error:
            raise SourceError(
                f"the import stopped: {error.strerror or error}. What was read is kept in {folder}; make room, "
                f"then import again and it goes on from there."
            ) from error


def parts_folder(table: str) -> Path:
    """Where the parts of an import are kept, if there are any."""
    return tables.tables_dir() / f"{table}_official"


def _read_all(archive: Archive, folder: Path) -> Iterator[int]:
    """How many files are read, those of earlier imports included."""
    imports = _official_parts.where(folder, len(archive.rows))
    files = archive.files()
    todo = [(i, file) for i, file in files if archive.rows[i] not in imports]
    done = len(files) - len(todo)
    yield done
    for start in range(0, len(todo), PART):
        batch = todo[start : start + PART]
        batch_results = []
        size = max(file.stat().st_size for _, file in batch)
        make = partial(_architectures, [(file, archive.texts[number]) for number, file in batch])
        with closing(pickles.apart(make, str(archive.folder), size)) as results:
            for one in results:
                batch_results.append(one)
                done += 1
                yield done
        _official_parts.write(folder / f"{batch[0][0]:06d}.npz", archive.rows[[i for i, _ in batch]], batch_results)


def _architectures(batch: Sequence[tuple[Path, str]]) -> Iterator[dict[str, np.ndarray]]:
    for file, text in batch:
        yield architecture(file, text)


def architecture(file: Path, text: str) -> dict[str, np.ndarray]:
    """Everything an archive knows about the architecture `text`: {column: float32[1], or float32[epochs] of a curve}.

    Columns are called as in the tables; the curves are those with a seed. SourceError if the file is of another one.
    The file is read in this process: call it inside `pickles.apart`.
    """
    content = pickles.read_file(file)
    try:
        if any(state["arch_str"] != text for state in content.values()):
            raise SourceError(f"{file} is not of {text}, to which its number belongs; get the archive again")
        return _flat(content)
    except (AttributeError, KeyError, TypeError, ValueError, IndexError) as error:
        raise SourceError(f"{file} is not written as NATS-Bench writes results ({error!r}); get it again") from error


def _flat(content: Mapping[str, Any]) -> dict[str, np.ndarray]:
    from nats_bench.api_utils import ArchResults

    out: dict[str, np.ndarray] = {}
    for schedule, state in content.items():
        results, epochs = ArchResults.create_from_state_dict(state), int(schedule)
        for dataset, splits in SPLITS.items():
            for training, images, split in splits:
                for seed in results.get_dataset_seeds(training):
                    accuracy, loss = _curves(results.query(training, seed), images, epochs)
                    out[f"{dataset}:{split}_acc@{epochs}#{seed}"] = accuracy
                    out[f"{dataset}:{split}_loss@{epochs}#{seed}"] = loss
            out |= _costs(results.get_compute_costs(splits[0][0]), dataset, epochs)
    return out


def _curves(result: Any, images: str, epochs: int) -> tuple[np.ndarray, np.ndarray]:
    """float32[epochs] accuracy and loss after each epoch; nan where it was not evaluated."""
    if images == "train":
        accuracy, loss, start = result.train_acc1es, result.train_losses, None
    else:
        accuracy, loss, start = result.eval_acc1es, result.eval_losses, f"{images}@"
    keys = [i if start is None else f"{start}{i}" for i in range(epochs)]

    def curve(by_epoch: Mapping[Any, float]) -> np.ndarray:
        return np.array([by_epoch.get(key, np.nan) for key in keys], np.float32)

    return curve(accuracy), curve(loss)


def _costs(costs: Mapping[str, float | None], dataset: str, epochs: int) -> dict[str, np.ndarray]:
    values = {
        f"train_s@{epochs}": costs["T-train@total"],
        f"val_s@{epochs}": costs["T-x-valid@epoch"],
        "flops_official_m": costs["flops"],
        "params_official_m": costs["params"],
        "latency_gpu_ms": None if costs["latency"] is None else 1000 * costs["latency"],
    }
    return {f"{dataset}:{n}": np.array([v], np.float32) for n, v in values.items() if v is not None}


def curves(table: str, row: int) -> dict[str, np.ndarray]:
    """{dataset:metric@epochs#seed: float32[epochs]} of one architecture; empty if it was not imported.

    SourceError in one sentence if what was imported is damaged.
    """
    size = _size(table)
    part, position = _official_parts.where(parts_folder(table), size).get(row, (None, 0))
    if part is None:
        return {}
    content = _official_parts.read(part, lambda name: "#" in name, size)
    return {name: values[position] for name, values in content.items() if name != "rows"}


def _make_table(archive: Archive, folder: Path) -> None:
    rows = len(archive.rows)
    columns: dict[str, np.ndarray] = {}
    imports = _official_parts.where(folder, len(archive.rows))
    for part in dict.fromkeys(part for part, _ in imports.values()):
        content = _official_parts.read(part, lambda _: True, rows)
        at = content.pop("rows")
        for name, values in content.items():
            columns.setdefault(name, np.full(rows, np.nan, np.float32))[at] = values[:, -1]
    columns |= _means(columns)
    today = datetime.now(UTC).date().isoformat()
    text = (
        f"NATS-Bench {archive.folder.name}, {len(imports):,} of {rows:,} architectures, read with nats_bench "
        f"{version('nats_bench')} on {today}; where it knows a number it counts before the public files"
    )
    provenance = {"official archive": text, "papers": catalogue.NATS_PAPER}
    tables.write(nats.official_file(archive.table), columns, provenance)


def _means(columns: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The mean over the known seeds of every column that has seeds."""
    by_head: dict[str, list[np.ndarray]] = {}
    for name, values in columns.items():
        head, seeded, _ = name.partition("#")
        if seeded:
            by_head.setdefault(head, []).append(values)
    return {head: _nanmean(np.stack(several, 1)) for head, several in by_head.items()}


def _nanmean(values: np.ndarray) -> np.ndarray:
    """float64[n]: mean over the second axis without nan; nan where all are."""
    counts = (~np.isnan(values)).sum(1)
    return np.where(counts > 0, np.nansum(values, 1, dtype=np.float64) / np.maximum(counts, 1), np.nan)


def forget(table: str) -> None:
    """Remove what was imported for `table`; the table made of the public files stays."""
    nats.official_file(table).unlink(missing_ok=True)
    if parts_folder(table).exists():
        shutil.rmtree(parts_folder(table))


def imported(table: str) -> Collection[int]:
    """The rows that were imported; SourceError in one sentence if what was imported is damaged."""
    return _official_parts.where(parts_folder(table), _size(table)).keys()


def _size(table: str) -> int:
    """Architectures in the space of `table`."""
    return next(len(spaces.create(recipe.space)) for recipe in nats.RECIPES if recipe.table == table)
