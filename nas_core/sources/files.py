"""Where the datasets that were fetched or imported lie on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nas_core import plugins
from nas_core.datasets import Dataset
from nas_core.places import shared_place


def folder() -> Path:
    """Where they are."""
    return shared_place() / "datasets"


def params(dataset: str) -> dict[str, Any]:
    """With which `datasets.create` finds `dataset` there; {} if it is not fetched but made, or unknown."""
    plugin = plugins.find(Dataset).get(dataset)
    return {"folder": str(folder())} if plugin and "folder" in {f.name for f in plugins.params(plugin)} else {}
