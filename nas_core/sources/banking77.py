"""Banking77 on this machine: fetched from pinned files, or taken from a copy that is here."""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from pathlib import Path

from nas_core import places
from nas_core.sources import download, files
from nas_core.sources.catalogue import PinnedFile
from nas_core.sources.download import Progress, SourceError

TITLE = "Banking77"
PAPER = "Casanueva et al., Efficient Intent Detection with Dual Sentence Encoders, 2020, arXiv:2003.04807"
_PLACE = ("PolyAI-LDN/task-specific-datasets", "57ec275d8078af65b7731c2a98be812d844a6d6b")
FILES = tuple(
    PinnedFile(*_PLACE, f"banking_data/{name}", size, sha256, "CC-BY-4.0", PAPER, columns)
    for name, size, sha256, columns in (
        (
            "train.csv",
            839073,
            "b06e26ac675513959a63135f11b94ea7786ed02da65db93a5650d8838cbc664b",
            "10,003 questions and what the customer wants",
        ),
        (
            "test.csv",
            239961,
            "d12d6e3bc4c3103966ae786dc435913c0c563dfa328f5a3646d0e62cfeeb474d",
            "3,080 questions, 40 for each of 77 intents",
        ),
        (
            "categories.json",
            2036,
            "53261da888122daf2d120d925458631d9619e15d82e56052e7a42e535ce32b63",
            "the names of the 77 intents",
        ),
    )
)


def place() -> Path:
    """The folder where the files are, or will be."""
    return files.folder() / "banking77"


def fetch(mirror: str = "") -> Generator[Progress]:
    """Download the files, compare their checksums and keep them; nothing is done where they are here already.

    mirror: scheme and host that serve the same paths instead of the pinned ones. SourceError in one sentence if it
    fails, ValueError if `mirror` is not a web address.
    """
    if not all((place() / _name(file)).exists() for file in FILES):
        yield from download.download(FILES, mirror)
        yield from _keep({_name(file): download.path(file) for file in FILES})
    yield Progress(f"{TITLE} is here", 1, 1, "images")


def take(source: Path) -> Generator[Progress]:
    """Keep the files that lie in the folder `source`; SourceError if they are not the published ones."""
    yield from _keep({_name(file): source / _name(file) for file in FILES})


def _keep(sources: dict[str, Path]) -> Generator[Progress]:
    """Copy the three files, all or none of them."""
    yield Progress(f"reading {TITLE}", 0, 1, "images")
    content = {}
    for file in FILES:
        source = sources[_name(file)]
        try:
            content[_name(file)] = source.read_bytes()
        except OSError as error:
            raise SourceError(f"{source} cannot be read: {error.strerror or error}") from error
        if hashlib.sha256(content[_name(file)]).hexdigest() != file.sha256:
            raise SourceError(f"{source} is not the published {_name(file)} of {TITLE}: its checksum is wrong")
    try:
        place().mkdir(parents=True, exist_ok=True)
        for name, data in content.items():
            with places.replacing(place() / name) as new:
                new.write_bytes(data)
    except OSError as error:
        full = "the disk is full" if download.is_full(error) else error.strerror or str(error)
        raise SourceError(f"{place()} could not be written: {full}; make room or set NAS_EXPLORER_DATA") from error
    yield Progress(f"{TITLE} is here", 1, 1, "images")


def _name(file: PinnedFile) -> str:
    return file.path.rpartition("/")[2]
