"""Downloads pinned files into the user's cache: with a checksum, retries, and only what is missing."""

from __future__ import annotations

import errno
import logging
import os
import shutil
import threading
import urllib.parse
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from nas_core.places import shared_place
from nas_core.sources.catalogue import PinnedArchive, PinnedFile

RETRIES = 2  # after the first attempt; one second and then two seconds later
SECONDS_OF_SILENCE = 30  # a server that sends nothing for so long is taken for gone
REDIRECTS = 5  # how often a server may send the download to another address
CHUNK = 1 << 15  # bytes
Pinned = PinnedFile | PinnedArchive
AGAIN = "What was downloaded before is kept, and so is every table; fetch again and it goes on from there."


class SourceError(RuntimeError):
    """Data that could not be fetched, read or written; the message says why and what to do."""


@dataclass(frozen=True)
class Progress:
    """How far a download, build or import has come."""

    text: str  # what is being done
    done: int
    total: int
    unit: str = "bytes"


def cache_place() -> Path:
    """Where downloads are kept, or will be: $NAS_EXPLORER_DATA/downloads, else the platform's cache folder."""
    if os.environ.get("NAS_EXPLORER_DATA"):
        return shared_place() / "downloads"
    import platformdirs

    return Path(platformdirs.user_cache_dir("nas-explorer", appauthor=False))


def cache_dir() -> Path:
    """The same, made if missing."""
    folder = cache_place()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def path(file: Pinned) -> Path:
    """Where `file` is or will be in the cache."""
    return cache_dir() / file.name


def download(files: Sequence[Pinned], mirror: str = "") -> Generator[Progress]:
    """Bring every file of `files` into the cache; those that are there and intact are not fetched again.

    mirror: scheme and host that serve the same paths instead of the pinned ones. SourceError in one sentence if it
    fails, ValueError if `mirror` is not a web address.
    """
    if mirror and urllib.parse.urlsplit(mirror).scheme not in ("http", "https"):
        raise ValueError(f"{mirror!r} is not a web address; give one such as http://localhost:8000")
    total = sum(f.size for f in files)
    try:
        folder = cache_dir()
        with FileLock(folder / ".lock", timeout=0):
            _tidy(folder)
            _check_room(folder, sum(f.size for f in files if not path(f).exists()))
            done = 0
            for file in files:
                for received in _fetch(file, folder, mirror):
                    yield Progress(f"downloading {file.name}", done + min(received, file.size), total)
                done += file.size
            yield Progress(f"{len(files)} files downloaded and checked", total, total)
    except Timeout:
        raise SourceError("another process is downloading at this moment; wait until it has finished") from None
    except OSError as error:
        raise SourceError(_disk_says(error)) from error


def _fetch(file: Pinned, folder: Path, mirror: str) -> Iterator[int]:
    """Yields the bytes received so far; the work is done in a thread, so that a caller can stop between two bytes."""
    meter = _Meter()
    thread = threading.Thread(target=meter.run, args=(file, folder, file.url(mirror)), daemon=True)
    thread.start()
    try:
        while thread.is_alive():
            thread.join(0.1)
            yield meter.received
    finally:
        meter.stop.set()
        thread.join(5)
    if meter.error is not None:
        raise _in_words(meter.error, file, file.url(mirror), meter.received) from meter.error


class _Stop(Exception):
    """Nobody wants the download any more."""


class _TooLarge(Exception):
    """The server sends more than the pinned size."""


