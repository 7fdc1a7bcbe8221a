"""The whole search space as a canvas scatter, and the legend that puts marks on it; see assets/space_map.js."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from nas_core.charts import palette
from nas_core.charts.quantities import Quantity
from nas_core.spaces import SearchSpace, other_numbers
from ui.frame import ASSETS


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


def _read(*names: str) -> str:
    return "\n".join((ASSETS / name).read_text(encoding="utf-8") for name in names)


_map = st.components.v2.component(
    "nas_space_map",
    html=(
        '<div class="map"><canvas class="base" aria-hidden="true"></canvas>'
        '<canvas class="top" tabindex="0" role="application"></canvas>'
        '<div class="tip" role="status" hidden></div><div class="tools"><button class="clear" hidden>Clear region'
        '</button><button class="svg" title="Save the map as SVG">SVG</button>'
        '<button class="png" title="Save the map as PNG">PNG</button></div></div>'
    ),
    css=_read("space_map.css"),
    js=_read("save_file.js", "plot.js", "space_picture.js", "space_map.js"),
)
_marks = st.components.v2.component(
    "nas_space_map_marks", html="<ul></ul>", css=_read("space_map_marks.css"), js=_read("space_map_marks.js")
)


def space_map(
    key: str,
    space: SearchSpace,
    rows: np.ndarray,
    x: Quantity,
    y: Quantity,
    colour: Quantity,
    on_pick: Callable[[int], None],
    redraw: str,
    on_drawn: Callable[[], None] | None = None,
) -> None:
    """Draw the architectures `rows` (int[n]); a click calls `on_pick(row)`.

    A drag marks a region, which `region_of(key)` returns and the link keeps; then the fragment `redraw` runs again.
    Points without a number on either axis are left out. `on_drawn`, if anything waits for it, is called when a
    visitor's map has come on the screen; until then `on_screen(key)` is false, and what can wait should.
    """
    again = st.session_state[f"{key} drawn"] = key in st.session_state
    axes = st.session_state[f"{key} axes"] = f"{x.title}|{y.title}"
    start = None if again else _region_in_link()
    region = start or region_of(key)
    if region is None:
        st.query_params.pop("region", None)  # it was unreadable, or belonged to other axes

    def picked() -> None:
        if (row := st.session_state[key].picked) is not None:
            on_pick(int(row))

    def region_changed() -> None:
        if region := region_of(key):
            st.query_params["region"] = ",".join(f"{v:.6g}" for v in region.box)
        else:
            st.query_params.pop("region", None)
        st.rerun(redraw)

    def drawn() -> None:
        st.session_state[f"{key} drawn"] = True
        if on_drawn is not None:
            on_drawn()

    _map(
        key=key,
        data=_payload(key, space, rows, x, y, colour, region, on_drawn is not None),
        default=None if start is None else {"region": {"x": start.x, "y": start.y, "axes": axes}},
        on_picked_change=picked,
        on_region_change=region_changed,
        on_drawn_change=drawn,
    )


def on_screen(key: str) -> bool:
    """True once the map of that key has been drawn."""
    return st.session_state.get(f"{key} drawn", False)


def region_of(key: str) -> Region | None:
    """The region drawn on the map of that key, None if there is none or it belongs to other axes."""
    value = (st.session_state.get(key) or {}).get("region")
    if not value or value["axes"] != st.session_state.get(f"{key} axes"):
        return None
    return Region(tuple(value["x"]), tuple(value["y"]))


def _region_in_link() -> Region | None:
    """The region that the link asks for, if it can be read."""
    try:
        x0, x1, y0, y1 = map(float, st.query_params.get("region", "").split(","))
    except ValueError:
        return None
    return Region((x0, x1), (y0, y1)) if -math.inf < x0 <= x1 < math.inf and -math.inf < y0 <= y1 < math.inf else None


def marks(key: str, on: str, marks: Sequence[Mark]) -> None:
    """The legend of the map `on`: names the marks and draws them on it."""
    _marks(key=key, data={"name": on, "marks": [_mark(m) for m in marks]})


def _mark(mark: Mark) -> dict[str, Any]:
    paths = [[[float(f"{v:.6g}") for v in corner] for corner in path] for path in mark.paths]
    return {**vars(mark), "rows": [int(row) for row in mark.rows], "paths": paths}


def _payload(
    key: str,
    space: SearchSpace,
    rows: np.ndarray,
    x: Quantity,
    y: Quantity,
    colour: Quantity,
    region: Region | None,
    awaited: bool,
) -> bytes:
    """uint32 length of the header, the header as JSON, then int32 rows[n], float32 x[n], y[n], colour[n], and of
    every notation in `numbers` int32[n]."""
    others = other_numbers(space)
    header = {
        "name": key,
        "awaited": awaited,  # the page wants to hear when the map is on the screen
        "count": len(rows),
        "x": _axis(x),
        "y": _axis(y),
        "c": _axis(colour) | {"stops": palette.STOPS},
        "noun": space.noun,
        "numbers": list(others),
        "decisions": space.decisions,
        "options": [[(palette.SHORT.get(o, o), palette.option(o)) for o in options] for options in space.options],
        "file": f"{y.title} by {x.title}".replace(" ", "-"),
        "region": region and region.box,
        "label": (
            f"Map of {len(rows):,} architectures: {y.label} against {x.label}, coloured by {colour.label}. Arrow keys "
            f"walk from point to point, Enter selects one. The same numbers are in the table view."
        ),
    }
    head = json.dumps(header).encode()
    head += b" " * (-len(head) % 4)
    columns = [np.asarray(rows, np.int32), *(q.read()[rows].astype(np.float32) for q in (x, y, colour))]
    columns += [numbers[rows] for numbers in others.values()]
    return np.uint32(len(head)).tobytes() + head + b"".join(column.tobytes() for column in columns)


def _axis(quantity: Quantity) -> dict[str, object]:
    return {"title": quantity.title, "label": quantity.label, "unit": quantity.unit, "whole": quantity.whole}
