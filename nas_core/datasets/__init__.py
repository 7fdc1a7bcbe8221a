"""Datasets: real batches for training, proxies and supernets, by the names that the tables use."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from nas_core import plugins

KINDS = {
    "image": "float32[n, channels, size, size]",
    "sequence": "float32[n, channels, length]",
    "tokens": "int64[n, length]",
}
"""What an input can be, with the shape of n of them."""


@dataclass(frozen=True)
class Split:
    """Inputs of one part of a dataset, and their labels int64[n]; nobody may write into either.

    Images are float32[n, channels, size, size] and sequences float32[n, channels, length], standardised; texts are
    int64[n, length], the numbers of their words.
    """

    images: np.ndarray
    labels: np.ndarray

    def __post_init__(self) -> None:
        self.images.flags.writeable = self.labels.flags.writeable = False

    def __len__(self) -> int:
        return len(self.labels)


class Dataset(plugins.Plugin, ABC):
    """A task: `splits` names train, val and test; the same parameters always give the same arrays."""

    kind: ClassVar[str] = "image"  # of the inputs: one of KINDS
    classes: ClassVar[int]
    source: ClassVar[str]  # where the data comes from, with licence
    version_of: ClassVar[str] = ""  # the dataset that it repeats with the same training examples and more held out

    @property
    @abstractmethod
    def channels(self) -> int:
        """Those of an image or a sequence; for tokens, how many different ones there are."""

    @property
    @abstractmethod
    def size(self) -> int:
        """Pixels a side of an image, or the length of a sequence or text."""

    @property
    def inputs(self) -> dict[str, Any]:
        """What a space needs to build a network that reads them."""
        return {"in_channels": self.channels} | ({} if self.kind == "image" else {"kind": self.kind})

    @classmethod
    def small_params(cls, size: int) -> dict[str, Any]:
        """The parameters of a small one with images of `size` × `size`; {} for a dataset that is as it is."""
        return {}

    def missing(self) -> str:
        """ "" if it can be loaded now, else one sentence: what is missing and how to get it."""
        return ""

    @abstractmethod
    def load(self) -> dict[str, Split]:
        """{"train", "val", "test"}: Split; no base example occurs in two of them. FileNotFoundError with the sentence
        of `missing` where there is one."""

    @property
    def examples(self) -> Mapping[str, int]:
        """How many inputs each part of `load` has; cheaper than to load them where the dataset knows that."""
        return {name: len(split) for name, split in self.load().items()}

    def class_names(self) -> list[str]:
        """The classes in the order of their labels: here their numbers."""
        return [str(label) for label in range(self.classes)]

    def preprocessing(self) -> dict[str, Any]:
        """How a file of the user becomes an input as `load` gives them, in JSON; {} where only such inputs are taken.

        image: {"kind", "size", "channels": 1 or 3, "mean", "std": a number for each channel}. The picture becomes grey
        or RGB, is fitted to size × size, divided by 255, reduced by the mean and divided by the standard deviation.
        tokens: {"kind", "length", "pattern", "words"}. Of the lowercased text, what matches the pattern are words; word
        i of the list is token i + 2, any other is 1, and 0 fills up to the length.
        sequence: {"kind", "channels", "length", "mean", "std"}. A table of a row for each channel is standardised.
        """
        return {}


def original(name: str) -> str:
    """The dataset of which that one is a later version, else itself: together they are one world, counted once."""
    plugin = plugins.find(Dataset).get(name)
    return (plugin.version_of if plugin else "") or name


def title(name: str, titles: Mapping[str, str] | None = None) -> str:
    """As people read it: "CIFAR-10"; by `titles` or as it is where there is no such plugin, as for your own table."""
    plugin = plugins.find(Dataset).get(name)
    return plugin.title() if plugin else (titles or {}).get(name, name)


def create(name: str, **params: Any) -> Dataset:
    """Make the dataset `name`."""
    return plugins.create(Dataset, name, **params)
