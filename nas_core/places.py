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
