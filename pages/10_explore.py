"""Explore: every architecture of a search space on one map, and any of them in detail."""

from __future__ import annotations

from contextlib import suppress

import streamlit as st
from streamlit.errors import StreamlitAPIException

from nas_core.charts.quantities import quantities
from ui import (
    cell_details,
    choices,
    front_links,
    front_view,
    landscape_view,
    map_view,
    missing_table,
    parts,
    table_choice,
)
from ui.frame import frame
from ui.provenance import provenance

TITLE = "Explore"
ICON = ":material/scatter_plot:"
GROUP = "Look"
QUESTION = "What is in this search space, and what makes a cell good?"

MAP, FRONT, LANDSCAPE = "Map", front_links.VIEW, "Landscape"
VIEWS = {  # how wide the choosers of each are: benchmark, dataset, and its own
    MAP: [1, 1, 1, 1, 1],
    FRONT: [2, 2, 3, 3],
    LANDSCAPE: [1, 1, 1, 1, 1],
}
BY_HAND = {MAP: ("region", "zoom"), FRONT: ("front_region", "front_zoom")}  # in the link, by no widget
WIDGETS = {  # what else the link has of a view
    MAP: ("x", "y", "colour", "filters", "isomorphic", "compare", "across", "against", "chart", "table"),
    FRONT: front_links.NAMES,
    LANDSCAPE: ("height", "optima_table"),
}
ASIDE = "aside"  # in the session: what the link had of BY_HAND when their view was left


def turn() -> None:
    """What is selected in a view is selected in the next, whatever that begins with; only in a callback."""
    parts.begin()
    if (row := st.session_state.get("last cell")) is not None:
        st.session_state["next cell"] = str(row)
    aside = st.session_state.get(ASIDE, {})
    names = BY_HAND.get(st.session_state["view"], ())
    st.query_params.update({name: aside.pop(name) for name in names if name in aside})
    # also of nothing: a word of the view before that came late may have taken the choice out of the address


def only(view: str) -> None:
    """The link has what is shown. What a hidden view had said when it was left can come after that."""
    aside = st.session_state.setdefault(ASIDE, {})
    for other in {*VIEWS} - {view}:
        for name in BY_HAND.get(other, ()):
            if name in st.query_params:
                aside[name] = st.query_params.pop(name)
        for name in [name for name in st.query_params if _of(other, name)]:
            with suppress(StreamlitAPIException):  # still bound, to what is there until this run ends
                del st.query_params[name]


def _of(view: str, name: str) -> bool:
    return name in WIDGETS[view] or (view == FRONT and name.startswith(front_links.BEGINNINGS))


def page() -> None:
    """The choosers of a view and of a table, and what they choose."""
    cell_details.style()
    top = st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center")
    view = choices.segments(top, "View", "view", list(VIEWS), "view", on_change=turn, label_visibility="collapsed")
    only(view)
    boxes = st.container(key=f"two-a-row-{'then-wide-' * (view == FRONT)}choices").columns(VIEWS[view])
    table = table_choice.choose(boxes[0], boxes[1])
    if view == FRONT:
        front_view.front_view(table, top, boxes[2:])
    elif view == LANDSCAPE:
        landscape_view.landscape_view(table, boxes[2], quantities(table))
    else:
        map_view.map_view(table, top, boxes[2:], quantities(table))
    provenance(table)


frame(TITLE, QUESTION)
if not missing_table.offered():
    page()
    parts.finish()
