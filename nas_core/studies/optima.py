"""The local optima of a table as a network: which basin is how large, and where one edit leads from each optimum.

Local optima networks as in Ochoa et al., GECCO 2008, with the escape edges of Verel, Daolio, Ochoa & Tomassini, EA
2011, for one edit. Optima that are neighbours, and therefore equal, are one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from nas_core.spaces import SearchSpace
from nas_core.studies import ruggedness


@dataclass(frozen=True, eq=False)
class Optima:
    """The k local optima of a table, best first, and the e edges between them."""

    rows: np.ndarray  # int64[k]: the first architecture of each
    values: np.ndarray  # float64[k]
    width: np.ndarray  # int64[k]: how many architectures each has
    basin: np.ndarray  # float64[k]: share of all best-improvement climbs that end there
    end: np.ndarray  # int64[n]: position of the optimum at which the climb from each architecture ends; -1: missing
    edges: np.ndarray  # int64[e, 2]: positions of an optimum and of another, to which an edit and a climb lead
    escape: np.ndarray  # float64[e]: share of the edits of the first after which the climb ends at the second

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def best(self) -> np.ndarray:
        """bool[k]: True for those that nothing in the table beats."""
        return self.values == self.values[:1]

    @property
    def left_upwards(self) -> np.ndarray:
        """bool[k]: True where one edit and a climb can lead to a better optimum."""
        out = np.zeros(len(self), bool)
        start, end = self.edges.T
        out[start[(end < start) & (self.values[end] != self.values[start])]] = True
        return out


def optima(values: np.ndarray, space: SearchSpace, goal: str = "max") -> Optima:
    """All local optima of `values` (float[n], nan where missing) under one-edit steps, with basins and escape edges."""
    cells = np.flatnonzero(ruggedness.local_optima(values, space, goal))
    if not len(cells):
        none = np.zeros(0)
        return Optima(
            none.astype(int), none, none.astype(int), none, np.full(len(space), -1), np.zeros((0, 2), int), none
        )
    steps = ruggedness.one_edit(space)[cells]
    number = np.full(len(space) + 1, -1)  # of each architecture among `cells`; the last is for a missing value, row -1
    number[cells] = np.arange(len(cells))
    cell, step = np.nonzero(number[steps] >= 0)  # two of them side by side are equal, or one would be better
    beside = coo_array((np.ones(len(cell)), (cell, number[steps[cell, step]])), shape=(len(cells), len(cells)))
    _, group = connected_components(beside, directed=False)
    _, first, width = np.unique(group, return_index=True, return_counts=True)
    order = np.argsort(-ruggedness.heights(values, goal)[cells[first]], kind="stable")
    place = np.append(np.argsort(order)[group], -1)  # of each of `cells`; the last is for none
    end = place[number[ruggedness.climbs(values, space, goal).end]]
    basin = np.bincount(end[end >= 0], minlength=len(order)) / np.sum(end >= 0)
    rows = cells[first[order]]
    edges, escape = _edges(np.repeat(place[:-1], steps.shape[1]), end[steps].ravel(), len(order))
    return Optima(rows, np.asarray(values, float)[rows], width[order], basin, end, edges, escape)


def _edges(start: np.ndarray, end: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """(edges int64[e, 2], their share of all that start there) of edits from one of `count` optima to another, int[m];
    an edit that ends at -1 is none."""
    start, end = start[end >= 0], end[end >= 0]
    pairs, times = np.unique(start * count + end, return_counts=True)
    edges = np.stack(np.divmod(pairs, count), 1)
    share = times / np.bincount(start, minlength=count)[edges[:, 0]]
    leaving = edges[:, 0] != edges[:, 1]
    return edges[leaving], share[leaving]
