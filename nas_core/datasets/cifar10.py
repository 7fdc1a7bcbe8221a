"""CIFAR-10 (Krizhevsky 2009), read from the published binary files; they are not part of this project."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np

from nas_core.datasets import Dataset, Split
from nas_core.plugins import param

ARCHIVE = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
MD5 = "c32a1d4ab5d03f1284b67883e8d87530"  # of the archive, as published beside it
RECORD = 1 + 3 * 32 * 32  # bytes: label, then red, green and blue
IN_FILE = 10_000


class Cifar10(Dataset):
    """60,000 colour images of ten things; half of the 50,000 training images are for validation, as in NATS-Bench."""

    name = "cifar10"
    classes = 10
    channels = 3
    source = "CIFAR-10, A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009; your own files"

    folder: str = param("cifar-10-batches-bin", "the unpacked archive: data_batch_1.bin to _5.bin and test_batch.bin")

    def missing(self) -> str:
        lacking = [file.name for file in self._files() if not file.is_file()]
        if not lacking:
            return ""
        return (
            f"CIFAR-10 is not here: {self.folder} has no {lacking[0]}. Unpack {ARCHIVE} (md5 {MD5}) there, or take "
            f"other images"
        )

    def load(self) -> dict[str, Split]:
        if sentence := self.missing():
            raise FileNotFoundError(sentence)
        return _load(tuple(self._files()))

    def _files(self) -> list[Path]:
        return [Path(self.folder) / name for name in (*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin")]


@lru_cache(maxsize=1)
def _load(files: tuple[Path, ...]) -> dict[str, Split]:
    parts = [np.fromfile(file, np.uint8) for file in files]
    for file, part in zip(files, parts, strict=True):
        if len(part) != IN_FILE * RECORD:
            raise ValueError(f"{file} is damaged: it has {len(part):,} bytes, not {IN_FILE * RECORD:,}; unpack it anew")
    records = np.concatenate(parts).reshape(-1, RECORD)
    images, labels = records[:, 1:].reshape(-1, 3, 32, 32).astype(np.float32) / 255.0, records[:, 0].astype(np.int64)
    count = 5 * IN_FILE
    order = np.concatenate([np.random.default_rng(0).permutation(count), np.arange(count, 6 * IN_FILE)])
    images, labels = images[order], labels[order]
    mean, std = images[: count // 2].mean((0, 2, 3), keepdims=True), images[: count // 2].std((0, 2, 3), keepdims=True)
    images = (images - mean) / std
    images.flags.writeable = labels.flags.writeable = False
    bounds = {"train": slice(0, count // 2), "val": slice(count // 2, count), "test": slice(count, None)}
    return {name: Split(images[at], labels[at]) for name, at in bounds.items()}
