"""Small pictures of results, as SVG that takes the colours of the page around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from nas_core.charts import palette, shapes

WIDTH, HEIGHT = 300, 150
LEFT, RIGHT, TOP, BOTTOM = 12, 12, 24, 26  # margins of the frame
MAIN, OTHER, FAINT = "#0072B2", "#D55E00", palette.OPTIMUM
Points = tuple[np.ndarray, np.ndarray]  # float[n] each: x and y


def lines(
    label: str,
    series: Mapping[str, Points],
    axes: tuple[str, str],
    steps: bool = False,
    colours: Sequence[str] = (MAIN, OTHER, FAINT),
) -> str:
    """A curve for each of the series {name: points}, at most one a colour. axes: what is across and what is up."""
    marks = []
    for (x, y), colour in zip(_place(series).values(), colours, strict=False):
        path = "M" + "L".join(f"{a:.1f},{b:.1f}" for a, b in _corners(x, y, steps))
        marks.append(f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2.5" stroke-linejoin="round"/>')
    return _framed(label, marks, axes, dict(zip(series, colours, strict=False)))


def points(label: str, cloud: Points, ringed: Points, axes: tuple[str, str]) -> str:
    """A cloud, and a few of its points ringed."""
    scaled = _place({"all": cloud, "ringed": ringed})
    dots = "".join(f"M{x:.0f},{y:.0f}h0" for x, y in zip(*scaled["all"], strict=True))
    marks = [f'<path d="{dots}" stroke="{MAIN}" stroke-opacity="0.45" stroke-width="3.5" stroke-linecap="round"/>']
    for x, y in zip(*scaled["ringed"], strict=True):
        marks.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="none" stroke="{OTHER}" stroke-width="2.5"/>')
    return _framed(label, marks, axes, {})


def bars(label: str, rows: Sequence[tuple[str, float, bool]]) -> str:
    """(name, value, is it among those that are compared with) in order, each a bar from zero."""
    step, most = (HEIGHT - 8) / len(rows), max(value for _, value, _ in rows)
    marks = []
    for i, (name, value, other) in enumerate(rows):
        y, long = 4 + i * step, max(0.0, (WIDTH - 186) * value / most)
        marks.append(_text(name, 134, y + step / 2 + 4, "end"))
        marks.append(
            f'<rect x="140" y="{y + 2:.1f}" width="{long:.1f}" height="{step - 4:.1f}" '
            f'fill="{OTHER if other else MAIN}" rx="2"/>'
        )
        marks.append(_text(f"{value:.2f}", 146 + long, y + step / 2 + 4, "start"))
    return shapes.document(WIDTH, HEIGHT, label, marks)


def intervals(label: str, groups: Sequence[str], series: Mapping[str, np.ndarray], axes: tuple[str, str]) -> str:
    """For each series {name: float[3, groups], low, middle, high} a dot with its interval in each group."""
    count, frames = len(series), np.stack(list(series.values()))
    low, high = float(frames.min()), float(frames.max())
    wide = (WIDTH - LEFT - RIGHT) / len(groups)
    marks = []
    for k, (values, colour) in enumerate(zip(series.values(), (MAIN, OTHER, FAINT), strict=False)):
        for g, column in enumerate(values.T):
            x = LEFT + wide * (g + 0.5 + (k - (count - 1) / 2) * 0.25)
            bottom, middle, top = (_up(value, low, high) for value in column)
            marks.append(f'<path d="M{x:.1f},{bottom:.1f}V{top:.1f}" stroke="{colour}" stroke-width="3"/>')
            marks.append(f'<circle cx="{x:.1f}" cy="{middle:.1f}" r="4.5" fill="{colour}"/>')
    marks += [_text(g, LEFT + wide * (i + 0.5), HEIGHT - 10, "middle") for i, g in enumerate(groups)]
    return _framed(label, marks, ("", axes[1]), dict(zip(series, (MAIN, OTHER, FAINT), strict=False)), high=True)


def circles(label: str, up: np.ndarray, area: np.ndarray, axes: tuple[str, str]) -> str:
    """float[n] each: side by side a circle for each value, with its share of the greatest area."""
    x, y = _place({"": (np.arange(float(len(up))), up)})[""]
    discs = "".join(
        f'<circle cx="{a:.0f}" cy="{b:.0f}" r="{r:.1f}"/>'
        for a, b, r in zip(x, y, 1.5 + 11 * np.sqrt(area / area.max()), strict=True)
    )
    marks = [f'<g fill="{MAIN}" fill-opacity="0.4" stroke="{MAIN}" stroke-opacity="0.7">{discs}</g>']
    return _framed(label, marks, axes, {})


def _place(series: Mapping[str, Points]) -> dict[str, Points]:
    """In the coordinates of the picture, all on one scale."""
    xs, ys = (np.concatenate([pair[i] for pair in series.values()]) for i in (0, 1))
    wide = WIDTH - LEFT - RIGHT
    return {
        name: (
            LEFT + wide * (x - xs.min()) / max(float(np.ptp(xs)), 1e-12),
            _up(y, float(ys.min()), float(ys.max())),
        )
        for name, (x, y) in series.items()
    }


def _up(value, low: float, high: float):
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - low) / max(high - low, 1e-12)


def _corners(x: np.ndarray, y: np.ndarray, steps: bool) -> list[tuple[float, float]]:
    corners = list(zip(x.tolist(), y.tolist(), strict=True))
    if not steps:
        return corners
    between = [(b[0], a[1]) for a, b in pairwise(corners)]
    return [corner for pair in zip(corners, [*between, corners[-1]], strict=True) for corner in pair]


def _framed(
    label: str, marks: Sequence[str], axes: tuple[str, str], names: Mapping[str, str], high: bool = False
) -> str:
    """The marks above a base line, with the names of the axes and of the series {name: colour}.

    high: the names of the series stand at the top, else at the bottom.
    """
    base = f"M{LEFT},{TOP}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}"
    frame = [f'<path d="{base}" fill="none" stroke="currentColor" stroke-opacity="0.35"/>']
    words = [_text(axes[0], WIDTH - RIGHT, HEIGHT - 10, "end"), _text(axes[1], LEFT, 14, "start")]
    top = TOP if high else HEIGHT - BOTTOM + 4 - 15 * len(names)
    for i, (name, colour) in enumerate(names.items()):
        words.append(_text(name, WIDTH - RIGHT, top + 15 * i, "end", colour))
    return shapes.document(WIDTH, HEIGHT, label, [*frame, *marks, *words])


def _text(text: str, x: float, y: float, anchor: str, colour: str = "currentColor") -> str:
    return shapes.write(text, x, y, 12, colour, 400 if colour == "currentColor" else 700, anchor)
