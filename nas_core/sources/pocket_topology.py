"""Builds the embedded tables of the topology space: every cell trained on cluttered digits, on Banking77, and on
cluttered digits with more held-out images.

Run it with `python -m nas_core build pocket_topology`, with `--dataset` for the others. It trains one network
for each of the 5,260 isomorphism classes, in resumable chunks, then again with other seeds (of the first digits only a
sample, which tells the table's noise), and writes one Parquet file with the protocol, seeds, versions and machine in
its metadata.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nas_core.sources.chunks import Recipe
from nas_core.sources.pocket import Pocket
from nas_core.spaces import SearchSpace
from nas_core.spaces.topology import Topology
from nas_core.training import Protocol
from nas_core.types import Arch

RECIPE = Recipe(
    space="topology",
    dataset="cluttered_digits",
    dataset_params=dict(size=12, fragments=3, noise=0.1, train=6144, held_out=2048),
    network=dict(channels=8, cells=1),
    protocol=Protocol(epochs=4, batch=64),
)
SECOND_RECIPE = replace(
    RECIPE, dataset="cluttered_digits_2", dataset_params={**RECIPE.dataset_params, "held_out": 8192}
)
TEXT_RECIPE = Recipe(
    space="topology",
    dataset="banking77",
    dataset_params=dict(words=1024, length=12, val_share=0.25, seed=0),
    network=dict(channels=8, cells=1, embedding=16),
    protocol=Protocol(epochs=8, batch=64, lr=0.05),
)


def classes() -> list[Arch]:
    """The first cell of every isomorphism class, in a fixed shuffled order: any prefix is a fair sample."""
    space = Topology()
    first = sorted({space.canonical(space.arch(i)) for i in range(len(space))})
    return [first[i] for i in np.random.default_rng(0).permutation(len(first))]


def operation_counts(space: SearchSpace) -> np.ndarray:
    """int[15625, 4]: how often each operation but the first occurs in each cell; the first is what is left of six."""
    return np.stack([(space.all() == op).sum(1) for op in range(1, 5)], 1)


POCKET = Pocket(
    name="pocket_topology",
    recipe=RECIPE,
    archs=classes,
    repeated=240,
    network_text="NATS-Bench's macro network in small: 8 channels after the stem, 1 cell in each of 3 stages",
    drivers=operation_counts,
    drivers_text="the number of each operation in the cell",
)
TEXT_POCKET = replace(
    POCKET,
    recipe=TEXT_RECIPE,
    repeated=0,
    seeds=3,
    first=False,
    network_text="the same network in one dimension: word vectors of 16 numbers, windows of 1 or 3 words, 8 channels "
    "after the stem, 1 cell in each of 3 stages, average over the positions",
)
SECOND_POCKET = replace(POCKET, recipe=SECOND_RECIPE, repeated=0, seeds=2, first=False)
POCKETS = {pocket.recipe.dataset: pocket for pocket in (POCKET, TEXT_POCKET, SECOND_POCKET)}
