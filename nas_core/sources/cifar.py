"""CIFAR-10 and CIFAR-100 on this machine: fetched, or taken from a copy that is here, and kept as plain arrays.

The published archives hold Python pickles. They are read without running any code that may be in them, once; what is
kept is one file of numbers for each dataset.
"""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

import numpy as np

from nas_core import places
from nas_core.sources import download, files, pickles
from nas_core.sources.catalogue import PinnedArchive
from nas_core.sources.download import Progress, SourceError

PAPER = "Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009"
_HOST = "https://www.cs.toronto.edu"


@dataclass(frozen=True)
class CifarArchive:
    """A published archive and what is in it."""

    title: str
    archive: PinnedArchive
    folder: str  # inside the archive
    train: tuple[str, ...]  # files
    test: str
    labels: str  # under which name a file has its labels
    classes: int


ARCHIVES = {
    "cifar10": CifarArchive(
        "CIFAR-10",
        PinnedArchive(_HOST, "~kriz/cifar-10-python.tar.gz", 170_498_071, "c58f30108f718f92721af3b95e74349a", PAPER),
        "cifar-10-batches-py",
        tuple(f"data_batch_{i}" for i in range(1, 6)),
        "test_batch",
        "labels",
        10,
    ),
    "cifar100": CifarArchive(
        "CIFAR-100",
        PinnedArchive(_HOST, "~kriz/cifar-100-python.tar.gz", 169_001_437, "eb9058c3a382ffc7106e4002c42a8d85", PAPER),
        "cifar-100-python",
        ("train",),
        "test",
        "fine_labels",
        100,
    ),
}


def file(dataset: str) -> Path:
    """Where the images of `dataset` are, or will be."""
    return files.folder() / f"{dataset}.npz"


def fetch(dataset: str, mirror: str = "") -> Generator[Progress]:
    """Download the archive, compare its checksum and keep its images; nothing is done where they are here already.

    mirror: scheme and host that serve the same path instead of the author's. SourceError in one sentence if it fails,
    ValueError if `mirror` is not a web address.
    """
    edition = ARCHIVES[dataset]
    if not file(dataset).exists():
        yield from download.download([edition.archive], mirror)
        archive = download.path(edition.archive)
        yield from take(dataset, archive)
        archive.unlink()
    yield Progress(f"{edition.title} is here", 1, 1, "images")


def take(dataset: str, source: Path) -> Generator[Progress]:
    """Keep the images of a published archive, or of the folder it was unpacked to; SourceError if it is neither."""
    edition = ARCHIVES[dataset]
    yield Progress(f"reading {edition.title}", 0, 1, "images")
    parts = list(pickles.apart(partial(_parts, edition, source), source.name, _size(source)))
    images, labels = (np.concatenate(column) for column in zip(*parts, strict=True))
    _write(file(dataset), images=images, labels=labels, train=np.int64(sum(len(part[1]) for part in parts[:-1])))
    yield Progress(f"{edition.title} is here", 1, 1, "images")


def _size(source: Path) -> int:
    """Bytes of the archive, or of all files of its folder; 0 where there is neither."""
    return sum(f.stat().st_size for f in (source.rglob("*") if source.is_dir() else [source]) if f.is_file())


def _parts(edition: CifarArchive, source: Path) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(images, labels) of every file of images, those for training first."""
    for name, stream in _files(edition, source):
        yield _part(edition, name, stream)


def _files(edition: CifarArchive, source: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """(name, open file) of the files of images, those for training first."""
    names = [*edition.train, edition.test]
    try:
        if source.is_dir():
            folder = source / edition.folder if (source / edition.folder).is_dir() else source
            for name in names:
                with (folder / name).open("rb") as stream:
                    yield name, stream
            return
        with tarfile.open(source) as archive:
            for name in names:
                member = archive.extractfile(f"{edition.folder}/{name}")
                if member is None:
                    raise KeyError(name)
                yield name, member
    except (OSError, KeyError, EOFError, tarfile.TarError, zlib.error) as error:
        why = str(error).partition("\n")[0]
        raise SourceError(
            f"{source} is neither {edition.archive.name} nor the folder {edition.folder} that comes out of it "
            f"({type(error).__name__}: {why})"
        ) from error


def _part(edition: CifarArchive, name: str, stream: IO[bytes]) -> tuple[np.ndarray, np.ndarray]:
    """Images uint8[n, 3, 32, 32] and labels int64[n] of one file, whose strings are bytes."""
    content = pickles.read(stream, name, "bytes")
    images = content.get(b"data") if isinstance(content, dict) else None
    labels = np.asarray(content.get(edition.labels.encode(), ()) if isinstance(content, dict) else ())
    if (
        not isinstance(images, np.ndarray)
        or images.dtype != np.uint8
        or images.shape != (len(labels), 3 * 32 * 32)
        or labels.dtype != np.int64
        or not len(labels)
        or not 0 <= labels.min() <= labels.max() < edition.classes
    ):
        raise SourceError(f"{name} does not hold images and labels as {edition.title} was published; get it again")
    return images.reshape(-1, 3, 32, 32), labels


def _write(target: Path, **arrays: Any) -> None:
    """Write or replace `target`, whole or not at all."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with places.replacing(target) as new, new.open("wb") as stream:
            np.savez(stream, **arrays)
    except OSError as error:
        full = "the disk is full" if download.is_full(error) else error.strerror or str(error)
        raise SourceError(f"{target} could not be saved: {full}; make room or set NAS_EXPLORER_DATA") from error
