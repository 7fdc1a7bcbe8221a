"""An architecture as a picture: SVG text that stands alone and takes its text colour from the page around it.

A cell is drawn with its nodes in a row and its operations as coloured edges, a long chain of blocks in several rows,
an architecture that is a row of widths as bars. Which of them follows from `space.cells(arch)`. A space without `cells`
has its operations on nodes, and who reads whom is `space.flow`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Sequence
from functools import lru_cache

from nas_core.charts import _flow, palette, shapes
from nas_core.charts.shapes import FADED, MARGIN, RADIUS
from nas_core.spaces import SearchSpace
from nas_core.types import Arch

GAP = 132  # between nodes
LIFT = {1: 0, 2: 64, 3: 124}  # height of an edge's control points by how many nodes it spans
ABREAST = 5  # items in a row of a chain that is too long for one
_Edge = tuple[int, int, str]
_Point = tuple[float, float]


def svg(space: SearchSpace, arch: Arch, changed: Collection[int] = ()) -> str:
    """One line of valid XML with role="img" and a spoken description.

    changed: decisions to outline, such as those that differ from another architecture. Edges carry the class "edge"
    and data-decision, so that a page can make them clickable. Edges off every path to the output are faded.
    """
    if type(space).cells is SearchSpace.cells:
        return _flow.draw(space, arch, changed)
    nodes, edges = space.cells(arch)
    if space.option_unit:
        return _bars(space, arch, nodes, edges, changed)
    if len(edges) > ABREAST and all(target == source + 1 for source, target, _ in edges):
        return _chain(space, arch, nodes, edges, changed)
    xs = [MARGIN + RADIUS + i * GAP for i in range(len(nodes))]
    above = max((_rise(e) for e in edges if not _below(e)), default=0)
    below = max((_rise(e) for e in edges if _below(e)), default=0)
    y = above + RADIUS + 14
    live = _live(edges, len(nodes), space.cut)
    parts = [_edge(i, e, xs, y, space.cut, i in live, i in changed) for i, e in enumerate(edges)]
    parts += [shapes.node(name, x, y) for name, x in zip(nodes, xs, strict=True)]
    if nodes[1].isdigit():  # edges are called by the numbers of their nodes, such as 3←0
        ends = {"0": xs[0], str(len(nodes) - 1): xs[-1]}
        parts += [shapes.write(number, x, y + RADIUS + 12, 10.5) for number, x in ends.items()]
    return shapes.document(xs[-1] + RADIUS + MARGIN, y + below + RADIUS + 14, describe(space, arch), parts)


def describe(space: SearchSpace, arch: Arch) -> str:
    """The architecture in words: "node 1 is conv 3×3 of input; …" or "cell 1 is 16 wide; …"."""
    if type(space).cells is SearchSpace.cells:
        return _flow.describe(space, arch)
    nodes, edges = space.cells(arch)
    if space.option_unit:
        return "Widths: " + "; ".join(f"{nodes[target]} is {width} wide" for _, target, width in edges)
    parts = []
    for target in range(1, len(nodes)):
        name = nodes[target] if not nodes[target].isdigit() else f"node {nodes[target]}"
        terms = [
            f"{palette.short(op)} of {nodes[s] if not nodes[s].isdigit() else 'node ' + nodes[s]}"
            for s, t, op in edges
            if t == target and op != space.cut
        ]
        parts.append(f"{name} is " + (" plus ".join(terms) or "nothing"))
    return f"{space.noun.capitalize()}: " + "; ".join(parts)


def _below(edge: _Edge) -> bool:
    """Edges over two or more nodes leave the row: upwards from the input, downwards from any other node."""
    return edge[0] > 0 and edge[1] - edge[0] > 1


def _lift(edge: _Edge) -> float:
    span = edge[1] - edge[0]
    return LIFT.get(span, 60.0 * (span - 1))


def _rise(edge: _Edge) -> float:
    return 0.75 * _lift(edge) + RADIUS  # where the label of the edge sits, above or below the row


def _live(edges: Sequence[_Edge], nodes: int, cut: str) -> set[int]:
    """Positions of the edges on a path from the first to the last node that no `cut` interrupts."""
    from_input, to_output = {0}, {nodes - 1}
    for source, target, op in sorted(edges):
        if op != cut and source in from_input:
            from_input.add(target)
    for source, target, op in sorted(edges, reverse=True, key=lambda e: e[1]):
        if op != cut and target in to_output:
            to_output.add(source)
    return {i for i, (s, t, op) in enumerate(edges) if op != cut and s in from_input and t in to_output}


def _edge(decision: int, edge: _Edge, xs: Sequence[float], y: float, cut: str, live: bool, changed: bool) -> str:
    source, target, op = edge
    sign, lift, text = (1 if _below(edge) else -1), _lift(edge), palette.short(op)
    lean = RADIUS * math.cos(math.radians(32 + 22 * (target - source - 1))) if lift else RADIUS
    rise = math.sqrt(RADIUS**2 - lean**2)
    start, end = (xs[source] + lean, y + sign * rise), (xs[target] - lean - 2, y + sign * rise)
    pull, bend = 0.24 * (end[0] - start[0]), y + sign * (rise + lift)
    curve = (start, (start[0] + pull, bend), (end[0] - pull, bend), end)
    colour = palette.option(op)
    dash = ' stroke-dasharray="2 5"' if op == cut else ""
    line = (
        f'<path d="{_around_label(curve, shapes.label_width(text))}" fill="none" stroke="{colour}" '
        f'stroke-width="{2 if op == cut else 3.5}"{dash}/>'
    )
    tip = shapes.arrow(*end, math.atan2(end[1] - bend, pull), colour) if op != cut else ""
    faded = "" if live else f' opacity="{FADED}"'
    label = shapes.label(text, (start[0] + end[0]) / 2, start[1] + sign * 0.75 * lift, colour, live, changed)
    return f'<g class="edge" data-decision="{decision}"><g{faded}>{line}{tip}</g>{label}</g>'


@lru_cache(maxsize=1024)
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


def _bars(
    space: SearchSpace, arch: Arch, nodes: Sequence[str], edges: Sequence[_Edge], changed: Collection[int]
) -> str:
    step, base, tall = 84, 150, 118
    widest = max(int(option) for options in space.options for option in options)
    parts = []
    for i, (_, target, width) in enumerate(edges):
        x, height = MARGIN + i * step, max(4.0, tall * int(width) / widest)
        outline = ' stroke="currentColor" stroke-width="2.5"' if i in changed else ""
        parts.append(
            f'<g class="edge" data-decision="{i}"><rect x="{x}" y="{base - tall}" width="60" height="{tall}" rx="5" '
            f'fill="currentColor" fill-opacity="0.06"/><rect x="{x}" y="{base - height:.1f}" width="60" '
            f'height="{height:.1f}" rx="5" fill="{palette.option(width)}"{outline}/>'
            + shapes.write(width, x + 30, base - height - 7, 15, weight=600)
            + shapes.write(nodes[target], x + 30, base + 19, 12)
            + "</g>"
        )
    return shapes.document(2 * MARGIN + len(edges) * step - 24, base + 34, describe(space, arch), parts)


def _chain(
    space: SearchSpace, arch: Arch, nodes: Sequence[str], edges: Sequence[_Edge], changed: Collection[int]
) -> str:
    """Blocks one after the other, in rows from left to right."""
    step, row = 116, 76
    places = [
        (MARGIN + 48 + step * (i % ABREAST), MARGIN + RADIUS + row * (i // ABREAST)) for i in range(len(edges) + 2)
    ]
    half = [RADIUS, *(shapes.label_width(palette.short(op)) / 2 for _, _, op in edges), RADIUS]
    right = places[min(ABREAST, len(places)) - 1][0] + 56
    parts = []
    for i, ((ax, ay), (bx, by)) in enumerate(itertools.pairwise(places)):
        start, end = ax + half[i], bx - half[i + 1] - 2
        turn = "" if by == ay else f"H{right}V{(ay + by) / 2 + 6:.1f}H{MARGIN - 12}V{by}"
        parts.append(
            f'<g opacity="0.55"><path d="M{start:.1f} {ay}{turn}H{end - 6:.1f}" fill="none" stroke="currentColor" '
            f'stroke-width="2.5"/>{shapes.arrow(end, by, 0.0, "currentColor")}</g>'
        )
    parts += [shapes.node(nodes[0], *places[0]), shapes.node("output", *places[-1])]
    for i, (_, target, op) in enumerate(edges):
        x, y = places[i + 1]
        label = shapes.label(palette.short(op), x, y, palette.option(op), True, i in changed)
        name = shapes.write(nodes[target], x, y + 27, 11.5)
        parts.append(f'<g class="edge" data-decision="{i}">{label}{name}</g>')
    return shapes.document(right + MARGIN, places[-1][1] + RADIUS + MARGIN, describe(space, arch), parts)
