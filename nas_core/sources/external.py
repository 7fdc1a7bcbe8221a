"""The datasets that are fetched or imported: what the command line and the page Data can do for each."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from nas_core.sources import banking77, cifar
from nas_core.sources.download import Progress


@dataclass(frozen=True)
class ExternalDataset:
    """A dataset that is not part of the project."""

    title: str
    size: int  # bytes that are downloaded
    paper: str
    place: Callable[[], Path]  # where it is, or will be
    fetch: Callable[[str], Generator[Progress]]  # given a mirror or ""
    take: Callable[[Path], Generator[Progress]]  # given the place of a copy


EXTERNAL = {
    name: ExternalDataset(
        edition.title,
        edition.archive.size,
        cifar.PAPER,
        partial(cifar.file, name),
        partial(cifar.fetch, name),
        partial(cifar.take, name),
    )
    for name, edition in cifar.ARCHIVES.items()
} | {
    "banking77": ExternalDataset(
        banking77.TITLE,
        sum(file.size for file in banking77.FILES),
        banking77.PAPER,
        banking77.place,
        banking77.fetch,
        banking77.take,
    )
}
