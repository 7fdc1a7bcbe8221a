"""Data of one's own: images, texts or signals from a file or folder become a dataset like the others.

`read` makes a draft and reports on it; nothing is kept until `save`. All reading is done in a child process with a
limit on memory. What is kept is a folder of the data folder, see `nas_core.datasets.own`.
"""

from __future__ import annotations

import itertools
import json
import re
import secrets
import shutil
import time
from collections import Counter
from collections.abc import Generator, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from nas_core import places, plugins
from nas_core.datasets import Dataset
from nas_core.datasets.own import INFO, fingerprint
from nas_core.datasets.own.folders import folder, own_datasets
from nas_core.sources import pickles
from nas_core.sources._rows import reserve_nothing
from nas_core.sources.download import Progress, SourceError, is_full
from nas_core.sources.own_data import _arrays, _images, _texts
from nas_core.sources.own_data._items import MOST_KEPT, Items, Options
from nas_core.sources.own_data._parts import PARTS, settle
from nas_core.types import counted

__all__ = ["Draft", "Options", "delete", "discard", "names", "read", "rename", "restore", "save", "texts", "unwritable"]

READERS = {"images": _images.read, "text": _texts.read, "arrays": _arrays.read}
MOST_DATASETS = 100
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
TEXTS = "texts.json"  # beside the arrays of texts
GIVEN = ".names.json"  # what names were given to
DAY = 86_400  # seconds after which a draft that nobody saved is removed


@dataclass
class Draft:
    """Data that was read and not saved yet, and the report on it."""

    place: Path  # of the arrays
    info: dict[str, Any]  # what `save` keeps of it, see `nas_core.datasets.own`
    counts: dict[str, dict[str, int]]  # {part: {class: examples}}
    left_out: list[tuple[str, str]] = field(default_factory=list)  # (name, why) of what is not used, the first 1,000
    n_left_out: int = 0
    remarks: list[str] = field(default_factory=list)  # what is to be known, a sentence each, without a full stop

    @property
    def summary(self) -> str:
        """ "1,797 images of 8 × 8 pixels, grey, in 10 classes: 1,077 train, 360 val, 360 test"."""
        parts = ", ".join(f"{sum(counts.values()):,} {part}" for part, counts in self.counts.items())
        return f"{self.info['about']}: {parts}"


def read(path: Path, options: Options) -> Generator[Progress | Draft]:
    """Read a file or folder; the last item is the draft. ValueError in one sentence if it cannot be used."""
    if not path.exists():
        raise ValueError(f"there is no file or folder {path}")
    places.check_own()
    _tidy()
    place = folder() / f".draft-{secrets.token_hex(8)}"
    size = MOST_KEPT + (path.stat().st_size if path.is_file() else 0)
    try:
        place.mkdir(parents=True)
        yield from pickles.apart(partial(_read, path, options, place), path.name, size, options.kind, "PIL.Image")
    except OSError as error:
        raise unwritable(error) from error
    finally:
        if not (place / INFO).exists():
            shutil.rmtree(place, ignore_errors=True)


def _read(path: Path, options: Options, place: Path) -> Iterator[Progress | Draft]:
    """`read`, within the child."""
    reserve_nothing()
    items = Items(None)
    for step in READERS[options.kind](path, options):
        if isinstance(step, Items):
            items = step
        else:
            yield Progress(f"reading {path.name}", *step, "examples")
    if not len(items):
        why = f"; {items.left_out[0][0]}: {items.left_out[0][1]}" if items.left_out else ""
        raise ValueError(f"{path.name} has no example that can be used{why}")
    parts = settle(items, options)
    yield _keep(items, parts, options, place, path.name)


def _keep(items: Items, parts: np.ndarray, options: Options, place: Path, source: str) -> Draft:
    """Write the arrays of every part, and what is known of them."""
    classes = sorted(set(items.labels), key=_natural)
    number = {name: i for i, name in enumerate(classes)}
    labels = np.array([number[label] for label in items.labels], np.int64)
    train = parts == "train"
    if options.kind == "text":
        inputs, how = _texts.encode(items.inputs, train, options)
        by_part = {part: [items.inputs[i] for i in np.flatnonzero(parts == part)] for part in PARTS}
        (place / TEXTS).write_text(json.dumps(by_part), encoding="utf-8")
        channels, size = options.words, how["length"]
        about = f"{len(items):,} texts, {size} words read of each"
    else:
        inputs = items.inputs
        channels, size = inputs.shape[1], inputs.shape[-1]
        how = _standards(inputs[train])
        colour = {1: "grey", 3: "colour"}.get(channels, "")
        about = f"{len(items):,} images of {size} × {size} pixels, {colour}"
        if how["kind"] == "sequence":
            about = f"{len(items):,} signals of {counted(channels, 'channel')} and length {size}"

    def chosen() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for part in PARTS:
            x, y = (np.ascontiguousarray(values[parts == part]) for values in (inputs, labels))
            np.save(place / f"{part}_x.npy", x, allow_pickle=False)
            np.save(place / f"{part}_y.npy", y, allow_pickle=False)
            yield x, y

    info = {
        "about": f"{about}, in {len(classes)} classes",
        "classes": classes,
        "channels": channels,
        "size": size,
        "examples": {part: int((parts == part).sum()) for part in PARTS},
        "preprocessing": how,
        "source": source,
        "fingerprint": fingerprint(classes, how, chosen()),
        "options": asdict(options),
    }
    (place / INFO).write_text(json.dumps({**info, "title": ""}), encoding="utf-8")
    counts = {part: dict(Counter(np.array(items.labels)[parts == part].tolist())) for part in PARTS}
    return Draft(place, info, counts, items.left_out, items.n_left_out, items.remarks)


