"""The datasets of one's own: a plugin for each folder that an import left in the data folder."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

from nas_core.datasets import Dataset
from nas_core.datasets.own import INFO, OwnDataset
from nas_core.places import data_place


def folder() -> Path:
    """Where they are, or will be."""
    return data_place() / "own_data"


def own_datasets() -> dict[str, type[Dataset]]:
    """{name: class} for the folders that there are now; one that cannot be read is left out, see `damage`."""
    classes: dict[str, type[Dataset]] = {}
    for info in sorted(folder().glob(f"[!.]*/{INFO}")):
        try:
            classes[info.parent.name] = _of(info, info.stat().st_mtime_ns)
        except (OSError, ValueError, KeyError):
            continue
    return classes


@lru_cache(maxsize=64)
def _of(file: Path, _: int) -> type[OwnDataset]:
    info = json.loads(file.read_text(encoding="utf-8"))
    described = {
        "name": file.parent.name,
        "label": info["title"],
        "kind": info["preprocessing"]["kind"],
        "classes": len(info["classes"]),
        "source": f"your own: {info['source']}; fingerprint {info['fingerprint']}",
        "place": file.parent,
        "info": info,
    }
    doc = f"{info['about']}, imported by you."
    return type(file.parent.name, (OwnDataset,), {"__doc__": doc, "__module__": __name__, **described})


def __getattr__(name: str) -> type[Dataset]:
    """The class of that name: this is how an instance of it is unpickled in another process."""
    if not name.startswith("_") and name in (plugins := own_datasets()):
        return plugins[name]
    raise AttributeError(f"{__name__} has no {name}")
