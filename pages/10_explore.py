"""Explore: every architecture of a search space on one map, and any of them in detail."""

from __future__ import annotations

import streamlit as st

from nas_core.charts.quantities import quantities
from ui import (
    cell_details,
    choices,
    explore_link,
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

VIEWS = {  # how wide the choosers of each are: benchmark, dataset, and its own
    explore_link.MAP: [1, 1, 1, 1, 1],
    explore_link.FRONT: [2, 2, 3, 3],
    explore_link.LANDSCAPE: [1, 1, 1, 1, 1],
}


def page() -> None:
    """The choosers of a view and of a table, and what they choose."""
    cell_details.style()
    top = st.container(key="views", horizontal=True, horizontal_alignment="distribute", vertical_alignment="center")
    view = choices.segments(
        top, "View", "view", list(VIEWS), "view", on_change=explore_link.turn, label_visibility="collapsed"
    )
    explore_link.only(view)
    boxes = st.container(key=f"two-a-row-{'then-wide-' * (view == explore_link.FRONT)}choices").columns(VIEWS[view])
    table = table_choice.choose(boxes[0], boxes[1])
    if view == explore_link.FRONT:
        front_view.front_view(table, top, boxes[2:])
    elif view == explore_link.LANDSCAPE:
        landscape_view.landscape_view(table, boxes[2], quantities(table))
    else:
        map_view.map_view(table, top, boxes[2:], quantities(table))
    provenance(table)


frame(TITLE, QUESTION)
if not missing_table.offered():
    page()
    parts.finish()