def _standards(train: np.ndarray) -> dict[str, Any]:
    """Mean and deviation of each channel, of images as shares of 255."""
    images = train.dtype == np.uint8
    scale = 255.0 if images else 1.0
    mean = [float(train[:, c].mean(dtype=np.float64)) / scale for c in range(train.shape[1])]
    std = [float(train[:, c].std(dtype=np.float64)) / scale or 1.0 for c in range(train.shape[1])]
    sizes = {"size": train.shape[-1]} if images else {"length": train.shape[-1]}
    kind = "image" if images else "sequence"
    return {"kind": kind, **sizes, "channels": train.shape[1], "mean": mean, "std": std}


def _natural(text: str) -> list[Any]:
    """To sort "class 10" behind "class 9"."""
    return [(0, int(word), "") if word.isdecimal() else (1, 0, word) for word in re.split(r"(\d+)", text) if word]


def texts(place: Path) -> dict[str, list[str]]:
    """{part: its texts, in the order of its arrays} of a dataset or draft of texts."""
    return json.loads((place / TEXTS).read_text(encoding="utf-8"))


def save(draft: Draft, title: str) -> str:
    """Keep a draft as a dataset; returns its name, made of the title. ValueError if the title is taken or no name.

    A name that other data had before is not given again, since runs, scores and checkpoints go by it: pets_2 follows.
    """
    places.check_own()
    name = name_of(title)
    if not name:
        raise ValueError(f"{title[:60]!r} cannot be the name of a dataset; begin with a letter, up to 40 characters")
    titles = {name_of(plugin.title()): other for other, plugin in own_datasets().items()}
    if owner := name if name in plugins.find(Dataset) else titles.get(name, ""):
        raise ValueError(f"there is a dataset named {owner} already; choose another name, or delete that one first")
    if len(own_datasets()) >= MOST_DATASETS:
        raise ValueError(f"there are {MOST_DATASETS} datasets of your own already; delete one first")
    info = {**draft.info, "title": title.strip(), "date": datetime.now(UTC).date().isoformat()}
    fingerprints, mark, first = _fingerprints(), info["fingerprint"], name
    for number in itertools.count(2):
        if fingerprints.get(name, mark) == mark and name not in plugins.find(Dataset):
            break
        name = f"{first[:36]}_{number}"
    if (folder() / name).exists():  # else it would be among those that can be read
        raise ValueError(f"{folder() / name} holds a damaged dataset; remove that folder, or choose another name")
    try:
        with places.replacing(folder() / GIVEN) as new:
            new.write_text(json.dumps({**fingerprints, name: mark}), encoding="utf-8")
        (draft.place / INFO).write_text(json.dumps(info), encoding="utf-8")
        draft.place.rename(folder() / name)
    except OSError as error:
        raise unwritable(error) from error
    return name


def _fingerprints() -> dict[str, str]:
    """{name: fingerprint of the data that had it last}, deleted ones included."""
    file = folder() / GIVEN
    try:
        return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    except ValueError:
        raise SourceError(
            f"{file} is damaged; remove it, and names of deleted data may be given to other data"
        ) from None


def name_of(title: str) -> str:
    """The name that a dataset of that title has in links and commands; "" if none can be made of it."""
    name = re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")[:40].rstrip("_")
    return name if NAME.fullmatch(name) else ""


def discard(draft: Draft) -> None:
    """Forget a draft."""
    shutil.rmtree(draft.place, ignore_errors=True)


def names() -> list[str]:
    """The datasets of one's own, in alphabetical order."""
    return list(own_datasets())


def rename(name: str, title: str) -> None:
    """Give a dataset another title; its name in links and commands stays. ValueError if there is none."""
    places.check_own()
    if not title.strip() or len(title) > 60 or not title.isprintable():
        raise ValueError(f"{title[:60]!r} cannot be a title: 1 to 60 printable characters")
    file = _place(name) / INFO
    info = {**json.loads(file.read_text(encoding="utf-8")), "title": title.strip()}
    with places.replacing(file) as new:
        new.write_text(json.dumps(info), encoding="utf-8")


def delete(name: str) -> None:
    """Move a dataset out of sight; `restore` brings it back until another of that name is deleted."""
    places.check_own()
    hidden = _hidden(name)
    shutil.rmtree(hidden, ignore_errors=True)
    _place(name).rename(hidden)


def restore(name: str) -> None:
    """Undo `delete`; SourceError if there is nothing to bring back."""
    places.check_own()
    if not NAME.fullmatch(name) or not _hidden(name).exists():
        raise SourceError(f"there is no deleted dataset {name!r}")
    if (folder() / name).exists():
        raise SourceError(f"there is a dataset named {name} again; delete that one first to bring the older one back")
    _hidden(name).rename(folder() / name)


def _place(name: str) -> Path:
    if name not in own_datasets():
        raise ValueError(f"there is no dataset {name!r} of your own; there are: {', '.join(own_datasets()) or 'none'}")
    return folder() / name


def _hidden(name: str) -> Path:
    return folder() / f".deleted-{name}"


def _tidy() -> None:
    """Remove drafts that nobody saved within a day."""
    for place in folder().glob(".draft-*"):
        if place.stat().st_mtime < time.time() - DAY:
            shutil.rmtree(place, ignore_errors=True)


def unwritable(error: OSError) -> SourceError:
    why = "the disk is full" if is_full(error) else error.strerror or str(error)
    return SourceError(f"{folder()} could not be written: {why}; make room or set NAS_EXPLORER_DATA")
