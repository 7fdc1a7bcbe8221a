"""Examples of a dataset, a few of each class: small images, or the curves of signals, as one SVG text."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from html import escape

import numpy as np

from nas_core.charts import palette, shapes

SIDE, GAP, NAME, EACH, CLASSES = 56, 6, 130, 8, 12  # pixels of an example, between two, of a name; how many are drawn


def drawing(inputs: np.ndarray, labels: np.ndarray, classes: Sequence[str]) -> str:
    """A row for each of the first `CLASSES` classes, with its first `EACH` examples.

    inputs: uint8[n, channels, size, size] images or float32[n, channels, length] signals. labels: int64[n].
    """
    parts, signals = [], inputs.ndim == 3
    across = 3 * SIDE + 2 * GAP if signals else SIDE
    for row, name in enumerate(classes[:CLASSES]):
        y = row * (SIDE + GAP)
        short = name if len(name) <= 16 else f"{name[:15]}…"
        parts.append(
            f'<text x="0" y="{y + SIDE / 2 + 4}" font-size="13" fill="currentColor">{_text(short)}'
            f"<title>{_text(name)}</title></text>"
        )
        for column, i in enumerate(np.flatnonzero(labels == row)[: EACH // 2 if signals else EACH]):
            x = NAME + column * (across + GAP)
            parts.append(_signal(inputs[i], x, y, across) if signals else _image(inputs[i], x, y))
    rows = min(len(classes), CLASSES)
    width = NAME + (EACH // 2 if signals else EACH) * (across + GAP)
    return shapes.document(width, rows * (SIDE + GAP), "Examples of each class", parts)


def _text(label: str) -> str:
    """In a drawing that stands in Markdown, where brackets would make a picture or a link."""
    return escape(label).replace("[", "&#91;").replace("]", "&#93;")


def _image(image: np.ndarray, x: float, y: float) -> str:
    from PIL import Image

    pixels = image[0] if len(image) == 1 else image.transpose(1, 2, 0)
    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(out, "PNG")
    content = base64.b64encode(out.getvalue()).decode()
    return (
        f'<image x="{x}" y="{y}" width="{SIDE}" height="{SIDE}" image-rendering="pixelated" '
        f'href="data:image/png;base64,{content}"/>'
    )


def _signal(signal: np.ndarray, x: float, y: float, width: float) -> str:
    """float32[channels, length]: a line for each channel, all on one scale."""
    step = max(1, signal.shape[1] // 200)
    values = signal[:, ::step].astype(float)
    low, high = values.min(), values.max()
    heights = y + SIDE - 3 - (values - low) / (high - low or 1) * (SIDE - 6)
    across = x + np.linspace(0, width, values.shape[1])
    names = list(map(str, range(len(signal))))
    lines = [
        f'<polyline fill="none" stroke="{palette.of(names, names[c])[0]}" stroke-width="1.5" points="'
        + " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(across, line, strict=True))
        + '"/>'
        for c, line in enumerate(heights)
    ]
    frame = f'<rect x="{x}" y="{y}" width="{width}" height="{SIDE}" fill="none" stroke="currentColor" opacity="0.2"/>'
    return frame + "".join(lines)
