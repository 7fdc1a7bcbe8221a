"""Where things are kept on this machine."""

from __future__ import annotations

import os
from pathlib import Path


def data_dir() -> Path:
    """The user's data folder: $NAS_EXPLORER_DATA, else the platform's own; made if missing."""
    if folder_name := os.environ.get("NAS_EXPLORER_DATA"):
        folder = Path(folder_name).expanduser()
    else:
        import platformdirs

        folder = Path(platformdirs.user_data_dir("nas-explorer", appauthor=False))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def app_dir() -> Path:
    """The folder of app.py and of what belongs to it: in the installed package, else around `nas_core`."""
    core = Path(__file__).resolve().parent
    return core / "_app" if (core / "_app").exists() else core.parent