class _Meter:
    """Receives a file for pooch, no more of it than its pinned size; says how far it is and can be stopped."""

    def __init__(self) -> None:
        self.received = self.size = 0
        self.stop = threading.Event()
        self.error: Exception | None = None

    def run(self, file: Pinned, folder: Path, url: str) -> None:
        import pooch
        import requests

        self.size = file.size
        pooch.get_logger().setLevel(logging.ERROR)
        cache = pooch.create(
            folder, "", registry={file.name: file.checksum}, urls={file.name: url}, retry_if_failed=RETRIES
        )
        try:
            cache.fetch(file.name, downloader=self)
        except (requests.RequestException, ValueError, OSError, _Stop, _TooLarge) as error:
            self.error = error

    def __call__(self, url: str, output_file: str, _pooch: object) -> None:
        """Write what `url` sends to `output_file`; called by pooch for each attempt."""
        import requests

        self.received = 0
        with requests.Session() as session:
            session.max_redirects = REDIRECTS
            headers = {"Accept-Encoding": "identity"}  # the size is that of the file as it is
            with (
                session.get(url, stream=True, timeout=SECONDS_OF_SILENCE, headers=headers) as response,
                open(output_file, "wb") as out,
            ):
                response.raise_for_status()
                for chunk in response.iter_content(CHUNK):
                    if self.stop.is_set():
                        raise _Stop
                    self.received += len(chunk)
                    if self.received > self.size:
                        raise _TooLarge
                    out.write(chunk)


def _in_words(error: Exception, file: Pinned, url: str, received: int) -> Exception:
    """`error` as a SourceError that says what to do; an OSError of the disk is handed on as it is."""
    import requests

    host = urllib.parse.urlsplit(url).netloc
    if isinstance(error, requests.HTTPError) and error.response is not None:
        status = f"{error.response.status_code} {error.response.reason}"
        return SourceError(
            f"{host} answers {status} for {url}. {AGAIN} If it stays so, use a mirror (--from URL) or import a copy "
            f"that you have."
        )
    if isinstance(error, _TooLarge):
        return SourceError(
            f"{file.name} from {host} is larger than the pinned size of {file.size:,} bytes: it is not the pinned "
            f"file, so it was thrown away. {AGAIN}"
        )
    if isinstance(error, requests.TooManyRedirects):
        return SourceError(f"{host} redirected too often (more than {REDIRECTS} times) for {url}. {AGAIN}")
    if isinstance(error, requests.exceptions.InvalidSchema):
        return SourceError(f"{host} redirected to an address that is not http or https for {url}. {AGAIN}")
    if isinstance(error, requests.RequestException) and received:
        return SourceError(f"the connection to {host} broke in the middle of {file.name}. {AGAIN}")
    if isinstance(error, requests.RequestException):
        return SourceError(f"{host} cannot be reached: there may be no network here. {AGAIN}")
    if isinstance(error, ValueError):
        return SourceError(
            f"{file.name} from {host} is not the pinned file: its checksum is wrong, so it was thrown away. {AGAIN}"
        )
    return error


def is_full(error: OSError) -> bool:
    """True if the disk, the user's quota or the largest allowed file size is exhausted."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def _disk_says(error: OSError) -> str:
    folder = cache_place()
    if is_full(error):
        return f"the disk is full: {folder} takes no more. Make room or set NAS_EXPLORER_DATA to another disk. {AGAIN}"
    return (
        f"{folder} cannot be written ({error.strerror or error}); set NAS_EXPLORER_DATA to a folder of yours. {AGAIN}"
    )


def _check_room(folder: Path, size: int) -> None:
    if shutil.disk_usage(folder).free < size:
        raise OSError(errno.ENOSPC, "no space left on device")


def _tidy(folder: Path) -> None:
    """Remove the unfinished files of a process that was killed."""
    for left_over in folder.glob("*/tmp*"):
        left_over.unlink(missing_ok=True)


_PERCENT = {
    "bytes": (0, 90),
    "tables": (90, 100),
    "images": (90, 100),
    "architectures": (0, 100),
}  # where each kind of step stands


def in_percent(make: Callable[[], Generator[Progress]]) -> Generator[Progress]:
    """One item of `make()` for each percent of the work, so that the number of items is a progress bar."""
    percent = 0
    with closing(make()) as steps:
        for step in steps:
            low, high = _PERCENT[step.unit]
            for _ in range(percent, int(low + (high - low) * step.done / max(step.total, 1))):
                percent += 1
                yield step
