"""What this server keeps for its visitors: background jobs, saved runs, experiments."""

from __future__ import annotations

from functools import lru_cache, partial
from pathlib import Path

import streamlit as st

from nas_core import housekeeping, settings
from nas_core.experiments import Experiments
from nas_core.jobs import Jobs
from nas_core.places import data_place, shared_place
from nas_core.store import Store
from ui import visitors


def experiments() -> Experiments:
    """The experiments of this visitor, which name the runs of `store`; of who is visited, where somebody is."""
    return _experiments(store().folder, bool(visitors.host()))


@st.cache_resource(show_spinner=False, max_entries=64)
def _experiments(runs: Path, read_only: bool) -> Experiments:
    return Experiments(runs.parent / "experiments", Store(runs, read_only), visitors.public())


@st.cache_resource(show_spinner=False)
def jobs() -> Jobs:
    """The background jobs of this server."""
    now = settings.current()
    return Jobs(now, visitors.name, partial(housekeeping.full, now), shared_place() / "minutes")


def store() -> Store:
    """The saved runs of this visitor; of who is visited, where somebody is."""
    return _store(data_place() / "runs", bool(visitors.host()))


@lru_cache(maxsize=64)
def _store(folder: Path, read_only: bool) -> Store:
    return Store(folder, read_only)


def watch(key: str) -> None:
    """Remember that this visitor watches the job `key`, on whatever page they are."""
    st.session_state.setdefault("watched_jobs", set()).add(key)


def watches(key: str) -> bool:
    """True if this visitor has watched the job `key`."""
    return key in st.session_state.get("watched_jobs", ())


def disk_limit() -> int:
    """Bytes that the data folder may have; 0 for any number."""
    return settings.current().disk_mb * 2**20
