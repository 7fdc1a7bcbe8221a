"""What drawings of architectures are made of: SVG text of nodes, labels, arrow tips and the document around them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

RADIUS, MARGIN = 17, 20  # of a node, around the picture
FADED = 0.38  # opacity of what cannot change the output
INK = "#14181D"  # text on an operation's colour; readable on all of them, in light and dark


def arrow(x: float, y: float, angle: float, colour: str) -> str:
    """A tip that ends at (x, y) and points along `angle`."""
    corners = [(x, y)]
    for side in (-1, 1):
        turn = angle + math.pi + side * 0.42
        corners.append((x + 11 * math.cos(turn), y + 11 * math.sin(turn)))
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in corners)
    return f'<polygon points="{points}" fill="{colour}"/>'


def label_width(text: str) -> float:
    return 18 + 7.3 * len(text)


def label(text: str, x: float, y: float, colour: str, live: bool, changed: bool) -> str:
    width = label_width(text)
    opacity = "" if live else f' fill-opacity="{FADED}"'
    outline = ' stroke="currentColor" stroke-width="2.5"' if changed else ""
    box = (
        f'<rect x="{x - width / 2:.1f}" y="{y - 11:.1f}" width="{width:.1f}" height="22" rx="11" fill="{colour}"'
        f"{opacity}{outline}/>"
    )
    return box + write(text, x, y + 4.5, fill=INK if live else "currentColor", weight=600)


def node(name: str, x: float, y: float) -> str:
    short = {"input": "in", "output": "out"}.get(name, name)
    circle = (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{RADIUS}" fill="currentColor" fill-opacity="0.08" '
        f'stroke="currentColor" stroke-opacity="0.55" stroke-width="1.5"/>'
    )
    return circle + write(short, x, y + 4.5, 13, weight=600)


def write(
    text: str,
    x: float,
    y: float,
    size: float = 12.5,
    fill: str = "currentColor",
    weight: int = 400,
    anchor: str = "middle",
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" text-anchor="{anchor}" '
        f'fill="{fill}">{escape(text)}</text>'
    )


def document(width: float, height: float, label: str, shapes: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="cell" role="img" aria-label={quoteattr(label)} '
        f'viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}" '
        f'font-family="system-ui, -apple-system, Segoe UI, Roboto, sans-serif">{"".join(shapes)}</svg>'
    )
