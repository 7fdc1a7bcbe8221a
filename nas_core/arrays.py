"""Files of NumPy arrays, read or refused in one sentence: disks fail, and people copy half of a file."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np


class DamagedFile(RuntimeError):
    """A file that does not hold what was written into it. The message says which, and the way out."""


def load(file: Path, way_out: str, *names: str, mapped: bool = False) -> list[np.ndarray]:
    """The arrays `names` of an .npz file, or the one of an .npy file. DamagedFile if they cannot be read,
    FileNotFoundError if there is no such file.

    way_out: what to do once a damaged file is deleted. mapped: leave an .npy file's numbers on the disk, read-only.
    """
    mode: Literal["r"] | None = "r" if mapped else None
    try:
        content = np.load(file, mode, allow_pickle=False)
        if isinstance(content, np.ndarray) != (not names):
            raise ValueError("it is a file of another kind")
        if not names:
            return [content]
        with content:
            return [content[name] for name in names]
    except FileNotFoundError:
        raise
    except Exception as error:  # whatever zipfile, zlib and NumPy call a file that is damaged
        why = (str(error).splitlines() or [type(error).__name__])[0]
        raise DamagedFile(f"{file.name} in {file.parent} is damaged ({why}); delete it and {way_out}") from error
