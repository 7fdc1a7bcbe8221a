"""Where things are kept on this machine."""

from __future__ import annotations

import os
from pathlib import Path


def data_place() -> Path:
    """The user's data folder, $NAS_EXPLORER_DATA or else the platform's own, whether it is there or not."""
    if folder_name := os.environ.get("NAS_EXPLORER_DATA"):
        return Path(folder_name).expanduser()
    import platformdirs

    return Path(platformdirs.user_data_dir("nas-explorer", appauthor=False))


def data_dir() -> Path:
    """The same, made if missing."""
    folder = data_place()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def app_dir() -> Path:
    """The folder of app.py and of what belongs to it: in the installed package, else around `nas_core`."""
    core = Path(__file__).resolve().parent
    return core / "_app" if (core / "_app").exists() else core.parent
