"""What the operator of a server decides: whether visitors are kept apart, and how much work and room there is.

A profile names a set of defaults. `settings.toml` in the data folder changes single ones, and an environment variable,
such as NAS_EXPLORER_JOBS for `jobs`, comes before both.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from nas_core import places

FILE = "settings.toml"
PREFIX = "NAS_EXPLORER_"
NO = ("", "0", "false", "no")
YES = ("1", "true", "yes")


def _setting(laptop: Any, cloud: Any, lab: Any, about: str, least: int = 0) -> Any:
    """With its value in each profile."""
    return field(
        default=laptop, metadata={"laptop": laptop, "cloud": cloud, "lab": lab, "about": about, "least": least}
    )


_HALF = (os.cpu_count() or 1) // 2  # of the cores


@dataclass(frozen=True)
class Settings:
    """Of one server; by itself those of a laptop. Where nothing else is said, 0 means without a limit."""

    public: bool = _setting(
        False,
        True,
        True,
        "strangers use the app: what a visitor makes or uploads is theirs alone, and nobody names an address or a "
        "folder for the server",
    )
    jobs: int = _setting(2, 2, max(3, _HALF), "jobs at work at once; one more for a visitor without any", 1)
    visitor_jobs: int = _setting(0, 1, 2, "jobs of one visitor at work at once")
    waiting: int = _setting(0, 100, 500, "jobs that wait, of all visitors")
    visitor_waiting: int = _setting(0, 5, 50, "jobs of one visitor that wait")
    processes: int = _setting(0, 1, max(1, _HALF), "processes that one job may use; 0: as many as cores")
    visitor_processes: int = _setting(0, 1, max(2, _HALF), "processes that the jobs of one visitor may use together")
    server_processes: int = _setting(0, 3, max(4, 2 * _HALF), "processes that all jobs may use together")
    job_minutes: int = _setting(0, 30, 24 * 60, "minutes that one job may work; what it has done is kept")
    visitor_minutes: int = _setting(0, 180, 0, "minutes that the jobs of one visitor may work within 24 hours")
    server_minutes: int = _setting(0, 0, 0, "minutes that all jobs may work within 24 hours")
    job_memory_mb: int = _setting(0, 380, 8_000, "MB of memory of one job that works in processes of its own")
    visitor_memory_mb: int = _setting(0, 380, 12_000, "MB of memory of all such jobs of one visitor")
    memory_mb: int = _setting(
        0, 650, 0, "MB of memory of the server and its jobs, above which no second job begins and the largest ends"
    )
    upload_mb: int = _setting(0, 20, 200, "MB of a file that a visitor uploads; 0: as much as the page reads")
    visitor_disk_mb: int = _setting(0, 300, 20_000, "MB that one visitor may keep on disk; needs `public`")
    disk_mb: int = _setting(
        0, 5_000, 500_000, "MB of the whole data folder; above it nothing new begins until there is room"
    )

    @property
    def most_processes(self) -> int:
        """That one job may ever use; 0 without a limit."""
        limits = (self.processes, self.visitor_processes, self.server_processes)
        return min((limit for limit in limits if limit), default=0)


NAMES = tuple(f.name for f in fields(Settings))
PROFILES = ("laptop", "cloud", "lab")


def current() -> Settings:
    """The settings that hold now; ValueError in one sentence for a wrong one."""
    file = places.shared_place() / FILE
    names = (f"{PREFIX}{name.upper()}" for name in ("profile", *NAMES))
    variables = tuple((name, os.environ[name]) for name in names if name in os.environ)
    try:
        stamp = file.stat().st_mtime_ns
    except OSError:
        stamp = 0
    return _read(file, stamp, variables)


@lru_cache(maxsize=8)
def _read(file: Path, stamp: int, variables: tuple[tuple[str, str], ...]) -> Settings:
    environment: dict[str, tuple[str, Any]] = {
        name.removeprefix(PREFIX).lower(): (name, text) for name, text in variables
    }
    values = {**(_of_file(file) if stamp else {}), **environment}
    where, profile = values.pop("profile", ("", "laptop"))
    if profile not in PROFILES:
        raise ValueError(f"{where} is {profile!r}, which is not a profile; there are: {', '.join(PROFILES)}")
    defaults: dict[str, Any] = {f.name: f.metadata[profile] for f in fields(Settings)}
    limits = {f.name: f.metadata["least"] for f in fields(Settings)}
    return Settings(**defaults | {name: _value(*values[name], defaults[name], limits[name]) for name in values})


def _of_file(file: Path) -> Mapping[str, tuple[str, Any]]:
    """{name: (what it is called in a message, value)}."""
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"{file} cannot be read ({error}); mend it or remove it") from None
    if wrong := [name for name in values if name not in ("profile", *NAMES)]:
        raise ValueError(f"{file} has no setting {wrong[0]!r}; there are: profile, {', '.join(NAMES)}")
    return {name: (f"{name} in {file}", value) for name, value in values.items()}


def _value(where: str, value: Any, default: bool | int, least: int) -> bool | int:
    text = str(value).strip().lower()
    if isinstance(default, bool):
        if text in (*YES, *NO):
            return text in YES
        raise ValueError(f"{where} must be true or false; it is {value!r}")
    if isinstance(value, bool) or not text.isdecimal() or int(text) < least:
        raise ValueError(f"{where} must be a whole number, at least {least}; it is {value!r}")
    return int(text)
