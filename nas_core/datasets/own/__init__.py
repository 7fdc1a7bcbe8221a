"""A dataset of one's own, as an import left it: a folder of arrays and of what is to be known about them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from nas_core import arrays
from nas_core.datasets import Dataset, Split

INFO = "info.json"
PARTS = ("train", "val", "test")


class OwnDataset(Dataset):
    """Data of yours; a subclass is one folder.

    Images are kept as uint8[n, channels, size, size], texts as int32[n, length] token numbers, signals as
    float32[n, channels, length], labels as int64[n], one file each for every part.
    """

    place: ClassVar[Path]
    info: ClassVar[dict[str, Any]]

    @property
    def channels(self) -> int:
        return self.info["channels"]

    @property
    def size(self) -> int:
        return self.info["size"]

    @property
    def examples(self) -> dict[str, int]:
        return dict(self.info["examples"])

    def missing(self) -> str:
        lacking = [f"{part}_{what}.npy" for part in PARTS for what in "xy"]
        lacking = [name for name in lacking if not (self.place / name).is_file()]
        return (
            f"{self.title()} is not whole: {self.place} lacks {', '.join(lacking)}; import it again" if lacking else ""
        )

    def load(self) -> dict[str, Split]:
        """Images and signals are standardised by channel over the training part."""
        if sentence := self.missing():
            raise FileNotFoundError(sentence)
        return _load(self.place, self.info["fingerprint"])

    def raw(self, part: str) -> tuple[np.ndarray, np.ndarray]:
        """(inputs, labels) of a part as they are kept, mapped from the files and read-only."""
        return _arrays(self.place, part, mapped=True)

    def class_names(self) -> list[str]:
        """The classes, in the order of their labels."""
        return list(self.info["classes"])

    def preprocessing(self) -> dict[str, Any]:
        """How an input of the user's kind becomes a row of `load`: sizes, and means and deviations or words."""
        return dict(self.info["preprocessing"])


@lru_cache(maxsize=2)
def _load(place: Path, _: str) -> dict[str, Split]:
    info = json.loads((place / INFO).read_text(encoding="utf-8"))
    parts = {part: _arrays(place, part) for part in PARTS}
    if fingerprint(info["classes"], info["preprocessing"], parts.values()) != info["fingerprint"]:
        raise arrays.DamagedFile(
            f"the data in {place} are damaged: they are not what was imported; delete the dataset and import it again"
        )
    return {part: Split(ready(x, info["preprocessing"]), y.astype(np.int64)) for part, (x, y) in parts.items()}


def fingerprint(classes: list[str], how: dict[str, Any], parts: Iterable[tuple[np.ndarray, np.ndarray]]) -> str:
    """12 hex digits over the inputs and labels of all parts, the classes and how an input is made ready."""
    digest = hashlib.sha256(json.dumps([classes, how]).encode())
    for part in parts:
        for values in part:
            digest.update(np.ascontiguousarray(values).data)
    return digest.hexdigest()[:12]


def _arrays(place: Path, part: str, mapped: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """(inputs, labels) of a part."""
    x, y = (arrays.load(place / f"{part}_{what}.npy", "import the data again", mapped=mapped)[0] for what in "xy")
    return x, y


def ready(x: np.ndarray, how: dict[str, Any]) -> np.ndarray:
    """Inputs as they are kept, as a network reads them: see `Dataset.preprocessing` for `how`."""
    if how["kind"] == "tokens":
        return x.astype(np.int64)
    shape = (-1,) + (1,) * (x.ndim - 2)
    mean, std = (np.array(how[name], np.float32).reshape(shape) for name in ("mean", "std"))
    values = x.astype(np.float32)
    if how["kind"] == "image":
        values /= np.float32(255)
    values -= mean
    values /= std
    return values
