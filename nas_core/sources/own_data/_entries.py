"""The files of a folder or of a zip archive, one at a time; nothing is ever unpacked to disk."""

from __future__ import annotations

import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

MOST_FILES = 250_000
MOST_BYTES = 50_000_000  # of a file, unpacked
MOST_TOTAL = 4_000_000_000  # of all files of an archive, unpacked
PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # the others may ask for any amount of memory
CLUTTER = ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini")


@dataclass(frozen=True)
class Entry:
    """A file: its path within the folder or archive, and how to read it (ValueError in words if that fails)."""

    path: PurePosixPath
    read: Callable[[], bytes]


def entries(source: Path, stack: ExitStack) -> Iterator[Entry]:
    """Every file of a folder or a zip archive, in the order of their paths; they can be read until `stack` closes.

    Links are not followed. ValueError in one sentence for an archive that leads outside itself, is encrypted, damaged
    or too large, or where there are too many files.
    """
    return _of_folder(source) if source.is_dir() else _of_archive(source, stack)


def _of_folder(source: Path) -> Iterator[Entry]:
    paths: list[Path] = []
    for folder, folders, names in os.walk(source):
        folders.sort()
        paths += [Path(folder) / name for name in names]
        _check_count(len(paths), source.name)
    for path in sorted(paths):
        inside = PurePosixPath(path.relative_to(source).as_posix())
        if not _is_clutter(inside):
            yield Entry(inside, partial(_read, path))


def _read(path: Path) -> bytes:
    if path.is_symlink():
        raise ValueError("it is a link to another file, which is not followed")
    if not path.is_file():
        raise ValueError("it is not a file")
    if path.stat().st_size > MOST_BYTES:
        raise ValueError(_too_large(path.stat().st_size))
    try:
        return path.read_bytes()
    except OSError as error:
        raise ValueError(f"it cannot be read: {error.strerror or error}") from None


def _of_archive(source: Path, stack: ExitStack) -> Iterator[Entry]:
    name = source.name
    _check_count(_claimed(source), name)
    try:
        archive = stack.enter_context(zipfile.ZipFile(source))
    except (zipfile.BadZipFile, EOFError, OSError, struct.error, NotImplementedError, UnicodeError) as error:
        raise ValueError(f"{name} is not a zip archive, or it is damaged ({error})") from None
    members = [m for m in archive.infolist() if not m.is_dir()]
    _check_archive(members, name)
    for member in sorted(members, key=lambda m: m.filename):
        path = PurePosixPath(member.filename)
        if not _is_clutter(path):
            yield Entry(path, partial(_unpack, archive, member))


def _claimed(source: Path) -> int:
    """How many files the end of the archive says it has; 0 if it says nothing that can be read."""
    with source.open("rb") as file:
        file.seek(max(0, source.stat().st_size - 65_600))
        end = file.read()
    if (at := end.rfind(b"PK\6\6")) >= 0 and len(end) >= at + 40:
        return int.from_bytes(end[at + 32 : at + 40], "little")
    at = end.rfind(b"PK\5\6")
    return int.from_bytes(end[at + 10 : at + 12], "little") if at >= 0 else 0


def _check_archive(members: list[zipfile.ZipInfo], name: str) -> None:
    _check_count(len(members), name)
    for member in members:
        path = PurePosixPath(member.filename)
        if path.is_absolute() or ".." in path.parts or "\\" in member.filename or ":" in member.filename:
            raise ValueError(
                f"{name} has a file {member.filename[:80]!r}, which leads outside the archive; it is not read"
            )
        if stat.S_ISLNK(member.external_attr >> 16):
            raise ValueError(f"{name} has a link, {member.filename[:80]!r}; put the file itself into the archive")
        if member.flag_bits & 1:
            raise ValueError(f"{name} is encrypted; make one without a password")
        if member.compress_type not in PLAIN:
            raise ValueError(f"{name} is packed in an unusual way; make one with the usual method, deflate")
    if (total := sum(m.file_size for m in members)) > MOST_TOTAL:
        raise ValueError(f"{name} unpacks to {total / 1e9:,.1f} GB; at most {MOST_TOTAL / 1e9:.0f} GB are read")


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    if member.file_size > MOST_BYTES:
        raise ValueError(_too_large(member.file_size))
    try:
        with archive.open(member) as file:
            return file.read(MOST_BYTES)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, struct.error) as error:
        raise ValueError(f"it is damaged ({error})") from None


def _check_count(count: int, name: str) -> None:
    if count > MOST_FILES:
        raise ValueError(f"{name} has more than {MOST_FILES:,} files; take a part of them")


def _too_large(size: int) -> str:
    return f"it has {size / 1e6:,.0f} MB; at most {MOST_BYTES // 1_000_000} MB are read"


def _is_clutter(path: PurePosixPath) -> bool:
    """What systems leave beside people's files."""
    return any(part in CLUTTER or part.startswith("._") for part in path.parts)
