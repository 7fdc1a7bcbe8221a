"""What CIFAR-10 and CIFAR-100 share: reading the images that `fetch` or `import` has kept."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np

from nas_core.datasets import Dataset, Split
from nas_core.plugins import param

SOURCE = "A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009; not part of this project"


class Cifar(Dataset):
    """Colour images of 32×32 pixels; half of those for training are for validation, as in NATS-Bench."""

    channels = 3
    size = 32
    published: ClassVar[str]  # the name that its author gave it

    folder: str = param("datasets", "the folder of its images, as `fetch` or `import` of the command line leaves them")

    def missing(self) -> str:
        if self._file.is_file():
            return ""
        return (
            f"{self.published} is not on this machine: {self.folder} has no {self._file.name}. Get it on the page Data "
            f"or with: python -m nas_core fetch {self.name}; or take other images"
        )

    def load(self) -> dict[str, Split]:
        """Standardised by channel over the images for training."""
        if sentence := self.missing():
            raise FileNotFoundError(sentence)
        with np.load(self._file, allow_pickle=False) as arrays:
            raw, labels, train = arrays["images"], arrays["labels"], int(arrays["train"])
        order = np.concatenate([np.random.default_rng(0).permutation(train), np.arange(train, len(labels))])
        images, labels, half = raw[order].astype(np.float32), labels[order], train // 2
        images -= images[:half].mean((0, 2, 3), keepdims=True, dtype=np.float64).astype(np.float32)
        images /= images[:half].std((0, 2, 3), keepdims=True, dtype=np.float64).astype(np.float32)
        bounds = {"train": slice(0, half), "val": slice(half, train), "test": slice(train, None)}
        return {name: Split(images[at], labels[at]) for name, at in bounds.items()}

    @property
    def _file(self) -> Path:
        return Path(self.folder) / f"{self.name}.npz"
