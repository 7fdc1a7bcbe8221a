"""Small made-up data of every kind of input, registered under the names `dots`, `waves` and `words`."""

from __future__ import annotations

import numpy as np
import pytest

from nas_core import plugins
from nas_core.datasets import Dataset, Split

PARTS = {"train": 32, "val": 16, "test": 16}


class _MadeUp(Dataset):
    """Random inputs of three classes, which begin differently."""

    classes = 3
    source = "made up by a test of NAS Explorer"

    def load(self):
        rng, out = np.random.default_rng(0), {}
        for part, count in PARTS.items():
            labels = np.arange(count) % 3
            out[part] = Split(self.inputs_of(labels, rng), labels.astype(np.int64))
        return out


class Dots(_MadeUp):
    """Grey images of 16 by 16 pixels, and a bright corner in some."""

    channels, size = 1, 16

    def inputs_of(self, labels, rng):
        images = rng.normal(size=(len(labels), 1, 16, 16))
        images[:, 0, 0, 0] += labels
        return images.astype(np.float32)


class Waves(_MadeUp):
    """Two channels of 16 numbers."""

    kind = "sequence"
    channels, size = 2, 16

    def inputs_of(self, labels, rng):
        signals = rng.normal(size=(len(labels), 2, 16))
        signals[:, 0, 0] += labels
        return signals.astype(np.float32)


class Words(_MadeUp):
    """Texts of 8 words out of 20."""

    kind = "tokens"
    channels, size = 20, 8

    def inputs_of(self, labels, rng):
        texts = rng.integers(2, 20, (len(labels), 8))
        texts[:, 0] = labels
        return texts


OF_KIND = {data.kind: data for data in (Dots, Waves, Words)}


@pytest.fixture
def made_up_data():
    """The three are there until the test has ended."""
    for data in OF_KIND.values():
        data.name = data.__name__.lower()
        plugins.register(data)
    yield
    for data in OF_KIND.values():
        plugins.unregister(data)
