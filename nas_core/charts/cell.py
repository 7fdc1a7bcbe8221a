"""An architecture as a picture: SVG text that stands alone and takes its text colour from the page around it.

A cell is drawn with its nodes in a row and its operations as coloured edges, a long chain of blocks in several rows,
an architecture that is a row of widths as bars. Which of them follows from `space.cells(arch)`. A space without `cells`
has its operations on nodes, and who reads whom is `space.flow`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from nas_core.charts import palette
from nas_core.spaces import SearchSpace
from nas_core.types import Arch

GAP, RADIUS, MARGIN = 132, 17, 20  # between nodes, of a node, around the picture
STEP, ROW = 96, 52  # between columns and rows of a drawing whose operations are on nodes
LIFT = {1: 0, 2: 64, 3: 124}  # height of an edge's control points by how many nodes it spans
ABREAST = 5  # items in a row of a chain that is too long for one
FADED = 0.38  # opacity of what cannot change the output
INK = "#14181D"  # text on an operation's colour; readable on all of them, in light and dark
_Edge = tuple[int, int, str]
_Point = tuple[float, float]


def svg(space: SearchSpace, arch: Arch, changed: Collection[int] = ()) -> str:
    """One line of valid XML with role="img" and a spoken description.

    changed: decisions to outline, such as those that differ from another architecture. Edges carry the class "edge"
    and data-decision, so that a page can make them clickable. Edges off every path to the output are faded.
    """
    if type(space).cells is SearchSpace.cells:
        return _flow(space, arch, changed)
    nodes, edges = space.cells(arch)
    if _is_row_of_widths(edges):
        return _bars(space, arch, nodes, edges, changed)
    if len(edges) > ABREAST and all(target == source + 1 for source, target, _ in edges):
        return _chain(space, arch, nodes, edges, changed)
    xs = [MARGIN + RADIUS + i * GAP for i in range(len(nodes))]
    above = max((_rise(e) for e in edges if not _below(e)), default=0)
    below = max((_rise(e) for e in edges if _below(e)), default=0)
    y = above + RADIUS + 14
    live = _live(edges, len(nodes))
    shapes = [_edge(i, e, xs, y, i in live, i in changed) for i, e in enumerate(edges)]
    shapes += [_node(name, x, y) for name, x in zip(nodes, xs, strict=True)]
    return _document(xs[-1] + RADIUS + MARGIN, y + below + RADIUS + 14, describe(space, arch), shapes)


def describe(space: SearchSpace, arch: Arch) -> str:
    """The architecture in words: "node 1 is conv 3×3 of input; …" or "cell 1 is 16 wide; …"."""
    if type(space).cells is SearchSpace.cells:
        return _describe_flow(space, arch)
    nodes, edges = space.cells(arch)
    if _is_row_of_widths(edges):
        return "Widths: " + "; ".join(f"{nodes[target]} is {width} wide" for _, target, width in edges)
    parts = []
    for target in range(1, len(nodes)):
        name = nodes[target] if not nodes[target].isdigit() else f"node {nodes[target]}"
        terms = [
            f"{_short(op)} of {nodes[s] if not nodes[s].isdigit() else 'node ' + nodes[s]}"
            for s, t, op in edges
            if t == target and op != "none"
        ]
        parts.append(f"{name} is " + (" plus ".join(terms) or "nothing"))
    return f"{space.noun.capitalize()}: " + "; ".join(parts)


def _is_row_of_widths(edges: Sequence[_Edge]) -> bool:
    return all(op.isdigit() for _, _, op in edges)


def _short(op: str) -> str:
    return palette.SHORT.get(op, op)


def _below(edge: _Edge) -> bool:
    """Edges over two or more nodes leave the row: upwards from the input, downwards from any other node."""
    return edge[0] > 0 and edge[1] - edge[0] > 1


def _lift(edge: _Edge) -> float:
    span = edge[1] - edge[0]
    return LIFT.get(span, 60.0 * (span - 1))


def _rise(edge: _Edge) -> float:
    return 0.75 * _lift(edge) + RADIUS  # where the label of the edge sits, above or below the row


def _live(edges: Sequence[_Edge], nodes: int) -> set[int]:
    """Positions of the edges on a path from the first to the last node that no "none" interrupts."""
    from_input, to_output = {0}, {nodes - 1}
    for source, target, op in sorted(edges):
        if op != "none" and source in from_input:
            from_input.add(target)
    for source, target, op in sorted(edges, reverse=True, key=lambda e: e[1]):
        if op != "none" and target in to_output:
            to_output.add(source)
    return {i for i, (s, t, op) in enumerate(edges) if op != "none" and s in from_input and t in to_output}


def _edge(decision: int, edge: _Edge, xs: Sequence[float], y: float, live: bool, changed: bool) -> str:
    source, target, op = edge
    sign, lift, text = (1 if _below(edge) else -1), _lift(edge), _short(op)
    lean = RADIUS * math.cos(math.radians(32 + 22 * (target - source - 1))) if lift else RADIUS
    rise = math.sqrt(RADIUS**2 - lean**2)
    start, end = (xs[source] + lean, y + sign * rise), (xs[target] - lean - 2, y + sign * rise)
    pull, bend = 0.24 * (end[0] - start[0]), y + sign * (rise + lift)
    curve = (start, (start[0] + pull, bend), (end[0] - pull, bend), end)
    colour = palette.option(op)
    dash = ' stroke-dasharray="2 5"' if op == "none" else ""
    line = (
        f'<path d="{_around_label(curve, _label_width(text))}" fill="none" stroke="{colour}" '
        f'stroke-width="{2 if op == "none" else 3.5}"{dash}/>'
    )
    tip = _arrow(*end, math.atan2(end[1] - bend, pull), colour) if op != "none" else ""
    faded = "" if live else f' opacity="{FADED}"'
    label = _label(text, (start[0] + end[0]) / 2, start[1] + sign * 0.75 * lift, colour, live, changed)
    return f'<g class="edge" data-decision="{decision}"><g{faded}>{line}{tip}</g>{label}</g>'


def _around_label(curve: Sequence[_Point], width: float) -> str:
    """The path of a cubic Bézier curve without its middle part of `width`, where the label sits."""
    middle = (curve[0][0] + curve[3][0]) / 2
    low, high = 0.0, 0.5
    for _ in range(20):  # x grows with t, so the parameter at the label's left side is found by halving
        t = (low + high) / 2
        low, high = (t, high) if _at(curve, t)[0] < middle - width / 2 else (low, t)
    left = [_at(curve[: i + 1], low) for i in range(4)]  # de Casteljau: the part before t, and by symmetry the rest
    right = [_at(curve[3 - i :], 1 - low) for i in range(4)][::-1]
    return "".join(
        f"M{a[0]:.1f} {a[1]:.1f}C" + " ".join(f"{x:.1f} {y:.1f}" for x, y in rest) for a, *rest in (left, right)
    )


def _at(points: Sequence[_Point], t: float) -> _Point:
    """The point at parameter t of the Bézier curve with these control points."""
    while len(points) > 1:
        points = [((1 - t) * ax + t * bx, (1 - t) * ay + t * by) for (ax, ay), (bx, by) in itertools.pairwise(points)]
    return points[0]


def _arrow(x: float, y: float, angle: float, colour: str) -> str:
    """A tip that ends at (x, y) and points along `angle`."""
    corners = [(x, y)]
    for side in (-1, 1):
        turn = angle + math.pi + side * 0.42
        corners.append((x + 11 * math.cos(turn), y + 11 * math.sin(turn)))
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in corners)
    return f'<polygon points="{points}" fill="{colour}"/>'


def _label_width(text: str) -> float:
    return 18 + 7.3 * len(text)


def _label(text: str, x: float, y: float, colour: str, live: bool, changed: bool) -> str:
    width = _label_width(text)
    opacity = "" if live else f' fill-opacity="{FADED}"'
    outline = ' stroke="currentColor" stroke-width="2.5"' if changed else ""
    box = (
        f'<rect x="{x - width / 2:.1f}" y="{y - 11:.1f}" width="{width:.1f}" height="22" rx="11" fill="{colour}"'
        f"{opacity}{outline}/>"
    )
    return box + _text(text, x, y + 4.5, 12.5, INK if live else "currentColor", weight=600)


def _node(name: str, x: float, y: float) -> str:
    short = {"input": "in", "output": "out"}.get(name, name)
    circle = (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{RADIUS}" fill="currentColor" fill-opacity="0.08" '
        f'stroke="currentColor" stroke-opacity="0.55" stroke-width="1.5"/>'
    )
    return circle + _text(short, x, y + 4.5, 13, "currentColor", weight=600)


def _bars(
    space: SearchSpace, arch: Arch, nodes: Sequence[str], edges: Sequence[_Edge], changed: Collection[int]
) -> str:
    step, base, tall = 84, 150, 118
    widest = max(int(option) for options in space.options for option in options)
    shapes = []
    for i, (_, target, width) in enumerate(edges):
        x, height = MARGIN + i * step, max(4.0, tall * int(width) / widest)
        outline = ' stroke="currentColor" stroke-width="2.5"' if i in changed else ""
        shapes.append(
            f'<g class="edge" data-decision="{i}"><rect x="{x}" y="{base - tall}" width="60" height="{tall}" rx="5" '
            f'fill="currentColor" fill-opacity="0.06"/><rect x="{x}" y="{base - height:.1f}" width="60" '
            f'height="{height:.1f}" rx="5" fill="{palette.option(width)}"{outline}/>'
            + _text(width, x + 30, base - height - 7, 15, "currentColor", weight=600)
            + _text(nodes[target], x + 30, base + 19, 12, "currentColor")
            + "</g>"
        )
    return _document(2 * MARGIN + len(edges) * step - 24, base + 34, describe(space, arch), shapes)


def _chain(
    space: SearchSpace, arch: Arch, nodes: Sequence[str], edges: Sequence[_Edge], changed: Collection[int]
) -> str:
    """Blocks one after the other, in rows from left to right."""
    step, row = 116, 76
    places = [
        (MARGIN + 48 + step * (i % ABREAST), MARGIN + RADIUS + row * (i // ABREAST)) for i in range(len(edges) + 2)
    ]
    half = [RADIUS, *(_label_width(_short(op)) / 2 for _, _, op in edges), RADIUS]
    right = places[min(ABREAST, len(places)) - 1][0] + 56
    shapes = []
    for i, ((ax, ay), (bx, by)) in enumerate(itertools.pairwise(places)):
        start, end = ax + half[i], bx - half[i + 1] - 2
        turn = "" if by == ay else f"H{right}V{(ay + by) / 2 + 6:.1f}H{MARGIN - 12}V{by}"
        shapes.append(
            f'<g opacity="0.55"><path d="M{start:.1f} {ay}{turn}H{end - 6:.1f}" fill="none" stroke="currentColor" '
            f'stroke-width="2.5"/>{_arrow(end, by, 0.0, "currentColor")}</g>'
        )
    shapes += [_node(nodes[0], *places[0]), _node("output", *places[-1])]
    for i, (_, target, op) in enumerate(edges):
        x, y = places[i + 1]
        label = _label(_short(op), x, y, palette.option(op), True, i in changed)
        name = _text(nodes[target], x, y + 27, 11.5, "currentColor")
        shapes.append(f'<g class="edge" data-decision="{i}">{label}{name}</g>')
    return _document(right + MARGIN, places[-1][1] + RADIUS + MARGIN, describe(space, arch), shapes)


def _flow(space: SearchSpace, arch: Arch, changed: Collection[int]) -> str:
    """Operations are labels between input and output, decisions that are no operation stand above."""
    reads = space.flow([arch])[0]
    places, last = _places(reads), len(reads) - 1
    beside = [i for i in range(len(arch)) if i + 1 not in places]
    top = MARGIN + 34 * bool(beside) - min(y for _, y in places.values()) + RADIUS
    at = {node: (x + MARGIN + RADIUS, y + top) for node, (x, y) in places.items()}
    words = [_short(names[a]) for names, a in zip(space.options, arch, strict=True)]
    half = {
        node: RADIUS if node in (0, last) else _label_width(words[node - 1]) / 2 for node in at if type(node) is int
    }
    shapes = [_arc(route, at, half) for route in _routes(reads, at)]
    shapes += [_node(name, *at[node]) for name, node in (("input", 0), ("output", last))]
    for i, word in enumerate(words):
        label = f"{space.decisions[i]} {word}" if i in beside else word
        x = MARGIN + _label_width(label) / 2 + 150 * beside.index(i) if i in beside else at[i + 1][0]
        colour = "none" if i in beside else palette.option(space.options[i][arch[i]])
        box = _label(label, x, MARGIN if i in beside else at[i + 1][1], colour, i not in beside, i in changed)
        shapes.append(f'<g class="edge" data-decision="{i}">{box}</g>')
    height = max(y for _, y in at.values()) + RADIUS + MARGIN
    return _document(at[last][0] + RADIUS + MARGIN, height, describe(space, arch), shapes)


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
    found = nx.multipartite_layout(graph, subset_key=columns)
    left, right = found[0][0], found[len(reads) - 1][0]
    unit = (len(columns) - 1) / (right - left)  # networkx fits the picture into a square
    return {node: ((x - left) * unit * STEP, y * unit * ROW) for node, (x, y) in found.items()}


def _routes(reads: np.ndarray, at: Mapping[Any, _Point]) -> list[list[Any]]:
    """For each arrow the places that it passes, both ends included."""
    passed = sorted((node for node in at if type(node) is tuple), key=lambda node: node[2])
    ends = [(int(a), int(b)) for a, b in np.argwhere(reads) if a in at and b in at]
    return [[a, *(node for node in passed if node[:2] == (a, b)), b] for a, b in ends]


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
    return f'<g opacity="0.55">{line}{_arrow(*points[-1], 0.0, "currentColor")}</g>'


def _describe_flow(space: SearchSpace, arch: Arch) -> str:
    reads = space.flow([arch])[0]
    called = ["input", *space.decisions]
    parts = []
    for i, option in enumerate(arch):
        from_ = " and ".join(called[source] for source in np.flatnonzero(reads[:, i + 1]))
        word = _short(space.options[i][option])
        parts.append(f"{space.decisions[i]} is {word} of {from_}" if from_ else f"{space.decisions[i]} are {word}")
    return "; ".join([*parts, f"the output joins {', '.join(called[n] for n in np.flatnonzero(reads[:, -1]))}"])


def _text(text: str, x: float, y: float, size: float, fill: str, weight: int = 400) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" text-anchor="middle" '
        f'fill="{fill}">{escape(text)}</text>'
    )


def _document(width: float, height: float, label: str, shapes: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="cell" role="img" aria-label={quoteattr(label)} '
        f'viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}" '
        f'font-family="system-ui, -apple-system, Segoe UI, Roboto, sans-serif">{"".join(shapes)}</svg>'
    )
