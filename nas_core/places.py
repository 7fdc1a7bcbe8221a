"""Where things are kept on this machine."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path

from filelock import FileLock

OWNER = "NAS_EXPLORER_OWNER"  # set in a child process: whose work it does
_owner: ContextVar[str | None] = ContextVar("owner", default=None)  # of the thread of a job


def _nobody() -> str:
    return ""


ask_owner: Callable[[], str] = _nobody  # how the app says whose page is drawn
ask_host: Callable[[], str] = _nobody  # and whose it is where that is not who looks at it


def owner() -> str:
    """In whose folder everything is kept that one may not see of another: a name made by `owner_of`; "" where visitors
    are not kept apart."""
    acting = _owner.get()
    return acting if acting is not None else os.environ.get(OWNER) or ask_owner()


def check_own() -> None:
    """RuntimeError where what is another's is only looked at, so that nothing may be written."""
    if _owner.get() is None and ask_host():
        raise RuntimeError("this belongs to another visitor: it can be looked at and exported, not changed")


def owner_of(key: str) -> str:
    """The owner who has that secret key; the key does not follow from it."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]


@contextmanager
def acting_for(name: str) -> Iterator[None]:
    """What this thread does within, it does for the owner of that name."""
    token = _owner.set(name)
    try:
        yield
    finally:
        _owner.reset(token)


def shared_place() -> Path:
    """The data folder of this server, $NAS_EXPLORER_DATA or else the platform's own, whether it is there or not."""
    if folder_name := os.environ.get("NAS_EXPLORER_DATA"):
        return Path(folder_name).expanduser()
    import platformdirs

    return Path(platformdirs.user_data_dir("nas-explorer", appauthor=False))


def shared_dir() -> Path:
    """The same, made if missing: for what is the same for everybody, such as tables that others published."""
    return _ensure(shared_place())


def trouble() -> str:
    """Why the data folder cannot be made, and the way out; "" if it can, or is there."""
    folder = shared_place() / "visitors" if owner() else shared_place()
    try:
        _ensure(folder)
    except OSError as error:
        return (
            f"the data folder {folder} cannot be made ({error.strerror or error}), and without one nothing can be "
            "kept; set NAS_EXPLORER_DATA to a folder that this app may write"
        )
    return ""


def data_place() -> Path:
    """The folder of whoever this is done for, whether it is there or not: all of the server's where nobody is apart."""
    return place_of(owner())


def data_dir() -> Path:
    """The same, made if missing."""
    return _ensure(data_place())


def place_of(name: str) -> Path:
    """The folder of the owner of that name."""
    return shared_place() / "visitors" / name if name else shared_place()


def size(path: Path) -> int:
    """Bytes of a file, or of all files below a folder."""
    total = 0
    for file in path.rglob("*") if path.is_dir() else [path]:
        with suppress(OSError):  # it went while we looked
            total += file.lstat().st_size if not file.is_dir() else 0
    return total


@contextmanager
def replacing(file: Path) -> Iterator[Path]:
    """A path beside `file`: what is written there takes its place once it is on disk, and is gone after an error."""
    new = file.with_name(f"{file.name}.{os.getpid()}.{secrets.token_hex(4)}.new")
    try:
        yield new
        with new.open("rb+") as stream:
            os.fsync(stream.fileno())  # so that a power cut does not leave an empty file under the name
        new.replace(file)
    finally:
        with suppress(OSError):
            new.unlink(missing_ok=True)


def append_line(file: Path, line: bytes) -> None:
    """Append a line, or several, to a file that other processes append to as well; one that was cut off before gets its
    end."""
    with FileLock(file.with_suffix(".lock")), file.open("ab+") as out:
        if out.seek(0, os.SEEK_END):
            out.seek(-1, os.SEEK_END)
            line = line if out.read(1) == b"\n" else b"\n" + line
        out.write(line + b"\n")


def _ensure(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def app_dir() -> Path:
    """The folder of app.py and of what belongs to it: in the installed package, else around `nas_core`."""
    core = Path(__file__).resolve().parent
    return core / "_app" if (core / "_app").exists() else core.parent
