"""The whole search space as a canvas scatter, and the legend that puts marks on it; see assets/space_map.js."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from nas_core.charts import palette, space_view
from nas_core.charts.quantities import Quantity
from nas_core.spaces import SearchSpace
from ui import figures, links, parts
from ui.assets import read


@dataclass(frozen=True)
class Mark:
    """What to point out: rings around `rows`, joined by a "line" or by the "steps" of a front; lines of its own."""

    label: str  # in the legend under the map
    rows: Sequence[int] | np.ndarray = ()
    colour: str = "text"  # a hex colour, or "text" or "primary" for the theme's own
    shape: str = "ring"  # or "line", or "steps"
    size: float = 5.0  # radius in pixels
    width: float = 2.0
    selected: bool = False  # a click on the map moves this one at once
    paths: Sequence[np.ndarray] = ()  # lines, float64[k, 2] each: corners in data coordinates
    dash: tuple[int, ...] = ()  # of the lines, in pixels
    notes: Sequence[tuple[float, float, str]] = ()  # words at a place
    absent: str = "a number is missing"  # why none of `rows` may be on the map


@dataclass(frozen=True)
class Region:
    """A rectangle on the map, in data coordinates."""

    x: tuple[float, float]
    y: tuple[float, float]

    @property
    def box(self) -> tuple[float, float, float, float]:
        return (*self.x, *self.y)


_map = st.components.v2.component(
    "nas_space_map",
    html=(
        '<div class="map"><div class="tools" role="toolbar" aria-label="Map">'
        '<span><button class="select" title="A drag marks a region">Select</button>'
        '<button class="pan" title="A drag moves the map; so it does with the middle button or the space key held">Pan'
        '</button></span><span><button class="in" title="Zoom in (+)" aria-label="Zoom in">+</button>'
        '<button class="out" title="Zoom out (-)" aria-label="Zoom out">−</button>'
        '<button class="fit" title="Fit the first view, then everything (0, or a double click)">Fit</button>'
        '<button class="tenth" title="Fit the best tenth of the points by the y axis">Best tenth</button></span>'
        '<button class="clear" hidden>Clear region</button>'
        "</div>"
        '<div class="plot"><canvas class="base" aria-hidden="true"></canvas>'
        '<canvas class="top" tabindex="0" role="application"></canvas><button class="beyond" hidden></button>'
        '<div class="hint" aria-hidden="true"></div><div class="tip" role="status" hidden></div></div></div>'
    ),
    css=read("space_map.css"),
    js=read("plot.js", "space_picture.js", "space_zoom.js", "space_map.js"),
)
_marks = st.components.v2.component(
    "nas_space_map_marks", html="<ul></ul>", css=read("space_map_marks.css"), js=read("space_map_marks.js")
)


def space_map(
    key: str,
    space: SearchSpace,
    rows: np.ndarray,
    x: Quantity,
    y: Quantity,
    colour: Quantity,
    on_pick: Callable[[int], None],
    redraw: Sequence[str],
    inside: np.ndarray | None = None,
    prefix: str = "",
) -> None:
    """Draw the architectures `rows` (int[n]), those outside `inside` (bool[len(space)]) faintly; a click calls
    `on_pick(row)`.

    A drag marks a region, which `region_of(key)` returns and the link keeps; then the fragments `redraw` run again.
    The link keeps the view too, if it is not the first one; its names begin with `prefix`. Points without a number on
    either axis are left out. When a visitor's map has come on the screen, the page runs again with every `part` that
    waited for it.
    """
    st.session_state[f"{key} drawn"] = key in st.session_state
    axes = st.session_state[f"{key} axes"] = f"{x.title}|{y.title}"
    start, zoom = _from_link(key, "region", f"{prefix}region"), _from_link(key, "view", f"{prefix}zoom")
    region, view = start or region_of(key), zoom or view_of(key)
    for name, value in (("region", region), ("zoom", view)):
        if value is None:
            st.query_params.pop(f"{prefix}{name}", None)  # it was unreadable, or belonged to other axes

    def picked() -> None:
        if (row := st.session_state[key].picked) is not None:
            on_pick(int(row))

    def region_changed() -> None:
        _link(f"{prefix}region", region_of(key))
        parts.again(*redraw)

    def view_changed() -> None:
        _link(f"{prefix}zoom", view_of(key))
        parts.again(f"{key} view")

    def drawn() -> None:
        st.session_state[f"{key} drawn"] = True

    parts.part(f"{key} view", lambda: None)  # nothing on the page depends on the view
    data = _Data(space, rows, x, y, colour, inside)
    header = {"name": key, "region": region and region.box, "view": view and view.box}
    default = {} if start is None else {"region": {"x": start.x, "y": start.y, "axes": axes}}
    figures.add(figures.Figure(key, f"{y.title} by {x.title}", space_map=key))
    _map(
        key=key,
        data=data.packed(header),
        default=default | ({} if zoom is None else {"view": {"box": zoom.box, "axes": axes}}),
        on_picked_change=picked,
        on_region_change=region_changed,
        on_view_change=view_changed,
        on_drawn_change=drawn,
    )


def part(on: str, key: str, draw: Callable[..., None], *args: Any, every: float | None = None) -> None:
    """A part of the page that is drawn again by itself, `every` so many seconds, once the map `on` is on the screen."""

    def drawn() -> None:
        if st.session_state.get(f"{on} drawn", False):
            draw(*args)

    parts.part(key, drawn, every=every)


def region_of(key: str) -> Region | None:
    """The region drawn on the map of that key, None if there is none or it belongs to other axes."""
    value = (st.session_state.get(key) or {}).get("region")
    if not value or value["axes"] != st.session_state.get(f"{key} axes"):
        return None
    return Region(tuple(value["x"]), tuple(value["y"]))


def view_of(key: str) -> Region | None:
    """What the map of that key shows, None if that is the first view or belongs to other axes."""
    value = (st.session_state.get(key) or {}).get("view")
    if not value or value["axes"] != st.session_state.get(f"{key} axes"):
        return None
    x0, x1, y0, y1 = value["box"]
    return Region((x0, x1), (y0, y1))


def outlying(rows: np.ndarray, x: Quantity, y: Quantity) -> str:
    """A sentence on how many of the `rows` (int[n]) lie outside the first view of their map; "" if none."""
    xs, ys = x.read()[rows], y.read()[rows]
    count = int(np.sum((xs < view_start(x, xs)) & ~np.isnan(ys) | (ys < view_start(y, ys)) & ~np.isnan(xs)))
    lie, them = ("lies", "it") if count == 1 else ("lie", "them")
    return f" {count:,} {lie} far below the others, outside the first view: the button at its edge shows {them}." * (
        count > 0
    )


def view_start(quantity: Quantity, values: np.ndarray) -> float:
    """Where the first view begins on the axis of that quantity."""
    return space_view.bulk_start(values) if quantity.goal == "max" else -math.inf


def _link(name: str, box: Region | None) -> None:
    """Write a rectangle into the link, or take it out."""
    links.write(name, None if box is None else ",".join(f"{v:.6g}" for v in box.box))


def _from_link(key: str, part: str, name: str) -> Region | None:
    """What the link says until the map has said something: the page may run again before its first word."""
    return None if (st.session_state.get(key) or {}).get(part) else _in_link(name)


def _in_link(name: str) -> Region | None:
    """The rectangle that the link has under that name, if it can be read."""
    try:
        x0, x1, y0, y1 = map(float, st.query_params.get(name, "").split(","))
    except ValueError:
        return None
    return Region((x0, x1), (y0, y1)) if -math.inf < x0 <= x1 < math.inf and -math.inf < y0 <= y1 < math.inf else None


def marks(key: str, on: str, marks: Sequence[Mark]) -> None:
    """The legend of the map `on`: names the marks and draws them on it."""
    _marks(key=key, data={"name": on, "marks": [_mark(m) for m in marks]})


def _mark(mark: Mark) -> dict[str, Any]:
    paths = [[[float(f"{v:.6g}") for v in corner] for corner in path] for path in mark.paths]
    return {**vars(mark), "rows": [int(row) for row in mark.rows], "paths": paths}


@dataclass(frozen=True)
class _Data:
    """What a map shows; see `space_map`."""

    space: SearchSpace
    rows: np.ndarray
    x: Quantity
    y: Quantity
    colour: Quantity
    inside: np.ndarray | None

    def packed(self, header: dict[str, Any]) -> bytes:
        """uint32 length of the header, the header as JSON, then int32 rows[n], float32 x[n], y[n], colour[n], of every
        notation in `numbers` int32[n], and uint8 inside[n] where there is a filter."""
        rows, others = self.rows, space_view.other_numbers(self.space)
        axes = [q.read()[rows].astype(np.float32) for q in (self.x, self.y, self.colour)]
        head = json.dumps(header | self._header(axes[0], axes[1])).encode()
        head += b" " * (-len(head) % 4)
        columns = [np.asarray(rows, np.int32), *axes, *(numbers[rows] for numbers in others.values())]
        if self.inside is not None:
            columns.append(self.inside[rows].astype(np.uint8))
        return np.uint32(len(head)).tobytes() + head + b"".join(column.tobytes() for column in columns)

    def _header(self, xs: np.ndarray, ys: np.ndarray) -> dict[str, Any]:
        space, x, y = self.space, self.x, self.y
        starts = [view_start(x, xs), view_start(y, ys)]
        return {
            "count": len(self.rows),
            "x": _axis(x),
            "y": _axis(y),
            "c": _axis(self.colour) | {"stops": palette.STOPS},
            "goal": y.goal or "max",
            "from": [each if math.isfinite(each) else None for each in starts],  # where the first view begins
            "inside": self.inside is not None,
            "noun": space.noun,
            "numbers": list(space_view.other_numbers(space)),
            "decisions": space.decisions,
            "options": [[(palette.short(o), palette.option(o)) for o in options] for options in space.options],
            "label": (
                f"Map of {len(self.rows):,} architectures: {y.label} against {x.label}, coloured by "
                f"{self.colour.label}. Arrow keys walk from point to point, Enter selects one; + and - zoom, 0 fits. "
                "The same numbers are in the table view."
            ),
        }


def _axis(quantity: Quantity) -> dict[str, object]:
    return {
        "title": quantity.title,
        "label": quantity.label,
        "after": quantity.after,
        "unit": quantity.unit,
        "whole": quantity.whole,
    }
