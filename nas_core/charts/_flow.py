"""An architecture whose operations are on nodes, as a picture: who reads whom is `space.flow`."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from nas_core.charts import palette, shapes
from nas_core.charts.shapes import MARGIN, RADIUS
from nas_core.spaces import SearchSpace
from nas_core.types import Arch

STEP, ROW = 96, 52  # between columns and rows
_Point = tuple[float, float]


def draw(space: SearchSpace, arch: Arch, changed: Collection[int]) -> str:
    """Operations are labels between input and output, decisions that are not operations are above."""
    reads = space.flow([arch])[0]
    places, last = _places(reads), len(reads) - 1
    beside = [i for i in range(len(arch)) if i + 1 not in places]
    top = MARGIN + 34 * bool(beside) - min(y for _, y in places.values()) + RADIUS
    at = {node: (x + MARGIN + RADIUS, y + top) for node, (x, y) in places.items()}
    words = [palette.short(names[a]) for names, a in zip(space.options, arch, strict=True)]
    half = {
        node: RADIUS if node in (0, last) else shapes.label_width(words[node - 1]) / 2
        for node in at
        if type(node) is int
    }
    parts = [_arc(route, at, half) for route in _routes(reads, at)]
    parts += [shapes.node(name, *at[node]) for name, node in (("input", 0), ("output", last))]
    for i, word in enumerate(words):
        label = f"{space.decisions[i]} {word}" if i in beside else word
        x = MARGIN + shapes.label_width(label) / 2 + 150 * beside.index(i) if i in beside else at[i + 1][0]
        colour = "none" if i in beside else palette.option(space.options[i][arch[i]])
        box = shapes.label(label, x, MARGIN if i in beside else at[i + 1][1], colour, i not in beside, i in changed)
        parts.append(f'<g class="edge" data-decision="{i}">{box}</g>')
    height = max(y for _, y in at.values()) + RADIUS + MARGIN
    return shapes.document(at[last][0] + RADIUS + MARGIN, height, describe(space, arch), parts)


def _places(reads: np.ndarray) -> dict[Any, _Point]:
    """{node: its place}; and of (source, target, column) where an arrow passes a column between the two."""
    import networkx as nx

    graph = nx.from_numpy_array(reads, create_using=nx.DiGraph)
    graph.remove_nodes_from([node for node in graph if not nx.has_path(graph, 0, node)])
    column = {node: i for i, nodes in enumerate(nx.topological_generations(graph)) for node in nodes}
    columns: dict[int, list] = {i: [] for i in range(max(column.values()) + 1)}
    above: dict[Any, float] = {}
    for source, target in list(graph.edges):
        before = source
        for i in range(column[source] + 1, column[target]):
            nx.add_path(graph, (before, (source, target, i)))
            column[before := (source, target, i)] = i
        nx.add_path(graph, (before, target))
    for i in columns:  # those that read what is above stand above, so that no arrows cross
        order = {node: np.mean([above[n] for n in graph.predecessors(node) if n in above] or [0]) for node in column}
        columns[i] = sorted((node for node in column if column[node] == i), key=lambda node: (order[node], str(node)))
        above |= {node: k - (len(columns[i]) - 1) / 2 for k, node in enumerate(columns[i])}
    places = nx.multipartite_layout(graph, subset_key=columns)
    left, right = places[0][0], places[len(reads) - 1][0]
    unit = (len(columns) - 1) / (right - left)  # networkx fits the picture into a square
    return {node: ((x - left) * unit * STEP, y * unit * ROW) for node, (x, y) in places.items()}


def _routes(reads: np.ndarray, at: Mapping[Any, _Point]) -> list[list[Any]]:
    """For each arrow the places that it passes, both ends included."""
    parts = sorted((node for node in at if type(node) is tuple), key=lambda node: node[2])
    ends = [(int(a), int(b)) for a, b in np.argwhere(reads) if a in at and b in at]
    return [[a, *(node for node in parts if node[:2] == (a, b)), b] for a, b in ends]


def _arc(route: Sequence[Any], at: Mapping[Any, _Point], half: Mapping[Any, float]) -> str:
    """An arrow that leaves and enters to the right."""
    points = [at[node] for node in route]
    points[0] = points[0][0] + half[route[0]], points[0][1]
    points[-1] = points[-1][0] - half[route[-1]] - 2, points[-1][1]
    path = f"M{points[0][0]:.1f} {points[0][1]:.1f}"
    for (ax, ay), (bx, by) in itertools.pairwise(points):
        middle = (ax + bx) / 2
        path += f"C{middle:.1f} {ay:.1f} {middle:.1f} {by:.1f} {bx:.1f} {by:.1f}"
    line = f'<path d="{path}" fill="none" stroke="currentColor" stroke-width="2.5"/>'
    return f'<g opacity="0.55">{line}{shapes.arrow(*points[-1], 0.0, "currentColor")}</g>'


def describe(space: SearchSpace, arch: Arch) -> str:
    reads = space.flow([arch])[0]
    labels = ["input", *space.decisions]
    parts = []
    for i, option in enumerate(arch):
        from_ = " and ".join(labels[source] for source in np.flatnonzero(reads[:, i + 1]))
        word = palette.short(space.options[i][option])
        parts.append(f"{space.decisions[i]} is {word} of {from_}" if from_ else f"{space.decisions[i]} are {word}")
    return "; ".join([*parts, f"the output joins {', '.join(labels[n] for n in np.flatnonzero(reads[:, -1]))}"])
