"""The datasets and tables that are fetched or imported by name: what the command line and the Data page do for each."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from nas_core.sources import banking77, cifar, hw_nas_bench_360, nas_bench_macro, nats, published
from nas_core.sources.download import Progress


@dataclass(frozen=True)
class ExternalData:
    """A dataset or a table that is not part of the project."""

    title: str
    size: int  # bytes that are downloaded
    paper: str
    place: Callable[[], Path]  # where it is, or will be
    fetch: Callable[[str], Generator[Progress]]  # given a mirror or ""
    take: Callable[[Path], Generator[Progress]]  # given the place of a copy


DATASETS = {
    name: ExternalData(
        edition.title,
        edition.archive.size,
        cifar.PAPER,
        partial(cifar.file, name),
        partial(cifar.fetch, name),
        partial(cifar.take, name),
    )
    for name, edition in cifar.ARCHIVES.items()
} | {
    "banking77": ExternalData(
        banking77.TITLE,
        sum(file.size for file in banking77.FILES),
        banking77.PAPER,
        banking77.place,
        banking77.fetch,
        banking77.take,
    )
}
_TABLES = {
    "nas_bench_macro": ("NAS-Bench-Macro", nas_bench_macro.PAPER),
    "hw_nas_bench_360": ("HW-NAS-Bench-360", hw_nas_bench_360.NB360_PAPER),
}
TABLES = {
    name: ExternalData(
        title,
        sum(file.size for file in published.RECIPES[name].files),
        paper,
        partial(nats.file, name),
        partial(published.fetch, name),
        partial(published.take, name),
    )
    for name, (title, paper) in _TABLES.items()
}
EXTERNAL = DATASETS | TABLES
