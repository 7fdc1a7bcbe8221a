"""How long and how fast networks are trained on data of which no table says it: by the kind of its inputs and how many
there are to train on. docs/your-task.md has what was measured.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from nas_core.datasets import Dataset
from nas_core.sources import files
from nas_core.training import Protocol

LOOKS = 64_000  # inputs that a training sees, the same ones again in every epoch
SHORTEST, LONGEST = 4, 60  # epochs
FEW = 500  # inputs below which a step takes `SMALL` of them, so that a training has enough steps
SMALL = 16
RATES = {"image": 0.1, "tokens": 0.05, "sequence": 0.1}  # learning rate at the start


def protocol(dataset: type[Dataset], base: Protocol) -> Protocol:
    """`base` with epochs, batch and learning rate for that dataset; as it is where the dataset is not on this
    machine."""
    if dataset(**files.params(dataset.name)).missing():
        return base
    number = count(dataset)
    epochs = max(SHORTEST, min(LONGEST, round(LOOKS / number)))
    return replace(base, epochs=epochs, batch=SMALL if number < FEW else base.batch, lr=RATES[dataset.kind])


@lru_cache(maxsize=64)
def count(dataset: type[Dataset]) -> int:
    """How many inputs there are to train on."""
    return dataset(**files.params(dataset.name)).examples["train"]
