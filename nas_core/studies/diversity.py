"""How different architectures are: Hamming distances, groups one can walk within, what they are made of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nas_core.spaces import SearchSpace


def distances(space: SearchSpace, rows: np.ndarray) -> np.ndarray:
    """int64[k, k]: in how many decisions each two of the architectures `rows` (int[k]) differ."""
    archs = space.all()[np.asarray(rows, int)]
    return (archs[:, None] != archs[None]).sum(-1).astype(np.int64)


def pairs(space: SearchSpace, rows: np.ndarray) -> np.ndarray:
    """float64[decisions + 1]: share of the pairs of `rows` that differ in 0, 1, … decisions; nan for fewer than 2."""
    between = distances(space, rows)[np.triu_indices(len(rows), 1)]
    counts = np.bincount(between, minlength=len(space.radix) + 1).astype(float)
    return counts / len(between) if len(between) else np.full(len(counts), np.nan)


def by_chance(space: SearchSpace) -> np.ndarray:
    """float64[decisions + 1]: the same for two architectures drawn at random, exactly."""
    out = np.ones(1)
    for options in space.radix:
        out = np.convolve(out, [1 / options, 1 - 1 / options])
    return out


def groups(space: SearchSpace, rows: np.ndarray) -> np.ndarray:
    """int64[k]: number of the group of each architecture, the largest first; within one, single changes
    lead from any member to any other over members."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components

    if not len(rows):
        return np.zeros(0, int)
    near = csr_matrix((distances(space, rows) <= 1).astype(np.int8))
    _, label = connected_components(near, directed=False)
    order = np.argsort(-np.bincount(label), kind="stable")
    return np.argsort(order)[label]


def counts(space: SearchSpace, rows: np.ndarray) -> np.ndarray:
    """int64[k, options]: how often each of the space's `option_names` occurs in each architecture."""
    archs = space.all()[np.asarray(rows, int)]
    names = space.option_names
    out = np.zeros((len(archs), len(names)), int)
    for i, decision in enumerate(space.options):
        place = np.array([names.index(name) for name in decision])
        np.add.at(out, (np.arange(len(archs)), place[archs[:, i]]), 1)
    return out


def summary(space: SearchSpace, rows: Sequence[int] | np.ndarray) -> str:
    """One or two sentences on how alike the architectures `rows` (int[k]) are."""
    rows = np.asarray(rows, int)
    if len(rows) < 2:
        return "There is only one architecture, so there is nothing to compare."
    share, chance = pairs(space, rows), by_chance(space)
    steps = np.arange(len(share))
    mean, usual = float(share @ steps), float(chance @ steps)
    group = groups(space, rows)
    islands = int(group.max()) + 1
    walk = "one can walk from any of them to any other by changing one decision at a time"
    if islands == len(rows):
        walk = "no two of them are a single change apart"
    elif islands > 1:
        walk = (
            f"they fall into {islands} groups that no single change joins; the largest has {int((group == 0).sum())} "
            f"of the {len(rows)}"
        )
    alike = (
        "more alike than chance"
        if mean < 0.9 * usual
        else "as different as chance"
        if mean < 1.1 * usual
        else ("more different than chance")
    )
    return (
        f"Two of them differ in {mean:.1f} of {len(space.radix)} decisions on average; two drawn at random differ in "
        f"{usual:.1f}, so they are {alike}. As a neighbourhood, {walk}."
    )
