"""Images and matrices as SVG text: examples with their answers, a confusion matrix, what flows over each edge."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

import numpy as np

from nas_core.charts import palette
from nas_core.charts.shapes import document, write
from nas_core.spaces.topology import Topology

LEVELS = 24  # shades of a picture
GREY = ("#000000", "#FFFFFF")
RIGHT, WRONG = "#009E73", "#D55E00"


def examples(images: np.ndarray, labels: np.ndarray, answers: np.ndarray, confidence: np.ndarray) -> str:
    """A row of images float[k, h, w] from 0 to 1, each with its answer and confidence (percent); a mark says right or
    wrong."""
    side, gap, columns = 84, 14, 5
    shapes = []
    for i, (image, label, answer, percent) in enumerate(zip(images, labels, answers, confidence, strict=True)):
        x, y = 4 + (i % columns) * (side + gap), 4 + (i // columns) * (side + 40)
        right = label == answer
        shapes.append(_pixels(image, x, y, side, GREY))
        shapes.append(
            f'<rect x="{x}" y="{y}" width="{side}" height="{side}" fill="none" stroke="{RIGHT if right else WRONG}" '
            f'stroke-width="4"/>'
        )
        caption = f"{'✓' if right else '✗'} {answer}, {percent:.0f} %"
        shapes.append(write(caption, x + side / 2, y + side + 19, 13.5))
    right = int((labels == answers).sum())
    rows = -(-len(images) // columns)
    width = 8 + columns * side + (columns - 1) * gap
    return document(width, 6 + rows * (side + 40), f"{right} of {len(images)} examples are answered right", shapes)


def confusion(matrix: np.ndarray) -> str:
    """int[k, k], rows the truth, columns the answers: a tile a pair, darker for more; the diagonal is what is right."""
    tile, left, top = 34, 52, 46
    shares = matrix / np.maximum(matrix.sum(1, keepdims=True), 1)
    shapes = [write("answer", left + tile * len(matrix) / 2, 16, 13)]
    shapes.append(
        f'<text transform="translate(16 {top + tile * len(matrix) / 2:.0f}) rotate(-90)" font-size="13" '
        f'text-anchor="middle" fill="currentColor">truth</text>'
    )
    for i, row in enumerate(matrix):
        shapes.append(write(str(i), left - 10, top + tile * (i + 0.62), 13, anchor="end"))
        shapes.append(write(str(i), left + tile * (i + 0.5), top - 9, 13))
        for j, count in enumerate(row):
            x, y, share = left + tile * j, top + tile * i, float(shares[i, j])
            colour = RIGHT if i == j else WRONG
            tip = f"{count} of {row.sum()} images of {i} are taken for {j}"
            shapes.append(
                f'<rect x="{x}" y="{y}" width="{tile - 2}" height="{tile - 2}" rx="3" fill="{colour}" '
                f'fill-opacity="{0.06 + 0.94 * share**0.5 if count else 0.04:.2f}"><title>{escape(tip)}</title></rect>'
            )
            if count:
                shapes.append(write(str(count), x + tile / 2 - 1, y + tile * 0.6, 11.5))
    right = int(np.trace(matrix))
    size = tile * len(matrix)
    return document(
        left + size + 6, top + size + 6, f"{right} of {matrix.sum()} test images are answered right", shapes
    )


def edge_maps(maps: Sequence[np.ndarray], ops: Sequence[str]) -> str:
    """What flows over each edge for one image: a row a cell of float[6, h, w], a picture an edge.

    ops: of the six edges. Every picture has its own range from dark to bright; an edge that carries nothing is empty.
    """
    side, gap, top, left = 104, 14, 44, 64
    shapes = []
    for e, (edge, op) in enumerate(zip(Topology.decisions, ops, strict=True)):
        x = left + e * (side + gap)
        shapes.append(f'<rect x="{x}" y="4" width="{side}" height="6" rx="3" fill="{palette.option(op)}"/>')
        shapes.append(write(f"{edge} {palette.short(op)}", x + side / 2, 30, 12))
    for stage, pictures in enumerate(maps):
        y = top + stage * (side + gap)
        shapes.append(write(f"cell {stage + 1}", left - 12, y + side / 2 + 4, 13, anchor="end"))
        for e, picture in enumerate(pictures):
            x = left + e * (side + gap)
            low, high = float(picture.min()), float(picture.max())
            if high > low:
                shapes.append(_pixels((picture - low) / (high - low), x, y, side, palette.STOPS))
            shapes.append(
                f'<rect x="{x}" y="{y}" width="{side}" height="{side}" fill="none" stroke="currentColor" '
                f'stroke-opacity="0.35"/>'
            )
    width, height = left + 6 * (side + gap), top + len(maps) * (side + gap)
    return document(width, height, "What flows over each edge of each cell for one image", shapes)


def _pixels(image: np.ndarray, x: float, y: float, side: float, stops: Sequence[str]) -> str:
    """float[h, w] from 0 to 1 as squares or, where it is not square itself, bars: one path a shade."""
    shades = np.round(np.clip(image, 0, 1) * (LEVELS - 1)).astype(int)
    down, across = side / image.shape[0], side / image.shape[1]
    out = []
    for shade in np.unique(shades):
        squares = "".join(f"M{j} {i}h1v1h-1z" for i, j in np.argwhere(shades == shade).tolist())
        out.append(f'<path fill="{_blend(stops, shade / (LEVELS - 1))}" d="{squares}"/>')
    where = f"translate({x:g} {y:g}) scale({across:g} {down:g})"
    return f'<g transform="{where}" shape-rendering="crispEdges">{"".join(out)}</g>'


def _blend(stops: Sequence[str], share: float) -> str:
    """The colour at `share` of the way along `stops`."""
    place = share * (len(stops) - 1)
    first = min(int(place), len(stops) - 2)
    return palette.mix(stops[first], stops[first + 1], place - first)
