"""Builds the embedded table of the size space in small: 1,024 choices of five widths, trained on cluttered digits.

Run it with `python -m nas_core build pocket_size`. Images and protocol are those of the topology table.
"""

from __future__ import annotations

import numpy as np

from nas_core.sources import pocket_topology
from nas_core.sources.chunks import Recipe
from nas_core.sources.pocket import Pocket
from nas_core.spaces import SearchSpace
from nas_core.types import Arch

RECIPE = Recipe(
    space="size",
    space_params=dict(widths="8:16:24:32"),
    dataset=pocket_topology.RECIPE.dataset,
    dataset_params=pocket_topology.RECIPE.dataset_params,
    network={},
    protocol=pocket_topology.RECIPE.protocol,
)


def shuffled() -> list[Arch]:
    """All architectures in a fixed shuffled order: any prefix is a fair sample."""
    space = RECIPE.make_space()
    return [space.arch(int(row)) for row in np.random.default_rng(0).permutation(len(space))]


def widths(space: SearchSpace) -> np.ndarray:
    """int[1024, 14]: each layer's width and its square, and the products of the widths of neighbouring layers."""
    one = np.array([[int(w) for w in space.text(space.arch(row)).split(":")] for row in range(len(space))])
    return np.concatenate([one, one**2, one[:, :-1] * one[:, 1:]], 1)


POCKET = Pocket(
    name="pocket_size",
    recipe=RECIPE,
    archs=shuffled,
    repeated=128,
    network_text="NATS-Bench's network of the size space on small images: three cells of a fixed topology and two "
    "reductions between them, each layer 8, 16, 24 or 32 channels wide",
    drivers=widths,
    drivers_text="the widths of the layers, their squares and the products of neighbouring widths",
)
POCKETS = {RECIPE.dataset: POCKET}
