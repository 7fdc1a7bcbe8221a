"""Architectures as vectors and graphs, for predictors.

Graph methods want operations on nodes: every decision is a node between an added input (node 0) and output (the last
node). Who reads whom is `SearchSpace.flow`; a decision that is not on a path, such as who reads whom, is a dead node.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from nas_core.spaces import SearchSpace

NAMES = ("one-hot", "paths", "one-hot and paths")
INPUT, OUTPUT = 1, 2  # labels of the two added nodes; options follow
LONGEST = 3  # operations of a path, where the graph is not always the same


def encode(name: str, space: SearchSpace, rows: np.ndarray) -> np.ndarray:
    """float32[n, width] of rows int64[n, decisions] in the encoding `name`, one of NAMES."""
    if name == "one-hot":
        return one_hot(space, rows)
    if name == "paths":
        return paths(space, rows)
    return np.concatenate([one_hot(space, rows), paths(space, rows)], axis=1)


def one_hot(space: SearchSpace, rows: np.ndarray) -> np.ndarray:
    """float32[n, sum(radix)]: `space.encode`; a decision among ascending numbers is a thermometer instead (all
    columns up to the chosen one are 1), so that close widths are close."""
    code = space.encode(rows)
    ends = np.cumsum((0, *space.radix))
    for low, high in itertools.pairwise(ends) if space.option_unit else ():
        code[:, low:high] = np.cumsum(code[:, low:high][:, ::-1], axis=1)[:, ::-1]
    return code


def alive(space: SearchSpace, rows: np.ndarray) -> np.ndarray:
    """bool[n, decisions + 2]: nodes on a path from input to output that is not `space.cut`; both ends always."""
    reads = space.flow(rows).astype(np.float32)
    there = np.ones((len(rows), reads.shape[1]), bool)
    for i, options in enumerate(space.options):
        if space.cut in options:
            there[:, i + 1] = rows[:, i] != options.index(space.cut)
    forward, backward = np.zeros_like(there), np.zeros_like(there)
    forward[:, 0] = backward[:, -1] = True
    for _ in range(reads.shape[1] - 1):
        forward |= there & (_along(forward, reads) > 0)
        backward |= there & (_along(backward, reads.transpose(0, 2, 1)) > 0)
    through = forward & backward
    through[:, [0, -1]] = True
    return through


def labels(rows: np.ndarray) -> np.ndarray:
    """int64[n, decisions + 2]: INPUT, the option index + 3 of every decision, OUTPUT."""
    ends = np.ones((len(rows), 1), np.int64)
    return np.concatenate([ends * INPUT, np.asarray(rows, np.int64) + 3, ends * OUTPUT], axis=1)


def paths(space: SearchSpace, rows: np.ndarray) -> np.ndarray:
    """float32[n, 155] on the topology space: which sequences of operations lead from input to output.

    The path encoding of BANANAS (arXiv:1910.11858): 5 + 25 + 125 sequences of length 1, 2, 3. A chain has one path
    per architecture, which says nothing, so `one_hot` takes the place. Where the graph is not always the same, the
    sequences have 1 to `LONGEST` operations, and of a longer path the last ones count.
    """
    flows, which = np.unique(space.flow(rows), axis=0, return_inverse=True)
    fixed = type(space).flow is SearchSpace.flow
    routes = [sorted(_routes(flow, [0]), key=len) for flow in flows]
    if fixed and len(routes[0]) == 1:
        return one_hot(space, rows)
    lengths = dict.fromkeys(map(len, routes[0])) if fixed else range(1, LONGEST + 1)
    radix, digits = max(space.radix), np.asarray(rows, np.int64)
    blocks = {length: np.zeros((len(rows), radix**length), np.float32) for length in lengths}
    for graph, there in enumerate(routes):
        mine = np.flatnonzero(np.broadcast_to(which == graph, len(rows)))
        for route in there:
            nodes = np.array(route if fixed else route[-LONGEST:]) - 1
            blocks[len(nodes)][mine, digits[np.ix_(mine, nodes)] @ (radix ** np.arange(len(nodes))[::-1])] = 1.0
    return np.concatenate(list(blocks.values()), axis=1)


def _routes(reads: np.ndarray, so_far: list[int]) -> Iterator[list[int]]:
    for node in np.flatnonzero(reads[so_far[-1]]):
        if node == len(reads) - 1:
            yield so_far[1:]
        else:
            yield from _routes(reads, [*so_far, int(node)])


def weisfeiler_lehman(space: SearchSpace, rows: np.ndarray, depth: int) -> np.ndarray:
    """uint64[n, depth + 1, nodes]: each living node's subtree label after 0 … depth rounds; 0 for a dead node.

    A round names a node anew after its own label and the multisets of labels it reads and is read by. Two subtrees
    are equal exactly if their labels are (but for a 64-bit hash collision), and no label depends on a node's number.
    """
    reads = space.flow(rows).astype(np.uint64)
    against = reads.transpose(0, 2, 1)
    living = alive(space, rows)
    now = np.where(living, _mix(labels(rows).astype(np.uint64)), 0)
    rounds = [now]
    for _ in range(depth):
        mixed = np.where(living, _mix(now), 0)  # a multiset is the sum of its mixed labels
        read, readers = _mix(_along(mixed, reads)), _mix(_mix(_along(mixed, against)))
        now = np.where(living, _mix(_mix(now * np.uint64(3) + read) + readers), 0)
        rounds.append(now)
    return np.stack(rounds, axis=1)


def _along(values: np.ndarray, reads: np.ndarray) -> np.ndarray:
    """[n, nodes]: for each node the sum of the values [n, nodes] of those that it reads; reads: `SearchSpace.flow`."""
    return values @ reads[0] if len(reads) == 1 else (values[:, None, :] @ reads)[:, 0]


def _mix(x: np.ndarray) -> np.ndarray:
    """The finaliser of splitmix64 (Steele, Lea & Flood 2014): a bijection of uint64 that scatters close numbers."""
    x = x + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
