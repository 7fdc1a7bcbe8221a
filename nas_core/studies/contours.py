"""Where an expression has the same value: lines over a plane of two metrics, by marching squares."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Box = tuple[float, float, float, float]  # x from, x to, y from, y to
CELLS = 64  # squares along each side
LEVELS = 6  # lines of a picture, at most

# Corners of a square: 0 at (x0, y0), 1 at (x1, y0), 2 at (x1, y1), 3 at (x0, y1); edge k joins corners k and k + 1.
# For each pattern of corners above the level: the pairs of edges that its line crosses.
_CROSSED: tuple[tuple[tuple[int, int], ...], ...] = (
    (),
    ((3, 0),),
    ((0, 1),),
    ((3, 1),),
    ((1, 2),),
    ((3, 2), (0, 1)),
    ((0, 2),),
    ((3, 2),),
    ((2, 3),),
    ((0, 2),),
    ((0, 3), (1, 2)),
    ((1, 2),),
    ((1, 3),),
    ((0, 1),),
    ((0, 3),),
    (),
)


def lines(value: Callable[[np.ndarray, np.ndarray], np.ndarray], box: Box, level: float) -> np.ndarray:
    """float64[k, 2, 2]: k short pieces, (start, end) of (x, y), of the lines in `box` on which `value` is `level`.

    value(x, y) takes float64[n, n] twice and returns float64[n, n]; squares with a nan corner have no line.
    """
    x, y = np.linspace(*box[:2], CELLS + 1), np.linspace(*box[2:], CELLS + 1)
    grid_x, grid_y = np.meshgrid(x, y)
    height = np.asarray(value(grid_x, grid_y), float) - level
    around = [
        (slice(None, -1), slice(None, -1)),
        (slice(None, -1), slice(1, None)),
        (slice(1, None), slice(1, None)),
        (slice(1, None), slice(None, -1)),
    ]
    corners = np.stack([height[at] for at in around], -1).reshape(-1, 4)
    places = np.stack([np.stack([grid_x[at], grid_y[at]], -1) for at in around], -2).reshape(-1, 4, 2)
    complete = ~np.isnan(corners).any(1)
    pattern = np.where(complete, (corners > 0) @ np.array([1, 2, 4, 8]), 0)
    pieces = []
    for kind, crossed in enumerate(_CROSSED):
        here = np.flatnonzero(pattern == kind)
        for pair in crossed if len(here) else ():
            pieces.append(np.stack([_crossing(corners[here], places[here], edge) for edge in pair], 1))
    return np.concatenate(pieces) if pieces else np.empty((0, 2, 2))


def _crossing(corners: np.ndarray, places: np.ndarray, edge: int) -> np.ndarray:
    """float64[k, 2]: where the height along an edge is zero, by linear interpolation."""
    a, b = corners[:, edge], corners[:, (edge + 1) % 4]
    share = (a / (a - b))[:, None]
    return places[:, edge] * (1 - share) + places[:, (edge + 1) % 4] * share


def levels(values: np.ndarray) -> list[float]:
    """Up to LEVELS round numbers spread over the upper half of the known values float[n]; none if all are equal."""
    values = values[~np.isnan(values)]
    if not len(values) or values.min() == values.max():
        return []
    low, high = float(np.median(values)), float(values.max())
    if low == high:
        low = float(values.min())
    power = 10.0 ** np.floor(np.log10((high - low) / LEVELS))
    step = power * next(m for m in (1, 2, 2.5, 5, 10) if m * power * LEVELS >= high - low)
    first, last = np.ceil(low / step), np.floor(high / step)
    return [round(float(k * step), 12) for k in np.arange(first, last + 1)]
