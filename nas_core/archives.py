"""Zip archives in memory; from anywhere: read within bounds or refused in one sentence, none is unpacked to disk."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator

from nas_core.store import LONGEST, StoreError

LARGEST = 200 * 2**20  # bytes of all files that are read from an archive, unpacked
MOST = 5000  # files in an archive
PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # the others may ask for any amount of memory


def files(data: bytes, accepts: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    """(name, content) of each accepted file, one at a time; StoreError in words for an archive that cannot be read.

    accepts: of a name, asked of every file before the first is read.
    """
    if data.count(b"PK\1\2") > MOST:  # an entry of an archive begins so
        raise StoreError(f"the archive has too many files; at most {MOST:,} runs can be imported at once")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in _members(archive, accepts):
                yield member.filename, archive.read(member)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, struct.error, NotImplementedError):
        raise StoreError("this is not a zip archive, or it is damaged") from None


def zipped(contents: Iterable[tuple[str, bytes]]) -> bytes:
    """An archive of these files: name and content of each."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents:
            archive.writestr(name, content)
    return out.getvalue()


def _members(archive: zipfile.ZipFile, accepts: Callable[[str], bool]) -> list[zipfile.ZipInfo]:
    """The accepted files in it; StoreError if they are too large, locked or packed in an unusual way."""
    members = [m for m in archive.infolist() if accepts(m.filename)]
    if sum(m.file_size for m in members) > LARGEST or any(m.file_size > LONGEST for m in members):
        raise StoreError(
            f"the archive is too large; at most {MOST:,} runs, {LONGEST >> 20} MB each and {LARGEST >> 20} MB in all, "
            "unpacked"
        )
    if any(m.flag_bits & 1 for m in members):
        raise StoreError("the archive is encrypted; make one without a password")
    if any(m.compress_type not in PLAIN for m in members):
        raise StoreError("the archive is packed in an unusual way; make one with the usual method, deflate")
    return members
