"""What CIFAR-10 and CIFAR-100 share: reading the images that `fetch` or `import` has kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from nas_core import arrays
from nas_core.datasets import Dataset, Split
from nas_core.plugins import param

SOURCE = "A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009; not part of this project"


class Cifar(Dataset):
    """Colour images of 32×32 pixels; half of those for training are for validation, as in NATS-Bench."""

    channels = 3
    size = 32
    published: ClassVar[str]  # the name that its author gave it
    names: ClassVar[str]  # of the classes, in the order of their labels

    folder: str = param("datasets", "the folder of its images, as `fetch` or `import` of the command line leaves them")

    def missing(self) -> str:
        if self._file.is_file():
            return ""
        return (
            f"{self.published} is not on this machine: {self.folder} has no {self._file.name}. Get it on the Data page "
            f"or with: python -m nas_core fetch {self.name}; or take other images"
        )

    def class_names(self) -> list[str]:
        return self.names.split()

    def preprocessing(self) -> dict[str, Any]:
        images, _, train = self._read()
        mean, std = (statistic.ravel().tolist() for statistic in _statistics(images[: train // 2]))
        return {"kind": "image", "size": self.size, "channels": self.channels, "mean": mean, "std": std}

    @property
    def examples(self) -> dict[str, int]:
        labels, count = self._arrays("labels", "train")
        train = int(count)
        return {"train": train // 2, "val": train - train // 2, "test": len(labels) - train}

    def load(self) -> dict[str, Split]:
        """Standardised by channel over the images for training."""
        images, labels, train = self._read()
        half = train // 2
        mean, std = _statistics(images[:half])
        images -= mean
        images /= std
        bounds = {"train": slice(0, half), "val": slice(half, train), "test": slice(train, None)}
        return {name: Split(images[at], labels[at]) for name, at in bounds.items()}

    def _read(self) -> tuple[np.ndarray, np.ndarray, int]:
        """(images float32[n, 3, 32, 32] from 0 to 1, labels int64[n], how many of the first are not for testing)."""
        raw, labels, count = self._arrays("images", "labels", "train")
        train = int(count)
        order = np.concatenate([np.random.default_rng(0).permutation(train), np.arange(train, len(labels))])
        images = raw[order].astype(np.float32)
        images /= 255
        return images, labels[order], train

    def _arrays(self, *names: str) -> list[np.ndarray]:
        if sentence := self.missing():
            raise FileNotFoundError(sentence)
        way_out = f"get it again on the Data page or with: python -m nas_core fetch {self.name}"
        return arrays.load(self._file, way_out, *names)

    @property
    def _file(self) -> Path:
        return Path(self.folder) / f"{self.name}.npz"


def _statistics(images: np.ndarray) -> list[np.ndarray]:
    """[mean, standard deviation] of every channel, float32[1, channels, 1, 1]."""
    mean = images.mean((0, 2, 3), np.float64, keepdims=True)
    std = images.std((0, 2, 3), np.float64, keepdims=True)
    return [mean.astype(np.float32), std.astype(np.float32)]
