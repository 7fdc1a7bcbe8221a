"""Explore: every architecture of a search space on one map, and any of them in detail."""

from __future__ import annotations

import streamlit as st

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
ASIDE = "aside"  # in the session: what the link had of these when their view was left


def turn() -> None:
    """What is selected in a view is selected in the next, whatever that begins with; the link has what is shown; only
    in a callback."""
    if (row := st.session_state.get("last cell")) is not None:
        st.session_state["next cell"] = str(row)
    aside = st.session_state.setdefault(ASIDE, {})
    for view, names in BY_HAND.items():
        for name in names:
            if view == st.session_state["view"] and name in aside:
                st.query_params[name] = aside.pop(name)
            elif name in st.query_params:
                aside[name] = st.query_params.pop(name)


def page() -> None:
    """The choosers of a view and of a table, and what they choose."""
    cell_details.style()
    top = st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center")
    view = choices.segments(top, "View", "view", list(VIEWS), "view", on_change=turn, label_visibility="collapsed")
    boxes = st.container(key=f"two-a-row-{'then-wide-' * (view == FRONT)}choices").columns(VIEWS[view])
    table = table_choice.choose(boxes[0], boxes[1])
    if view == FRONT:
        front_view.front_view(table, top, boxes[2:])
    elif view == LANDSCAPE:
        landscape_view.landscape_view(table, boxes[2], quantities(table))
    else:
        map_view.map_view(table, top, boxes[2:], quantities(table))
    provenance(table)


frame(TITLE, ICON, QUESTION)
if not missing_table.offered():
    page()
    parts.finish()
