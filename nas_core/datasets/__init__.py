"""Datasets: real batches for training, proxies and supernets, by the names that the tables use."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from nas_core import plugins


@dataclass(frozen=True)
class Split:
    """Images float32[n, channels, size, size], standardised, and labels int64[n]."""

    images: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)


class Dataset(plugins.Plugin, ABC):
    """A task: `splits` names train, val and test; the same parameters always give the same arrays."""

    classes: ClassVar[int]
    channels: ClassVar[int]
    source: ClassVar[str]  # where the data comes from, with licence

    def missing(self) -> str:
        """ "" if it can be loaded now, else one sentence: what is missing and how to get it."""
        return ""

    @abstractmethod
    def load(self) -> dict[str, Split]:
        """{"train", "val", "test"}: Split; no base example occurs in two of them."""


def create(name: str, **params: Any) -> Dataset:
    """Make the dataset `name`."""
    return plugins.create(Dataset, name, **params)
